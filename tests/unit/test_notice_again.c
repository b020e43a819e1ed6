/* SPDX-License-Identifier: BSD-3-Clause */
/* What was not told: by whom it is next, and how often it is tried. */
#include "notice_inbox.h"

static void
test_killed_before_it_was_told_is_told_next(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	KILLED(f, "", FIRST_CODE, "@new");
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	assert_int_equal(inbox_of(f)->count, 0);
	/* Nothing before the first prompt, nor until a code is typed. */
	assert_int_equal(LOGIN(f, "", "0"), 0);
	assert_int_equal(inbox_of(f)->count, 0);
	(void)log_in_later(f, 0);
	ASSERT_TOLD(f, "backup-used");
	assert_int_equal(inbox_of(f)->questions[0], 1);
	assert_int_equal(fixture_load(f).untold.events, 0);
}

/* A wrong code will do: its answer was charged. */
static void
test_strangers_code_tells_too(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	KILLED(f, "", FIRST_CODE, "@new");
	strcpy(f->verify.address, "198.51.100.1");
	assert_int_equal(LOGIN(f, "111111", "0"), 0);
	ASSERT_TOLD(f, "backup-used");
}

static void
test_oldest_is_told_first(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	KILLED(f, "111111", "111112", "111113");
	KILLED(f, "111114", "111115", "0");
	f->now += 60;
	KILLED(f, "", FIRST_CODE, "@new");
	f->now += 60;
	assert_int_equal(LOGIN(f, "", "00000000", "0"), 0);
	ASSERT_TOLD(f, "app-failures-5", "backup-used");
}

static void
test_unconfirmed_is_told_next(void **state)
{
	struct fixture *f = *state;
	int64_t then = f->now;

	fixture_enrol(f);
	assert_int_equal(LOGIN(f, "", FIRST_CODE), XS_E_CONV);
	assert_int_equal(fixture_load(f).unconfirmed.time, then);
	assert_int_equal(inbox_of(f)->count, 0);
	strcpy(f->verify.address, "198.51.100.1");
	(void)log_in_later(f, 90);
	ASSERT_TOLD(f, "backup-unconfirmed");
	assert_non_null(
	    strstr(inbox_of(f)->text[0], "\ntime=2026-11-22T11:52:00Z\n"));
	assert_non_null(strstr(inbox_of(f)->text[0], "\nrhost=192.0.2.7\n"));
	assert_int_equal(fixture_load(f).unconfirmed.time, 0);
	(void)log_in_later(f, 90);
	assert_int_equal(inbox_of(f)->count, 1);
}

/* The next attempt confirms: both are told, as they happened. */
static void
test_unconfirmed_then_used(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	assert_int_equal(LOGIN(f, "", FIRST_CODE, "0"), 0);
	assert_int_equal(LOGIN(f, "", FIRST_CODE, "@new"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	ASSERT_TOLD(f, "backup-unconfirmed", "backup-used");
	assert_int_equal(fixture_load(f).unconfirmed.time, 0);
}

/* The write that notes it fails: who is let in is let in all the same. */
static void
fail_noting(struct fixture *f)
{
	xs_store_memory_fail(&f->store, 1);
}

static void
test_failed_noting_does_not_refuse(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	inbox_of(f)->at_send = fail_noting;
	assert_int_equal(LOGIN(f, "", FIRST_CODE, "@new"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	assert_string_equal(f->fault.text, "");
	assert_int_equal(fixture_load(f).untold.events, 1);
}

/*
 * Whoever ends the process after the mail went out, each time, has it sent
 * again ever later.
 */
static void
test_killed_again_and_again_is_told_ever_later(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	inbox_of(f)->at_send = fail_noting;
	assert_int_equal(LOGIN(f, "", FIRST_CODE, "@new"), 0);
	/* A code every half minute for a day. */
	for (unsigned i = 0; i < 2880; i++)
		(void)log_in_later(f, 30);
	assert_in_range(inbox_of(f)->count, 20, 30);
}

/*
 * Whoever came in by the backup code, and ended that process before it told,
 * does what makes events of which there are no notices.
 */
static void
test_events_without_a_notice_push_out_none(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	KILLED(f, "", FIRST_CODE, "@new");
	inbox_of(f)->result = XS_E_PROGRAM;
	for (unsigned i = 0; i < 2 * XS_EVENTS_MAX; i++)
		assert_int_equal(
		    SETTINGS(f, "language", i % 2 == 0 ? "1" : "2"), 0);
	inbox_of(f)->result = 0;
	(void)log_in_later(f, XS_NOTICE_WAIT_MAX);
	ASSERT_TOLD(f, "backup-used");
}

/*
 * A stranger with the password asks for texts, as soon as it might be told
 * again, and never types a code: the owner hears of it all the same.
 */
static void
test_asking_for_texts_withholds_no_notice(void **state)
{
	struct fixture *f = *state;

	enrol_with_phone(f);
	KILLED(f, "", "2", FIRST_CODE, "@new");
	strcpy(f->verify.address, "198.51.100.1");
	for (unsigned i = 0; i < 30; i++) {
		assert_int_equal(LOGIN(f, "", "1", "0"), 0);
		assert_int_equal(f->outcome, XS_OUT_REFUSED);
		f->now += XS_NOTICE_WAIT_MAX;
	}
	/* With room for a text, and without. */
	assert_in_range(f->texts, 1, 29);
	assert_int_equal(LOGIN(f, "", "1", "0"), 0);
	strcpy(f->verify.address, "192.0.2.7");
	(void)log_in_later(f, 30);
	ASSERT_TOLD(f, "backup-used");
}

/* Nor in the settings, where the number is never confirmed. */
static void
test_asking_for_texts_in_the_settings_withholds_no_notice(void **state)
{
	struct fixture *f = *state;

	enrol_with_phone(f);
	KILLED(f, "", "2", FIRST_CODE, "@new");
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(SETTINGS(f, "phone", "+31687654321", "0"), 0);
		f->now += XS_NOTICE_WAIT_MAX;
	}
	assert_int_equal(f->texts, 5);
	assert_int_equal(SETTINGS(f, "phone", "+31687654321", "0"), 0);
	(void)log_in_later(f, 30);
	ASSERT_TOLD(f, "backup-used");
}

/* A wait that was stored too far ahead is put right at the first prompt. */
static void
test_looking_withholds_no_notice(void **state)
{
	struct fixture *f = *state;
	struct xs_account account;

	fixture_enrol(f);
	KILLED(f, "", FIRST_CODE, "@new");
	for (unsigned i = 0; i < 5; i++) {
		f->now += XS_NOTICE_WAIT_MAX;
		account = fixture_load(f);
		account.methods[XS_APP].side[XS_OTHER].failures = 6;
		account.methods[XS_APP].side[XS_OTHER].not_before =
		    f->now + 86400;
		fixture_save(f, &account);
		strcpy(f->verify.address, "198.51.100.1");
		assert_int_equal(LOGIN(f, "", "0"), 0);
		assert_true(
		    fixture_load(f).methods[XS_APP].side[XS_OTHER].not_before <
		    f->now + 86400);
	}
	strcpy(f->verify.address, "192.0.2.7");
	(void)log_in_later(f, 30);
	ASSERT_TOLD(f, "backup-used");
}

static void
test_slow_program_is_not_run_for_ever(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	inbox_of(f)->result = XS_E_BUSY;
	assert_int_equal(LOGIN(f, "", FIRST_CODE, "@new"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	assert_non_null(strstr(f->log, "not-noticed reason=backup-used\n"));
	for (unsigned i = 0; i < 1000; i++)
		(void)log_in_later(f, 90);
	assert_int_equal(inbox_of(f)->runs, XS_NOTICE_TRIES);
	assert_int_equal(fixture_load(f).untold.events, 0);
}

/* What fails is kept until it works; at most once an hour it is tried. */
static void
test_failing_program_is_tried_until_it_works(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	inbox_of(f)->result = XS_E_PROGRAM;
	assert_int_equal(LOGIN(f, "", FIRST_CODE, "@new"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	for (unsigned i = 0; i < 960; i++)
		(void)log_in_later(f, 90);
	assert_in_range(inbox_of(f)->runs, 20, 30);
	inbox_of(f)->result = 0;
	(void)log_in_later(f, 3600);
	ASSERT_TOLD(f, "backup-used");
	assert_int_equal(fixture_load(f).untold.events, 0);
	assert_int_equal(fixture_load(f).untold.next, 0);
}

/* The address that fails does not have the other one told for ever. */
static void
test_one_address_that_fails(void **state)
{
	struct fixture *f = *state;
	struct xs_account account = fixture_account(f);

	account.mail_count = 2;
	strcpy(account.mails[0], "a@example.org");
	strcpy(account.mails[1], "b@example.org");
	fixture_save(f, &account);
	inbox_of(f)->result = XS_E_PROGRAM;
	inbox_of(f)->fails_for = "b@example.org";
	assert_int_equal(LOGIN(f, "", FIRST_CODE, "@new"), 0);
	for (unsigned i = 0; i < 100; i++)
		(void)log_in_later(f, 3600);
	assert_int_equal(inbox_of(f)->count, XS_NOTICE_TRIES);
	assert_int_equal(fixture_load(f).untold.events, 0);
}

/* The clock was a year ahead when it was last tried. */
static void
test_clock_set_back_does_not_silence(void **state)
{
	struct fixture *f = *state;
	struct xs_account account = fixture_account(f);

	xs_notice_event(&f->config, &account, NOON, "app-set", "", "root");
	account.untold.tries = 9;
	account.untold.next = NOON + 365L * 86400;
	fixture_save(f, &account);
	(void)log_in_later(f, 0);
	ASSERT_TOLD(f, "app-set");
}

/* Another process adds an event while this one tells. */
static void
add_an_event(struct fixture *f)
{
	struct xs_verify other = f->verify;
	struct xs_account account;
	enum xs_changed changed = XS_CHANGE_STALE;

	inbox_of(f)->at_send = NULL;
	f->now++;
	assert_int_equal(xs_verify_load(&other, &account), 0);
	assert_int_equal(
	    xs_change_default(&other, XS_APP, &account, &changed), 0);
	assert_int_equal(changed, XS_CHANGE_MADE);
}

static void
test_event_added_meanwhile_is_still_to_be_told(void **state)
{
	struct fixture *f = *state;
	struct xs_account account;

	fixture_enrol(f);
	inbox_of(f)->at_send = add_an_event;
	assert_int_equal(LOGIN(f, "", FIRST_CODE, "@new"), 0);
	account = fixture_load(f);
	assert_string_equal(account.events[0].word, "default-set");
	assert_int_equal(account.untold.events, 1);
	(void)log_in_later(f, 60);
	ASSERT_TOLD(f, "backup-used", "default-set");
}

/* Another process tells the same at the same time, and adds one of its own. */
static void
tell_elsewhere(struct fixture *f)
{
	struct xs_account account = fixture_load(f);

	inbox_of(f)->at_send = NULL;
	memset(&account.untold, 0, sizeof(account.untold));
	xs_notice_event(&f->config, &account, f->now, "app-set", "", "root");
	fixture_save(f, &account);
}

static void
test_told_elsewhere_takes_no_other_along(void **state)
{
	struct fixture *f = *state;
	struct xs_account account;

	fixture_enrol(f);
	inbox_of(f)->at_send = tell_elsewhere;
	assert_int_equal(LOGIN(f, "", FIRST_CODE, "@new"), 0);
	account = fixture_load(f);
	assert_string_equal(account.events[0].word, "app-set");
	assert_int_equal(account.untold.events, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TELLS(test_killed_before_it_was_told_is_told_next),
	    TELLS(test_strangers_code_tells_too),
	    TELLS(test_oldest_is_told_first),
	    TELLS(test_unconfirmed_is_told_next),
	    TELLS(test_unconfirmed_then_used),
	    TELLS(test_failed_noting_does_not_refuse),
	    TELLS(test_killed_again_and_again_is_told_ever_later),
	    TELLS(test_events_without_a_notice_push_out_none),
	    TELLS(test_asking_for_texts_withholds_no_notice),
	    TELLS(test_asking_for_texts_in_the_settings_withholds_no_notice),
	    TELLS(test_looking_withholds_no_notice),
	    TELLS(test_slow_program_is_not_run_for_ever),
	    TELLS(test_failing_program_is_tried_until_it_works),
	    TELLS(test_one_address_that_fails),
	    TELLS(test_clock_set_back_does_not_silence),
	    TELLS(test_event_added_meanwhile_is_still_to_be_told),
	    TELLS(test_told_elsewhere_takes_no_other_along),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
