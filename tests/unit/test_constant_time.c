/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What compares codes and hashes does not branch on a secret, nor let it
 * choose an address: valgrind is told that the secret's bytes are undefined
 * and says where an undefined byte decides. Each case runs in a valgrind of
 * its own, as "test_constant_time CASE".
 */
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/crypto.h>
#include <valgrind/memcheck.h>

#include "code.h"
#include "sms_code.h"
#include "totp.h"

#define FOUND 99

static const char phone[] = "+31612345678";
static unsigned compares;

/*
 * The outcome of a whole comparison is what everyone may learn: only what was
 * compared is secret. libcrypto's own is what runs.
 */
int
CRYPTO_memcmp(const void *a, const void *b, size_t length)
{
	__typeof__(CRYPTO_memcmp) *real;
	int r;

	*(void **)&real = dlsym(RTLD_NEXT, "CRYPTO_memcmp");
	compares++;
	r = real(a, b, length);
	(void)VALGRIND_MAKE_MEM_DEFINED(&r, sizeof(r));
	return r;
}

static int64_t
one_second(void *context)
{
	(void)context;
	return 1;
}

static bool
hashes(bool right)
{
	uint8_t a[XS_HASH_SIZE] = {1}, b[XS_HASH_SIZE] = {right};

	(void)VALGRIND_MAKE_MEM_UNDEFINED(a, sizeof(a));
	(void)VALGRIND_MAKE_MEM_UNDEFINED(b, sizeof(b));
	return xs_hash_equal(a, b) == right && compares == 1;
}

static bool
sms(bool right)
{
	const struct xs_env env = {.uptime = one_second};
	struct xs_sms_code code = {.code = "604412", .valid = 9, .tries = 3};

	memcpy(code.number, phone, sizeof(phone));
	(void)VALGRIND_MAKE_MEM_UNDEFINED(code.code, sizeof(code.code));
	return xs_sms_code_check(
		   &code, phone, right ? "604412" : "604413", &env) == right &&
	    compares == 1;
}

/* The key of RFC 6238's tables; its code at 59 seconds ends with 287082. */
static bool
app(bool right, enum xs_totp_algorithm algorithm, const char *code)
{
	struct xs_totp totp = {.secret_length = xs_totp_secret_size(algorithm),
	    .algorithm = algorithm,
	    .digits = 6,
	    .period = 30};
	enum xs_totp_match match = XS_TOTP_NONE;
	uint64_t step = 0;

	for (size_t i = 0; i < totp.secret_length; i++)
		totp.secret[i] = (uint8_t)('0' + (i + 1) % 10);
	(void)VALGRIND_MAKE_MEM_UNDEFINED(totp.secret, sizeof(totp.secret));
	return xs_totp_match(&totp, 59, 1, 0, right ? code : "111111", &match,
		   &step) == 0 &&
	    (match == XS_TOTP_LIVE) == right && compares == 3;
}

/* Shows that the method finds what it is to find. */
static bool
by_strcmp(bool right)
{
	char code[] = "604412";

	(void)VALGRIND_MAKE_MEM_UNDEFINED(code, 6);
	return (strcmp(code, right ? "604412" : "604413") == 0) == right;
}

static bool
run_case(const char *name, bool right)
{
	if (strcmp(name, "hashes") == 0)
		return hashes(right);
	if (strcmp(name, "sms") == 0)
		return sms(right);
	if (strcmp(name, "sha1") == 0)
		return app(right, XS_SHA1, "287082");
	if (strcmp(name, "sha256") == 0)
		return app(right, XS_SHA256, "119246");
	if (strcmp(name, "sha512") == 0)
		return app(right, XS_SHA512, "693936");
	return strcmp(name, "strcmp") == 0 && by_strcmp(right);
}

static int
run(const char *const *argv)
{
	int status = -1;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		(void)execvp(argv[0], (char **)(uintptr_t)argv);
		_exit(71);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/*
 * 0: right, and nothing found; FOUND: a secret decided. What a compiler tells
 * debuggers is left out: not every valgrind can read it.
 */
static int
look(const char *name, const char *right)
{
	char self[4096], bare[] = "/tmp/xs-constant-XXXXXX";
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	int fd = mkstemp(bare), r;

	assert_true(n > 0 && fd >= 0);
	(void)close(fd);
	self[n] = '\0';
	r = run((const char *const[]){"strip", "-g", "-o", bare, self, NULL});
	if (r == 0)
		r = run((const char *const[]){"valgrind", "-q",
		    "--error-exitcode=99", bare, name, right, NULL});
	(void)unlink(bare);
	return r;
}

/* A sanitizer and valgrind do not bear each other. */
static void
skip_if_sanitized(void)
{
	if (dlsym(RTLD_DEFAULT, "__asan_init") != NULL ||
	    dlsym(RTLD_DEFAULT, "__ubsan_handle_add_overflow") != NULL ||
	    dlsym(RTLD_DEFAULT, "__tsan_init") != NULL) {
		print_message("not under a sanitizer: skip\n");
		skip();
	}
}

static void
test_no_secret_decides_in_a_comparison(void **state)
{
	static const char *const names[] = {
	    "hashes", "sms", "sha1", "sha256", "sha512"};

	(void)state;
	skip_if_sanitized();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (look(names[i], "right") != 0)
			fail_msg("%s, right", names[i]);
		if (look(names[i], "wrong") != 0)
			fail_msg("%s, wrong", names[i]);
	}
}

static void
test_a_comparison_that_stops_early_is_found(void **state)
{
	(void)state;
	skip_if_sanitized();
	assert_int_equal(look("strcmp", "wrong"), FOUND);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_no_secret_decides_in_a_comparison),
	    cmocka_unit_test(test_a_comparison_that_stops_early_is_found),
	};

	if (argc == 3)
		return run_case(argv[1], strcmp(argv[2], "right") == 0) ? 0 : 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
