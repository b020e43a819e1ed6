/* SPDX-License-Identifier: BSD-3-Clause */
/* Every kind of program in every kind of host. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/child_hosts.h"

static const struct habit habits[] = {
    {"usual", be_usual},
    {"SIGCHLD ignored", ignore_children},
    {"a handler that reaps all", reap_children},
    {"a thread that reaps everything", reap_everything},
    {"8 threads", have_threads},
    {"all signals blocked", block_signals},
    {"12 descriptors", have_few_descriptors},
    {"0 to 2 closed", close_the_first},
    {"set-user-id", be_set_user_id},
};

static void
assert_run(const struct state *s, const struct habit *habit,
    const struct program *program)
{
	struct path path = in_dir(s, program->name);
	struct run run = {habit, program, path.text, {-1, -1}};
	char said[512];
	ssize_t n;
	int status;

	assert_int_equal(pipe2(run.told, O_CLOEXEC | O_NONBLOCK), 0);
	status = run_child(run_in_host, &run);
	n = read(run.told[0], said, sizeof(said) - 1);
	said[n > 0 ? n : 0] = '\0';
	close(run.told[0]);
	close(run.told[1]);
	if (status != 0)
		fail_msg("%s, host %s: status %x: %s", program->name,
		    habit->name, (unsigned)status, said);
}

static void
test_every_program_in_every_host(void **state)
{
	struct state s;

	(void)state;
	make_programs(&s);
	for (size_t i = 0; i < sizeof(habits) / sizeof(habits[0]); i++)
		for (size_t k = 0; k < PROGRAMS; k++)
			assert_run(&s, &habits[i], &programs[k]);
	drop_programs(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_program_in_every_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
