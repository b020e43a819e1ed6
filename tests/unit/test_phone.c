/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "phone.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct reading {
	const char *typed, *country, *allow;
	enum xs_phone_reading expected;
	const char *number;
};

static void
assert_readings(const struct reading *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct reading *c = &cases[i];
		char out[XS_PHONE_MAX], before[XS_PHONE_MAX];
		enum xs_phone_reading reading;

		memset(out, '#', sizeof(out));
		memcpy(before, out, sizeof(out));
		reading = xs_phone_read(c->typed, c->country, c->allow, out);
		if (reading != c->expected)
			fail_msg("\"%s\" (country \"%s\", allow \"%s\"): %x, "
				 "not %x",
			    c->typed, c->country, c->allow, (unsigned)reading,
			    (unsigned)c->expected);
		if (c->number != NULL) {
			assert_string_equal(out, c->number);
			assert_true(xs_phone_ok(out));
		} else {
			assert_memory_equal(out, before, sizeof(out));
		}
	}
}

static void
test_numbers_are_read_as_people_type_them(void **state)
{
	static const struct reading cases[] = {
	    {"+31612345678", "31", "", XS_PHONE_READ, "+31612345678"},
	    {"0612345678", "31", "", XS_PHONE_READ, "+31612345678"},
	    {"06-12345678", "31", "", XS_PHONE_READ, "+31612345678"},
	    {" 06 12 34 56 78 ", "31", "", XS_PHONE_READ, "+31612345678"},
	    {"+31 6 1234-5678", "31", "", XS_PHONE_READ, "+31612345678"},
	    {"0031612345678", "31", "", XS_PHONE_READ, "+31612345678"},
	    {"0031 6 12345678", "", "+31", XS_PHONE_READ, "+31612345678"},
	    {"0 0 31 6 12345678", "", "+31", XS_PHONE_READ, "+31612345678"},
	    {"- + 31612345678", "31", "", XS_PHONE_READ, "+31612345678"},
	    {"+32470123456", "31", "+31,+32", XS_PHONE_READ, "+32470123456"},
	    {"0470123456", "32", "+31,+32", XS_PHONE_READ, "+32470123456"},
	    {"+12125550123", "1", "", XS_PHONE_READ, "+12125550123"},
	    /* The shortest and the longest. */
	    {"+12345678", "1", "", XS_PHONE_READ, "+12345678"},
	    {"+123456789012345", "1", "", XS_PHONE_READ, "+123456789012345"},
	    {"0123456", "31", "", XS_PHONE_READ, "+31123456"},
	};

	(void)state;
	assert_readings(cases, COUNT(cases));
}

static void
test_what_is_no_number_is_refused_with_its_reason(void **state)
{
	static const struct reading cases[] = {
	    {"", "31", "", XS_PHONE_MALFORMED, NULL},
	    {" - ", "31", "", XS_PHONE_MALFORMED, NULL},
	    {"+", "31", "", XS_PHONE_MALFORMED, NULL},
	    {"+1;rm", "1", "", XS_PHONE_MALFORMED, NULL},
	    {"+3161234567;", "31", "", XS_PHONE_MALFORMED, NULL},
	    {"+31612345678\n", "31", "", XS_PHONE_MALFORMED, NULL},
	    {"+31612345678\t", "31", "", XS_PHONE_MALFORMED, NULL},
	    {"+3161234567$", "31", "", XS_PHONE_MALFORMED, NULL},
	    {"--help", "31", "", XS_PHONE_MALFORMED, NULL},
	    {"-n", "31", "", XS_PHONE_MALFORMED, NULL},
	    {"call me", "31", "", XS_PHONE_MALFORMED, NULL},
	    {"06123O5678", "31", "", XS_PHONE_MALFORMED, NULL},
	    {"++31612345678", "31", "", XS_PHONE_MALFORMED, NULL},
	    {"31+612345678", "31", "", XS_PHONE_MALFORMED, NULL},
	    {"+31 (0)6 12345678", "31", "", XS_PHONE_MALFORMED, NULL},
	    {"06.12.34.56.78", "31", "", XS_PHONE_MALFORMED, NULL},
	    {"\xd9\xa0\xd9\xa6\xd9\xa1", "31", "", XS_PHONE_MALFORMED, NULL},
	    /* No country's code begins with 0. */
	    {"+0612345678", "31", "", XS_PHONE_MALFORMED, NULL},
	    {"000612345678", "31", "", XS_PHONE_MALFORMED, NULL},
	    {"0612345678", "", "+31", XS_PHONE_NO_COUNTRY, NULL},
	    {"31612345678", "31", "", XS_PHONE_NO_COUNTRY, NULL},
	    {"612345678", "31", "", XS_PHONE_NO_COUNTRY, NULL},
	    {"+1234567", "1", "", XS_PHONE_SHORT, NULL},
	    {"012345", "31", "", XS_PHONE_SHORT, NULL},
	    {"0", "31", "", XS_PHONE_SHORT, NULL},
	    {"00", "31", "", XS_PHONE_SHORT, NULL},
	    {"+1234567890123456", "1", "", XS_PHONE_LONG, NULL},
	    {"012345678901234", "31", "", XS_PHONE_LONG, NULL},
	};

	(void)state;
	assert_readings(cases, COUNT(cases));
}

static void
test_endless_input_is_refused(void **state)
{
	char typed[200];
	char out[XS_PHONE_MAX];

	(void)state;
	memset(typed, ' ', sizeof(typed));
	strcpy(typed + 53, "0612345678");
	assert_true(xs_phone_read(typed, "31", "", out) == XS_PHONE_READ);
	memset(typed, '1', sizeof(typed));
	for (size_t n = 0; n < sizeof(typed); n++) {
		typed[n] = '\0';
		assert_false(
		    xs_phone_read(typed, "31", "", out) == XS_PHONE_READ);
		typed[n] = '1';
	}
}

static void
test_only_allowed_prefixes_are_read(void **state)
{
	static const struct reading cases[] = {
	    {"+4915112345678", "31", "", XS_PHONE_NOT_ALLOWED, NULL},
	    {"+4915112345678", "31", "+49", XS_PHONE_READ, "+4915112345678"},
	    {"0612345678", "31", "+49", XS_PHONE_NOT_ALLOWED, NULL},
	    {"0201234567", "31", "+316,+32", XS_PHONE_NOT_ALLOWED, NULL},
	    {"+3", "31", "+31", XS_PHONE_SHORT, NULL},
	    {"+31612345678", "31", "+32,+3161", XS_PHONE_READ, "+31612345678"},
	    {"+31612345678", "31", "+32,+3162", XS_PHONE_NOT_ALLOWED, NULL},
	    {"+31612345678", "", "+312,+3", XS_PHONE_READ, "+31612345678"},
	    /* Neither option: nothing may be texted. */
	    {"+31612345678", "", "", XS_PHONE_NOT_ALLOWED, NULL},
	    {"+31612345678", "", ",", XS_PHONE_NOT_ALLOWED, NULL},
	    /* The default is the country's code behind the +, no more. */
	    {"+13112345678", "31", "", XS_PHONE_NOT_ALLOWED, NULL},
	};

	(void)state;
	assert_readings(cases, COUNT(cases));
}

static void
test_only_whole_numbers_are_handed_on(void **state)
{
	static const char *const bad[] = {"", "+", "31612345678", "+0612345678",
	    "+31612345678 ", "+3161234567a", "+1234567", "+1234567890123456",
	    "+12345678901234567890", "-31612345678", "+31612345678;"};

	(void)state;
	assert_true(xs_phone_ok("+12345678"));
	assert_true(xs_phone_ok("+123456789012345"));
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(xs_phone_ok(bad[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_numbers_are_read_as_people_type_them),
	    cmocka_unit_test(test_what_is_no_number_is_refused_with_its_reason),
	    cmocka_unit_test(test_endless_input_is_refused),
	    cmocka_unit_test(test_only_allowed_prefixes_are_read),
	    cmocka_unit_test(test_only_whole_numbers_are_handed_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
