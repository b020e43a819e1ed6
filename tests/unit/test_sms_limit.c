/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "sms_limit.h"

#define NOON 1800000000
#define HOUR 3600
#define DAY 86400

static struct xs_config config;
static struct xs_account account;

static int
begin(void **state)
{
	const struct xs_identity alice = {"alice", 1000};

	(void)state;
	xs_config_init(&config);
	xs_account_init(&account, &alice);
	return 0;
}

static void
assert_open(enum xs_sms_kind kind, int64_t now)
{
	int64_t until = -7;

	assert_true(xs_sms_gate(&account, &config, kind, now, &until));
	assert_int_equal(until, -7);
}

/* Closed from now until then, to the second. */
static void
assert_closed(enum xs_sms_kind kind, int64_t now, int64_t then)
{
	int64_t until = -7;

	assert_false(xs_sms_gate(&account, &config, kind, now, &until));
	assert_int_equal(until, then);
	assert_false(xs_sms_gate(&account, &config, kind, then - 1, &until));
	assert_int_equal(until, then);
	assert_open(kind, then);
}

static void
test_first_text_is_free(void **state)
{
	(void)state;
	assert_open(XS_SMS_CODE, NOON);
	assert_open(XS_SMS_NOTICE, NOON);
	/* A clock that was never set. */
	assert_open(XS_SMS_CODE, 5);
}

static void
test_second_text_waits_for_the_cooldown(void **state)
{
	(void)state;
	xs_sms_charge(&account, XS_SMS_CODE, NOON);
	assert_closed(XS_SMS_CODE, NOON, NOON + 60);
	config.sms_cooldown = 3600;
	assert_closed(XS_SMS_CODE, NOON, NOON + 3600);
}

static void
test_sixth_text_of_an_hour_waits(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++) {
		assert_open(XS_SMS_CODE, NOON + i * 100);
		xs_sms_charge(&account, XS_SMS_CODE, NOON + i * 100);
	}
	assert_closed(XS_SMS_CODE, NOON + 500, NOON + HOUR);
	/* One has room again, and no more than one. */
	xs_sms_charge(&account, XS_SMS_CODE, NOON + HOUR);
	assert_closed(XS_SMS_CODE, NOON + HOUR, NOON + HOUR + 100);
}

static void
test_eleventh_text_of_a_day_waits(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++) {
		assert_open(XS_SMS_CODE, NOON + i * HOUR);
		xs_sms_charge(&account, XS_SMS_CODE, NOON + i * HOUR);
	}
	assert_closed(XS_SMS_CODE, NOON + 10 * HOUR, NOON + DAY);
}

static void
test_most_texts_that_can_be_allowed_are_remembered(void **state)
{
	(void)state;
	config.sms_cooldown = 1;
	config.sms_per_hour = config.sms_per_day = XS_SENDS_MAX;
	for (int i = 0; i < XS_SENDS_MAX; i++) {
		assert_open(XS_SMS_CODE, NOON + i);
		xs_sms_charge(&account, XS_SMS_CODE, NOON + i);
	}
	assert_closed(XS_SMS_CODE, NOON + 20, NOON + DAY);
}

static void
test_notices_and_codes_do_not_count_for_each_other(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++)
		xs_sms_charge(&account, XS_SMS_CODE, NOON);
	assert_open(XS_SMS_NOTICE, NOON);
	xs_sms_charge(&account, XS_SMS_NOTICE, NOON);
	assert_closed(XS_SMS_NOTICE, NOON, NOON + 60);
	assert_closed(XS_SMS_CODE, NOON, NOON + HOUR);
}

/* What was sent tomorrow, as it now seems, was sent now; once. */
static void
test_clock_set_back_closes_for_one_span(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++)
		xs_sms_charge(&account, XS_SMS_CODE, NOON + DAY + i);
	xs_sms_charge(&account, XS_SMS_NOTICE, NOON + DAY);
	xs_sms_change_charge(&account, NOON + DAY);
	assert_true(xs_sms_settle(&account, NOON));
	assert_closed(XS_SMS_CODE, NOON, NOON + HOUR);
	assert_int_equal(account.notices[0], NOON);
	assert_int_equal(account.phone.changes[0], NOON);
	/* Looking again does not begin it again. */
	assert_false(xs_sms_settle(&account, NOON + 100));
	assert_closed(XS_SMS_CODE, NOON + 100, NOON + HOUR);
	assert_int_equal(account.sends[5], 0);
}

static void
test_settled_account_stays_as_it_is(void **state)
{
	struct xs_account before;

	(void)state;
	assert_false(xs_sms_settle(&account, NOON));
	xs_sms_charge(&account, XS_SMS_CODE, NOON);
	xs_sms_charge(&account, XS_SMS_NOTICE, NOON - 1);
	xs_sms_change_charge(&account, NOON - 2);
	before = account;
	assert_false(xs_sms_settle(&account, NOON));
	assert_memory_equal(&account, &before, sizeof(account));
}

static void
test_any_stored_time_ends(void **state)
{
	int64_t until;

	(void)state;
	for (int i = 0; i < XS_SENDS_MAX; i++)
		account.sends[i] = INT64_MAX;
	account.phone.changes[0] = account.phone.changes[1] = INT64_MAX;
	assert_true(xs_sms_settle(&account, NOON));
	assert_closed(XS_SMS_CODE, NOON, NOON + DAY);
	assert_false(xs_sms_change_gate(&account, NOON, &until));
	assert_int_equal(until, NOON + DAY);
}

static void
test_third_number_of_a_day_waits(void **state)
{
	int64_t until = -7;

	(void)state;
	assert_true(xs_sms_change_gate(&account, NOON, &until));
	xs_sms_change_charge(&account, NOON);
	assert_true(xs_sms_change_gate(&account, NOON + 1, &until));
	xs_sms_change_charge(&account, NOON + 1);
	assert_int_equal(until, -7);
	assert_false(xs_sms_change_gate(&account, NOON + 2, &until));
	assert_int_equal(until, NOON + DAY);
	assert_false(xs_sms_change_gate(&account, NOON + DAY - 1, &until));
	assert_true(xs_sms_change_gate(&account, NOON + DAY, &until));
}

/* A record with all of it must still be one that can be written and read. */
static void
test_charged_account_can_be_kept(void **state)
{
	struct xs_account read;
	struct xs_plain plain;

	(void)state;
	for (int i = 0; i < 30; i++) {
		xs_sms_charge(&account, XS_SMS_CODE, NOON + i);
		xs_sms_charge(&account, XS_SMS_NOTICE, NOON + i);
		xs_sms_change_charge(&account, NOON + i);
	}
	strcpy(account.phone.number, "+31612345678");
	account.phone.made.time = NOON;
	strcpy(account.phone.made.by, "alice");
	assert_int_equal(xs_account_write(&account, &plain), 0);
	assert_int_equal(xs_account_read(&read, &plain, NULL), 0);
	assert_memory_equal(read.sends, account.sends, sizeof(account.sends));
	assert_int_equal(read.phone.changes[1], NOON + 28);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_first_text_is_free),
	    TEST(test_second_text_waits_for_the_cooldown),
	    TEST(test_sixth_text_of_an_hour_waits),
	    TEST(test_eleventh_text_of_a_day_waits),
	    TEST(test_most_texts_that_can_be_allowed_are_remembered),
	    TEST(test_notices_and_codes_do_not_count_for_each_other),
	    TEST(test_clock_set_back_closes_for_one_span),
	    TEST(test_settled_account_stays_as_it_is),
	    TEST(test_any_stored_time_ends),
	    TEST(test_third_number_of_a_day_waits),
	    TEST(test_charged_account_can_be_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
