/* SPDX-License-Identifier: BSD-3-Clause */
/* The settings dialogue, sentence by sentence (settings_*.txt). */
#include "settings_fixture.h"

static void
test_menu_shows_what_is_set_up(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	assert_int_equal(SETTINGS(f, NULL, "7", "", "hello", "2", "0"), 0);
	golden(f, "settings_menu");
}

static void
test_status_and_explanation_ask_nothing(void **state)
{
	struct fixture *f = *state;
	struct xs_account account = fixture_account(f);

	strcpy(account.app.made.by, "alice");
	strcpy(account.backup.made.by, "alice");
	account.methods[XS_BACKUP].disabled = true;
	fixture_make_set(&account, 3);
	fixture_save(f, &account);
	assert_int_equal(SETTINGS(f, "status", NULL), 0);
	assert_int_equal(SETTINGS(f, "explain", NULL), 0);
	assert_int_equal(f->question, 0);
	golden(f, "settings_status");
}

static void
test_helpdesk_code_is_shown_while_valid(void **state)
{
	struct fixture *f = *state;
	struct xs_account account = fixture_account(f);

	account.backup.helpdesk.set = true;
	account.backup.helpdesk.format = account.backup.format;
	account.backup.helpdesk.expires = NOON + 3600;
	account.backup.helpdesk.made.time = NOON;
	strcpy(account.backup.helpdesk.made.by, "bob");
	fixture_save(f, &account);
	assert_int_equal(SETTINGS(f, "status", NULL), 0);
	assert_non_null(strstr(f->transcript, "bob"));
	assert_non_null(strstr(f->transcript, "2026-11-22 12:52 UTC"));
	f->now += 3600;
	f->transcript[0] = '\0';
	assert_int_equal(SETTINGS(f, "status", NULL), 0);
	assert_null(strstr(f->transcript, "bob"));
}

/* ---- App ---- */

static void
test_app_is_replaced_when_its_code_was_typed(void **state)
{
	struct fixture *f = *state;
	char old[16];

	fixture_enrol(f);
	fixture_code(f, 0, old);
	assert_int_equal(SETTINGS(f, NULL, "1", "@key", "0"), 0);
	golden(f, "settings_app");
	/* The code that was typed is used up, the old secret is dead. */
	assert_int_equal(LOGIN(f, old, "@key", "@key+1"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	assert_non_null(strstr(f->log, "reason=wrong"));
	assert_non_null(strstr(f->log, "reason=used"));
}

static void
test_app_can_be_drawn_otherwise(void **state)
{
	struct fixture *f = *state;

	strcpy(f->config.issuer, "web01.example.org");
	fixture_enrol(f);
	assert_int_equal(SETTINGS(f, "app", "a", "k", "sesame", "", "0"), 0);
	golden(f, "settings_app_forms");
	assert_int_equal(LOGIN(f, "@app"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
}

static void
test_three_wrong_codes_change_nothing(void **state)
{
	struct fixture *f = *state;
	struct xs_account before, after;

	fixture_enrol(f);
	before = fixture_load(f);
	/* A code of the old app, and of another time, are no code either. */
	assert_int_equal(SETTINGS(f, "app", "@app", "@key+20", "@key-4"), 0);
	golden(f, "settings_app_wrong");
	after = fixture_load(f);
	assert_memory_equal(&before, &after, sizeof(before));
	assert_int_equal(LOGIN(f, "@app"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
}

static void
test_waits_of_the_old_app_do_not_outlive_it(void **state)
{
	struct fixture *f = *state;
	struct xs_account account;

	enrol_failed(f, XS_APP, 100);
	account = fixture_load(f);
	assert_true(account.methods[XS_APP].disabled);
	assert_int_equal(SETTINGS(f, "app", "@key"), 0);
	account = fixture_load(f);
	assert_false(account.methods[XS_APP].disabled);
	assert_int_equal(account.methods[XS_APP].side[XS_OTHER].failures, 0);
	/* The budget is for all methods, and stays spent. */
	assert_int_equal(account.budgets[XS_OTHER].spent,
	    f->config.throttle.budget[XS_OTHER]);
}

static void
test_what_an_administrator_switched_off_stays_off(void **state)
{
	struct fixture *f = *state;
	struct xs_account account = fixture_account(f);

	account.methods[XS_APP].disabled = true;
	fixture_save(f, &account);
	assert_int_equal(SETTINGS(f, "app", "@key"), 0);
	account = fixture_load(f);
	assert_true(account.methods[XS_APP].disabled);
}

static void
test_what_was_stopped_and_then_switched_off_stays_off(void **state)
{
	struct fixture *f = *state;
	struct xs_account account;

	enrol_failed(f, XS_APP, 100);
	account = fixture_load(f);
	xs_throttle_disable(&account, XS_APP);
	fixture_save(f, &account);
	assert_int_equal(SETTINGS(f, "app", "@key"), 0);
	assert_true(fixture_load(f).methods[XS_APP].disabled);
}

static void
test_new_app_lifts_a_stop_of_a_lower_throttle_stop(void **state)
{
	struct fixture *f = *state;

	f->config.throttle.stop = 10;
	enrol_failed(f, XS_APP, 10);
	f->config.throttle.stop = 100;
	assert_int_equal(SETTINGS(f, "app", "@key"), 0);
	assert_false(fixture_load(f).methods[XS_APP].disabled);
}

/* ---- Backup code, default, language ---- */

static void
test_new_backup_code_counts_when_typed_back(void **state)
{
	struct fixture *f = *state;
	char new[32];

	fixture_enrol(f);
	assert_int_equal(
	    SETTINGS(f, NULL, "4", "1111 2222", "0", "4", "@new", "0"), 0);
	golden(f, "settings_backup");
	(void)snprintf(new, sizeof(new), "%s", strrchr(f->transcript, '<'));
	assert_int_equal(LOGIN(f, "", FIRST_CODE, "0"), 0);
	assert_int_equal(f->outcome, XS_OUT_REFUSED);
}

static void
test_set_of_backup_codes_is_replaced(void **state)
{
	struct fixture *f = *state;

	f->config.backup_codes = 3;
	fixture_enrol(f);
	assert_int_equal(SETTINGS(f, "backup", "@new"), 0);
	golden(f, "settings_backups");
	assert_int_equal(fixture_load(f).backup.count, 3);
}

static void
test_default_is_app_or_sms(void **state)
{
	struct fixture *f = *state;

	enrol_with_phone(f);
	assert_int_equal(SETTINGS(f, NULL, "3", "3", "2", "3", "1", "0"), 0);
	golden(f, "settings_default");
	assert_int_equal(fixture_load(f).default_method, XS_APP);
}

static void
test_language_holds_at_once_and_at_the_next_login(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	assert_int_equal(SETTINGS(f, NULL, "5", "x", "2", "0"), 0);
	assert_int_equal(LOGIN(f, "@app"), 0);
	golden(f, "settings_language");
}

static void
test_what_is_not_offered_is_said(void **state)
{
	struct fixture *f = *state;

	f->config.methods = 1u << XS_APP;
	fixture_enrol(f);
	assert_int_equal(SETTINGS(f, "backup", NULL), 0);
	assert_int_equal(SETTINGS(f, "phone", NULL), 0);
	f->config.methods = 1u << XS_BACKUP;
	assert_int_equal(SETTINGS(f, "app", NULL), 0);
	golden(f, "settings_not_offered");
}

/* ---- Without a record ---- */

static void
test_first_set_up_is_app_then_backup_code(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(
	    SETTINGS_FIRST(f, NULL, "3", "4", "5", "1", "@key", "@new", "0"),
	    0);
	golden(f, "settings_first");
	assert_int_equal(LOGIN(f, "@key", "@key+1"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
}

/* By it a session of before knows that the record is another one. */
static void
test_each_enrolment_has_a_mark_of_its_own(void **state)
{
	struct fixture *f = *state;
	struct xs_account first, second;

	assert_int_equal(SETTINGS_FIRST(f, "app", "@key", "@new"), 0);
	first = fixture_load(f);
	assert_int_equal(
	    f->store.ops->remove(&f->store, &f->verify.who, &f->fault), 0);
	assert_int_equal(SETTINGS_FIRST(f, "app", "@key", "@new"), 0);
	second = fixture_load(f);
	assert_memory_not_equal(
	    first.enrolment, second.enrolment, sizeof(first.enrolment));
}

static void
test_status_without_a_record_says_what_to_do(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(SETTINGS_FIRST(f, "status", NULL), 0);
	golden(f, "settings_none");
}

static void
test_nothing_is_recorded_before_the_backup_code_is(void **state)
{
	struct fixture *f = *state;
	struct xs_account account;

	assert_int_equal(SETTINGS_FIRST(f, "app", "@key", "0"), 0);
	assert_int_equal(xs_verify_load(&f->verify, &account), XS_E_NORECORD);
	assert_int_equal(SETTINGS_FIRST(f, "app", "@key"), XS_E_CONV);
	assert_int_equal(xs_verify_load(&f->verify, &account), XS_E_NORECORD);
}

/* ---- Two at once, and what cannot be recorded ---- */

static void
change_language_elsewhere(struct fixture *f, unsigned question)
{
	struct xs_account account;
	enum xs_changed changed;

	if (question != 2)
		return;
	account = fixture_load(f);
	assert_int_equal(
	    xs_change_language(&f->verify, "nl", &account, &changed), 0);
	assert_int_equal(changed, XS_CHANGE_MADE);
}

static void
test_second_session_is_told(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	f->at_question = change_language_elsewhere;
	assert_int_equal(SETTINGS(f, NULL, "1", "@key", "0"), 0);
	golden(f, "settings_stale");
	f->at_question = NULL;
	assert_int_equal(LOGIN(f, "@app"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
}

static void
replace_app_elsewhere(struct fixture *f, unsigned question)
{
	struct xs_account account;
	enum xs_changed changed;
	struct xs_app app;

	if (question != 2)
		return;
	account = fixture_load(f);
	app = account.app;
	app.totp.secret[0] ^= 1;
	assert_int_equal(
	    xs_change_app(&f->verify, &app, &account, &changed), 0);
	assert_int_equal(changed, XS_CHANGE_MADE);
}

static void
replace_backup_code_elsewhere(struct fixture *f, unsigned question)
{
	struct xs_account account;
	enum xs_changed changed;
	struct xs_backup backup;

	if (question != 2)
		return;
	account = fixture_load(f);
	backup = account.backup;
	backup.salt[0] ^= 1;
	assert_int_equal(
	    xs_change_backup(&f->verify, &backup, &account, &changed), 0);
	assert_int_equal(changed, XS_CHANGE_MADE);
}

static void
enrol_anew_elsewhere(struct fixture *f, unsigned question)
{
	struct xs_account account;

	if (question != 2)
		return;
	account = fixture_load(f);
	account.enrolment[0] ^= 1;
	fixture_save(f, &account);
}

/*
 * Who has a thief's session open behind his back replaces the app or the
 * backup code, or has the helpdesk begin anew: that session can then change
 * nothing any more, however often it tries.
 */
static void
test_session_ends_when_the_second_step_was_replaced(void **state)
{
	struct fixture *f = *state;
	static void (*const elsewhere[])(struct fixture *, unsigned) = {
	    replace_app_elsewhere, replace_backup_code_elsewhere,
	    enrol_anew_elsewhere};
	struct xs_account before, after;

	fixture_enrol(f);
	for (int i = 0; i < 3; i++) {
		f->at_question = elsewhere[i];
		assert_int_equal(
		    SETTINGS(f, NULL, "5", "2", "", "5", "2", "1", "@key", "0"),
		    XS_E_EXISTS);
		after = fixture_load(f);
		assert_string_equal(after.language, "");
		before = fixture_account(f);
		assert_memory_equal(
		    &after.app.totp.secret[1], &before.app.totp.secret[1], 19);
	}
}

static void
log_in_elsewhere(struct fixture *f, unsigned question)
{
	enum xs_verdict verdict;
	struct xs_account account;
	char code[16];

	if (question != 1)
		return;
	assert_int_equal(xs_verify_app(&f->verify, fixture_code(f, 0, code),
			     &account, &verdict),
	    0);
	assert_int_equal(verdict, XS_RIGHT);
}

/* It changes no setting; and its code stays used up. */
static void
test_login_meanwhile_is_no_change(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	f->at_question = log_in_elsewhere;
	assert_int_equal(SETTINGS(f, "language", "2"), 0);
	f->at_question = NULL;
	assert_string_equal(fixture_load(f).language, "nl");
	assert_int_equal(LOGIN(f, "@app"), XS_E_CONV);
	assert_non_null(strstr(f->log, "reason=used"));
}

static void
enrol_elsewhere(struct fixture *f, unsigned question)
{
	if (question == 2)
		fixture_enrol(f);
}

static void
test_record_that_came_meanwhile_wins(void **state)
{
	struct fixture *f = *state;

	f->at_question = enrol_elsewhere;
	assert_int_equal(
	    SETTINGS_FIRST(f, "app", "@key", "@new", ""), XS_E_EXISTS);
	f->at_question = NULL;
	golden(f, "settings_elsewhere");
	assert_int_equal(LOGIN(f, "@app"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
}

static void
test_record_that_went_or_came_ends_it(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(SETTINGS(f, NULL, "0"), XS_E_STATE);
	fixture_enrol(f);
	assert_int_equal(SETTINGS_FIRST(f, NULL, "0"), XS_E_EXISTS);
}

static void
test_failed_commit_leaves_the_old(void **state)
{
	static const char *const rounds[][4] = {
	    {"app", "@key", ""},
	    {"backup", "@new", ""},
	    {"default", "1", ""},
	    {"language", "2", ""},
	};
	struct fixture *f = *state;

	fixture_enrol(f);
	for (size_t i = 0; i < sizeof(rounds) / sizeof(rounds[0]); i++) {
		xs_store_memory_fail(&f->store, 1);
		assert_int_equal(fixture_settings(f, rounds[i][0], true,
				     (const char *const[]){
					 rounds[i][1], rounds[i][2], NULL}),
		    XS_E_COMMIT);
	}
	golden(f, "settings_not_recorded");
	assert_int_equal(LOGIN(f, "@app"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	assert_int_equal(LOGIN(f, "", FIRST_CODE, "@new"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_menu_shows_what_is_set_up),
	    TEST(test_status_and_explanation_ask_nothing),
	    TEST(test_helpdesk_code_is_shown_while_valid),
	    TEST(test_app_is_replaced_when_its_code_was_typed),
	    TEST(test_app_can_be_drawn_otherwise),
	    TEST(test_three_wrong_codes_change_nothing),
	    TEST(test_waits_of_the_old_app_do_not_outlive_it),
	    TEST(test_what_an_administrator_switched_off_stays_off),
	    TEST(test_what_was_stopped_and_then_switched_off_stays_off),
	    TEST(test_new_app_lifts_a_stop_of_a_lower_throttle_stop),
	    TEST(test_new_backup_code_counts_when_typed_back),
	    TEST(test_set_of_backup_codes_is_replaced),
	    TEST(test_default_is_app_or_sms),
	    TEST(test_language_holds_at_once_and_at_the_next_login),
	    TEST(test_what_is_not_offered_is_said),
	    TEST(test_first_set_up_is_app_then_backup_code),
	    TEST(test_each_enrolment_has_a_mark_of_its_own),
	    TEST(test_status_without_a_record_says_what_to_do),
	    TEST(test_nothing_is_recorded_before_the_backup_code_is),
	    TEST(test_second_session_is_told),
	    TEST(test_session_ends_when_the_second_step_was_replaced),
	    TEST(test_login_meanwhile_is_no_change),
	    TEST(test_record_that_came_meanwhile_wins),
	    TEST(test_record_that_went_or_came_ends_it),
	    TEST(test_failed_commit_leaves_the_old),
	};

	RUN_IN_BOTH_LANGUAGES(tests);
}
