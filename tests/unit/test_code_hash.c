/* SPDX-License-Identifier: BSD-3-Clause */
#include <dlfcn.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <argon2.h>
#include <cmocka.h>

#include "code.h"

/* Argon2's threads come from here: ours may start none, whatever the lanes. */
static unsigned threads;

__attribute__((visibility("default"))) int
pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
    void *(*start)(void *), void *argument)
{
	__typeof__(pthread_create) *real;

	*(void **)&real = dlsym(RTLD_NEXT, "pthread_create");
	threads++;
	return real(thread, attributes, start, argument);
}

static const struct xs_argon2_cost cheap = {64, 1, 1};
static const uint8_t salt[XS_SALT_SIZE] = {
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

static void
assert_hex(const uint8_t *bytes, size_t length, const char *expected)
{
	char hex[2 * XS_HASH_SIZE + 1];

	for (size_t i = 0; i < length; i++)
		sprintf(hex + 2 * i, "%02x", bytes[i]);
	assert_string_equal(hex, expected);
}

/* RFC 9106 5.3: the linked library is Argon2id 1.3, lanes without threads. */
static void
test_library_rfc9106_vector_holds(void **state)
{
	uint8_t password[32], salted[16], secret[8], data[12], tag[32];
	argon2_context context = {
	    .out = tag,
	    .outlen = sizeof tag,
	    .pwd = memset(password, 1, sizeof password),
	    .pwdlen = sizeof password,
	    .salt = memset(salted, 2, sizeof salted),
	    .saltlen = sizeof salted,
	    .secret = memset(secret, 3, sizeof secret),
	    .secretlen = sizeof secret,
	    .ad = memset(data, 4, sizeof data),
	    .adlen = sizeof data,
	    .t_cost = 3,
	    .m_cost = 32,
	    .lanes = 4,
	    .threads = 1,
	    .version = ARGON2_VERSION_13,
	};

	(void)state;
	assert_int_equal(argon2id_ctx(&context), ARGON2_OK);
	assert_hex(tag, sizeof tag,
	    "0d640df58d78766c08c037a34a8b53c9"
	    "d01ef0452d75b65eb52520e96b01e659");
}

static void
test_hash_of_the_default_cost_is_known(void **state)
{
	const struct xs_argon2_cost cost = {65536, 3, 1};
	uint8_t out[XS_HASH_SIZE];

	(void)state;
	assert_int_equal(xs_code_hash(&cost, salt, "12345678", out), 0);
	assert_hex(out, sizeof out,
	    "8eb2dab3a7817da77e16287fe1465231"
	    "dc344c34127bbc57eb5dffaa8ab39d32");
}

static void
test_hash_agrees_with_threaded_lanes_without_threads(void **state)
{
	static const struct xs_argon2_cost costs[] = {
	    {64, 1, 1}, {64, 3, 4}, {1000, 2, 3}, {128, 16, 16}, {19456, 2, 1}};
	static const char *codes[] = {
	    "00000000", "12345678901234567890", "ABCDEFGHJKMNP"};
	uint8_t out[XS_HASH_SIZE], expected[XS_HASH_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof costs / sizeof costs[0]; i++) {
		const struct xs_argon2_cost *cost = &costs[i];

		for (size_t k = 0; k < sizeof codes / sizeof codes[0]; k++) {
			threads = 0;
			assert_int_equal(
			    xs_code_hash(cost, salt, codes[k], out), 0);
			assert_int_equal(threads, 0);
			assert_int_equal(
			    argon2id_hash_raw(cost->time, cost->memory,
				cost->lanes, codes[k], strlen(codes[k]), salt,
				sizeof salt, expected, sizeof expected),
			    ARGON2_OK);
			assert_true(cost->lanes == 1 || threads > 0);
			assert_memory_equal(out, expected, sizeof out);
		}
	}
}

static void
test_hash_depends_on_all_that_goes_in(void **state)
{
	static const struct xs_argon2_cost other[] = {
	    {65, 1, 1}, {64, 2, 1}, {64, 1, 2}};
	uint8_t salted[XS_SALT_SIZE], one[XS_HASH_SIZE], two[XS_HASH_SIZE];

	(void)state;
	assert_int_equal(xs_code_hash(&cheap, salt, "12345678", one), 0);
	assert_int_equal(xs_code_hash(&cheap, salt, "12345678", two), 0);
	assert_true(xs_hash_equal(one, two));
	assert_int_equal(xs_code_hash(&cheap, salt, "12345679", two), 0);
	assert_false(xs_hash_equal(one, two));
	for (int i = 0; i < XS_SALT_SIZE; i++) {
		memcpy(salted, salt, sizeof salted);
		salted[i] ^= 0x80;
		assert_int_equal(
		    xs_code_hash(&cheap, salted, "12345678", two), 0);
		assert_false(xs_hash_equal(one, two));
	}
	for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
		assert_int_equal(
		    xs_code_hash(&other[i], salt, "12345678", two), 0);
		assert_false(xs_hash_equal(one, two));
	}
}

static void
test_hash_equal_sees_every_bit(void **state)
{
	uint8_t a[XS_HASH_SIZE] = {0}, b[XS_HASH_SIZE] = {0};

	(void)state;
	assert_true(xs_hash_equal(a, b));
	for (int bit = 0; bit < 8 * XS_HASH_SIZE; bit++) {
		b[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_false(xs_hash_equal(a, b));
		b[bit / 8] = 0;
	}
}

static void
test_hash_of_a_cost_or_code_out_of_bounds_is_refused(void **state)
{
	static const struct xs_argon2_cost costs[] = {{1048577, 1, 1},
	    {65536, 17, 1}, {65536, 0, 1}, {65536, 1, 0}, {65536, 1, 17},
	    {7, 1, 1}, {127, 1, 16}, {0, 1, 1}, {65536, 1, 0x20000000}};
	uint8_t out[XS_HASH_SIZE] = "before";

	(void)state;
	for (size_t i = 0; i < sizeof costs / sizeof costs[0]; i++)
		assert_int_equal(xs_code_hash(&costs[i], salt, "12345678", out),
		    XS_E_INTERNAL);
	assert_int_equal(
	    xs_code_hash(&cheap, salt, "123456789012345678901", out),
	    XS_E_INTERNAL);
	assert_string_equal((char *)out, "before");
}

/* Runs in a child, because the limit would stay. */
static int
hash_without_memory(void)
{
	const struct xs_argon2_cost cost = {65536, 3, 1};
	const struct rlimit limit = {0, 0};
	uint8_t out[XS_HASH_SIZE] = "before";

	if (setrlimit(RLIMIT_AS, &limit) != 0 ||
	    xs_code_hash(&cost, salt, "12345678", out) != XS_E_NOMEM ||
	    strcmp((char *)out, "before") != 0)
		return 1;
	return 0;
}

static void
test_hash_without_memory_says_so(void **state)
{
	int status = -1;
	pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(hash_without_memory());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static unsigned
large_maps(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned long begin, end;
	unsigned count = 0;
	char line[4200];

	assert_non_null(maps);
	while (fgets(line, sizeof line, maps) != NULL)
		if (sscanf(line, "%lx-%lx", &begin, &end) == 2 &&
		    end - begin >= (200ul << 20))
			count++;
	fclose(maps);
	return count;
}

static void
test_hash_gives_its_memory_back(void **state)
{
	const struct xs_argon2_cost cost = {400 * 1024, 1, 1};
	unsigned before = large_maps();
	uint8_t out[XS_HASH_SIZE];

	(void)state;
	assert_int_equal(xs_code_hash(&cost, salt, "12345678", out), 0);
	assert_int_equal(large_maps(), before);
}

static void
test_cost_owasp_table_is_the_floor(void **state)
{
	static const struct {
		struct xs_argon2_cost cost;
		bool ok;
	} rows[] = {
	    {{65536, 3, 1}, true},
	    {{47104, 1, 1}, true},
	    {{47103, 1, 1}, false},
	    {{19456, 2, 1}, true},
	    {{19455, 2, 1}, false},
	    {{12288, 3, 1}, true},
	    {{12287, 3, 1}, false},
	    {{12288, 16, 16}, true},
	    {{12287, 16, 1}, false},
	    {{12288, 17, 1}, false},
	    {{1048576, 3, 4}, true},
	    {{1048577, 3, 4}, false},
	    {{UINT32_MAX, 3, 1}, false},
	    {{65536, 0, 1}, false},
	    {{65536, UINT32_MAX, 1}, false},
	    {{65536, 3, 0}, false},
	    {{65536, 3, 17}, false},
	    {{65536, 3, 0x20000000}, false},
	    {{0, 0, 0}, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_int_equal(xs_argon2_cost_ok(&rows[i].cost), rows[i].ok);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_library_rfc9106_vector_holds),
	    cmocka_unit_test(test_hash_of_the_default_cost_is_known),
	    cmocka_unit_test(
		test_hash_agrees_with_threaded_lanes_without_threads),
	    cmocka_unit_test(test_hash_depends_on_all_that_goes_in),
	    cmocka_unit_test(test_hash_equal_sees_every_bit),
	    cmocka_unit_test(
		test_hash_of_a_cost_or_code_out_of_bounds_is_refused),
	    cmocka_unit_test(test_hash_without_memory_says_so),
	    cmocka_unit_test(test_hash_gives_its_memory_back),
	    cmocka_unit_test(test_cost_owasp_table_is_the_floor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
