/* SPDX-License-Identifier: BSD-3-Clause */
/* One line of the file, whatever its value. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "tests/config_cases.h"

static const struct {
	const char *line;
	const char *fault;
} faults[] = {
    {"tries = 9", "x.conf:7: tries: \"9\" is not a number from 1 to 5"},
    {"fail_delay = 1h",
	"x.conf:7: fail_delay: \"1h\" is not a time from 0 to "
	"10s"},
    {"argon2_memory = 1K",
	"x.conf:7: argon2_memory: \"1K\" is not a size "
	"from 12M to 1G"},
    {"throttle_budget = 5",
	"x.conf:7: throttle_budget: \"5\" is not a budget "
	"from 20/30d to 200/30d"},
    {"debug =", "x.conf:7: debug: \"\" is not yes or no"},
    {"not_enrolled = x",
	"x.conf:7: not_enrolled: \"x\" is not pass, enrol or "
	"refuse"},
    {"methods = app,app",
	"x.conf:7: methods: \"app,app\" is not a list of "
	"app, sms and backup, each at most once: one stands "
	"there twice"},
    {"tires = 3", "x.conf:7: tires: there is no such option"},
    {"Tries = 3", "x.conf:7: Tries: there is no such option"},
    {"tries 3",
	"x.conf:7: tries 3: no '=' follows, only KEY = VALUE is "
	"allowed"},
    {"debug", "x.conf:7: debug: no '=' follows, only KEY = VALUE is allowed"},
    {"= 3", "x.conf:7: : there is no such option"},
    {"settings = yes", "x.conf:7: settings: there is no such option"},
    {"config = /etc/x", "x.conf:7: config: allowed as a module argument only"},
    {"issuer = a\tb",
	"x.conf:7: issuer: a tab within the value, none is "
	"allowed"},
    {"tries = 3\r",
	"x.conf:7: a carriage return ends the line, only a line "
	"feed is allowed"},
    {"\r",
	"x.conf:7: a carriage return ends the line, only a line feed is "
	"allowed"},
    {"# \x1b[2J", "x.conf:7: a control character, none is allowed"},
    {"issuer = a\nb", "x.conf:7: a control character, none is allowed"},
    {"issuer = a\x7f", "x.conf:7: a control character, none is allowed"},
    {"issuer = a\rb", "x.conf:7: a control character, none is allowed"},
    {"language = 1234567890123456789012345678901234567890",
	"x.conf:7: language: \"1234567890123456789012345678901234567890\" is "
	"not en or nl"},
    {"language = 12345678901234567890123456789012345678901",
	"x.conf:7: language: \"1234567890123456789012345678901234567890...\" "
	"is not en or nl"},
    {"language = 123456789012345678901234567890123456789\xc3\xbc",
	"x.conf:7: language: \"123456789012345678901234567890123456789...\" "
	"is not en or nl"},
};

static void
test_faults_say_what_is_allowed(void **state)
{
	struct xs_fault fault;
	struct xs_config c;

	(void)state;
	xs_config_init(&c);
	for (size_t i = 0; i < COUNT(faults); i++) {
		assert_int_equal(feed(&c, faults[i].line, &fault), XS_E_CONFIG);
		assert_string_equal(fault.text, faults[i].fault);
		assert_int_equal(feed(&c, faults[i].line, NULL), XS_E_CONFIG);
	}
}

static void
test_comments_and_blanks_say_nothing(void **state)
{
	static const char *const lines[] = {"", " ", "\t", "#", "# tries = 9",
	    "\t# tries", "#tries = 9", "# caf\xc3\xa9"};
	struct xs_config c, before;

	(void)state;
	xs_config_init(&c);
	before = c;
	for (size_t i = 0; i < COUNT(lines); i++)
		assert_int_equal(feed(&c, lines[i], NULL), 0);
	assert_memory_equal(&c, &before, sizeof(c));
}

static void
test_a_key_given_twice_is_refused(void **state)
{
	struct xs_fault fault;
	struct xs_config c;

	(void)state;
	xs_config_init(&c);
	assert_int_equal(xs_config_line(&c, "tries = 3", "x", 2, NULL), 0);
	assert_int_equal(
	    xs_config_line(&c, "tries = 3", "x", 5, &fault), XS_E_CONFIG);
	assert_string_equal(fault.text,
	    "x:5: tries: given twice, once is allowed (first in line 2)");
}

static void
test_lines_are_taken_to_1024_bytes(void **state)
{
	char line[4096] = "postgresql = ";
	struct xs_fault fault;
	struct xs_config c;
	size_t n = strlen(line);

	(void)state;
	memset(line + n, 'x', 1024 - n);
	line[1024] = '\0';
	xs_config_init(&c);
	assert_int_equal(feed(&c, line, &fault), 0);
	assert_int_equal(strlen(c.postgresql), 1024 - n);
	for (size_t length = 1025; length < sizeof(line); length += 1000) {
		memset(line + n, 'x', length - n);
		line[length] = '\0';
		xs_config_init(&c);
		assert_int_equal(feed(&c, line, &fault), XS_E_CONFIG);
		assert_string_equal(
		    fault.text, "x.conf:7: longer than the 1024 bytes allowed");
	}
	line[0] = '#';
	assert_int_equal(feed(&c, line, &fault), XS_E_CONFIG);
}

/* Lists keep their whole length: 512 items of one byte. */
static void
test_the_longest_list_is_kept(void **state)
{
	char line[1025] = "exempt_users=";
	struct xs_config c;

	(void)state;
	while (strlen(line) < 1022)
		strcat(line, "a,");
	strcat(line, "b");
	xs_config_init(&c);
	assert_int_equal(feed(&c, line, NULL), 0);
	assert_string_equal(c.exempt_users, strchr(line, '=') + 1);
}

/* Lines are looked at eight bytes at a time: no place is left out. */
static void
test_control_character_is_seen_wherever_it_stands(void **state)
{
	struct xs_config config;
	struct xs_fault fault;
	char line[32];

	(void)state;
	xs_config_init(&config);
	for (size_t at = 1; at < sizeof(line) - 1; at++) {
		for (int c = 1; c < 256; c++) {
			bool right = (c >= 0x20 && c != 0x7f) || c == '\t';

			memset(line, '#', sizeof(line) - 1);
			line[sizeof(line) - 1] = '\0';
			line[at] = (char)c;
			assert_int_equal(
			    xs_config_line(&config, line, "x.conf", 7, &fault),
			    right ? 0 : XS_E_CONFIG);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_control_character_is_seen_wherever_it_stands),
	    cmocka_unit_test(test_faults_say_what_is_allowed),
	    cmocka_unit_test(test_comments_and_blanks_say_nothing),
	    cmocka_unit_test(test_a_key_given_twice_is_refused),
	    cmocka_unit_test(test_lines_are_taken_to_1024_bytes),
	    cmocka_unit_test(test_the_longest_list_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
