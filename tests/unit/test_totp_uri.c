/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "totp.h"

static struct xs_totp
totp_of(const char *secret)
{
	struct xs_totp totp = {
	    .secret_length = strlen(secret), .digits = 6, .period = 30};

	memcpy(totp.secret, secret, totp.secret_length);
	return totp;
}

/*
 * What an app makes of a URI; written from the Key URI format and RFC 3986
 * alone, without the library.
 */
struct scanned {
	char issuer[128], account[128], issuer_parameter[128];
	char algorithm[16], digits[16], period[16];
	uint8_t secret[64];
	size_t secret_bits;
	unsigned parameters;
};

static int
hex_digit(char c)
{
	const char *digits = "0123456789ABCDEF", *at = strchr(digits, c);

	assert_true(c != '\0' && at != NULL);
	return (int)(at - digits);
}

/* Decodes from begin up to end; what need not be encoded must not be. */
static void
scan_part(const char *begin, const char *end, char *out)
{
	static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "abcdefghijklmnopqrstuvwxyz"
					 "0123456789-._~";

	while (begin < end) {
		if (*begin == '%') {
			assert_true(end - begin >= 3);
			*out = (char)(hex_digit(begin[1]) * 16 +
			    hex_digit(begin[2]));
			assert_null(
			    *out != '\0' ? strchr(unreserved, *out) : NULL);
			begin += 3;
		} else {
			assert_non_null(strchr(unreserved, *begin));
			*out = *begin++;
		}
		out++;
	}
	*out = '\0';
}

static void
scan_secret(const char *text, struct scanned *scanned)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

	for (; *text != '\0'; text++) {
		const char *at = strchr(letters, *text);

		assert_non_null(at);
		for (int bit = 4; bit >= 0; bit--) {
			size_t n = scanned->secret_bits++;

			if (n / 8 < sizeof scanned->secret)
				scanned->secret[n / 8] |=
				    (uint8_t)(((at - letters) >> bit & 1)
					<< (7 - n % 8));
		}
	}
}

static void
scan_parameter(const char *name, const char *value, struct scanned *scanned)
{
	scanned->parameters++;
	if (strcmp(name, "secret") == 0)
		scan_secret(value, scanned);
	else if (strcmp(name, "issuer") == 0)
		strcpy(scanned->issuer_parameter, value);
	else if (strcmp(name, "algorithm") == 0)
		strcpy(scanned->algorithm, value);
	else if (strcmp(name, "digits") == 0)
		strcpy(scanned->digits, value);
	else if (strcmp(name, "period") == 0)
		strcpy(scanned->period, value);
	else
		fail();
}

static void
scan_uri(const char *uri, struct scanned *scanned)
{
	static const char scheme[] = "otpauth://totp/";
	const char *at = uri + strlen(scheme), *colon, *query, *end;
	char name[128], value[512];

	memset(scanned, 0, sizeof *scanned);
	assert_int_equal(strncmp(uri, scheme, strlen(scheme)), 0);
	query = strchr(at, '?');
	colon = strchr(at, ':');
	assert_non_null(query);
	assert_true(colon != NULL && colon < query);
	scan_part(at, colon, scanned->issuer);
	scan_part(colon + 1, query, scanned->account);
	for (at = query + 1; *at != '\0'; at = *end == '&' ? end + 1 : end) {
		const char *equals = strchr(at, '=');

		end = strchrnul(at, '&');
		assert_true(equals != NULL && equals < end);
		scan_part(at, equals, name);
		scan_part(equals + 1, end, value);
		scan_parameter(name, value, scanned);
	}
}

static void
assert_round_trip(
    const struct xs_totp *totp, const char *issuer, const char *account)
{
	static const char *names[] = {"SHA1", "SHA256", "SHA512"};
	struct scanned scanned;
	char uri[1024], number[16];

	assert_int_equal(
	    xs_totp_uri(totp, issuer, account, uri, sizeof uri), 0);
	scan_uri(uri, &scanned);
	assert_string_equal(scanned.issuer, issuer);
	assert_string_equal(scanned.issuer_parameter, issuer);
	assert_string_equal(scanned.account, account);
	assert_string_equal(scanned.algorithm, names[totp->algorithm]);
	sprintf(number, "%u", totp->digits);
	assert_string_equal(scanned.digits, number);
	sprintf(number, "%u", totp->period);
	assert_string_equal(scanned.period, number);
	assert_int_equal(scanned.parameters, 5);
	assert_int_equal(scanned.secret_bits / 8, totp->secret_length);
	assert_memory_equal(scanned.secret, totp->secret, totp->secret_length);
}

static void
test_uri_is_the_key_uri_format(void **state)
{
	struct xs_totp totp = totp_of("Hello!\xde\xad\xbe\xef");
	char uri[256];

	(void)state;
	assert_int_equal(xs_totp_uri(&totp, "ACME Co", "john.doe@email.com",
			     uri, sizeof uri),
	    0);
	assert_string_equal(uri,
	    "otpauth://totp/ACME%20Co:john.doe%40email.com"
	    "?secret=JBSWY3DPEHPK3PXP&issuer=ACME%20Co"
	    "&algorithm=SHA1&digits=6&period=30");
}

static void
test_uri_names_survive_the_round_trip(void **state)
{
	static const char *names[] = {"host.example.org", "alice", "ACME Co",
	    "a&secret=AAAA", "100%", "%41", "q?#/+;=\\\"'<>", "Zo\xc3\xab",
	    "\xe2\x82\xac", "a\tb\nc", "-._~", "\xff\x80"};
	size_t count = sizeof names / sizeof names[0];
	struct xs_totp totp = totp_of("12345678901234567890");

	(void)state;
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < count; k++)
			assert_round_trip(&totp, names[i], names[k]);
}

static void
test_uri_parameters_survive_the_round_trip(void **state)
{
	struct xs_totp totp = {.secret_length = 0};

	(void)state;
	for (size_t i = 0; i < XS_TOTP_SECRET_MAX; i++)
		totp.secret[i] = (uint8_t)(i * 89 + 7);
	for (totp.secret_length = 1; totp.secret_length <= XS_TOTP_SECRET_MAX;
	     totp.secret_length++) {
		totp.algorithm = totp.secret_length % 3;
		totp.digits = 6 + totp.secret_length / 3 % 3;
		totp.period = 15 + (unsigned)totp.secret_length % 46;
		assert_round_trip(&totp, "host", "alice");
	}
}

static void
assert_uri_invalid(const char *issuer, const char *account, size_t size)
{
	struct xs_totp totp = totp_of("12345678901234567890");
	char uri[256], before[256];

	memset(uri, 0x5a, sizeof uri);
	memset(before, 0x5a, sizeof before);
	assert_int_equal(
	    xs_totp_uri(&totp, issuer, account, uri, size), XS_E_INVALID);
	assert_memory_equal(uri, before, sizeof uri);
}

static void
test_uri_colon_or_nothing_is_refused(void **state)
{
	(void)state;
	assert_uri_invalid("AC:ME", "alice", 256);
	assert_uri_invalid("ACME", "al:ice", 256);
	assert_uri_invalid(":", "alice", 256);
	assert_uri_invalid("", "alice", 256);
	assert_uri_invalid("ACME", "", 256);
}

static void
test_uri_that_does_not_fit_is_refused(void **state)
{
	struct xs_totp totp = totp_of("12345678901234567890");
	char uri[256], *exact;
	size_t needed;

	(void)state;
	assert_int_equal(
	    xs_totp_uri(&totp, "A Co", "alice", uri, sizeof uri), 0);
	needed = strlen(uri) + 1;
	for (size_t size = 0; size < needed; size++)
		assert_uri_invalid("A Co", "alice", size);
	exact = malloc(needed);
	assert_non_null(exact);
	assert_int_equal(xs_totp_uri(&totp, "A Co", "alice", exact, needed), 0);
	assert_string_equal(exact, uri);
	free(exact);
}

/* What apps take for granted, and what the label says already, is left out. */
static void
test_brief_uri_leaves_out_what_goes_without_saying(void **state)
{
	struct xs_totp totp = totp_of("12345678901234567890");
	char uri[256];

	(void)state;
	assert_int_equal(
	    xs_totp_uri_brief(&totp, "Example", "alice", uri, sizeof uri), 0);
	assert_string_equal(uri,
	    "otpauth://totp/Example:alice"
	    "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
	totp.digits = 8;
	assert_int_equal(
	    xs_totp_uri_brief(&totp, "Example", "alice", uri, sizeof uri), 0);
	assert_string_equal(uri,
	    "otpauth://totp/Example:alice"
	    "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
	    "&algorithm=SHA1&digits=8&period=30");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_uri_is_the_key_uri_format),
	    cmocka_unit_test(test_uri_names_survive_the_round_trip),
	    cmocka_unit_test(test_uri_parameters_survive_the_round_trip),
	    cmocka_unit_test(test_uri_colon_or_nothing_is_refused),
	    cmocka_unit_test(test_uri_that_does_not_fit_is_refused),
	    cmocka_unit_test(
		test_brief_uri_leaves_out_what_goes_without_saying),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
