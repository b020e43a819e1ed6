/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "code.h"

static const struct xs_code_format digits8 = {XS_CODE_DIGITS, 8};
static const struct xs_code_format base13 = {XS_CODE_BASE32, 13};

/* Random bytes from a script that starts anew when it is used up. */
struct script {
	const uint8_t *bytes;
	size_t length, at;
	int calls_until_failure;
};

static int
script_random(void *context, void *buffer, size_t size)
{
	struct script *script = context;
	uint8_t *out = buffer;

	if (script->calls_until_failure > 0 &&
	    --script->calls_until_failure == 0)
		return XS_E_INTERNAL;
	for (size_t i = 0; i < size; i++)
		out[i] = script->bytes[script->at++ % script->length];
	return 0;
}

static struct xs_env
env_of(struct script *script)
{
	return (struct xs_env){.random = script_random, .context = script};
}

static void
test_format_names_survive_the_round_trip(void **state)
{
	static const char *names[] = {"digits:8", "digits:10", "digits:12",
	    "digits:16", "digits:20", "base32:13", "base32:16"};
	struct xs_code_format format;
	char name[16];

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		assert_true(xs_code_format_parse(names[i], &format));
		xs_code_format_name(&format, name);
		assert_string_equal(name, names[i]);
	}
	assert_true(xs_code_format_parse("base32:13", &format));
	assert_int_equal(format.alphabet, XS_CODE_BASE32);
	assert_int_equal(format.length, 13);
}

static void
test_format_others_are_refused(void **state)
{
	static const char *names[] = {"", "digits", "digits:", "digits:6",
	    "digits:9", "digits:08", "digits: 8", " digits:8", "digits:8 ",
	    "Digits:8", "base32:12", "base32:20", "digits:13", "digits:80"};
	struct xs_code_format format = {XS_CODE_BASE32, 99};

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		assert_false(xs_code_format_parse(names[i], &format));
	assert_int_equal(format.alphabet, XS_CODE_BASE32);
	assert_int_equal(format.length, 99);
}

/* Counts what each byte value becomes: that is the whole distribution. */
static void
count_bytes(
    enum xs_code_alphabet alphabet, unsigned counts[256], unsigned *rejected)
{
	struct xs_code_format format = {alphabet, 6};
	char code[XS_CODE_MAX + 1];

	memset(counts, 0, 256 * sizeof counts[0]);
	*rejected = 0;
	for (int byte = 0; byte < 256; byte++) {
		/* The byte, then a fill that shows whether it was taken. */
		uint8_t bytes[32];
		struct script script = {bytes, sizeof bytes, 0, 0};
		struct xs_env env = env_of(&script);

		memset(bytes, byte % 2 == 0 ? 1 : 2, sizeof bytes);
		bytes[0] = bytes[1] = (uint8_t)byte;
		bytes[2] = 7;
		assert_int_equal(xs_code_make(&format, &env, code), 0);
		if (code[2] == '7')
			counts[(unsigned char)code[0]]++;
		else
			(*rejected)++;
	}
}

static void
test_make_bytes_of_the_rest_are_rejected(void **state)
{
	static const char crockford[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	unsigned counts[256], rejected;

	(void)state;
	count_bytes(XS_CODE_DIGITS, counts, &rejected);
	assert_int_equal(rejected, 6);
	for (int c = '0'; c <= '9'; c++)
		assert_int_equal(counts[c], 25);
	count_bytes(XS_CODE_BASE32, counts, &rejected);
	assert_int_equal(rejected, 0);
	for (size_t i = 0; i < strlen(crockford); i++)
		assert_int_equal(counts[(unsigned char)crockford[i]], 8);
}

/*
 * Chi-square over a million codes of the system's source. With 9 degrees of
 * freedom a fair source exceeds 75 once in 10^12 times; forbidding a leading
 * zero gives 111111, digits by plain remainder about 370.
 */
static void
test_make_every_digit_is_equally_likely(void **state)
{
	const unsigned codes = 1000000;
	static unsigned counts[8][10];
	char code[XS_CODE_MAX + 1];

	(void)state;
	for (unsigned i = 0; i < codes; i++) {
		assert_int_equal(
		    xs_code_make(&digits8, &xs_env_system, code), 0);
		assert_int_equal(strlen(code), 8);
		for (int place = 0; place < 8; place++)
			counts[place][code[place] - '0']++;
	}
	for (int place = 0; place < 8; place++) {
		double expected = codes / 10.0, square = 0;

		for (int digit = 0; digit < 10; digit++) {
			double off = counts[place][digit] - expected;

			square += off * off / expected;
		}
		assert_true(square < 75);
	}
}

static void
test_make_leading_zeros_are_kept(void **state)
{
	static const uint8_t bytes[] = {0, 0, 255, 0, 11, 22, 33, 44, 255, 249};
	struct script script = {bytes, sizeof bytes, 0, 0};
	struct xs_env env = env_of(&script);
	char code[XS_CODE_MAX + 1];

	(void)state;
	assert_int_equal(xs_code_make(&digits8, &env, code), 0);
	assert_string_equal(code, "00012349");
}

static void
test_make_every_length_is_met(void **state)
{
	char code[XS_CODE_MAX + 1];

	(void)state;
	for (int alphabet = XS_CODE_DIGITS; alphabet <= XS_CODE_BASE32;
	     alphabet++) {
		for (unsigned length = 6; length <= XS_CODE_MAX; length++) {
			struct xs_code_format format = {alphabet, length};
			char read[XS_CODE_MAX + 1];

			assert_int_equal(
			    xs_code_make(&format, &xs_env_system, code), 0);
			assert_int_equal(strlen(code), length);
			assert_true(xs_code_read(&format, code, read));
			assert_string_equal(read, code);
		}
	}
}

static void
assert_not_made(const struct xs_code_format *format, struct script *script)
{
	struct xs_env env = env_of(script);
	char code[XS_CODE_MAX + 1] = "before";

	assert_int_equal(xs_code_make(format, &env, code), XS_E_INTERNAL);
	assert_string_equal(code, "before");
}

static void
test_make_failing_source_makes_no_code(void **state)
{
	/* So few good bytes that a second call is needed. */
	static const uint8_t poor[] = {1, 255, 255, 255, 255, 255, 255, 255};
	static const uint8_t stuck[] = {250, 251, 252, 253, 254, 255};
	struct script first = {poor, sizeof poor, 0, 1};
	struct script second = {poor, sizeof poor, 0, 2};
	struct script never = {stuck, sizeof stuck, 0, 0};

	(void)state;
	assert_not_made(&digits8, &first);
	assert_not_made(&digits8, &second);
	assert_not_made(&digits8, &never);
}

static void
test_make_unknown_format_makes_no_code(void **state)
{
	static const uint8_t bytes[] = {1};
	static const struct xs_code_format bad[] = {{XS_CODE_DIGITS, 0},
	    {XS_CODE_DIGITS, 5}, {XS_CODE_DIGITS, 21},
	    {(enum xs_code_alphabet)2, 8}};
	struct script script = {bytes, sizeof bytes, 0, 0};
	char out[XS_CODE_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_not_made(&bad[i], &script);
		assert_false(xs_code_read(&bad[i], "11111111", out));
	}
}

static void
test_show_groups_of_four(void **state)
{
	static const char *rows[][2] = {
	    {"12345678", "1234 5678"},
	    {"123456", "1234 56"},
	    {"0123456789", "0123 4567 89"},
	    {"ABCDEFGHJKMNP", "ABCD EFGH JKMN P"},
	    {"12345678901234567890", "1234 5678 9012 3456 7890"},
	    {"", ""},
	};
	char shown[XS_CODE_SHOWN_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		xs_code_show(rows[i][0], shown);
		assert_string_equal(shown, rows[i][1]);
	}
}

static void
assert_read(
    const struct xs_code_format *format, const char *typed, const char *code)
{
	char out[XS_CODE_MAX + 1], empty[XS_CODE_MAX + 1] = "";

	memset(out, 'x', sizeof out);
	assert_int_equal(xs_code_read(format, typed, out), code != NULL);
	if (code != NULL)
		assert_string_equal(out, code);
	else
		assert_memory_equal(out, empty, sizeof out);
}

static void
test_read_spaces_and_hyphens_do_not_matter(void **state)
{
	(void)state;
	assert_read(&digits8, "12345678", "12345678");
	assert_read(&digits8, "1234 5678", "12345678");
	assert_read(&digits8, "1234-5678", "12345678");
	assert_read(&digits8, "  1-2 3--4 5678- ", "12345678");
	assert_read(&digits8, "00000000", "00000000");
	assert_read(&base13, "ABCD-EFGH JKMN-P", "ABCDEFGHJKMNP");
}

static void
test_read_base32_forgives_what_looks_alike(void **state)
{
	(void)state;
	assert_read(&base13, "abcd efgh jkmn p", "ABCDEFGHJKMNP");
	assert_read(&base13, "iIlL oO00 1qrs t",
	    "11110000"
	    "1QRST");
	assert_read(&base13, "vwxyz vwxyz vwx", "VWXYZVWXYZVWX");
	assert_read(&base13, "uuuu uuuu uuuu u", NULL);
	assert_read(&base13, "UBCD EFGH JKMN P", NULL);
	/* Digits have no look-alikes: a letter is no code at all. */
	assert_read(&digits8, "l234567O", NULL);
}

static void
test_read_wrong_length_is_no_code(void **state)
{
	(void)state;
	assert_read(&digits8, "", NULL);
	assert_read(&digits8, " - ", NULL);
	assert_read(&digits8, "1234567", NULL);
	assert_read(&digits8, "123456789", NULL);
	assert_read(&digits8, "1234567812345678", NULL);
	assert_read(&base13, "ABCDEFGHJKMN", NULL);
	assert_read(&base13, "ABCDEFGHJKMNPQ", NULL);
}

static void
test_read_other_characters_are_no_code(void **state)
{
	(void)state;
	for (int c = 1; c < 256; c++) {
		char digits[] = "1234?5678", letters[] = "ABCDEFGH?JKMNP";

		digits[4] = letters[8] = (char)c;
		if (c == ' ' || c == '-') {
			assert_read(&digits8, digits, "12345678");
			assert_read(&base13, letters, "ABCDEFGHJKMNP");
			continue;
		}
		assert_read(&digits8, digits, NULL);
		assert_read(&base13, letters, NULL);
		/* The same character where a digit is wanted. */
		memmove(digits + 5, digits + 6, 4);
		if (c < '0' || c > '9')
			assert_read(&digits8, digits, NULL);
	}
	assert_read(&digits8, "12345678\n", NULL);
	assert_read(&digits8,
	    "1234\xc2\xa0"
	    "5678",
	    NULL);
}

static void
test_read_long_text_is_no_code(void **state)
{
	char typed[8 + 57 + 1];

	(void)state;
	memset(typed, ' ', sizeof typed);
	memcpy(typed, "12345678", 8);
	typed[64] = '\0';
	assert_read(&digits8, typed, "12345678");
	typed[64] = ' ';
	typed[65] = '\0';
	assert_read(&digits8, typed, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_format_names_survive_the_round_trip),
	    cmocka_unit_test(test_format_others_are_refused),
	    cmocka_unit_test(test_make_bytes_of_the_rest_are_rejected),
	    cmocka_unit_test(test_make_every_digit_is_equally_likely),
	    cmocka_unit_test(test_make_leading_zeros_are_kept),
	    cmocka_unit_test(test_make_every_length_is_met),
	    cmocka_unit_test(test_make_failing_source_makes_no_code),
	    cmocka_unit_test(test_make_unknown_format_makes_no_code),
	    cmocka_unit_test(test_show_groups_of_four),
	    cmocka_unit_test(test_read_spaces_and_hyphens_do_not_matter),
	    cmocka_unit_test(test_read_base32_forgives_what_looks_alike),
	    cmocka_unit_test(test_read_wrong_length_is_no_code),
	    cmocka_unit_test(test_read_other_characters_are_no_code),
	    cmocka_unit_test(test_read_long_text_is_no_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
