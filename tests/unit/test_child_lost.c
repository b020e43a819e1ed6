/* SPDX-License-Identifier: BSD-3-Clause */
/* Who is lost half-way, and who could wish it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/child_hosts.h"

struct hang {
	const char *dir;
	void (*take)(void);
	unsigned timeout_ms;
	const char *end; /* of what the host is told */
};

static int
hang_in_host(void *argument)
{
	const struct hang *q = argument;
	char path[256];
	const char *argv[] = {path, "+31", NULL};
	struct xs_child child = {argv, "nobody", "text", 4, q->timeout_ms, 0};
	struct xs_fault fault = {""};

	snprintf(path, sizeof(path), "%s/hangs-with-daemons", q->dir);
	q->take();
	CHILD_CHECK(xs_child_run(&child, &fault) == XS_E_PROGRAM);
	CHILD_CHECK(ends_with(fault.text, q->end));
	return 0;
}

/* The first child of a process, once it has one. */
static pid_t
child_of(pid_t parent)
{
	const struct timespec moment = {0, 2000000};
	char path[64], list[64];
	pid_t child = 0;

	snprintf(
	    path, sizeof(path), "/proc/%d/task/%d/children", parent, parent);
	for (int i = 0; child == 0 && i < 15000; i++) {
		memset(list, 0, sizeof(list));
		if (read_file(path, list, sizeof(list) - 1) > 0)
			child = atoi(list);
		else
			nanosleep(&moment, NULL);
	}
	assert_true(child > 0);
	return child;
}

static void
test_dead_host_leaves_no_program(void **state)
{
	struct hang q = {.take = be_usual, .timeout_ms = 1500};
	struct state s;
	pid_t host;

	(void)state;
	make_programs(&s);
	q.dir = s.dir;
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	host = start_child(hang_in_host, &q);
	child_of(child_of(host));
	kill(host, SIGKILL);
	/* All of them become ours, and end by themselves. */
	while (waitpid(-1, NULL, __WALL) > 0)
		;
	assert_int_equal(errno, ECHILD);
	prctl(PR_SET_CHILD_SUBREAPER, 0);
	drop_programs(&s);
}

static void
test_dead_keeper_is_told_and_takes_the_program_along(void **state)
{
	struct hang q = {.take = be_usual,
	    .timeout_ms = LONG_MS,
	    .end = "what became of it is not known"};
	pid_t host, keeper, program;
	struct state s;

	(void)state;
	make_programs(&s);
	q.dir = s.dir;
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	host = start_child(hang_in_host, &q);
	keeper = child_of(host);
	program = child_of(keeper);
	/* It is the program when it has a child itself. */
	child_of(program);
	kill(keeper, SIGKILL);
	assert_int_equal(wait_for(host), 0);
	assert_int_equal(wait_for(program), SIGKILL);
	/* Of what the program itself has started nobody knows now. */
	for (pid_t rest; (rest = waitpid(-1, NULL, WNOHANG)) >= 0;)
		if (rest == 0)
			kill(child_of(getpid()), SIGKILL);
	prctl(PR_SET_CHILD_SUBREAPER, 0);
	drop_programs(&s);
}

static int
signal_as_caller(void *argument)
{
	const pid_t *keeper = argument;

	CHILD_CHECK(setresuid(CALLER, CALLER, CALLER) == 0);
	for (int i = 1; i < SIGRTMAX; i++)
		CHILD_CHECK(
		    i == SIGCONT || (kill(*keeper, i) < 0 && errno == EPERM));
	return 0;
}

/* Else he could keep a program from its end, or have it known as done. */
static void
test_caller_cannot_stop_the_keeper(void **state)
{
	struct hang q = {.take = be_set_user_id,
	    .timeout_ms = 3000,
	    .end = "not done within 3000 ms, and was ended"};
	struct state s;
	pid_t host, keeper;

	(void)state;
	if (geteuid() != 0) {
		print_message("needs root\n");
		skip();
	}
	make_programs(&s);
	q.dir = s.dir;
	host = start_child(hang_in_host, &q);
	keeper = child_of(host);
	child_of(keeper);
	assert_int_equal(run_child(signal_as_caller, &keeper), 0);
	assert_int_equal(wait_for(host), 0);
	drop_programs(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_dead_host_leaves_no_program),
	    cmocka_unit_test(
		test_dead_keeper_is_told_and_takes_the_program_along),
	    cmocka_unit_test(test_caller_cannot_stop_the_keeper),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
