/* SPDX-License-Identifier: BSD-3-Clause */
/* Argon2 comes from a library that is loaded when it is needed. */
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "code.h"

static bool is_missing;
static unsigned loads;

/* In the place of libc's, for the library under test. */
void *
dlopen(const char *name, int flags)
{
	static __typeof__(dlopen) *real;

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "dlopen");
	assert_string_equal(name, "libargon2.so.1");
	loads++;
	return is_missing && (flags & RTLD_NOLOAD) == 0 ? NULL
							: real(name, flags);
}

static const struct xs_argon2_cost least = {12288, 3, 1};
static const uint8_t salt[XS_SALT_SIZE] = {1, 2, 3};

static void
test_missing_library_hashes_nothing(void **state)
{
	uint8_t hash[XS_HASH_SIZE] = {0}, zero[XS_HASH_SIZE] = {0};

	(void)state;
	is_missing = true;
	assert_int_equal(
	    xs_code_hash(&least, salt, "12345678", hash), XS_E_INTERNAL);
	assert_memory_equal(hash, zero, sizeof(hash));
	is_missing = false;
}

static void
test_library_is_loaded_for_each_hash_and_let_go(void **state)
{
	uint8_t first[XS_HASH_SIZE], again[XS_HASH_SIZE];

	(void)state;
	loads = 0;
	assert_int_equal(xs_code_hash(&least, salt, "12345678", first), 0);
	assert_int_equal(xs_code_hash(&least, salt, "12345678", again), 0);
	assert_int_equal(loads, 2);
	assert_memory_equal(first, again, sizeof(first));
	assert_null(dlopen("libargon2.so.1", RTLD_NOW | RTLD_NOLOAD));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_missing_library_hashes_nothing),
	    cmocka_unit_test(test_library_is_loaded_for_each_hash_and_let_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
