/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Processes that programs are run in, each with a habit of its own, and the
 * programs. Included after <cmocka.h>.
 */
#ifndef XS_TESTS_CHILD_HOSTS_H
#define XS_TESTS_CHILD_HOSTS_H

#include <pthread.h>

#include "child.h"
#include "tests/process_state.h"
#include "tests/state.h"

#define LONG_MS 60000 /* against hanging alone; the machine may be slow */
#define SHORT_MS 400  /* for what hangs anyway */
#define CALLER 12346  /* who started a set-user-id host */

struct program {
	const char *name;
	const char *script; /* NULL: there is no such file */
	mode_t mode;
	unsigned timeout_ms;
	const char *fault; /* ends with it; NULL: it did its work */
};

/* $D is the test's directory; what is slept is found by no test's end. */
static const struct program programs[] = {
    {"takes", "cat >/dev/null", 0755, LONG_MS, NULL},
    {"takes-not-a-byte", "exit 0", 0755, LONG_MS, NULL},
    {"fails", "cat >/dev/null; exit 3", 0755, LONG_MS, "ended with status 3"},
    {"is-killed", "kill -TERM $$; sleep 1000", 0755, LONG_MS,
	"was ended by signal 15"},
    {"missing", NULL, 0, LONG_MS,
	"is missing, or what its first line names is"},
    {"no-program", "exit 0", 0644, LONG_MS, "execute"},
    {"hangs", "sleep 1000", 0755, SHORT_MS,
	"not done within 400 ms, and was ended"},
    {"hangs-on", "trap '' TERM HUP INT; while :; do sleep 1000; done", 0755,
	SHORT_MS, "not done within 400 ms, and was ended"},
    {"prints",
	"head -c 4000000 /dev/zero; head -c 4000000 /dev/zero >&2; exit 0",
	0755, LONG_MS, NULL},
    {"leaves-a-child", "sleep 1000 & exit 0", 0755, LONG_MS, NULL},
    {"leaves-a-daemon", "(setsid sleep 1000 &); exit 0", 0755, LONG_MS, NULL},
    {"leaves-many",
	"i=0; while [ $i -lt 20 ]; do (setsid sleep 1000 &); i=$((i+1)); done;"
	"exit 4",
	0755, LONG_MS, "ended with status 4"},
    {"hangs-with-daemons", "(setsid sleep 1000 &); sleep 1000", 0755, SHORT_MS,
	"not done within 400 ms, and was ended"},
};

#define PROGRAMS (sizeof(programs) / sizeof(programs[0]))

/* A directory whose programs anyone may run, and out/ to write into. */
__attribute__((unused)) static void
make_programs(struct state *s)
{
	char text[512];

	make_dir(s);
	assert_int_equal(chmod(s->dir, 0711), 0);
	assert_int_equal(mkdir(in_dir(s, "out").text, 0700), 0);
	assert_int_equal(chmod(in_dir(s, "out").text, 0777), 0);
	for (size_t i = 0; i < PROGRAMS; i++) {
		const struct program *p = &programs[i];
		struct path path = in_dir(s, p->name);

		if (p->script == NULL)
			continue;
		snprintf(text, sizeof(text), "#!/bin/sh\n%s\n", p->script);
		write_file(path.text, text, strlen(text));
		assert_int_equal(chmod(path.text, p->mode), 0);
	}
}

__attribute__((unused)) static void
drop_programs(struct state *s)
{
	remove_tree(s->dir);
	assert_int_equal(count_fds(), s->fds);
}

/* ---- The habits ---- */

__attribute__((unused)) static void
be_usual(void)
{
}

__attribute__((unused)) static void
ignore_children(void)
{
	signal(SIGCHLD, SIG_IGN);
}

static void
reap_what_comes(int signal_number)
{
	int saved = errno;

	(void)signal_number;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	errno = saved;
}

__attribute__((unused)) static void
reap_children(void)
{
	struct sigaction action = {.sa_handler = reap_what_comes};

	sigaction(SIGCHLD, &action, NULL);
}

static void *
reap_for_ever(void *context)
{
	const struct timespec moment = {0, 1000000};

	(void)context;
	for (;;)
		if (waitpid(-1, NULL, __WALL | WNOHANG) <= 0)
			nanosleep(&moment, NULL);
	return NULL;
}

/* Waits for whatever there is, of any kind: ours is taken away, too. */
__attribute__((unused)) static void
reap_everything(void)
{
	pthread_t thread;

	CHILD_CHECK(pthread_create(&thread, NULL, reap_for_ever, NULL) == 0);
}

static void *
use_memory(void *context)
{
	(void)context;
	for (;;) {
		/* volatile: or it is not asked for at all. */
		void *volatile memory = malloc(3000);

		setenv("XS_TEST_BUSY", "yes", 1);
		free(memory);
	}
	return NULL;
}

/* Somebody holds the locks of malloc and environ at most moments. */
__attribute__((unused)) static void
have_threads(void)
{
	pthread_t thread;

	for (int i = 0; i < 8; i++)
		CHILD_CHECK(
		    pthread_create(&thread, NULL, use_memory, NULL) == 0);
}

__attribute__((unused)) static void
block_signals(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
}

__attribute__((unused)) static void
have_few_descriptors(void)
{
	const struct rlimit few = {12, 12};

	CHILD_CHECK(setrlimit(RLIMIT_NOFILE, &few) == 0);
}

__attribute__((unused)) static void
close_the_first(void)
{
	close(0);
	close(1);
	close(2);
}

/* As su is: root in effect, and somebody else's to send signals to. */
__attribute__((unused)) static void
be_set_user_id(void)
{
	if (geteuid() == 0)
		CHILD_CHECK(setresuid(CALLER, 0, 0) == 0);
}

struct habit {
	const char *name;
	void (*take)(void);
};

/* ---- One run in one host ---- */

struct run {
	const struct habit *habit;
	const struct program *program;
	const char *path;
	int told[2]; /* what went wrong; the first descriptors may be closed */
};

#define RUN_CHECK(run, condition)                                      \
	do {                                                           \
		if (!(condition)) {                                    \
			dprintf((run)->told[1], "%s:%d: %s", __FILE__, \
			    __LINE__, #condition);                     \
			_exit(1);                                      \
		}                                                      \
	} while (0)

static bool
ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), k = strlen(end);

	return n >= k && strcmp(text + n - k, end) == 0;
}

__attribute__((unused)) static int
run_in_host(void *argument)
{
	struct run *run = argument;
	const char *argv[] = {run->path, "+31612345678", NULL};
	struct xs_child child = {.argv = argv,
	    .user = "nobody",
	    .text = "492039 is a code",
	    .length = 16,
	    .timeout_ms = run->program->timeout_ms};
	struct process_state *states = calloc(2, sizeof(*states));
	struct xs_fault fault = {""};
	pid_t left;
	int r;

	CHILD_CHECK(states != NULL);
	/* What escapes its keeper is found by us. */
	CHILD_CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
	run->habit->take();
	process_state_take(&states[0]);
	r = xs_child_run(&child, &fault);
	process_state_take(&states[1]);
	left = waitpid(-1, NULL, __WALL | WNOHANG);
	RUN_CHECK(run, left == -1 && errno == ECHILD);
	if (run->program->fault == NULL) {
		dprintf(run->told[1], "%s", fault.text);
		RUN_CHECK(run, r == 0);
	} else {
		RUN_CHECK(run, r == XS_E_PROGRAM);
		if (!ends_with(fault.text, run->program->fault) &&
		    strstr(fault.text, run->program->fault) == NULL) {
			dprintf(run->told[1], "says \"%s\"", fault.text);
			_exit(1);
		}
	}
	/* The thread that uses the environment sets it after a moment. */
	memset(states[0].environment, 0, sizeof(states[0].environment));
	memset(states[1].environment, 0, sizeof(states[1].environment));
	if (process_state_differs(&states[0], &states[1])[0] != '\0') {
		dprintf(run->told[1], "changed: %s",
		    process_state_differs(&states[0], &states[1]));
		_exit(1);
	}
	_exit(0);
}

#endif
