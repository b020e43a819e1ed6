/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/throttles.h"

static const unsigned charged_nothing[XS_SIDES];

static void
test_wait_doubles_after_free_tries(void **state)
{
	static const int64_t waits[] = {
	    0, 0, 0, 0, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600};
	struct xs_account account = {0};
	int64_t now = T0;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(waits); i++) {
		assert_int_equal(gate(&account, XS_APP, XS_OTHER, now), 0);
		charge(&account, XS_OTHER, 1, now);
		assert_int_equal(
		    gate(&account, XS_APP, XS_OTHER, now), waits[i]);
		now += waits[i];
		if (waits[i] > 0)
			assert_int_equal(
			    gate(&account, XS_APP, XS_OTHER, now - 1), 1);
	}
}

/* The figures that the documentation gives: 10 failures take 16 minutes. */
static void
test_first_failures_take_the_promised_time(void **state)
{
	struct xs_account account = {0};
	int64_t now = T0;
	int i;

	(void)state;
	for (i = 1; i <= 20; i++) {
		now += gate(&account, XS_APP, XS_OTHER, now);
		charge(&account, XS_OTHER, 1, now);
		if (i == 10)
			assert_int_equal(now - T0, 930);
	}
	assert_int_equal(now - T0, 930 + 960 + 1920 + 8 * 3600);
}

static void
test_wait_over_its_maximum_is_cut(void **state)
{
	struct xs_throttle throttle = defaults;
	struct xs_account account = {0};
	int64_t until = 0;

	(void)state;
	throttle.free = 1;
	throttle.wait = 3600;
	throttle.wait_max = 60;
	xs_throttle_charge(&account, &throttle, XS_APP, XS_OWN, T0);
	assert_int_equal(
	    xs_throttle_gate(&account, &throttle, XS_APP, XS_OWN, T0, &until),
	    XS_GATE_WAITING);
	assert_int_equal(until, T0 + 60);
}

static void
test_methods_wait_each_for_themselves(void **state)
{
	struct xs_account account = {0};

	(void)state;
	charge(&account, XS_OTHER, 5, T0);
	assert_int_equal(gate(&account, XS_APP, XS_OTHER, T0), 30);
	assert_int_equal(gate(&account, XS_SMS, XS_OTHER, T0), 0);
	assert_int_equal(gate(&account, XS_BACKUP, XS_OTHER, T0), 0);
}

/* A stranger with the password cannot keep the owner out, nor he himself. */
static void
test_sides_never_draw_on_each_other(void **state)
{
	enum xs_side side;

	(void)state;
	for (side = XS_OWN; side < XS_SIDES; side++) {
		enum xs_side opposite = side == XS_OWN ? XS_OTHER : XS_OWN;
		unsigned budget = defaults.budget[side];
		struct xs_account account = {0};

		charge(&account, side, budget, T0);
		assert_int_equal(account.budgets[side].spent, budget);
		assert_true(gate(&account, XS_APP, side, T0) > 3600);
		assert_true(gate(&account, XS_SMS, side, T0) > 3600);
		assert_int_equal(account.budgets[opposite].spent, 0);
		assert_int_equal(
		    account.methods[XS_APP].side[opposite].failures, 0);
		assert_int_equal(gate(&account, XS_APP, opposite, T0), 0);
		charge(&account, opposite, 4, T0);
		assert_int_equal(gate(&account, XS_APP, opposite, T0), 0);
	}
}

static void
test_stop_counts_both_sides_and_disables_both(void **state)
{
	struct xs_account account = {0};
	int i;

	(void)state;
	for (i = 0; i < 99; i++)
		charge(&account, i % 2 ? XS_OWN : XS_OTHER, 1, T0);
	xs_throttle_clear_budgets(&account);
	assert_true(gate(&account, XS_APP, XS_OWN, T0) > 0);
	charge(&account, XS_OWN, 1, T0);
	assert_int_equal(gate(&account, XS_APP, XS_OWN, T0), -1);
	assert_int_equal(gate(&account, XS_APP, XS_OTHER, T0), -1);
	assert_int_equal(gate(&account, XS_APP, XS_OTHER, INT64_MAX), -1);
	assert_int_equal(gate(&account, XS_SMS, XS_OTHER, T0), 0);
	/* Time does not mend it. */
	assert_false(xs_throttle_settle(&account, &defaults, T0 + 100000000));
	assert_int_equal(gate(&account, XS_APP, XS_OWN, T0 + 100000000), -1);
}

static void
test_success_resets_its_own_side_and_method_and_the_stop(void **state)
{
	struct xs_account account = {0};

	(void)state;
	charge(&account, XS_OTHER, 6, T0);
	charge(&account, XS_OWN, 7, T0);
	xs_throttle_charge(&account, &defaults, XS_SMS, XS_OWN, T0);
	xs_throttle_success(&account, XS_APP, XS_OWN, charged_nothing);

	assert_int_equal(gate(&account, XS_APP, XS_OWN, T0), 0);
	assert_int_equal(account.methods[XS_APP].side[XS_OWN].failures, 0);
	assert_int_equal(account.methods[XS_APP].stop, 0);
	assert_int_equal(gate(&account, XS_APP, XS_OTHER, T0), 60);
	assert_int_equal(account.methods[XS_APP].side[XS_OTHER].failures, 6);
	assert_int_equal(account.methods[XS_SMS].side[XS_OWN].failures, 1);
	assert_int_equal(account.methods[XS_SMS].stop, 1);
	/* A success refills no budget. */
	assert_int_equal(account.budgets[XS_OWN].spent, 8);
	assert_int_equal(account.budgets[XS_OTHER].spent, 6);
}

static void
test_hundredth_attempt_that_is_right_leaves_the_method_enabled(void **state)
{
	static const unsigned charged[XS_SIDES] = {[XS_OWN] = 1};
	struct xs_account account = {0};

	(void)state;
	charge(&account, XS_OTHER, 99, T0);
	charge(&account, XS_OWN, 1, T0);
	assert_true(account.methods[XS_APP].disabled);
	xs_throttle_success(&account, XS_APP, XS_OWN, charged);
	assert_int_equal(gate(&account, XS_APP, XS_OWN, T0), 0);
}

static void
test_charges_given_back_never_exceed_what_is_spent(void **state)
{
	static const struct {
		uint32_t spent;
		unsigned charged;
		uint32_t left;
	} rows[] = {
	    {0, 0, 0},
	    {0, 3, 0},
	    {1, 3, 0},
	    {3, 3, 0},
	    {4, 3, 1},
	    {50, 0, 50},
	    {50, 49, 1},
	    {UINT32_MAX, 1, UINT32_MAX - 1},
	    {1, UINT_MAX, 0},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		unsigned charged[XS_SIDES] = {[XS_OTHER] = rows[i].charged};
		struct xs_account account = {0};

		account.budgets[XS_OTHER].spent = rows[i].spent;
		account.budgets[XS_OTHER].since = T0;
		account.budgets[XS_OWN].spent = 7;
		account.budgets[XS_OWN].since = T0;
		xs_throttle_success(&account, XS_APP, XS_OWN, charged);
		assert_int_equal(account.budgets[XS_OTHER].spent, rows[i].left);
		assert_int_equal(account.budgets[XS_OWN].spent, 7);
	}
}

static void
test_conversation_that_ends_well_costs_nothing(void **state)
{
	static const unsigned charged[XS_SIDES] = {[XS_OTHER] = 3};
	struct xs_account account = {0};

	(void)state;
	charge(&account, XS_OTHER, 3, T0);
	xs_throttle_success(&account, XS_APP, XS_OTHER, charged);
	assert_int_equal(account.budgets[XS_OTHER].spent, 0);
	charge(&account, XS_OTHER, 50, T0 + 1000);
	xs_throttle_clear_method(&account, XS_APP);
	/* The bucket was full: it refills from the next charge on. */
	assert_int_equal(
	    gate(&account, XS_APP, XS_OTHER, T0 + 1000), UNIT_OTHER);
}

static void
test_unlock_clears_one_method_and_the_budgets(void **state)
{
	struct xs_account account = {0};

	(void)state;
	charge(&account, XS_OTHER, 100, T0);
	xs_throttle_charge(&account, &defaults, XS_SMS, XS_OWN, T0);
	xs_throttle_clear_method(&account, XS_APP);
	assert_true(gate(&account, XS_APP, XS_OTHER, T0) > 0);
	xs_throttle_clear_budgets(&account);
	assert_int_equal(gate(&account, XS_APP, XS_OTHER, T0), 0);
	assert_int_equal(account.budgets[XS_OWN].spent, 0);
	assert_int_equal(account.methods[XS_SMS].stop, 1);
}

/* The options may change, and hosts that share a record may differ. */
static void
test_disabled_is_told_from_a_stop_whatever_the_options(void **state)
{
	static const uint32_t failures[] = {0, 12, 100};
	struct xs_throttle low = defaults;
	struct xs_account account = {0};
	size_t i;

	(void)state;
	assert_false(xs_throttle_is_kept_off(&account, XS_APP));
	low.stop = 10;
	for (i = 0; i < 10; i++)
		xs_throttle_charge(&account, &low, XS_APP, XS_OTHER, T0);
	assert_int_equal(gate(&account, XS_APP, XS_OTHER, T0), -1);
	assert_false(xs_throttle_is_kept_off(&account, XS_APP));
	for (i = 0; i < COUNT(failures); i++) {
		memset(&account, 0, sizeof(account));
		charge(&account, XS_OTHER, failures[i], T0);
		xs_throttle_disable(&account, XS_APP);
		assert_int_equal(gate(&account, XS_APP, XS_OWN, T0), -1);
		assert_true(xs_throttle_is_kept_off(&account, XS_APP));
		assert_false(xs_throttle_is_kept_off(&account, XS_SMS));
		xs_throttle_clear_method(&account, XS_APP);
		assert_false(xs_throttle_is_kept_off(&account, XS_APP));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_wait_doubles_after_free_tries),
	    cmocka_unit_test(test_first_failures_take_the_promised_time),
	    cmocka_unit_test(test_wait_over_its_maximum_is_cut),
	    cmocka_unit_test(test_methods_wait_each_for_themselves),
	    cmocka_unit_test(test_sides_never_draw_on_each_other),
	    cmocka_unit_test(test_stop_counts_both_sides_and_disables_both),
	    cmocka_unit_test(
		test_success_resets_its_own_side_and_method_and_the_stop),
	    cmocka_unit_test(
		test_hundredth_attempt_that_is_right_leaves_the_method_enabled),
	    cmocka_unit_test(
		test_charges_given_back_never_exceed_what_is_spent),
	    cmocka_unit_test(test_conversation_that_ends_well_costs_nothing),
	    cmocka_unit_test(test_unlock_clears_one_method_and_the_budgets),
	    cmocka_unit_test(
		test_disabled_is_told_from_a_stop_whatever_the_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
