/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The keeper, and the program until it is one. Both are copies of a host that
 * may have had threads, so nothing here takes a lock or memory: system calls
 * and arithmetic only, and the ids by the calls themselves, because the C
 * library's functions would look for threads that are not there.
 */
#include "child_keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "caller.h"

#define CLEAN_MS 400 /* for what was killed to be gone */
#define PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* The plain ones of some 32-bit kernels take 16 bits. */
#ifdef SYS_setresuid32
#define RAW_SETRESUID SYS_setresuid32
#define RAW_SETRESGID SYS_setresgid32
#define RAW_SETGROUPS SYS_setgroups32
#else
#define RAW_SETRESUID SYS_setresuid
#define RAW_SETRESGID SYS_setresgid
#define RAW_SETGROUPS SYS_setgroups
#endif

int64_t
xs_child_clock(void)
{
	struct timespec ts = {0, 0};

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

pid_t
xs_child_fork(int exit_signal)
{
#ifdef __s390__
	return (pid_t)syscall(SYS_clone, 0L, (long)exit_signal, 0L, 0L, 0L);
#else
	return (pid_t)syscall(SYS_clone, (long)exit_signal, 0L, 0L, 0L, 0L);
#endif
}

/* Eight bytes into a pipe: whole, or not at all. */
static void
tell(const struct xs_child_job *job, enum xs_child_stage stage, int value)
{
	const struct xs_child_report report = {(uint32_t)stage, value};

	while (
	    write(job->report, &report, sizeof(report)) < 0 && errno == EINTR)
		;
}

/* ---- The program, until it is executed ---- */

static bool
drop_capabilities(void)
{
	struct __user_cap_header_struct header = {
	    .version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};

	/* A host may have been told to keep them (capabilities(7)). */
	return syscall(SYS_capset, &header, none) == 0;
}

/* Every id becomes the user's, and none of the old ones can be had again. */
static bool
become(const struct xs_child_job *job)
{
	uid_t uids[3];
	gid_t gids[3];

	if (syscall(RAW_SETGROUPS, job->group_count, job->groups) != 0 ||
	    syscall(RAW_SETRESGID, job->gid, job->gid, job->gid) != 0 ||
	    syscall(RAW_SETRESUID, job->uid, job->uid, job->uid) != 0 ||
	    !drop_capabilities())
		return false;
	errno = EPERM;
	for (int i = 0; i < 3; i++)
		if (getresuid(&uids[0], &uids[1], &uids[2]) != 0 ||
		    getresgid(&gids[0], &gids[1], &gids[2]) != 0 ||
		    uids[i] != job->uid || gids[i] != job->gid)
			return false;
	return syscall(RAW_SETRESUID, 0, 0, 0) != 0;
}

/* Handlers end with execve of themselves; what is ignored stays ignored. */
static void
reset_signals(void)
{
	/* All zero: SIG_DFL, without flags, as the kernel takes it. */
	static const unsigned long usual[8];
	sigset_t none;

	/* Libc keeps two signals to itself, which a host may have ignored. */
	for (int i = 1; i < _NSIG; i++)
		(void)syscall(SYS_rt_sigaction, i, usual, NULL, _NSIG / 8);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

__attribute__((noreturn)) static void
be_program(const struct xs_child_job *job, pid_t keeper)
{
	char path[] = PATH;
	char *const environment[] = {path, NULL};
	const char *const *from = job->child->argv;
	char *argv[XS_CHILD_ARGS_MAX + 1] = {NULL};

	(void)setsid();
	(void)umask(077);
	if (job->become && !become(job)) {
		tell(job, XS_CHILD_NOT_USER, errno);
		_exit(127);
	}
	/* After the ids, which take it away. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != keeper)
		_exit(127);
	for (size_t i = 0; i < XS_CHILD_ARGS_MAX && (i == 0 || from[i] != NULL);
	     i++)
		memcpy(&argv[i], &from[i], sizeof(argv[i]));
	reset_signals();
	(void)execve(argv[0], argv, environment);
	tell(job, XS_CHILD_NOT_EXECUTED, errno);
	_exit(127);
}

/* ---- The keeper: descriptors ---- */

static bool
close_by_number(unsigned first, unsigned last)
{
#ifdef SYS_close_range
	return first > last || syscall(SYS_close_range, first, last, 0) == 0;
#else
	return first > last;
#endif
}

struct entry {
	ino64_t inode;
	off64_t next;
	unsigned short size;
	unsigned char type;
	char name[];
};

/* What the entry's name says, or -1: "." and "..". */
static int
number_of(const char *name)
{
	int number = 0;

	if (*name == '\0')
		return -1;
	for (; *name != '\0'; name++) {
		if (*name < '0' || *name > '9' || number > INT_MAX / 10 - 1)
			return -1;
		number = number * 10 + (*name - '0');
	}
	return number;
}

static void
close_listed(int dir, int but)
{
	_Alignas(struct entry) char buffer[1024];
	long size;

	while (
	    (size = syscall(SYS_getdents64, dir, buffer, sizeof(buffer))) > 0) {
		for (long at = 0; at < size;) {
			const struct entry *entry = (const void *)&buffer[at];
			int fd = number_of(entry->name);

			if (fd >= 0 && fd != but && fd != dir)
				(void)close(fd);
			at += entry->size;
		}
	}
}

/*
 * All but the report. Older kernels and sandboxes have no close_range; then
 * as /proc lists them; without it as far as descriptors usually go.
 */
static void
close_others(int report)
{
	unsigned kept = (unsigned)report;
	int dir;

	if (close_by_number(0, kept - 1) && close_by_number(kept + 1, UINT_MAX))
		return;
	dir = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir >= 0) {
		close_listed(dir, report);
		(void)close(dir);
		return;
	}
	for (int fd = 0; fd < 65536; fd++)
		if (fd != report)
			(void)close(fd);
}

/*
 * 0, 1 and 2, all others being closed. The text fits into the pipe, so nobody
 * has to wait for a program that does not read it.
 */
static bool
set_up_descriptors(const struct xs_child_job *job)
{
	const struct xs_child *child = job->child;
	int text[2];

	close_others(job->report);
	if (pipe2(text, O_NONBLOCK) != 0)
		return false;
	errno = EIO;
	if (text[0] != 0 || text[1] != 1 ||
	    write(1, child->text, child->length) != (ssize_t)child->length)
		return false;
	/* A script may open /dev/stdin anew, where SELinux lets us do this. */
	if (job->become && fchown(0, job->uid, job->gid) != 0)
		errno = EIO;
	(void)close(1);
	return fcntl(0, F_SETFL, 0) == 0 && open("/dev/null", O_RDWR) == 1 &&
	    dup2(1, 2) == 2;
}

/* ---- The keeper: what the caller of su or sudo left it with ---- */

/*
 * Who can start su can give it a limit under which a sender spoils its spool,
 * stop it half-way (test_child: test_limits_of_the_caller_do_not_pass), or let
 * every wait of it last for years (test_child:
 * test_timers_are_not_late_by_the_callers_will).
 * Best effort: where the kernel says no, what was there stays.
 */
static void
leave_the_caller(void)
{
	const struct sched_param none = {0};
	cpu_set_t all;

	(void)syscall(RAW_SETRESUID, 0, 0, 0);
	(void)xs_caller_lift_limits();
	(void)prctl(PR_SET_TIMERSLACK, XS_TIMER_SLACK);
	(void)sched_setscheduler(0, SCHED_OTHER, &none);
	(void)setpriority(PRIO_PROCESS, 0, 0);
	memset(&all, 0xff, sizeof(all));
	(void)sched_setaffinity(0, sizeof(all), &all);
}

/* ---- The keeper: waiting, and ending what is left ---- */

/* Until a child ends, or that many ms are over. */
static void
wait_a_while(int64_t ms)
{
	struct timespec most = {ms / 1000, (ms % 1000) * 1000000};
	sigset_t child;

	(void)sigemptyset(&child);
	(void)sigaddset(&child, SIGCHLD);
	(void)sigtimedwait(&child, NULL, &most);
}

/*
 * Waits for the program without reaping it: as long as it is there its
 * number, and so that of its group, cannot be anyone else's. *status as of
 * waitpid.
 */
static bool
wait_for_end(pid_t program, int64_t deadline, int *status)
{
	for (;;) {
		siginfo_t info = {.si_pid = 0};
		int64_t left = deadline - xs_child_clock();

		if (waitid(P_PID, (id_t)program, &info,
			WEXITED | WNOHANG | WNOWAIT) == 0 &&
		    info.si_pid == program) {
			*status = info.si_code == CLD_EXITED
			    ? (info.si_status & 0xff) << 8
			    : info.si_status & 0x7f;
			return true;
		}
		if (left <= 0)
			return false;
		wait_a_while(left);
	}
}

/*
 * A /proc of another namespace has other numbers: what is no child of ours,
 * and could be anyone, is left alone.
 */
static void
kill_child(pid_t pid)
{
	siginfo_t info;

	if (pid > 1 &&
	    waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0)
		(void)kill(pid, SIGKILL);
}

/*
 * All processes that the program left behind become the keeper's children,
 * also those that have a session of their own. How many there are beside the
 * program; those that have ended are reaped, or all killed.
 */
static unsigned
look_at_children(pid_t program, bool killing)
{
	char list[4096];
	ssize_t size;
	pid_t pid = 0;
	unsigned count = 0;
	int fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	size = read(fd, list, sizeof(list));
	(void)close(fd);
	for (ssize_t i = 0; i < size; i++) {
		if (list[i] >= '0' && list[i] <= '9') {
			pid = pid * 10 + (list[i] - '0');
			continue;
		}
		if (killing)
			kill_child(pid);
		else if (pid != program && waitpid(pid, NULL, WNOHANG) == 0)
			count++;
		pid = 0;
	}
	return count;
}

/*
 * What a mail system leaves to deliver a message may do so: killed at once it
 * would leave it lying until the queue is looked at next.
 */
static void
wait_for_rest(pid_t program, int64_t deadline)
{
	int64_t left;

	while ((left = deadline - xs_child_clock()) > 0 &&
	    look_at_children(program, false) > 0)
		wait_a_while(left < 100 ? left : 100);
}

/* The status of the program; the orphans of what is killed are next. */
static int
end_all(pid_t program)
{
	const int64_t until = xs_child_clock() + CLEAN_MS;
	int status = 0, ended;
	pid_t pid;

	(void)kill(-program, SIGKILL);
	(void)kill(program, SIGKILL);
	for (;;) {
		(void)look_at_children(program, true);
		while ((pid = waitpid(-1, &ended, WNOHANG)) > 0)
			if (pid == program)
				status = ended;
		if (pid < 0 || xs_child_clock() >= until)
			return status;
		wait_a_while(10);
	}
}

void
xs_child_keep(const struct xs_child_job *job)
{
	const struct sigaction usual = {.sa_handler = SIG_DFL};
	pid_t program, self = getpid();
	bool ended, apart = job->child->patience_ms != 0;
	int status = 0;

	if (job->become)
		leave_the_caller();
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	(void)setsid();
	(void)sigaction(SIGCHLD, &usual, NULL);
	if (chdir("/") != 0 || !set_up_descriptors(job)) {
		tell(job, XS_CHILD_NOT_STARTED, errno);
		_exit(1);
	}
	program = xs_child_fork(SIGCHLD);
	if (program == 0)
		be_program(job, self);
	if (program < 0) {
		tell(job, XS_CHILD_NOT_STARTED, errno);
		_exit(1);
	}
	ended = wait_for_end(program, job->deadline, &status);
	if (ended && apart) {
		tell(job, XS_CHILD_ENDED, status);
		wait_for_rest(program, job->deadline);
	}
	status = end_all(program);
	tell(job, ended ? XS_CHILD_ENDED : XS_CHILD_LATE, status);
	_exit(0);
}

/* Ends at once, so that the keeper's parent is the one who reaps orphans. */
void
xs_child_keep_apart(const struct xs_child_job *job)
{
	pid_t keeper;

	/* Now already: the host waits for this process' end, and must not for
	 * one that the caller of su stops. */
	if (job->become)
		(void)syscall(RAW_SETRESUID, 0, 0, 0);
	keeper = xs_child_fork(0);
	if (keeper == 0)
		xs_child_keep(job);
	if (keeper < 0)
		tell(job, XS_CHILD_NOT_STARTED, errno);
	_exit(0);
}
