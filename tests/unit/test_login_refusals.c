/* SPDX-License-Identifier: BSD-3-Clause */
/* The dialogue: waits, the stop, who has no record, failures, errors. */
#include "login_golden.h"

/* ---- Waits and the stop ---- */

static void
test_waiting_method_leads_to_the_other(void **state)
{
	struct fixture *f = *state;

	enrol_failed(f, XS_APP, 5);
	assert_int_equal(LOGIN(f, "", FIRST_CODE, "@new"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	golden(f, "waiting_other");
}

static void
test_waiting_code_is_neither_verified_nor_charged(void **state)
{
	struct fixture *f = *state;
	struct xs_account before, after;

	enrol_failed(f, XS_APP, 8);
	before = fixture_load(f);
	assert_int_equal(LOGIN(f, "@app"), 0);
	assert_int_equal(f->outcome, XS_OUT_WAITING);
	after = fixture_load(f);
	assert_memory_equal(&before, &after, sizeof(before));
	golden(f, "waiting_code");
}

static void
test_waiting_everywhere_ends_at_once(void **state)
{
	struct fixture *f = *state;
	struct xs_account account = fixture_account(f);

	for (unsigned i = 0; i < 50; i++)
		xs_throttle_charge(
		    &account, &f->config.throttle, XS_SMS, XS_OTHER, f->now);
	fixture_save(f, &account);
	assert_int_equal(LOGIN(f, "@app"), 0);
	assert_int_equal(f->question, 0);
	assert_int_equal(f->outcome, XS_OUT_WAITING);
	golden(f, "waiting_all");
}

static void
test_wait_that_begins_says_so(void **state)
{
	struct fixture *f = *state;

	enrol_failed(f, XS_APP, 4);
	assert_int_equal(LOGIN(f, "111111", "222222"), 0);
	assert_int_equal(f->outcome, XS_OUT_WAITING);
	golden(f, "waiting_begins");
}

static void
test_wait_that_begins_without_another_way_ends(void **state)
{
	struct fixture *f = *state;
	struct xs_account account = fixture_account(f);

	memset(&account.backup, 0, sizeof(account.backup));
	for (unsigned i = 0; i < 4; i++)
		xs_throttle_charge(
		    &account, &f->config.throttle, XS_APP, XS_OTHER, f->now);
	fixture_save(f, &account);
	assert_int_equal(LOGIN(f, "111111"), 0);
	assert_int_equal(f->outcome, XS_OUT_WAITING);
	golden(f, "waiting_begins_only");
}

static void
test_disabled_app_leads_to_backup(void **state)
{
	struct fixture *f = *state;

	enrol_failed(f, XS_APP, 100);
	f->now += 40 * 86400; /* the budget is back, the stop is not */
	assert_int_equal(LOGIN(f, "@app", FIRST_CODE, "@new"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	golden(f, "disabled_app");
}

static void
test_stop_that_is_reached_switches_off(void **state)
{
	struct fixture *f = *state;

	enrol_failed(f, XS_APP, 99);
	f->now += 40 * 86400;
	assert_int_equal(LOGIN(f, "111111", FIRST_CODE, "@new"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	golden(f, "disabled_now");
}

static void
test_everything_disabled_is_a_refusal(void **state)
{
	struct fixture *f = *state;
	struct xs_account account = fixture_account(f);

	account.methods[XS_APP].disabled = true;
	account.methods[XS_BACKUP].disabled = true;
	fixture_save(f, &account);
	assert_int_equal(LOGIN(f, "@app"), 0);
	assert_int_equal(f->outcome, XS_OUT_WAITING);
	assert_int_equal(f->question, 0);
	golden(f, "disabled_all");
}

static void
test_hundredth_backup_code_may_be_right(void **state)
{
	struct fixture *f = *state;

	enrol_failed(f, XS_BACKUP, 99);
	f->now += 40 * 86400;
	assert_int_equal(LOGIN(f, "", FIRST_CODE, "@new"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	assert_false(fixture_load(f).methods[XS_BACKUP].disabled);
}

/* ---- Who has no record ---- */

static void
test_not_enrolled_passes_or_is_refused(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(LOGIN(f, "123456"), 0);
	assert_int_equal(f->outcome, XS_OUT_PASSED);
	assert_int_equal(f->question, 0);
	f->config.not_enrolled = XS_NOT_ENROLLED_REFUSE;
	assert_int_equal(LOGIN(f, "123456", "123456", "123456"), 0);
	assert_int_equal(f->outcome, XS_OUT_REFUSED);
	golden(f, "not_enrolled");
}

static void
test_unknown_account_sees_what_a_person_sees(void **state)
{
	struct fixture *f = *state;
	char person[sizeof(f->transcript)];
	static const char *const typed[] = {
	    "hello", "111111", "", "00000000", "", "222222", NULL};

	fixture_enrol(f);
	assert_int_equal(fixture_login(f, typed), 0);
	memcpy(person, f->transcript, sizeof(person));
	f->transcript[0] = '\0';
	f->log[0] = '\0';
	f->login.is_account = false;
	f->verify.who.name = "";
	assert_int_equal(fixture_login(f, typed), 0);
	assert_int_equal(f->outcome, XS_OUT_REFUSED);
	assert_string_equal(f->transcript, person);
	assert_string_equal(f->log, "refused reason=no-account\n");
}

/* sshd replaces what was typed for an unknown name by junk as long. */
static void
test_unknown_account_with_junk_sees_the_same(void **state)
{
	struct fixture *f = *state;

	f->login.is_account = false;
	f->verify.who.name = "";
	assert_int_equal(LOGIN(f, "\b\n\r\177I", "\b\n\r\177IN",
			     "\b\n\r\177INCO", "\b\n\r\177INCOR"),
	    0);
	assert_int_equal(f->outcome, XS_OUT_REFUSED);
	golden(f, "unknown_junk");
}

static void
test_no_usable_method_is_a_refusal(void **state)
{
	struct fixture *f = *state;

	enrol_app_only(f);
	f->config.methods = 1u << XS_BACKUP;
	assert_int_equal(LOGIN(f, "@app"), 0);
	assert_int_equal(f->outcome, XS_OUT_REFUSED);
	golden(f, "no_method");
}

/* ---- Failures, expiry, errors ---- */

static void
test_failures_are_shown_at_the_next_login(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	assert_int_equal(LOGIN(f, "111111"), XS_E_CONV);
	assert_int_equal(LOGIN(f, "222222", "@app"), 0);
	f->now += 60;
	f->verify.address[0] = '\0';
	f->verify.remote = false;
	assert_int_equal(LOGIN(f, "111111", "0"), 0);
	assert_int_equal(LOGIN(f, "111111", "0"), 0);
	assert_int_equal(LOGIN(f, "@app"), 0);
	assert_int_equal(LOGIN(f, NULL), XS_E_CONV);
	golden(f, "failures");
}

static void
test_expired_helpdesk_code_says_so(void **state)
{
	struct fixture *f = *state;
	struct xs_account account = fixture_account(f);

	account.backup.helpdesk.set = true;
	account.backup.helpdesk.format = account.backup.format;
	account.backup.helpdesk.expires = f->now - 1;
	account.backup.helpdesk.made = account.backup.made;
	assert_int_equal(xs_code_hash(&account.backup.cost, account.backup.salt,
			     "87654321", account.backup.helpdesk.hash),
	    0);
	fixture_save(f, &account);
	assert_int_equal(LOGIN(f, "", "87654321"), XS_E_CONV);
	golden(f, "expired");
}

/* It is charged as a wrong one is, and takes a try. */
static void
test_expired_helpdesk_code_takes_a_try(void **state)
{
	struct fixture *f = *state;
	struct xs_account account = fixture_account(f);

	fixture_issue_code(f, &account, "87654321");
	fixture_save(f, &account);
	f->now += 60;
	assert_int_equal(LOGIN(f, "", "87654321", "87654321", "87654321"), 0);
	assert_int_equal(f->outcome, XS_OUT_REFUSED);
	assert_int_equal(f->question, 4);
	assert_int_equal(fixture_load(f).budgets[XS_OTHER].spent, 3);
}

/* A code that is over is no way in, and is not asked for. */
static void
test_expired_invitation_asks_nothing(void **state)
{
	struct fixture *f = *state;
	struct xs_account account = fixture_account(f);

	account.backup.count = 0;
	fixture_issue_code(f, &account, "87654321");
	fixture_save(f, &account);
	f->now += 60;
	/* Beside the app, Enter leads nowhere. */
	assert_int_equal(LOGIN(f, "", "87654321", "0"), 0);
	assert_null(strstr(f->transcript, "another method"));
	assert_null(strstr(f->transcript, "Backup code"));
	assert_int_equal(fixture_load(f).budgets[XS_OTHER].spent, 0);
	account = fixture_load(f);
	account.app.set = false;
	fixture_save(f, &account);
	assert_int_equal(LOGIN(f, "87654321"), 0);
	assert_int_equal(f->outcome, XS_OUT_REFUSED);
	assert_int_equal(f->question, 0);
}

static void
test_valid_helpdesk_code_brings_an_own_one(void **state)
{
	struct fixture *f = *state;
	struct xs_account account = fixture_account(f);

	account.backup.count = 0;
	fixture_issue_code(f, &account, "87654321");
	fixture_save(f, &account);
	assert_int_equal(LOGIN(f, "", "87654321", "@new"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	account = fixture_load(f);
	assert_false(account.backup.helpdesk.set);
	assert_int_equal(account.backup.count, 1);
	assert_string_equal(account.events[0].word, "helpdesk-code-used");
	assert_string_equal(account.events[0].by, "root");
}

static void
test_failed_commit_answers_alike(void **state)
{
	struct fixture *f = *state;
	char right[sizeof(f->transcript)];
	char code[16];

	fixture_enrol(f);
	fixture_code(f, 0, code);
	xs_store_memory_fail(&f->store, 1);
	assert_int_equal(LOGIN(f, code, "0"), XS_E_COMMIT);
	memcpy(right, strstr(f->transcript, "\n"), sizeof(right) - 256);
	f->transcript[0] = '\0';
	xs_store_memory_fail(&f->store, 1);
	assert_int_equal(LOGIN(f, "111111", "0"), XS_E_COMMIT);
	assert_string_equal(strstr(f->transcript, "\n"), right);
	assert_string_equal(f->log, "");
	golden(f, "commit_fails");
}

static void
test_record_of_another_is_refused(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	f->verify.who.name = "bob";
	assert_int_equal(LOGIN(f, "@app"), XS_E_MISMATCH);
	assert_int_equal(f->question, 0);
}

static void
remove_record(struct fixture *fixture, unsigned question)
{
	if (question == 1)
		assert_int_equal(fixture->store.ops->remove(&fixture->store,
				     &fixture->verify.who, &fixture->fault),
		    0);
}

static void
test_record_gone_after_the_prompt_is_a_refusal(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	f->at_question = remove_record;
	assert_int_equal(LOGIN(f, "123456"), XS_E_STATE);
	assert_non_null(strstr(f->fault.text, "went away"));
}

static void
test_conversation_that_fails_is_a_refusal(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	assert_int_equal(LOGIN(f, NULL), XS_E_CONV);
	assert_int_equal(f->outcome, XS_OUT_REFUSED);
	assert_int_equal(f->closed, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_waiting_method_leads_to_the_other),
	    TEST(test_waiting_code_is_neither_verified_nor_charged),
	    TEST(test_waiting_everywhere_ends_at_once),
	    TEST(test_wait_that_begins_says_so),
	    TEST(test_wait_that_begins_without_another_way_ends),
	    TEST(test_disabled_app_leads_to_backup),
	    TEST(test_stop_that_is_reached_switches_off),
	    TEST(test_everything_disabled_is_a_refusal),
	    TEST(test_hundredth_backup_code_may_be_right),
	    TEST(test_not_enrolled_passes_or_is_refused),
	    TEST(test_unknown_account_sees_what_a_person_sees),
	    TEST(test_unknown_account_with_junk_sees_the_same),
	    TEST(test_no_usable_method_is_a_refusal),
	    TEST(test_failures_are_shown_at_the_next_login),
	    TEST(test_expired_helpdesk_code_says_so),
	    TEST(test_expired_helpdesk_code_takes_a_try),
	    TEST(test_expired_invitation_asks_nothing),
	    TEST(test_valid_helpdesk_code_brings_an_own_one),
	    TEST(test_failed_commit_answers_alike),
	    TEST(test_record_of_another_is_refused),
	    TEST(test_record_gone_after_the_prompt_is_a_refusal),
	    TEST(test_conversation_that_fails_is_a_refusal),
	};

	RUN_IN_BOTH_LANGUAGES(tests);
}
