/* SPDX-License-Identifier: BSD-3-Clause */
#include <dlfcn.h>
#include <inttypes.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "totp.h"

/*
 * The two calls that the library decides with, counted and made to fail: the
 * symbols of the program come before those of libcrypto.
 */
static unsigned digests, compares, digests_until_failure;

/* An HMAC is two digests; either may fail. */
int
EVP_DigestFinal_ex(EVP_MD_CTX *ctx, unsigned char *out, unsigned int *length)
{
	__typeof__(EVP_DigestFinal_ex) *real;

	*(void **)&real = dlsym(RTLD_NEXT, "EVP_DigestFinal_ex");
	digests++;
	if (digests_until_failure > 0 && --digests_until_failure == 0)
		return 0;
	return real(ctx, out, length);
}

int
CRYPTO_memcmp(const void *a, const void *b, size_t length)
{
	__typeof__(CRYPTO_memcmp) *real;

	*(void **)&real = dlsym(RTLD_NEXT, "CRYPTO_memcmp");
	compares++;
	return real(a, b, length);
}

static struct xs_totp
totp_of(enum xs_totp_algorithm algorithm, unsigned digits)
{
	struct xs_totp totp = {
	    .secret_length = xs_totp_secret_size(algorithm),
	    .algorithm = algorithm,
	    .digits = digits,
	    .period = 30,
	};

	for (size_t i = 0; i < totp.secret_length; i++)
		totp.secret[i] = (uint8_t)('0' + (i + 1) % 10);
	return totp;
}

/* RFC 6238 appendix B; steps 23523EC and 23523ED are neighbours. */
static const struct {
	int64_t time;
	uint64_t step;
	const char *codes[3];
} vectors[] = {
    {59, 0x1, {"94287082", "46119246", "90693936"}},
    {1111111109, 0x23523EC, {"07081804", "68084774", "25091201"}},
    {1111111111, 0x23523ED, {"14050471", "67062674", "99943326"}},
    {1234567890, 0x273EF07, {"89005924", "91819424", "93441116"}},
    {2000000000, 0x3F940AA, {"69279037", "90698825", "38618901"}},
    {20000000000, 0x27BC86AA, {"65353130", "77737706", "47863826"}},
};

static void
test_code_rfc4226_vectors_hold(void **state)
{
	static const char *codes[] = {"755224", "287082", "359152", "969429",
	    "338314", "254676", "287922", "162583", "399871", "520489"};
	struct xs_totp totp = totp_of(XS_SHA1, 6);
	char out[XS_TOTP_DIGITS_MAX + 1];

	(void)state;
	for (uint64_t step = 0; step < 10; step++) {
		assert_int_equal(xs_totp_code(&totp, step, out), 0);
		assert_string_equal(out, codes[step]);
	}
}

static void
test_code_rfc6238_vectors_hold(void **state)
{
	char out[XS_TOTP_DIGITS_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
		for (int a = XS_SHA1; a <= XS_SHA512; a++) {
			const char *code = vectors[i].codes[a];

			for (unsigned digits = 6; digits <= 8; digits++) {
				struct xs_totp totp = totp_of(a, digits);

				assert_int_equal(
				    xs_totp_step(&totp, vectors[i].time),
				    vectors[i].step);
				assert_int_equal(
				    xs_totp_code(&totp, vectors[i].step, out),
				    0);
				assert_string_equal(out, code + 8 - digits);
			}
		}
	}
}

static void
test_secret_size_is_that_of_the_digest(void **state)
{
	(void)state;
	assert_int_equal(xs_totp_secret_size(XS_SHA1), 20);
	assert_int_equal(xs_totp_secret_size(XS_SHA256), 32);
	assert_int_equal(xs_totp_secret_size(XS_SHA512), 64);
	assert_string_equal(xs_totp_algorithm_name(XS_SHA1), "sha1");
	assert_string_equal(xs_totp_algorithm_name(XS_SHA256), "sha256");
	assert_string_equal(xs_totp_algorithm_name(XS_SHA512), "sha512");
}

static void
test_step_before_1970_is_zero(void **state)
{
	struct xs_totp totp = totp_of(XS_SHA1, 6);

	(void)state;
	assert_int_equal(xs_totp_step(&totp, -1), 0);
	assert_int_equal(xs_totp_step(&totp, INT64_MIN), 0);
	assert_int_equal(xs_totp_step(&totp, 29), 0);
	assert_int_equal(xs_totp_step(&totp, 30), 1);
}

static void
assert_parameters_refused(const struct xs_totp *totp)
{
	char out[XS_TOTP_DIGITS_MAX + 1] = "before", uri[400] = "before";
	enum xs_totp_match match = XS_TOTP_DEAD;
	uint64_t step = 77;

	assert_int_equal(xs_totp_code(totp, 1, out), XS_E_INTERNAL);
	assert_string_equal(out, "before");
	assert_int_equal(xs_totp_match(totp, 59, 1, 0, "287082", &match, &step),
	    XS_E_INTERNAL);
	assert_int_equal(match, XS_TOTP_DEAD);
	assert_int_equal(step, 77);
	assert_int_equal(
	    xs_totp_uri(totp, "host", "alice", uri, sizeof uri), XS_E_INTERNAL);
	assert_string_equal(uri, "before");
}

static void
test_parameters_out_of_range_are_refused(void **state)
{
	struct xs_totp good = totp_of(XS_SHA1, 6), bad;

	(void)state;
	bad = good, bad.secret_length = 0;
	assert_parameters_refused(&bad);
	bad = good, bad.secret_length = XS_TOTP_SECRET_MAX + 1;
	assert_parameters_refused(&bad);
	bad = good, bad.algorithm = (enum xs_totp_algorithm)3;
	assert_parameters_refused(&bad);
	bad = good, bad.digits = 5;
	assert_parameters_refused(&bad);
	bad = good, bad.digits = 9;
	assert_parameters_refused(&bad);
	bad = good, bad.period = 14;
	assert_parameters_refused(&bad);
	bad = good, bad.period = 61;
	assert_parameters_refused(&bad);
	bad = good, bad.period = 0;
	assert_int_equal(xs_totp_step(&bad, 59), 0);
	assert_parameters_refused(&bad);
}

struct match_row {
	int64_t now;
	unsigned window;
	uint64_t last_step;
	const char *typed;
	enum xs_totp_match match;
	uint64_t step;
};

static void
assert_match(const struct xs_totp *totp, const struct match_row *row)
{
	enum xs_totp_match match = (enum xs_totp_match)9;
	uint64_t step = 77;

	assert_int_equal(xs_totp_match(totp, row->now, row->window,
			     row->last_step, row->typed, &match, &step),
	    0);
	assert_int_equal(match, row->match);
	assert_int_equal(step, row->match == XS_TOTP_NONE ? 77 : row->step);
}

/* RFC 4226 appendix D by step: 287082 is 1, 359152 is 2, up to 520489, 9. */
static void
test_match_window_is_one_step(void **state)
{
	static const struct match_row rows[] = {
	    {150, 1, 0, "338314", XS_TOTP_LIVE, 4},
	    {150, 1, 0, "254676", XS_TOTP_LIVE, 5},
	    {150, 1, 0, "287922", XS_TOTP_LIVE, 6},
	    {150, 1, 0, "969429", XS_TOTP_NONE, 0},
	    {150, 1, 0, "162583", XS_TOTP_NONE, 0},
	    {179, 1, 0, "338314", XS_TOTP_LIVE, 4},
	    {180, 1, 0, "338314", XS_TOTP_NONE, 0},
	    {150, 0, 0, "254676", XS_TOTP_LIVE, 5},
	    {150, 0, 0, "338314", XS_TOTP_NONE, 0},
	    {150, 0, 0, "287922", XS_TOTP_NONE, 0},
	};
	struct xs_totp totp = totp_of(XS_SHA1, 6);
	enum xs_totp_match match;
	uint64_t step;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_match(&totp, &rows[i]);
	assert_int_equal(
	    xs_totp_match(&totp, 150, 2, 0, "969429", &match, &step),
	    XS_E_INTERNAL);
}

static void
test_match_every_digit_counts(void **state)
{
	char code[XS_TOTP_DIGITS_MAX + 1];
	enum xs_totp_match match;
	uint64_t step;

	(void)state;
	for (unsigned digits = 6; digits <= XS_TOTP_DIGITS_MAX; digits++) {
		struct xs_totp totp = totp_of(XS_SHA1, digits);

		assert_int_equal(xs_totp_code(&totp, 5, code), 0);
		for (unsigned i = 0; i < digits; i++) {
			code[i] ^= 1; /* of an even digit the next, and back */
			assert_int_equal(xs_totp_match(&totp, 150, 0, 0, code,
					     &match, &step),
			    0);
			assert_int_equal(match, XS_TOTP_NONE);
			code[i] ^= 1;
		}
	}
}

static void
test_match_accepted_and_earlier_steps_are_dead(void **state)
{
	static const struct match_row rows[] = {
	    {150, 1, 4, "338314", XS_TOTP_DEAD, 4},
	    {150, 1, 4, "254676", XS_TOTP_LIVE, 5},
	    {150, 1, 5, "254676", XS_TOTP_DEAD, 5},
	    {150, 1, 5, "338314", XS_TOTP_DEAD, 4},
	    {150, 1, 6, "254676", XS_TOTP_DEAD, 5},
	    {150, 1, 6, "287922", XS_TOTP_DEAD, 6},
	    {150, 1, UINT64_MAX, "287922", XS_TOTP_DEAD, 6},
	    {150, 1, 5, "969429", XS_TOTP_NONE, 0},
	    /* A clock set back refuses no right code of a live step. */
	    {120, 1, 4, "254676", XS_TOTP_LIVE, 5},
	};
	struct xs_totp totp = totp_of(XS_SHA1, 6);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_match(&totp, &rows[i]);
}

static void
test_match_first_steps_do_not_underflow(void **state)
{
	static const struct match_row rows[] = {
	    /* No record could tell that step 0 was used. */
	    {0, 1, 0, "755224", XS_TOTP_DEAD, 0},
	    {0, 1, 0, "287082", XS_TOTP_LIVE, 1},
	    {0, 1, 0, "359152", XS_TOTP_NONE, 0},
	    {30, 1, 0, "755224", XS_TOTP_DEAD, 0},
	    {-1000, 1, 0, "755224", XS_TOTP_DEAD, 0},
	    {30, 1, 1, "755224", XS_TOTP_DEAD, 0},
	};
	struct xs_totp totp = totp_of(XS_SHA1, 6);
	char before[XS_TOTP_DIGITS_MAX + 1];
	struct match_row wrapped = {0, 1, 0, before, XS_TOTP_NONE, 0};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_match(&totp, &rows[i]);
	assert_int_equal(xs_totp_code(&totp, UINT64_MAX, before), 0);
	assert_match(&totp, &wrapped);
}

static void
test_match_text_that_is_no_code_matches_nothing(void **state)
{
	static const char *texts[] = {"", "25467", "2546760", "0254676",
	    "254676 ", " 254676", "254 676", "25467a", "+54676", "254676\n",
	    "25467\xb6", "254676254676", "\xd9\xa2\xd9\xa5\xd9\xa4"};
	struct xs_totp totp = totp_of(XS_SHA1, 6);

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		assert_match(&totp,
		    &(struct match_row){150, 1, 0, texts[i], XS_TOTP_NONE, 0});
}

/* Steps 910737 and 910738 of that secret have the same code. */
static void
test_match_live_wins_over_dead(void **state)
{
	static const struct match_row rows[] = {
	    {27322140, 1, 910736, "911617", XS_TOTP_LIVE, 910738},
	    {27322140, 1, 910737, "911617", XS_TOTP_LIVE, 910738},
	    {27322140, 1, 910738, "911617", XS_TOTP_DEAD, 910738},
	    {27322110, 1, 910737, "911617", XS_TOTP_LIVE, 910738},
	    {27322110, 0, 910737, "911617", XS_TOTP_DEAD, 910737},
	    /* Both live: the newer one, so that both are used up. */
	    {27322140, 1, 0, "911617", XS_TOTP_LIVE, 910738},
	};
	struct xs_totp totp = totp_of(XS_SHA1, 6);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_match(&totp, &rows[i]);
}

static void
test_match_computes_every_code(void **state)
{
	static const char *typed[] = {
	    "338314", "254676", "287922", "000000", "x"};
	struct xs_totp totp = totp_of(XS_SHA1, 6);
	enum xs_totp_match match;
	uint64_t step;

	(void)state;
	for (size_t i = 0; i < sizeof typed / sizeof typed[0]; i++) {
		for (uint64_t last = 0; last < 7; last++) {
			digests = compares = 0;
			assert_int_equal(xs_totp_match(&totp, 150, 1, last,
					     typed[i], &match, &step),
			    0);
			assert_int_equal(digests, 3 * 2);
			assert_int_equal(compares, 3);
		}
	}
}

static void
test_match_failing_mac_matches_nothing(void **state)
{
	struct xs_totp totp = totp_of(XS_SHA1, 6);

	(void)state;
	for (unsigned failing = 1; failing <= 3 * 2; failing++) {
		enum xs_totp_match match = (enum xs_totp_match)9;
		uint64_t step = 77;

		digests_until_failure = failing;
		assert_int_equal(
		    xs_totp_match(&totp, 150, 1, 0, "254676", &match, &step),
		    XS_E_INTERNAL);
		assert_int_equal(match, 9);
		assert_int_equal(step, 77);
	}
	digests_until_failure = 0;
}

static uint64_t
next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static void
assert_oathtool_says(char *const argv[], const char *code)
{
	extern char **environ;
	posix_spawn_file_actions_t actions;
	char line[32] = "";
	int ends[2], status = -1;
	pid_t pid;
	ssize_t got;

	assert_int_equal(pipe(ends), 0);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
	posix_spawn_file_actions_addclose(&actions, ends[0]);
	posix_spawn_file_actions_addclose(&actions, ends[1]);
	assert_int_equal(
	    posix_spawnp(&pid, "oathtool", &actions, NULL, argv, environ), 0);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	got = read(ends[0], line, sizeof line - 1);
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(got, strlen(code) + 1);
	line[got - 1] = '\0';
	assert_string_equal(line, code);
}

static void
test_code_agrees_with_oathtool(void **state)
{
	uint64_t seed = 0x9e3779b97f4a7c15;

	(void)state;
	for (int i = 0; i < 300; i++) {
		struct xs_totp totp = totp_of(i % 3, 6 + i / 3 % 3);
		char hex[2 * XS_TOTP_SECRET_MAX + 1], code[9];
		char mode[24], digits[8], period[8], now[24];
		int64_t at = (int64_t)(next_random(&seed) >> 30);

		if (i % 2 == 1)
			totp.secret_length = 16 + next_random(&seed) % 49;
		totp.period = 15 + (unsigned)(next_random(&seed) % 46);
		for (size_t k = 0; k < totp.secret_length; k++) {
			totp.secret[k] = (uint8_t)(next_random(&seed) >> 24);
			sprintf(hex + 2 * k, "%02x", totp.secret[k]);
		}
		sprintf(
		    mode, "--totp=%s", xs_totp_algorithm_name(totp.algorithm));
		sprintf(digits, "-d%u", totp.digits);
		sprintf(period, "-s%us", totp.period);
		sprintf(now, "-N@%" PRId64, at);
		assert_int_equal(
		    xs_totp_code(&totp, xs_totp_step(&totp, at), code), 0);
		assert_oathtool_says((char *const[]){(char[]){"oathtool"}, mode,
					 digits, period, now, hex, NULL},
		    code);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_code_rfc4226_vectors_hold),
	    cmocka_unit_test(test_code_rfc6238_vectors_hold),
	    cmocka_unit_test(test_secret_size_is_that_of_the_digest),
	    cmocka_unit_test(test_step_before_1970_is_zero),
	    cmocka_unit_test(test_parameters_out_of_range_are_refused),
	    cmocka_unit_test(test_match_window_is_one_step),
	    cmocka_unit_test(test_match_every_digit_counts),
	    cmocka_unit_test(test_match_accepted_and_earlier_steps_are_dead),
	    cmocka_unit_test(test_match_first_steps_do_not_underflow),
	    cmocka_unit_test(test_match_text_that_is_no_code_matches_nothing),
	    cmocka_unit_test(test_match_live_wins_over_dead),
	    cmocka_unit_test(test_match_computes_every_code),
	    cmocka_unit_test(test_match_failing_mac_matches_nothing),
	    cmocka_unit_test(test_code_agrees_with_oathtool),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
