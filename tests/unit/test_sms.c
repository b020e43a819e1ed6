/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sms.h"
#include "tests/state.h"

/* A directory with a sender that notes what it was handed. */
static void
make_sender(struct state *s, struct xs_config *config)
{
	struct path sender, note;
	char script[512];

	make_dir(s);
	assert_int_equal(chmod(s->dir, 0711), 0);
	sender = in_dir(s, "sender");
	note = in_dir(s, "note");
	write_file(note.text, "", 0);
	assert_int_equal(chmod(note.text, 0666), 0);
	snprintf(script, sizeof(script),
	    "#!/bin/sh\n{ echo \"$# $1\"; cat; } >>%s\n", note.text);
	write_file(sender.text, script, strlen(script));
	assert_int_equal(chmod(sender.text, 0755), 0);

	xs_config_init(config);
	strcpy(config->sms_command, sender.text);
	strcpy(config->sms_user, "nobody");
	config->sms_timeout = 30;
}

static void
drop_sender(struct state *s)
{
	remove_tree(s->dir);
	assert_int_equal(count_fds(), s->fds);
}

static void
assert_noted(const struct state *s, const char *expected)
{
	char note[512] = "";

	read_file(in_dir(s, "note").text, note, sizeof(note) - 1);
	assert_string_equal(note, expected);
}

static void
test_sender_gets_number_and_text(void **state)
{
	struct xs_fault fault = {""};
	struct xs_config config;
	struct xs_sender sender;
	struct state s;

	(void)state;
	make_sender(&s, &config);
	sender = xs_sms_sender(&config);
	assert_int_equal(sender.send(sender.context, "+31612345678",
			     "492039 is a code", &fault),
	    0);
	assert_noted(&s, "1 +31612345678\n492039 is a code");
	assert_string_equal(fault.text, "");
	drop_sender(&s);
}

/* It would stand on a command line, and in the log. */
static void
test_what_is_no_number_never_reaches_the_sender(void **state)
{
	static const char *const bad[] = {"", "31612345678", "--help",
	    "+31612345678;rm", "+3161234567x", "+1234567890123456"};
	struct xs_fault fault;
	struct xs_config config;
	struct xs_sender sender;
	struct state s;

	(void)state;
	make_sender(&s, &config);
	sender = xs_sms_sender(&config);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(
		    sender.send(sender.context, bad[i], "text", &fault),
		    XS_E_INVALID);
		assert_string_equal(fault.text, "sms: the number is not one");
	}
	assert_noted(&s, "");
	drop_sender(&s);
}

static void
test_failures_name_the_sender_and_nothing_secret(void **state)
{
	struct xs_config config;
	struct xs_fault fault;
	struct xs_sender sender;
	struct state s;

	(void)state;
	make_sender(&s, &config);
	sender = xs_sms_sender(&config);
	strcpy(config.sms_command, "/bin/false");
	assert_int_equal(
	    sender.send(sender.context, "+31612345678", "492039", &fault),
	    XS_E_PROGRAM);
	assert_string_equal(fault.text, "/bin/false: ended with status 1");
	strcpy(config.sms_command, "/no/such/sender");
	assert_int_equal(
	    sender.send(sender.context, "+31612345678", "492039", &fault),
	    XS_E_PROGRAM);
	assert_string_equal(fault.text,
	    "/no/such/sender: is missing, or what its first line names is");
	config.sms_command[0] = '\0';
	assert_int_equal(
	    sender.send(sender.context, "+31612345678", "492039", &fault),
	    XS_E_PROGRAM);
	assert_string_equal(fault.text, "sms_command: there is none");
	drop_sender(&s);
}

static void
test_time_is_that_of_the_options(void **state)
{
	struct xs_config config;
	struct xs_fault fault;
	struct xs_sender sender;

	(void)state;
	xs_config_init(&config);
	strcpy(config.sms_command, "/usr/bin/yes");
	strcpy(config.sms_user, "nobody");
	config.sms_timeout = 1;
	sender = xs_sms_sender(&config);
	assert_int_equal(
	    sender.send(sender.context, "+31612345678", "492039", &fault),
	    XS_E_PROGRAM);
	assert_string_equal(
	    fault.text, "/usr/bin/yes: not done within 1000 ms, and was ended");
}

static void
test_offered_with_a_sender_and_numbers_to_text(void **state)
{
	struct xs_config config;

	(void)state;
	xs_config_init(&config);
	assert_false(xs_sms_is_offered(&config));
	strcpy(config.country_code, "31");
	assert_false(xs_sms_is_offered(&config));
	strcpy(config.sms_command, "/bin/send");
	assert_true(xs_sms_is_offered(&config));
	config.country_code[0] = '\0';
	assert_false(xs_sms_is_offered(&config));
	strcpy(config.sms_allow, "+32");
	assert_true(xs_sms_is_offered(&config));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sender_gets_number_and_text),
	    cmocka_unit_test(test_what_is_no_number_never_reaches_the_sender),
	    cmocka_unit_test(test_failures_name_the_sender_and_nothing_secret),
	    cmocka_unit_test(test_time_is_that_of_the_options),
	    cmocka_unit_test(test_offered_with_a_sender_and_numbers_to_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
