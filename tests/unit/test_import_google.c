/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "import_google.h"

#define SECRET "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" /* RFC 6238's, 20 bytes */
#define NOW 1700000000
#define STEP (NOW / 30)

struct said {
	unsigned count, line;
	const char *what;
};

static void
note(void *context, unsigned line, const char *what)
{
	struct said *said = context;

	if (said->count++ == 0) {
		said->line = line;
		said->what = what;
	}
}

/* Reads it from memory without a byte to spare. */
static struct said
read_text(struct xs_google *google, const char *text)
{
	struct said said = {0};
	size_t size = strlen(text);
	char *exact = test_malloc(size + (size == 0));

	memcpy(exact, text, size);
	xs_google_read(google, exact, size, note, &said);
	test_free(exact);
	return said;
}

static void
test_whole_file_is_understood(void **state)
{
	struct xs_google google;
	struct said said = read_text(&google,
	    SECRET "\n\" RATE_LIMIT 3 30 1700000000\n\" WINDOW_SIZE 17\n"
		   "\" STEP_SIZE 60\n\" DISALLOW_REUSE 56666663 56666664\n"
		   "\" TIME_SKEW -2\n\" LAST0 192.0.2.1 1700000000\n"
		   "\" RESETTING_TIME_SKEW 1 2\n\" TOTP_AUTH\n"
		   "52551398\n04314793\n");

	(void)state;
	assert_int_equal(said.count, 0);
	assert_int_equal(google.kind, XS_GOOGLE_TOTP);
	assert_int_equal(google.totp.secret_length, 20);
	assert_memory_equal(google.totp.secret, "12345678901234567890", 20);
	assert_int_equal(google.totp.algorithm, XS_SHA1);
	assert_int_equal(google.totp.digits, 6);
	assert_int_equal(google.totp.period, 60);
	assert_true(google.wide && google.skewed);
	assert_int_equal(google.last_used, 56666664);
	assert_int_equal(google.code_count, 2);
	assert_string_equal(google.codes[0], "52551398");
	assert_string_equal(google.codes[1], "04314793");
}

static void
test_defaults_are_those_of_the_peer(void **state)
{
	struct xs_google google;

	(void)state;
	assert_int_equal(
	    read_text(&google, SECRET "\r\n\" TOTP_AUTH\r\n").count, 0);
	assert_int_equal(google.kind, XS_GOOGLE_TOTP);
	assert_int_equal(google.totp.period, 30);
	assert_false(google.wide || google.skewed || google.reuse_forbidden);
	assert_int_equal(google.code_count, 0);
}

static void
test_counter_is_never_taken_for_time(void **state)
{
	struct xs_google google;

	(void)state;
	(void)read_text(&google, SECRET "\n\" TOTP_AUTH\n\" HOTP_COUNTER 1\n");
	assert_int_equal(google.kind, XS_GOOGLE_COUNTER);
	(void)read_text(&google, SECRET "\n\" HOTP_COUNTER\n");
	assert_int_equal(google.kind, XS_GOOGLE_COUNTER);
	(void)read_text(&google, SECRET "\n52551398\n");
	assert_int_equal(google.kind, XS_GOOGLE_NO_CODES);
}

/* What a code depends on has to be right; the rest may be left out. */
static void
test_broken_lines_are_named(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
		enum xs_google_kind kind;
	} cases[] = {
	    {"", 1, XS_GOOGLE_BROKEN},
	    {"\n\" TOTP_AUTH\n", 1, XS_GOOGLE_BROKEN},
	    {"GEZDGNBVGY3TQOI\n\" TOTP_AUTH\n", 1, XS_GOOGLE_BROKEN},
	    {"no base32!\n\" TOTP_AUTH\n", 1, XS_GOOGLE_BROKEN},
	    {"\" TOTP_AUTH\n", 1, XS_GOOGLE_BROKEN},
	    {SECRET "\n\" STEP_SIZE\n\" TOTP_AUTH\n", 2, XS_GOOGLE_BROKEN},
	    {SECRET "\n\" STEP_SIZE x\n\" TOTP_AUTH\n", 2, XS_GOOGLE_BROKEN},
	    {SECRET "\n\" STEP_SIZE 14\n\" TOTP_AUTH\n", 2, XS_GOOGLE_BROKEN},
	    {SECRET "\n\" STEP_SIZE 61\n\" TOTP_AUTH\n", 2, XS_GOOGLE_BROKEN},
	    {SECRET "\n\" STEP_SIZE 30 1\n\" TOTP_AUTH\n", 2, XS_GOOGLE_BROKEN},
	    {SECRET "\n\" STEP_SIZE 30\n\" STEP_SIZE 30\n\" TOTP_AUTH\n", 3,
		XS_GOOGLE_BROKEN},
	    {SECRET "\n\" STEP_SIZE 99999999999999999999\n\" TOTP_AUTH\n", 2,
		XS_GOOGLE_BROKEN},
	    {SECRET "\n\" TOTP_AUTH\n\" \x7f\n", 3, XS_GOOGLE_BROKEN},
	    {SECRET "\n\" TOTP_AUTH\n\"\n", 3, XS_GOOGLE_TOTP},
	    {SECRET "\n\" TOTP_AUTH\n\" WHAT_IS_IT\n", 3, XS_GOOGLE_TOTP},
	    {SECRET "\n\" TOTP_AUTH\n\" WINDOW_SIZE big\n", 3, XS_GOOGLE_TOTP},
	    {SECRET "\n\" TOTP_AUTH\n\" DISALLOW_REUSE x\n", 3, XS_GOOGLE_TOTP},
	    {SECRET "\n\" TOTP_AUTH\n1234567\n", 3, XS_GOOGLE_TOTP},
	    {SECRET "\n\" TOTP_AUTH\n123456789\n", 3, XS_GOOGLE_TOTP},
	    {SECRET "\n\" TOTP_AUTH\n1234567a\n", 3, XS_GOOGLE_TOTP},
	    {SECRET "\n\" TOTP_AUTH\n12345678\n12345678\n", 4, XS_GOOGLE_TOTP},
	};
	struct xs_google google;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct said said = read_text(&google, cases[i].text);

		assert_int_equal(said.count, 1);
		assert_int_equal(said.line, cases[i].line);
		assert_int_equal(google.kind, cases[i].kind);
	}
}

static void
test_lines_around_a_broken_code_are_taken(void **state)
{
	struct xs_google google;
	struct said said = read_text(
	    &google, SECRET "\n\" TOTP_AUTH\n52551398\nrubbish\n84314793\n");

	(void)state;
	assert_int_equal(said.count, 1);
	assert_int_equal(google.code_count, 2);
	assert_string_equal(google.codes[1], "84314793");
}

static void
test_codes_beyond_a_set_are_counted(void **state)
{
	char text[1024] = SECRET "\n\" TOTP_AUTH\n";
	struct xs_google google;
	size_t n = strlen(text);

	(void)state;
	for (unsigned i = 0; i < 20; i++)
		n += (size_t)snprintf(
		    text + n, sizeof(text) - n, "%u\n", 10000000 + i);
	assert_int_equal(read_text(&google, text).count, 0);
	assert_int_equal(google.code_count, XS_CODES_MAX);
	assert_int_equal(google.codes_over, 4);
}

static void
test_long_line_is_refused_whole(void **state)
{
	static char text[4096];
	struct xs_google google;
	struct said said;

	(void)state;
	memset(text, 'A', 3000);
	strcpy(text + 3000, "\n\" TOTP_AUTH\n");
	said = read_text(&google, text);
	assert_int_equal(said.line, 1);
	assert_int_equal(google.kind, XS_GOOGLE_BROKEN);
}

static void
test_used_steps_stay_dead(void **state)
{
	static const struct {
		const char *line;
		uint64_t last;
	} cases[] = {
	    {"\" DISALLOW_REUSE", 0},
	    {"\" DISALLOW_REUSE 56666665", 56666665},
	    {"\" DISALLOW_REUSE 56666667 56666666", 56666667},
	    {"\" DISALLOW_REUSE 56666686", 56666686},
	    /* Far ahead: nonsense, and not a reason to shut him out. */
	    {"\" DISALLOW_REUSE 56666687", STEP + 1},
	    {"\" DISALLOW_REUSE 999999999999999999", STEP + 1},
	    /* Not recorded, or not for sure: whatever could be used has been.
	     */
	    {"", STEP + 1},
	    {"\" DISALLOW_REUSE 56666665 x", STEP + 1},
	};
	struct xs_google google;
	char text[256];

	(void)state;
	assert_int_equal(STEP, 56666666);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)snprintf(text, sizeof(text), SECRET "\n\" TOTP_AUTH\n%s",
		    cases[i].line);
		(void)read_text(&google, text);
		assert_int_equal(
		    xs_google_last_step(&google, NOW), cases[i].last);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_whole_file_is_understood),
	    cmocka_unit_test(test_defaults_are_those_of_the_peer),
	    cmocka_unit_test(test_counter_is_never_taken_for_time),
	    cmocka_unit_test(test_broken_lines_are_named),
	    cmocka_unit_test(test_lines_around_a_broken_code_are_taken),
	    cmocka_unit_test(test_codes_beyond_a_set_are_counted),
	    cmocka_unit_test(test_long_line_is_refused_whole),
	    cmocka_unit_test(test_used_steps_stay_dead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
