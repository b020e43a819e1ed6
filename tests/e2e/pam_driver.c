/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A PAM application for tests: runs a stack with prepared answers and tells,
 * in lines of JSON, what was said and how it ended.
 *
 *	pam_driver --confdir DIR [OPTION]... --as USER [--answer TEXT]...
 *
 * Each --as begins a person; --times N runs N of him, and --host PID runs him
 * with the mounts and the network of that process. More than one person is
 * more than one process, and --barrier holds them all at their first prompt
 * (--barrier=all: at every prompt) until the last has come there or ended.
 * An answer "@new" is the new backup code that the last prompt showed, "@scan"
 * the code of the app whose key was shown last, "@file:PATH" the digits that a
 * file begins with. --setting WORD goes on to pam_chauthtok, as the program
 * xsuite does.
 *
 * The descriptors 1 and 2 that the stack sees are not the ones this program
 * reports on: what lands there is counted as "stray".
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "pam_habit.h"
#include "pam_talk.h"
#include "tests/process_state.h"

#define CHILDREN_MAX 256

static bool
move_to(pid_t host)
{
	char path[64];
	int fd = (int)syscall(SYS_pidfd_open, host, 0);
	int root;
	bool moved;

	/* In a chroot the host's root is not that of its namespace. */
	snprintf(path, sizeof(path), "/proc/%ld/root", (long)host);
	root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	moved = fd >= 0 && root >= 0 &&
	    setns(fd, CLONE_NEWNS | CLONE_NEWNET) == 0 && fchdir(root) == 0 &&
	    chroot(".") == 0;
	close(root);
	close(fd);
	return moved;
}

/* Runs one person and compares the process before and after. */
static void
run_person(struct talk *talk, int stray)
{
	static struct process_state before, after;
	const char *difference;
	int bytes = 0;

	if (talk->person->host > 0 && !move_to(talk->person->host))
		_exit(72);

	if (talk->plan->file_size >= 0) {
		const struct rlimit limit = {(rlim_t)talk->plan->file_size,
		    (rlim_t)talk->plan->file_size};

		setrlimit(RLIMIT_FSIZE, &limit);
	}
	if (talk->plan->real_uid >= 0 &&
	    setresuid((uid_t)talk->plan->real_uid, 0, 0) != 0)
		_exit(71);
	if (talk->plan->habit != NULL && !take_habit(talk->plan->habit))
		_exit(64);
	process_state_take(&before);
	run_stack(talk);
	/* syslog(3) keeps its socket open, and it is not the module's. */
	closelog();
	process_state_take(&after);
	difference = process_state_differs(&before, &after);
	ioctl(stray, FIONREAD, &bytes);
	fprintf(talk->out, "{\"changed\":");
	print_json(talk->out, difference);
	fprintf(talk->out, ",\"stray\":%d,\"children\":%s}\n", bytes,
	    has_children() ? "true" : "false");
	fflush(talk->out);
}

static pid_t
start_child(struct talk *talk, int gate, int stray, int *output)
{
	int pair[2];
	pid_t pid;

	if (pipe2(pair, O_CLOEXEC) != 0)
		exit(71);
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		exit(71);
	if (pid == 0) {
		close(pair[0]);
		talk->gate = gate;
		talk->out = fdopen(pair[1], "w");
		run_person(talk, stray);
		_exit(0);
	}
	close(pair[1]);
	*output = pair[0];
	return pid;
}

/* Lets all go at once, whenever everyone has come to a prompt or ended. */
static void
serve_barrier(struct pollfd *gates, size_t count)
{
	bool waiting[CHILDREN_MAX] = {false};
	size_t left = count;
	char byte = 'g';

	while (left > 0) {
		size_t here = 0;

		if (poll(gates, (nfds_t)count, -1) < 0 && errno != EINTR)
			exit(71);
		for (size_t i = 0; i < count; i++) {
			if (gates[i].fd >= 0 && gates[i].revents != 0) {
				if (read(gates[i].fd, &byte, 1) == 1) {
					waiting[i] = true;
				} else {
					close(gates[i].fd);
					gates[i].fd = -1;
					waiting[i] = false;
					left--;
				}
			}
			here += waiting[i];
		}
		if (here < left || left == 0)
			continue;
		for (size_t i = 0; i < count; i++) {
			if (waiting[i] && write(gates[i].fd, &byte, 1) != 1)
				exit(71);
			waiting[i] = false;
		}
	}
}

static void
copy_output(FILE *out, int fd)
{
	char buf[4096];
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		fwrite(buf, 1, (size_t)n, out);
	close(fd);
}

/* Loads the modules once, before the forks: they would each take longer to
 * do that than to log in, and come to the race one by one. */
static void
load_modules(const struct plan *plan)
{
	const struct pam_conv conv = {converse, NULL};
	pam_handle_t *pamh = NULL;

	if (pam_start_confdir(plan->service, plan->persons[0].user, &conv,
		plan->confdir, &pamh) != PAM_SUCCESS)
		exit(71);
}

static void
run_many(const struct plan *plan, FILE *out, int stray)
{
	static struct pollfd gates[CHILDREN_MAX];
	static int outputs[CHILDREN_MAX];
	static pid_t pids[CHILDREN_MAX];
	size_t n = 0;

	load_modules(plan);
	for (size_t p = 0; p < plan->persons_count; p++) {
		for (unsigned t = 0; t < plan->persons[p].times; t++, n++) {
			struct talk talk = {
			    .plan = plan, .person = &plan->persons[p]};
			int pair[2];

			if (n == CHILDREN_MAX ||
			    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
				pair) != 0)
				exit(71);
			pids[n] = start_child(&talk,
			    plan->barrier != BARRIER_NONE ? pair[1] : -1, stray,
			    &outputs[n]);
			close(pair[1]);
			gates[n] =
			    (struct pollfd){.fd = pair[0], .events = POLLIN};
		}
	}
	serve_barrier(gates, n);
	for (size_t i = 0; i < n; i++) {
		int status = 0;

		fprintf(out, "{\"child\":%zu}\n", i);
		copy_output(out, outputs[i]);
		waitpid(pids[i], &status, 0);
		fprintf(out, "{\"exit\":%d,\"signal\":%d}\n",
		    WIFEXITED(status) ? WEXITSTATUS(status) : -1,
		    WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	}
}

static void
usage(void)
{
	fprintf(stderr,
	    "usage: pam_driver --confdir DIR [--service NAME]"
	    " [--rhost ADDRESS] [--silent] [--real-uid UID] [--fsize BYTES]"
	    " [--setting WORD] [--habit NAME] [--at-end WHAT]"
	    " [--barrier[=all]]"
	    " --as USER [--times N] [--host PID] [--answer TEXT]...\n");
	exit(64);
}

static enum reply
parse_reply(const char *name)
{
	for (size_t i = 0; i < sizeof(reply_names) / sizeof(*reply_names); i++)
		if (strcmp(reply_names[i], name) == 0)
			return (enum reply)i;
	usage();
	return REPLY_ERROR;
}

static void
add_person(struct plan *plan, const char *user)
{
	if (plan->persons_count == PERSONS_MAX)
		usage();
	plan->persons[plan->persons_count++] =
	    (struct person){.user = user, .times = 1};
}

static struct person *
last_person(struct plan *plan)
{
	if (plan->persons_count == 0)
		usage();
	return &plan->persons[plan->persons_count - 1];
}

static void
add_answer(struct plan *plan, const char *text)
{
	struct person *person = last_person(plan);

	if (person->count == ANSWERS_MAX)
		usage();
	person->answers[person->count++] = text;
}

static void
parse_options(struct plan *plan, int argc, char **argv)
{
	static const struct option options[] = {
	    {"confdir", required_argument, NULL, 'c'},
	    {"service", required_argument, NULL, 's'},
	    {"rhost", required_argument, NULL, 'h'},
	    {"silent", no_argument, NULL, 'q'},
	    {"real-uid", required_argument, NULL, 'u'},
	    {"fsize", required_argument, NULL, 'f'},
	    {"setting", required_argument, NULL, 'g'},
	    {"habit", required_argument, NULL, 'i'},
	    {"at-end", required_argument, NULL, 'e'},
	    {"barrier", optional_argument, NULL, 'b'},
	    {"as", required_argument, NULL, 'a'},
	    {"times", required_argument, NULL, 't'},
	    {"host", required_argument, NULL, 'n'},
	    {"answer", required_argument, NULL, 'w'},
	    {NULL, 0, NULL, 0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			plan->confdir = optarg;
			break;
		case 's':
			plan->service = optarg;
			break;
		case 'h':
			plan->rhost = optarg;
			break;
		case 'q':
			plan->flags = PAM_SILENT;
			break;
		case 'u':
			plan->real_uid = atol(optarg);
			break;
		case 'f':
			plan->file_size = atol(optarg);
			break;
		case 'g':
			plan->setting = optarg;
			break;
		case 'i':
			plan->habit = optarg;
			break;
		case 'e':
			plan->at_end = parse_reply(optarg);
			break;
		case 'b':
			plan->barrier =
			    optarg != NULL ? BARRIER_ALL : BARRIER_FIRST;
			break;
		case 'a':
			add_person(plan, optarg);
			break;
		case 't':
			last_person(plan)->times = (unsigned)atoi(optarg);
			break;
		case 'n':
			last_person(plan)->host = atoi(optarg);
			break;
		case 'w':
			add_answer(plan, optarg);
			break;
		default:
			usage();
		}
	}
	if (plan->confdir == NULL || plan->persons_count == 0 || optind < argc)
		usage();
}

/* Puts a pipe where the stack sees stdout and stderr; returns its end. */
static int
catch_stray(FILE **out)
{
	int own = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 20);
	int stray[2];

	if (own < 0 || pipe2(stray, O_CLOEXEC) != 0 ||
	    dup2(stray[1], STDOUT_FILENO) < 0 ||
	    dup2(stray[1], STDERR_FILENO) < 0)
		exit(71);
	close(stray[1]);
	*out = fdopen(own, "w");
	setvbuf(*out, NULL, _IOLBF, 0);
	return stray[0];
}

int
main(int argc, char **argv)
{
	static struct plan plan = {.service = "test",
	    .real_uid = -1,
	    .file_size = -1,
	    .at_end = REPLY_ERROR};
	FILE *out;
	int stray;

	parse_options(&plan, argc, argv);
	stray = catch_stray(&out);
	if (plan.persons_count == 1 && plan.persons[0].times == 1) {
		struct talk talk = {.plan = &plan,
		    .person = plan.persons,
		    .gate = -1,
		    .out = out};

		run_person(&talk, stray);
	} else {
		run_many(&plan, out, stray);
	}
	fclose(out);
	return 0;
}
