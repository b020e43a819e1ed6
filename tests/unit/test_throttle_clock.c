/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/throttles.h"

static void
empty_budget(struct xs_account *account, enum xs_side side, int64_t now)
{
	memset(account, 0, sizeof(*account));
	account->budgets[side].spent = defaults.budget[side];
	account->budgets[side].since = now;
}

static void
test_budget_refills_at_whole_units(void **state)
{
	static const struct {
		int64_t later;
		enum xs_side side;
		uint32_t spent;
		int64_t wait;
	} rows[] = {
	    {0, XS_OTHER, 50, UNIT_OTHER},
	    {UNIT_OTHER - 1, XS_OTHER, 50, 1},
	    {UNIT_OTHER, XS_OTHER, 49, 0},
	    {2 * UNIT_OTHER - 1, XS_OTHER, 49, 0},
	    {2 * UNIT_OTHER, XS_OTHER, 48, 0},
	    {XS_BUDGET_PERIOD - 1, XS_OTHER, 1, 0},
	    {XS_BUDGET_PERIOD, XS_OTHER, 0, 0},
	    {10LL * XS_BUDGET_PERIOD, XS_OTHER, 0, 0},
	    {UNIT_OWN - 1, XS_OWN, 20, 1},
	    {UNIT_OWN, XS_OWN, 19, 0},
	    {XS_BUDGET_PERIOD, XS_OWN, 0, 0},
	};
	struct xs_account account;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		empty_budget(&account, rows[i].side, T0);
		assert_false(xs_throttle_settle(
		    &account, &defaults, T0 + rows[i].later));
		assert_int_equal(
		    account.budgets[rows[i].side].spent, rows[i].spent);
		assert_int_equal(
		    gate(&account, XS_BACKUP, rows[i].side, T0 + rows[i].later),
		    rows[i].wait);
	}
}

/* Looking at a record must not cost or earn anything. */
static void
test_refill_does_not_depend_on_how_often_it_is_settled(void **state)
{
	struct xs_account often, once;
	unsigned budget;
	int64_t later;

	(void)state;
	for (budget = 20; budget <= 200; budget += 9) {
		struct xs_throttle throttle = defaults;

		throttle.budget[XS_OTHER] = budget;
		memset(&often, 0, sizeof(often));
		often.budgets[XS_OTHER].spent = budget;
		often.budgets[XS_OTHER].since = T0;
		for (later = 0; later < XS_BUDGET_PERIOD + 400; later += 997) {
			memset(&once, 0, sizeof(once));
			once.budgets[XS_OTHER].spent = budget;
			once.budgets[XS_OTHER].since = T0;
			xs_throttle_settle(&once, &throttle, T0 + later);
			xs_throttle_settle(&often, &throttle, T0 + later);
			assert_memory_equal(&often, &once, sizeof(once));
			/* Never earlier than period / budget. */
			assert_true(budget - once.budgets[XS_OTHER].spent <=
			    (uint64_t)later * budget / XS_BUDGET_PERIOD);
		}
		assert_int_equal(often.budgets[XS_OTHER].spent, 0);
	}
}

static void
test_budget_made_smaller_is_empty_for_one_unit(void **state)
{
	struct xs_throttle throttle = defaults;
	struct xs_account account;
	int64_t until = 0;

	(void)state;
	empty_budget(&account, XS_OTHER, T0);
	throttle.budget[XS_OTHER] = 20;
	xs_throttle_settle(&account, &throttle, T0 + 1);
	assert_int_equal(xs_throttle_gate(&account, &throttle, XS_APP, XS_OTHER,
			     T0 + 1, &until),
	    XS_GATE_WAITING);
	assert_int_equal(until, T0 + UNIT_OWN);
}

static void
test_budget_of_nothing_never_opens(void **state)
{
	struct xs_throttle throttle = defaults;
	struct xs_account account = {0};
	int64_t until = 0;

	(void)state;
	throttle.budget[XS_OTHER] = 0;
	xs_throttle_settle(&account, &throttle, T0);
	assert_int_equal(
	    xs_throttle_gate(&account, &throttle, XS_APP, XS_OTHER, T0, &until),
	    XS_GATE_WAITING);
}

/* What comes back before the wait is over opens nothing, and is not told. */
static void
test_wait_that_outlasts_the_refill_is_told(void **state)
{
	struct xs_account account = {0};
	const int64_t last = T0 + UNIT_OWN - 10;

	(void)state;
	charge(&account, XS_OWN, 19, T0);
	charge(&account, XS_OWN, 1, last);
	assert_int_equal(gate(&account, XS_APP, XS_OWN, last), 3600);
	/* A method that does not wait is open when the refill comes. */
	assert_int_equal(gate(&account, XS_BACKUP, XS_OWN, last), 10);
}

/* An account with five failures at T0, so a wait until T0 + 30. */
static void
after_five(struct xs_account *account)
{
	memset(account, 0, sizeof(*account));
	charge(account, XS_OTHER, 5, T0);
}

static void
test_clock_set_back_starts_the_wait_anew_once(void **state)
{
	static const int64_t jumps[] = {
	    1, 29, 30, 31, 3600, 86400, 31536000, T0, 2 * (int64_t)T0};
	struct xs_account account;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(jumps); i++) {
		int64_t now = T0 - jumps[i];

		after_five(&account);
		assert_true(xs_throttle_settle(&account, &defaults, now));
		assert_int_equal(gate(&account, XS_APP, XS_OTHER, now), 30);
		/* And from there on it runs down. */
		assert_false(xs_throttle_settle(&account, &defaults, now + 1));
		assert_int_equal(gate(&account, XS_APP, XS_OTHER, now + 1), 29);
		assert_false(xs_throttle_settle(&account, &defaults, now + 30));
		assert_int_equal(gate(&account, XS_APP, XS_OTHER, now + 30), 0);
	}
}

static void
test_clock_set_back_within_the_wait_keeps_its_end(void **state)
{
	struct xs_account account;

	(void)state;
	after_five(&account);
	assert_false(xs_throttle_settle(&account, &defaults, T0 + 20));
	assert_false(xs_throttle_settle(&account, &defaults, T0));
	assert_int_equal(gate(&account, XS_APP, XS_OTHER, T0), 30);
}

static void
test_clock_set_forward_ends_waits_and_refills_one_bucket(void **state)
{
	struct xs_account account;
	int64_t far = T0 + 400LL * 365 * 86400;

	(void)state;
	empty_budget(&account, XS_OTHER, T0);
	charge(&account, XS_OWN, 5, T0);
	assert_false(xs_throttle_settle(&account, &defaults, far));
	assert_int_equal(account.budgets[XS_OTHER].spent, 0);
	assert_int_equal(gate(&account, XS_APP, XS_OWN, far), 0);

	/* Emptied there, the clock put right: nothing comes back at once. */
	account.budgets[XS_OTHER].spent = 50;
	account.budgets[XS_OTHER].since = far;
	assert_true(xs_throttle_settle(&account, &defaults, T0));
	assert_int_equal(account.budgets[XS_OTHER].spent, 50);
	assert_int_equal(gate(&account, XS_APP, XS_OTHER, T0), UNIT_OTHER);
	assert_false(xs_throttle_settle(&account, &defaults, T0 + UNIT_OTHER));
	assert_int_equal(account.budgets[XS_OTHER].spent, 49);
}

/* A clock that swings to and fro earns an attacker one bucket a swing. */
static void
test_refill_time_ahead_refills_nothing(void **state)
{
	static const int64_t ahead[] = {
	    1, UNIT_OTHER, XS_BUDGET_PERIOD, INT64_MAX - T0};
	struct xs_account account;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(ahead); i++) {
		empty_budget(&account, XS_OTHER, T0 + ahead[i]);
		assert_true(xs_throttle_settle(&account, &defaults, T0));
		assert_int_equal(account.budgets[XS_OTHER].spent, 50);
		assert_int_equal(account.budgets[XS_OTHER].since, T0);
		assert_false(xs_throttle_settle(&account, &defaults, T0));
	}
}

static void
test_wait_that_the_failures_do_not_allow_ends(void **state)
{
	struct xs_account account = {0};

	(void)state;
	account.methods[XS_SMS].side[XS_OWN].failures = 4;
	account.methods[XS_SMS].side[XS_OWN].not_before = T0 + 3600;
	assert_int_equal(gate(&account, XS_SMS, XS_OWN, T0), 3600);
	assert_true(xs_throttle_settle(&account, &defaults, T0));
	assert_int_equal(gate(&account, XS_SMS, XS_OWN, T0), 0);
}

/* Whatever a record or a clock says, there is an answer and no overflow. */
static void
test_extremes_are_survived(void **state)
{
	static const int64_t times[] = {INT64_MIN, INT64_MIN + 1, -T0, -1, 0, 1,
	    T0, INT64_MAX - 3600, INT64_MAX - 1, INT64_MAX};
	static const uint32_t counts[] = {
	    0, 1, 4, 5, 6, 50, 99, 100, UINT32_MAX - 1, UINT32_MAX};
	size_t i, j, k;

	(void)state;
	for (i = 0; i < COUNT(times); i++)
		for (j = 0; j < COUNT(times); j++)
			for (k = 0; k < COUNT(counts); k++) {
				struct xs_account account = {0};
				struct xs_side_count *side =
				    &account.methods[XS_APP].side[XS_OWN];
				struct xs_budget *budget =
				    &account.budgets[XS_OWN];
				int64_t now = times[i], until = now;

				side->failures = counts[k];
				side->not_before = times[j];
				account.methods[XS_APP].stop = counts[k];
				budget->spent = counts[k];
				budget->since = times[j];
				xs_throttle_settle(&account, &defaults, now);
				assert_true(budget->spent <= 20);
				assert_true(
				    budget->spent == 0 || budget->since <= now);
				assert_false(xs_throttle_settle(
				    &account, &defaults, now));
				if (xs_throttle_gate(&account, &defaults,
					XS_APP, XS_OWN, now,
					&until) == XS_GATE_WAITING)
					assert_true(until >= now);
				charge(&account, XS_OWN, 1, now);
				assert_true(side->failures > 0);
				xs_throttle_settle(
				    &account, &defaults, times[j]);
			}
}

static void
test_counters_do_not_wrap(void **state)
{
	struct xs_account account = {0};

	(void)state;
	account.methods[XS_APP].side[XS_OWN].failures = UINT32_MAX;
	account.methods[XS_APP].stop = UINT32_MAX;
	account.budgets[XS_OWN].spent = UINT32_MAX;
	charge(&account, XS_OWN, 1, T0);
	assert_int_equal(
	    account.methods[XS_APP].side[XS_OWN].failures, UINT32_MAX);
	assert_int_equal(gate(&account, XS_APP, XS_OWN, T0), -1);
	assert_int_equal(account.budgets[XS_OWN].spent, UINT32_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_wait_that_outlasts_the_refill_is_told),
	    cmocka_unit_test(test_budget_refills_at_whole_units),
	    cmocka_unit_test(
		test_refill_does_not_depend_on_how_often_it_is_settled),
	    cmocka_unit_test(test_budget_made_smaller_is_empty_for_one_unit),
	    cmocka_unit_test(test_budget_of_nothing_never_opens),
	    cmocka_unit_test(test_clock_set_back_starts_the_wait_anew_once),
	    cmocka_unit_test(test_clock_set_back_within_the_wait_keeps_its_end),
	    cmocka_unit_test(
		test_clock_set_forward_ends_waits_and_refills_one_bucket),
	    cmocka_unit_test(test_refill_time_ahead_refills_nothing),
	    cmocka_unit_test(test_wait_that_the_failures_do_not_allow_ends),
	    cmocka_unit_test(test_extremes_are_survived),
	    cmocka_unit_test(test_counters_do_not_wrap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
