/* SPDX-License-Identifier: BSD-3-Clause */
/* The file and the arguments: what is read, and what wins. */
#include "tests/config_place.h"

/* Options that got lost must not become "let in who is not enrolled". */
static void
test_a_missing_or_an_empty_file_is_refused(void **state)
{
	struct place *p = *state;

	assert_int_equal(load_file(p), XS_E_CONFIG);
	assert_non_null(
	    strstr(p->fault.text, "xsuite.conf: the file is not there"));
	write_file(p, "");
	assert_int_equal(load_file(p), XS_E_CONFIG);
	assert_non_null(
	    strstr(p->fault.text, "xsuite.conf: the file is empty"));
	write_file(p, "# all defaults\n");
	assert_int_equal(load_file(p), 0);
	assert_int_equal(xs_config_load(&p->config, "/tmp/no such/x.conf", 0,
			     NULL, &p->fault),
	    XS_E_CONFIG);
}

static void
test_a_missing_file_that_is_named_is_refused(void **state)
{
	struct place *p = *state;

	assert_int_equal(LOAD(p, p->argument), XS_E_CONFIG);
	assert_non_null(strstr(p->fault.text,
	    "xsuite.conf: the file is not "
	    "there"));
	assert_int_equal(LOAD(p, "config=/tmp/no such/x.conf"), XS_E_CONFIG);
	assert_string_equal(
	    p->fault.text, "/tmp/no such/x.conf: the file is not there");
}

static void
test_arguments_win_over_the_file(void **state)
{
	struct place *p = *state;

	write_file(p, "# x\ntries = 2\n\nissuer = A\n");
	assert_int_equal(load_file(p), 0);
	assert_string_equal(p->config.path, p->file);
	assert_int_equal(p->config.tries, 2);
	assert_string_equal(p->config.issuer, "A");
	assert_int_equal(LOAD(p, "tries=5", "debug", "issuer="), 0);
	assert_int_equal(p->config.tries, 5);
	assert_true(p->config.debug);
	assert_string_equal(p->config.issuer, "");
	assert_int_equal(LOAD(p, "debug=no"), 0);
	assert_false(p->config.debug);
}

static void
test_the_named_file_is_read_alone(void **state)
{
	struct place *p = *state;
	char other[160], argument[192];

	write_file(p, "tries = 2\n");
	snprintf(other, sizeof(other), "%s/other", p->directory);
	snprintf(argument, sizeof(argument), "config=%s", other);
	write_bytes(other, "fail_delay = 4\n", 15);
	/* Wherever it stands among the arguments. */
	assert_int_equal(LOAD(p, "issuer=B", argument), 0);
	assert_string_equal(p->config.path, other);
	assert_int_equal(p->config.tries, 3);
	assert_int_equal(p->config.fail_delay, 4);
	assert_string_equal(p->config.issuer, "B");
}

static void
test_a_file_without_last_line_feed_is_read(void **state)
{
	struct place *p = *state;

	write_file(p, "tries = 2\nissuer = A");
	assert_int_equal(load_file(p), 0);
	assert_string_equal(p->config.issuer, "A");
}

static const struct {
	const char *argument[3];
	const char *fault;
} arguments[] = {
    {{"tries=9"}, "argument tries=9: \"9\" is not a number from 1 to 5"},
    {{"nullok"},
	"argument nullok: not a word that stands alone (those are "
	"debug and settings), nor KEY=VALUE"},
    {{"tries"},
	"argument tries: not a word that stands alone (those are "
	"debug and settings), nor KEY=VALUE"},
    {{"config"},
	"argument config: not a word that stands alone (those are "
	"debug and settings), nor KEY=VALUE"},
    {{"no such=1"}, "argument no such=1: there is no such option"},
    {{"settings=yes"}, "argument settings=yes: there is no such option"},
    {{"#tries=1"}, "argument #tries=1: there is no such option"},
    {{""},
	"argument : not a word that stands alone (those are debug and "
	"settings), nor KEY=VALUE"},
    {{"tries=2", "tries=2"}, "argument tries=2: given twice, once is allowed"},
    {{"debug", "debug=no"}, "argument debug=no: given twice, once is allowed"},
    {{"debug", "debug"}, "argument debug: given twice, once is allowed"},
    {{"issuer=a\nb"}, "argument issuer: a control character, none is allowed"},
    {{"config=xsuite.conf"},
	"argument config=xsuite.conf: \"xsuite.conf\" is "
	"not an absolute path without \"..\""},
    {{"config=/x/../y"},
	"argument config=/x/../y: \"/x/../y\" is not an "
	"absolute path without \"..\""},
    {{"config="},
	"argument config=: \"\" is not an absolute path without "
	"\"..\""},
    {{"throttle_wait_max=1m", "throttle_wait=2m"},
	"argument throttle_wait: \"2m\" is longer than throttle_wait_max = "
	"1m"},
    {{"language=de"}, "argument language=de: \"de\" is not en or nl"},
    {{"enrol_by=2030-01-01"},
	"argument enrol_by: \"2030-01-01\" does not go with not_enrolled = "
	"pass"},
    {{"not_enrolled=enrol", "methods=sms,backup"},
	"argument not_enrolled: \"enrol\" needs the app among methods = "
	"sms,backup"},
};

static void
test_bad_arguments_are_refused(void **state)
{
	struct place *p = *state;
	struct xs_config before;

	write_file(p, "# none\n");
	memset(&p->config, 0x5a, sizeof(p->config));
	before = p->config;
	for (size_t i = 0; i < COUNT(arguments); i++) {
		if (load(p, arguments[i].argument) != XS_E_CONFIG)
			fail_msg("taken: %s", arguments[i].argument[0]);
		assert_string_equal(p->fault.text, arguments[i].fault);
		assert_memory_equal(&p->config, &before, sizeof(before));
	}
	write_file(p, "");
	assert_int_equal(LOAD(p, p->argument, p->argument), XS_E_CONFIG);
	assert_non_null(strstr(p->fault.text, "given twice"));
}

static void
test_arguments_are_taken_to_1024_bytes(void **state)
{
	struct place *p = *state;
	char argument[1026] = "state_dir=/";

	write_file(p, "# none\n");
	memset(argument + 11, 'x', 1024 - 11);
	assert_int_equal(LOAD(p, argument), 0);
	assert_int_equal(strlen(p->config.state_dir), 1024 - 10);
	argument[1024] = 'x';
	assert_int_equal(LOAD(p, argument), XS_E_CONFIG);
	assert_string_equal(p->fault.text,
	    "argument state_dir: longer than the 1024 bytes allowed");
}

static void
test_a_connection_is_not_quoted(void **state)
{
	static const char *const lines[] = {"password=hush", "password=hush\tx",
	    "password=hush\nx", "password=hush\r"};
	struct place *p = *state;

	write_file(p, "# none\n");
	for (size_t i = 0; i < COUNT(lines); i++) {
		char argument[64];

		snprintf(argument, sizeof(argument), "postgresql=%s", lines[i]);
		assert_int_equal(LOAD(p, argument), XS_E_CONFIG);
		assert_null(strstr(p->fault.text, "hush"));
		assert_int_equal(
		    LOAD(p, "store=postgresql", argument), XS_E_CONFIG);
		assert_null(strstr(p->fault.text, "hush"));
		assert_int_equal(LOAD(p, argument, argument), XS_E_CONFIG);
		assert_non_null(strstr(p->fault.text, "argument "));
		assert_null(strstr(p->fault.text, "hush"));
	}
}

/* An administrator finds a mistake before the argument is taken away. */
static void
test_an_argument_does_not_hide_an_error_in_the_file(void **state)
{
	struct place *p = *state;

	write_file(p, "tries = 9\n");
	assert_int_equal(LOAD(p, "tries=3"), XS_E_CONFIG);
	assert_non_null(strstr(p->fault.text, "xsuite.conf:1: tries: \"9\""));
}

static void
test_the_first_error_is_named_with_its_line(void **state)
{
	struct place *p = *state;

	write_file(p, "# one\n\ntries = 3\ntries = 4\nbad\n");
	assert_file_refused(p,
	    "xsuite.conf:4: tries: given twice, once is "
	    "allowed (first in line 3)");
	write_file(p, "\n\nthrottle_stop = 10\nthrottle_free = 10");
	assert_file_refused(p,
	    "xsuite.conf:4: throttle_free: \"10\" is not "
	    "less than throttle_stop = 10");
	write_file(p, "throttle_wait_max = 60\n");
	assert_int_equal(LOAD(p, "throttle_wait=2m"), XS_E_CONFIG);
	write_file(p, "config = /etc/x\n");
	assert_file_refused(p, "allowed as a module argument only");
}

static void
test_files_of_other_systems_are_refused(void **state)
{
	struct place *p = *state;

	write_file(p, "# one\r\ntries = 2\r\n");
	assert_file_refused(
	    p, "xsuite.conf:1: a carriage return ends the line");
	write_bytes(p->file, "tries = 2\nissuer = a\0b\n", 23);
	assert_file_refused(p, "xsuite.conf:2: a NUL byte");
	write_bytes(p->file, "tries = 2\n\0", 11);
	assert_file_refused(p, "xsuite.conf:2: a NUL byte");
	write_file(p, "\xef\xbb\xbftries = 2\n");
	assert_file_refused(p, "there is no such option");
}

static void
test_a_relative_default_is_read(void **state)
{
	struct place *p = *state;
	int here = open(".", O_PATH | O_CLOEXEC);

	write_file(p, "tries = 2\n");
	assert_int_equal(chdir(p->directory), 0);
	strcpy(p->file, "xsuite.conf");
	assert_int_equal(load_file(p), 0);
	assert_int_equal(p->config.tries, 2);
	strcpy(p->file, "./xsuite.conf");
	assert_int_equal(load_file(p), 0);
	assert_int_equal(fchdir(here), 0);
	close(here);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_a_missing_or_an_empty_file_is_refused),
	    TEST(test_a_missing_file_that_is_named_is_refused),
	    TEST(test_arguments_win_over_the_file),
	    TEST(test_the_named_file_is_read_alone),
	    TEST(test_a_file_without_last_line_feed_is_read),
	    TEST(test_bad_arguments_are_refused),
	    TEST(test_arguments_are_taken_to_1024_bytes),
	    TEST(test_a_connection_is_not_quoted),
	    TEST(test_an_argument_does_not_hide_an_error_in_the_file),
	    TEST(test_the_first_error_is_named_with_its_line),
	    TEST(test_files_of_other_systems_are_refused),
	    TEST(test_a_relative_default_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
