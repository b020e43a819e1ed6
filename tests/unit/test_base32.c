/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base32.h"

/* RFC 4648 section 10. */
static const struct {
	const char *plain, *padded, *text;
} vectors[] = {
    {"", "", ""},
    {"f", "MY======", "MY"},
    {"fo", "MZXQ====", "MZXQ"},
    {"foo", "MZXW6===", "MZXW6"},
    {"foob", "MZXW6YQ=", "MZXW6YQ"},
    {"fooba", "MZXW6YTB", "MZXW6YTB"},
    {"foobar", "MZXW6YTBOI======", "MZXW6YTBOI"},
    {"12345678901234567890", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
	"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"},
};

#define VECTORS (sizeof vectors / sizeof vectors[0])

static void
assert_decodes(const char *text, const void *bytes, size_t length)
{
	/* Exactly as large as it may be: a sanitizer sees a byte too many. */
	uint8_t *out = malloc(length + (length == 0));
	size_t got = 99;

	assert_non_null(out);
	assert_int_equal(xs_base32_decode(text, out, length, &got), 0);
	assert_int_equal(got, length);
	assert_memory_equal(out, bytes, length);
	free(out);
}

static void
assert_refused(const char *text, size_t size)
{
	uint8_t out[64], before[64];
	size_t length = 99;

	memset(out, 0xa5, sizeof out);
	memset(before, 0xa5, sizeof before);
	assert_int_equal(xs_base32_decode(text, out, size, &length), -1);
	assert_int_equal(length, 99);
	assert_memory_equal(out, before, sizeof out);
}

static void
test_encode_rfc4648_vectors_hold(void **state)
{
	char out[64];

	(void)state;
	for (size_t i = 0; i < VECTORS; i++) {
		xs_base32_encode((const uint8_t *)vectors[i].plain,
		    strlen(vectors[i].plain), out);
		assert_string_equal(out, vectors[i].text);
		assert_int_equal(
		    strlen(out), XS_BASE32_LENGTH(strlen(vectors[i].plain)));
	}
}

static void
test_decode_rfc4648_vectors_hold(void **state)
{
	(void)state;
	for (size_t i = 0; i < VECTORS; i++) {
		size_t length = strlen(vectors[i].plain);

		assert_decodes(vectors[i].padded, vectors[i].plain, length);
		assert_decodes(vectors[i].text, vectors[i].plain, length);
	}
}

static void
test_decode_takes_what_people_type(void **state)
{
	static const uint8_t key[] = {
	    0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x21, 0xde, 0xad, 0xbe, 0xef};

	(void)state;
	assert_decodes("JBSWY3DPEHPK3PXP", key, sizeof key);
	assert_decodes("jbswy3dpehpk3pxp", key, sizeof key);
	assert_decodes("JBSW Y3DP EHPK 3PXP", key, sizeof key);
	assert_decodes(" jbsw-y3dp--EHPK 3pxp ", key, sizeof key);
	assert_decodes("mzxw 6=== ", "foo", 3);
	assert_decodes("MZ-XW6 = = =", "foo", 3);
	assert_decodes(" - ", "", 0);
}

static void
test_every_length_survives_the_round_trip(void **state)
{
	uint8_t bytes[64];
	char text[XS_BASE32_LENGTH(64) + 1];

	(void)state;
	for (size_t length = 0; length <= sizeof bytes; length++) {
		for (size_t i = 0; i < length; i++)
			bytes[i] = (uint8_t)(i * 151 + length * 31 + 200);
		xs_base32_encode(bytes, length, text);
		assert_int_equal(strlen(text), XS_BASE32_LENGTH(length));
		assert_decodes(text, bytes, length);
	}
}

static void
test_decode_impossible_lengths_are_refused(void **state)
{
	(void)state;
	assert_refused("A", 64);
	assert_refused("AAA", 64);
	assert_refused("AAAAAA", 64);
	assert_refused("MZXW6YTBA", 64);
	assert_refused("MZXW6YTBAAA", 64);
	assert_refused("MZXW6YTBAAAAAA", 64);
}

static void
test_decode_trailing_bits_are_refused(void **state)
{
	(void)state;
	/* One bit more than "f", "fo", "foo", "foob" have. */
	assert_refused("MZ", 64);
	assert_refused("MZXR", 64);
	assert_refused("MZXW7", 64);
	assert_refused("MZXW6YR", 64);
	assert_refused("MZXW6YR=", 64);
}

static void
test_decode_other_characters_are_refused(void **state)
{
	static const char good[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "abcdefghijklmnopqrstuvwxyz234567 -";

	(void)state;
	for (int c = 1; c < 256; c++) {
		char text[] = "A?AAAAAA";

		if (strchr(good, c) != NULL)
			continue;
		text[1] = (char)c;
		assert_refused(text, 64);
	}
	assert_refused("MZXW6===MZXW6===", 64);
	assert_refused("MZ=XW6", 64);
}

static void
test_decode_too_long_for_the_buffer_is_refused(void **state)
{
	(void)state;
	assert_refused("MZXW6YTBOI", 5);
	assert_refused("MY", 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_encode_rfc4648_vectors_hold),
	    cmocka_unit_test(test_decode_rfc4648_vectors_hold),
	    cmocka_unit_test(test_decode_takes_what_people_type),
	    cmocka_unit_test(test_every_length_survives_the_round_trip),
	    cmocka_unit_test(test_decode_impossible_lengths_are_refused),
	    cmocka_unit_test(test_decode_trailing_bits_are_refused),
	    cmocka_unit_test(test_decode_other_characters_are_refused),
	    cmocka_unit_test(test_decode_too_long_for_the_buffer_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
