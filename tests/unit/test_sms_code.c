/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "sms_code.h"

#define NUMBER "+31612345678"
#define VALID 300

struct clockwork {
	int64_t up;
	uint8_t next; /* random byte: the codes are 111111, 222222, ... */
	int random_result;
};

static int64_t
uptime(void *context)
{
	return ((const struct clockwork *)context)->up;
}

/* Setting the clock must neither kill a code nor keep it alive. */
static int64_t
never_asked(void *context)
{
	(void)context;
	fail_msg("the time of day was asked for");
	return 0;
}

static int
counting(void *context, void *buffer, size_t size)
{
	struct clockwork *clock = context;

	memset(buffer, ++clock->next, size);
	return clock->random_result;
}

static struct clockwork works;
static const struct xs_env env = {
    .now = never_asked,
    .uptime = uptime,
    .random = counting,
    .context = &works,
};

static void
make_code(struct xs_sms_code *code)
{
	works = (struct clockwork){.up = 1000};
	assert_int_equal(xs_sms_code_make(code, NUMBER, 6, VALID, &env), 0);
	assert_string_equal(code->code, "111111");
}

static void
assert_wiped(const struct xs_sms_code *code)
{
	static const struct xs_sms_code zero;

	assert_memory_equal(code, &zero, sizeof(zero));
}

static void
test_right_code_is_right_once(void **state)
{
	struct xs_sms_code code;

	(void)state;
	make_code(&code);
	assert_true(xs_sms_code_is_out(&code, NUMBER, &env));
	assert_true(xs_sms_code_check(&code, NUMBER, "111111", &env));
	assert_wiped(&code);
	assert_false(xs_sms_code_check(&code, NUMBER, "111111", &env));
	assert_false(xs_sms_code_is_out(&code, NUMBER, &env));
}

static void
test_nothing_is_right_while_no_code_is_out(void **state)
{
	struct xs_sms_code code = {0};

	(void)state;
	works = (struct clockwork){.up = 0};
	assert_false(xs_sms_code_is_out(&code, "", &env));
	assert_false(xs_sms_code_check(&code, "", "", &env));
	assert_false(xs_sms_code_check(&code, NUMBER, "", &env));
	/* Not even with what a wiped code would be made of. */
	code.tries = 3;
	assert_false(xs_sms_code_check(&code, "", "", &env));
}

static void
test_code_has_three_tries(void **state)
{
	static const char *const wrong[] = {"111112", "011111", "11111",
	    "1111111", "", "111111 ", "111111111111111111111111111111"};
	struct xs_sms_code code;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		make_code(&code);
		assert_false(xs_sms_code_check(&code, NUMBER, wrong[i], &env));
		assert_false(xs_sms_code_check(&code, NUMBER, wrong[i], &env));
		assert_int_equal(code.tries, 1);
		assert_true(xs_sms_code_check(&code, NUMBER, "111111", &env));

		make_code(&code);
		for (int k = 0; k < 3; k++)
			assert_false(
			    xs_sms_code_check(&code, NUMBER, wrong[i], &env));
		assert_wiped(&code);
		assert_false(xs_sms_code_check(&code, NUMBER, "111111", &env));
	}
}

static void
test_code_dies_of_age_by_uptime(void **state)
{
	static const struct {
		int64_t up;
		bool alive;
	} cases[] = {{1000, true}, {1299, true}, {1300, false},
	    {1000000, false}, {999, false}, {0, false}, {INT64_MAX, false}};
	struct xs_sms_code code;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		make_code(&code);
		works.up = cases[i].up;
		assert_int_equal(
		    xs_sms_code_check(&code, NUMBER, "111111", &env),
		    cases[i].alive);
		assert_wiped(&code);
	}
}

static void
test_new_code_voids_the_one_before(void **state)
{
	struct xs_sms_code code;

	(void)state;
	make_code(&code);
	assert_false(xs_sms_code_check(&code, NUMBER, "999999", &env));
	works.up += 60;
	assert_int_equal(xs_sms_code_make(&code, NUMBER, 8, VALID, &env), 0);
	assert_string_equal(code.code, "22222222");
	assert_int_equal(code.tries, 3);
	assert_false(xs_sms_code_check(&code, NUMBER, "111111", &env));
	works.up += VALID - 1;
	assert_true(xs_sms_code_check(&code, NUMBER, "22222222", &env));
}

/* Who changed the number in another session must not use the old one's. */
static void
test_code_is_bound_to_its_number(void **state)
{
	static const char *const others[] = {
	    "", "+31612345679", "+3161234567", "+316123456789"};
	struct xs_sms_code code;

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		make_code(&code);
		assert_false(
		    xs_sms_code_check(&code, others[i], "111111", &env));
		assert_wiped(&code);
	}
}

static void
test_failed_making_leaves_no_code(void **state)
{
	static const unsigned digits[] = {0, 5, 21};
	struct xs_sms_code code;

	(void)state;
	make_code(&code);
	works.random_result = XS_E_INTERNAL;
	assert_int_equal(
	    xs_sms_code_make(&code, NUMBER, 6, VALID, &env), XS_E_INTERNAL);
	assert_wiped(&code);
	for (size_t i = 0; i < sizeof(digits) / sizeof(digits[0]); i++) {
		make_code(&code);
		assert_int_equal(
		    xs_sms_code_make(&code, NUMBER, digits[i], VALID, &env),
		    XS_E_INTERNAL);
		assert_wiped(&code);
	}
	make_code(&code);
	assert_int_equal(
	    xs_sms_code_make(&code, "", 6, VALID, &env), XS_E_INTERNAL);
	assert_wiped(&code);
	make_code(&code);
	assert_int_equal(
	    xs_sms_code_make(&code, "+1234567890123456", 6, VALID, &env),
	    XS_E_INTERNAL);
	assert_wiped(&code);
}

static void
test_codes_have_the_digits_asked_for(void **state)
{
	struct xs_sms_code code = {0};
	char before[XS_CODE_MAX + 1] = "";

	(void)state;
	for (unsigned digits = 6; digits <= 8; digits++) {
		assert_int_equal(xs_sms_code_make(&code, NUMBER, digits, VALID,
				     &xs_env_system),
		    0);
		assert_int_equal(strlen(code.code), digits);
		assert_int_equal(strspn(code.code, "0123456789"), digits);
		assert_string_not_equal(code.code, before);
		strcpy(before, code.code);
	}
	xs_sms_code_wipe(&code);
	assert_wiped(&code);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_right_code_is_right_once),
	    cmocka_unit_test(test_nothing_is_right_while_no_code_is_out),
	    cmocka_unit_test(test_code_has_three_tries),
	    cmocka_unit_test(test_code_dies_of_age_by_uptime),
	    cmocka_unit_test(test_new_code_voids_the_one_before),
	    cmocka_unit_test(test_code_is_bound_to_its_number),
	    cmocka_unit_test(test_failed_making_leaves_no_code),
	    cmocka_unit_test(test_codes_have_the_digits_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
