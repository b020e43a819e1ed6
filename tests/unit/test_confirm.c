/* SPDX-License-Identifier: BSD-3-Clause */
/* What counts as having saved new backup codes: one of them, typed whole. */
#include "login_fixture.h"

#include "confirm.h"

#define ASK(f, successor, typed, ...) \
	ask(f, successor, typed, (const char *const[]){__VA_ARGS__, NULL})

static int
ask(struct fixture *f, const struct xs_successor *successor, bool *typed,
    const char *const *answers)
{
	struct xs_dialog dialog;
	int r;

	f->answers = answers;
	f->question = 0;
	xs_dialog_init(&dialog, &f->person, "en");
	r = xs_confirm_ask(&dialog, successor, typed);
	xs_dialog_wipe(&dialog);
	return r;
}

static void
test_code_is_confirmed_by_all_of_its_digits(void **state)
{
	static const struct xs_successor one = {
	    .count = 1, .format = {XS_CODE_DIGITS, 8}, .codes = {"88410273"}};
	struct fixture *f = *state;
	bool typed = false;

	assert_int_equal(ASK(f, &one, &typed, "88410274", "08410273", "8841027",
			     "884102733", "", "8841 0273"),
	    0);
	assert_true(typed);
	assert_int_equal(f->question, 6);
	assert_int_equal(ASK(f, &one, &typed, "88410274", "0"), 0);
	assert_false(typed);
}

static void
test_any_code_of_a_set_confirms_it(void **state)
{
	static const struct xs_successor set = {.count = 3,
	    .format = {XS_CODE_DIGITS, 8},
	    .codes = {"11111111", "22222222", "33333333"}};
	static const char *const codes[] = {
	    "1111-1111", "22222222", "33333333"};
	struct fixture *f = *state;

	for (size_t i = 0; i < 3; i++) {
		bool typed = false;

		/* What stands behind the set is zero, and no code. */
		assert_int_equal(ASK(f, &set, &typed, "00000000", codes[i]), 0);
		assert_true(typed);
		assert_int_equal(f->question, 2);
	}
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_code_is_confirmed_by_all_of_its_digits),
	    TEST(test_any_code_of_a_set_confirms_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
