/* SPDX-License-Identifier: BSD-3-Clause */
/* The host's side: what is prepared, and what the keeper's word means. */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "child_keeper.h"
#include "file.h"

#define BUFFER_MAX (1024L * 1024)
#define GROUPS_MAX 65536

/* An entry that does not fit is tried again with twice the room. */
static int
find_user(const char *name, uid_t *uid, gid_t *gid)
{
	int error = ERANGE;

	for (size_t size = 4096; error == ERANGE && size <= BUFFER_MAX;
	     size *= 2) {
		struct passwd entry, *found = NULL;
		char *buffer = malloc(size);

		if (buffer == NULL)
			return ENOMEM;
		error = getpwnam_r(name, &entry, buffer, size, &found);
		if (error == 0 && found == NULL)
			error = ENOENT;
		if (error == 0) {
			*uid = found->pw_uid;
			*gid = found->pw_gid;
		}
		free(buffer);
	}
	return error;
}

static int
find_groups(const char *name, struct xs_child_job *job)
{
	for (int room = 64; room <= GROUPS_MAX; room *= 2) {
		gid_t *groups = calloc((size_t)room, sizeof(*groups));
		int count = room;

		if (groups == NULL)
			return ENOMEM;
		if (getgrouplist(name, job->gid, groups, &count) >= 0) {
			job->groups = groups;
			job->group_count = (size_t)count;
			return 0;
		}
		free(groups);
	}
	return E2BIG;
}

/* In the host, because looking up takes locks and memory. */
static int
look_up(struct xs_child_job *job, struct xs_fault *fault)
{
	const struct xs_child *child = job->child;
	int error;

	if (geteuid() != 0)
		return 0;
	job->become = true;
	error = find_user(child->user, &job->uid, &job->gid);
	if (error == ENOENT)
		return xs_fault_set(fault, XS_E_PROGRAM,
		    "%s: there is no user %s to run it as", child->argv[0],
		    child->user);
	/* test_child: test_root_is_never_the_user */
	if (error == 0 && job->uid == 0)
		return xs_fault_set(fault, XS_E_PROGRAM,
		    "%s: is not run as %s, whose uid is 0", child->argv[0],
		    child->user);
	if (error == 0)
		error = find_groups(child->user, job);
	if (error != 0)
		return xs_fault_set(fault, XS_E_PROGRAM,
		    "%s: user %s cannot be looked up: %s", child->argv[0],
		    child->user, xs_errno_text(error));
	return 0;
}

/*
 * Both ends from 3 upwards, also in a host that has closed 0 to 2: the keeper
 * puts the program's own there.
 */
static int
make_pipe(int ends[2])
{
	int low[2], error;

	if (pipe2(low, O_CLOEXEC) != 0)
		return -1;
	ends[0] = fcntl(low[0], F_DUPFD_CLOEXEC, 3);
	ends[1] = ends[0] < 0 ? -1 : fcntl(low[1], F_DUPFD_CLOEXEC, 3);
	error = errno;
	(void)close(low[0]);
	(void)close(low[1]);
	if (ends[1] >= 0)
		return 0;
	if (ends[0] >= 0)
		(void)close(ends[0]);
	errno = error;
	return -1;
}

/* Signals are held off until the keeper does so itself; then as before. */
static pid_t
start_keeper(const struct xs_child_job *job)
{
	sigset_t all, before;
	int error;
	pid_t pid;

	(void)sigfillset(&all);
	if ((errno = pthread_sigmask(SIG_SETMASK, &all, &before)) != 0)
		return -1;
	/*
	 * Without an exit signal the host hears nothing of it, and it stays
	 * ours to wait for, whatever SIGCHLD is set to (test_child_hosts:
	 * test_every_program_in_every_host).
	 */
	pid = xs_child_fork(0);
	if (pid == 0 && job->child->patience_ms != 0)
		xs_child_keep_apart(job);
	if (pid == 0)
		xs_child_keep(job);
	error = errno;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = error;
	return pid;
}

/*
 * What the program said before the keeper's last word explains it. *over: the
 * time was. A host that was stopped meanwhile reads what has come all the same.
 */
static struct xs_child_report
read_reports(int fd, int64_t give_up, bool *over)
{
	struct xs_child_report report, first = {XS_CHILD_NONE, 0};

	*over = false;
	while (!*over) {
		struct pollfd ready = {.fd = fd, .events = POLLIN};
		int64_t left = give_up - xs_child_clock();
		ssize_t n;

		if (poll(&ready, 1, left > 0 ? (int)left : 0) <= 0) {
			*over = left <= 0;
			continue;
		}
		n = read(fd, &report, sizeof(report));
		if (n < 0 && errno == EINTR)
			continue;
		if (n != (ssize_t)sizeof(report))
			break;
		if (first.stage == XS_CHILD_NONE)
			first = report;
		if (report.stage <= XS_CHILD_NOT_STARTED)
			return first;
	}
	return (struct xs_child_report){XS_CHILD_NONE, 0};
}

/* The process between the host and a keeper that is not its child. */
static void
reap_now(pid_t pid)
{
	while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
		;
}

/*
 * The keeper is at its end, or is brought to it; the program dies with it.
 * ECHILD: a host that waits for every kind of child has done it.
 */
static void
reap(pid_t keeper)
{
	pid_t pid = waitpid(keeper, NULL, __WALL | WNOHANG);

	if (pid == 0) {
		struct timespec moment = {0, 1000000L};

		for (int i = 0; pid == 0 && i < 50; i++) {
			(void)nanosleep(&moment, NULL);
			pid = waitpid(keeper, NULL, __WALL | WNOHANG);
		}
	}
	if (pid == 0)
		(void)kill(keeper, SIGKILL);
	while (pid == 0 || (pid < 0 && errno == EINTR))
		pid = waitpid(keeper, NULL, __WALL);
}

static int
explain_errno(const char *path, const struct xs_child *child, int error,
    struct xs_fault *fault)
{
	if (error == ENOENT)
		return xs_fault_set(fault, XS_E_PROGRAM,
		    "%s: is missing, or what its first line names is", path);
	if (error == EACCES && geteuid() == 0)
		return xs_fault_set(fault, XS_E_PROGRAM,
		    "%s: %s may not execute it", path, child->user);
	return xs_fault_set(fault, XS_E_PROGRAM, "%s: cannot be executed: %s",
	    path, xs_errno_text(error));
}

static int
explain(const struct xs_child *child, const struct xs_child_report *report,
    struct xs_fault *fault)
{
	const char *path = child->argv[0];
	int value = report->value;

	switch ((enum xs_child_stage)report->stage) {
	case XS_CHILD_ENDED:
		if (WIFSIGNALED(value))
			return xs_fault_set(fault, XS_E_PROGRAM,
			    "%s: was ended by signal %d", path,
			    WTERMSIG(value));
		return xs_fault_set(fault, XS_E_PROGRAM,
		    "%s: ended with status %d", path, WEXITSTATUS(value));
	case XS_CHILD_LATE:
		return xs_fault_set(fault, XS_E_PROGRAM,
		    "%s: not done within %u ms, and was ended", path,
		    child->timeout_ms);
	case XS_CHILD_NOT_STARTED:
		return xs_fault_set(fault, XS_E_PROGRAM,
		    "%s: cannot be started: %s", path, xs_errno_text(value));
	case XS_CHILD_NOT_USER:
		return xs_fault_set(fault, XS_E_PROGRAM,
		    "%s: this process cannot become user %s: %s", path,
		    child->user, xs_errno_text(value));
	case XS_CHILD_NOT_EXECUTED:
		return explain_errno(path, child, value, fault);
	case XS_CHILD_NONE:
		break;
	}
	return xs_fault_set(
	    fault, XS_E_PROGRAM, "%s: what became of it is not known", path);
}

/* Reads how it ended. False: the host's patience did before. */
static bool
learn(const struct xs_child_job *job, pid_t keeper, int fd,
    struct xs_child_report *report)
{
	bool over = false;

	if (job->child->patience_ms != 0) {
		reap_now(keeper);
		*report = read_reports(fd, job->patience, &over);
		return !over;
	}
	*report = read_reports(fd, job->deadline + XS_CHILD_GRACE_MS, &over);
	reap(keeper);
	return true;
}

static int
run(struct xs_child_job *job, struct xs_fault *fault)
{
	const struct xs_child *child = job->child;
	struct xs_child_report report = {XS_CHILD_NONE, 0};
	int ends[2] = {-1, -1};
	bool known = true;
	pid_t keeper;

	if (make_pipe(ends) != 0)
		return xs_fault_set(fault, XS_E_PROGRAM, "%s: pipe: %s",
		    child->argv[0], xs_errno_text(errno));
	job->report = ends[1];
	keeper = start_keeper(job);
	if (keeper < 0)
		(void)xs_fault_set(fault, XS_E_PROGRAM, "%s: fork: %s",
		    child->argv[0], xs_errno_text(errno));
	(void)close(ends[1]);
	if (keeper > 0)
		known = learn(job, keeper, ends[0], &report);
	(void)close(ends[0]);
	if (keeper < 0)
		return XS_E_PROGRAM;
	if (!known)
		return xs_fault_set(fault, XS_E_BUSY,
		    "%s: not done within %u ms, and left to itself",
		    child->argv[0], child->patience_ms);
	if (report.stage == XS_CHILD_ENDED && WIFEXITED(report.value) &&
	    WEXITSTATUS(report.value) == 0)
		return 0;
	return explain(child, &report, fault);
}

int
xs_child_run(const struct xs_child *child, struct xs_fault *fault)
{
	struct xs_child_job job = {.child = child};
	int r;

	if (child->argv[0][0] != '/')
		return xs_fault_set(fault, XS_E_PROGRAM,
		    "%s: is no absolute path", child->argv[0]);
	if (child->length > XS_CHILD_TEXT_MAX)
		return xs_fault_set(fault, XS_E_PROGRAM,
		    "%s: more than %d bytes to pass on", child->argv[0],
		    XS_CHILD_TEXT_MAX);
	r = look_up(&job, fault);
	if (r == 0) {
		job.deadline = xs_child_clock() + child->timeout_ms;
		job.patience = xs_child_clock() + child->patience_ms;
		r = run(&job, fault);
	}
	free(job.groups);
	return r;
}
