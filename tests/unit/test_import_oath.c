/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "import_oath.h"

#define HEX "3132333435363738393031323334353637383930"
#define NOW 1111111109 /* RFC 6238: step 37037036, code 07081804 */
#define STEP 37037036

static enum xs_oath_kind
read_line(struct xs_oath *oath, const char *text, const char **what)
{
	char line[XS_IMPORT_LINE_MAX];

	strcpy(line, text);
	return xs_oath_read(oath, line, what);
}

static void
test_types_are_understood(void **state)
{
	static const struct {
		const char *type;
		enum xs_oath_kind kind;
		unsigned digits, period;
	} cases[] = {
	    {"HOTP/T30", XS_OATH_TOTP, 6, 30},
	    {"HOTP/T60", XS_OATH_TOTP, 6, 60},
	    {"HOTP/T30/6", XS_OATH_TOTP, 6, 30},
	    {"HOTP/T30/7", XS_OATH_TOTP, 7, 30},
	    {"HOTP/T60/8", XS_OATH_TOTP, 8, 60},
	    {"HOTP", XS_OATH_COUNTER, 0, 0},
	    {"HOTP/E", XS_OATH_COUNTER, 0, 0},
	    {"HOTP/E/8", XS_OATH_COUNTER, 0, 0},
	    {"HOTP/T30/9", XS_OATH_BROKEN, 0, 0},
	    {"HOTP/T30/66", XS_OATH_BROKEN, 0, 0},
	    {"HOTP/T30/", XS_OATH_BROKEN, 0, 0},
	    {"HOTP/T", XS_OATH_BROKEN, 0, 0},
	    {"HOTP/T10", XS_OATH_BROKEN, 0, 0},
	    {"HOTP/T4294967326", XS_OATH_BROKEN, 0, 0},
	    {"HOTP/X", XS_OATH_BROKEN, 0, 0},
	    {"MOTP", XS_OATH_BROKEN, 0, 0},
	};
	struct xs_oath oath;
	const char *what = NULL;
	char line[256];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)snprintf(
		    line, sizeof(line), "%s\talice  -\t" HEX, cases[i].type);
		assert_int_equal(read_line(&oath, line, &what), cases[i].kind);
		assert_string_equal(oath.user, "alice");
		if (cases[i].kind != XS_OATH_TOTP)
			continue;
		assert_int_equal(oath.totp.digits, cases[i].digits);
		assert_int_equal(oath.totp.period, cases[i].period);
		assert_int_equal(oath.totp.secret_length, 20);
		assert_memory_equal(
		    oath.totp.secret, "12345678901234567890", 20);
	}
}

static void
test_comments_and_blanks_are_nothing(void **state)
{
	static const char *const lines[] = {
	    "", "   ", "\t", "#", "# HOTP a", "  # x"};
	struct xs_oath oath;
	const char *what = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_int_equal(
		    read_line(&oath, lines[i], &what), XS_OATH_NOTHING);
}

static void
test_broken_lines_say_why(void **state)
{
	static const struct {
		const char *line, *what;
	} cases[] = {
	    {"HOTP/T30", "fewer than 4 fields"},
	    {"HOTP/T30 alice -", "fewer than 4 fields"},
	    {"HOTP/T30 alice - " HEX " 0 123456 x y", "more than 7 fields"},
	    {"HOTP/T30 alice - 00", "the secret has fewer than 80 bits"},
	    {"HOTP/T30 alice - " HEX HEX HEX HEX,
		"the secret has more than 512 bits"},
	    {"HOTP/T30 alice - " HEX "0",
		"the secret has an odd number of digits"},
	    {"HOTP/T30 alice - 0x" HEX, "the secret is not hexadecimal"},
	    {"HOTP/T30 alice - " HEX " x", "the counter is not a number"},
	    {"HOTP/T30 alice - " HEX " 0 12a456",
		"the last code is not a number"},
	    {"HOTP/T30 alice - " HEX " 0 123456789",
		"the last code is not a number"},
	};
	struct xs_oath oath;
	const char *what;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		what = NULL;
		assert_int_equal(
		    read_line(&oath, cases[i].line, &what), XS_OATH_BROKEN);
		assert_string_equal(what, cases[i].what);
	}
}

static void
test_name_too_long_is_broken(void **state)
{
	char line[1024] = "HOTP/T30 ";
	struct xs_oath oath;
	const char *what = NULL;

	(void)state;
	memset(line + 9, 'a', XS_NAME_MAX);
	strcpy(line + 9 + XS_NAME_MAX, " - " HEX);
	assert_int_equal(read_line(&oath, line, &what), XS_OATH_BROKEN);
	assert_string_equal(oath.user, "");
	memmove(line + 9, line + 10, strlen(line + 9));
	assert_int_equal(read_line(&oath, line, &what), XS_OATH_TOTP);
}

static void
test_pin_is_noticed(void **state)
{
	struct xs_oath oath;
	const char *what = NULL;

	(void)state;
	assert_int_equal(
	    read_line(&oath, "HOTP/T30 a - " HEX, &what), XS_OATH_TOTP);
	assert_false(oath.pin);
	assert_int_equal(
	    read_line(&oath, "HOTP/T30 a + " HEX, &what), XS_OATH_TOTP);
	assert_false(oath.pin);
	assert_int_equal(
	    read_line(&oath, "HOTP/T30 a 1234 " HEX, &what), XS_OATH_TOTP);
	assert_true(oath.pin);
}

static void
test_last_code_stays_dead(void **state)
{
	struct xs_oath oath;
	const char *what = NULL;
	char line[256], code[XS_TOTP_DIGITS_MAX + 1];
	uint64_t step;

	(void)state;
	for (int around = -3; around <= XS_IMPORT_AHEAD + 1; around++) {
		assert_int_equal(read_line(&oath, "HOTP/T30/8 a - " HEX, &what),
		    XS_OATH_TOTP);
		assert_int_equal(
		    xs_totp_code(&oath.totp, (uint64_t)(STEP + around), code),
		    0);
		(void)snprintf(line, sizeof(line),
		    "HOTP/T30/8 a - " HEX " 0 %s 2005-03-18T01:58:29L", code);
		assert_int_equal(read_line(&oath, line, &what), XS_OATH_TOTP);
		assert_int_equal(xs_oath_last_step(&oath, NOW, &step), 0);
		if (around >= -1 && around <= XS_IMPORT_AHEAD)
			assert_int_equal(step, STEP + around);
		else /* cannot be typed any more, nor yet */
			assert_int_equal(step, 0);
	}
}

static void
test_unused_has_no_last_step(void **state)
{
	struct xs_oath oath;
	const char *what = NULL;
	uint64_t step = 7;

	(void)state;
	assert_int_equal(read_line(&oath, "HOTP/T30 a - " HEX " 0 - -", &what),
	    XS_OATH_TOTP);
	assert_int_equal(xs_oath_last_step(&oath, NOW, &step), 0);
	assert_int_equal(step, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_types_are_understood),
	    cmocka_unit_test(test_comments_and_blanks_are_nothing),
	    cmocka_unit_test(test_broken_lines_say_why),
	    cmocka_unit_test(test_name_too_long_is_broken),
	    cmocka_unit_test(test_pin_is_noticed),
	    cmocka_unit_test(test_last_code_stays_dead),
	    cmocka_unit_test(test_unused_has_no_last_step),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
