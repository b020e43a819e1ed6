/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The dialogue, sentence by sentence. Each scenario's transcript stands in
 * tests/dialogue/NAME.txt: what the person sees, <what is typed>, "! " before
 * a closing error, then what is reported for the log. All of it once more in
 * Dutch, tests/dialogue/nl/NAME.txt. XS_WRITE=1 writes them.
 */
#include "login_fixture.h"

#include "throttle.h"

static void
golden(struct fixture *fixture, const char *name)
{
	char path[256], expected[sizeof(fixture->transcript)];
	FILE *file;
	size_t n;

	note(fixture->transcript, sizeof(fixture->transcript), "--\n%s",
	    fixture->log);
	(void)snprintf(path, sizeof(path), "%s/tests/dialogue/%s%s.txt",
	    getenv("XS_TOP") == NULL ? "." : getenv("XS_TOP"),
	    strcmp(fixture->config.language, "nl") == 0 ? "nl/" : "", name);
	if (getenv("XS_WRITE") != NULL) {
		file = fopen(path, "w");
		assert_non_null(file);
		assert_true(fputs(fixture->transcript, file) >= 0);
		assert_int_equal(fclose(file), 0);
		return;
	}
	file = fopen(path, "r");
	if (file == NULL)
		fail_msg("%s is not there", path);
	n = fread(expected, 1, sizeof(expected) - 1, file);
	expected[n] = '\0';
	(void)fclose(file);
	assert_string_equal(fixture->transcript, expected);
}

/* Alice with a phone, where texts can be sent: the menu has three lines. */
static void
enrol_with_phone(struct fixture *fixture)
{
	struct xs_account account = fixture_account(fixture);

	strcpy(account.phone.number, "+31612345678");
	account.phone.made = account.app.made;
	fixture_save(fixture, &account);
	fixture->login.sms = true;
}

static void
enrol_app_only(struct fixture *fixture)
{
	struct xs_account account = fixture_account(fixture);

	memset(&account.backup, 0, sizeof(account.backup));
	fixture_save(fixture, &account);
}

/* Fails one method so often, as others than the owner would. */
static void
enrol_failed(struct fixture *fixture, enum xs_method method, unsigned times)
{
	struct xs_account account = fixture_account(fixture);

	for (unsigned i = 0; i < times; i++)
		xs_throttle_charge(&account, &fixture->config.throttle, method,
		    XS_OTHER, fixture->now);
	fixture_save(fixture, &account);
}

/* ---- The app ---- */

static void
test_app_code_lets_in(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	assert_int_equal(LOGIN(f, "@app"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	assert_int_equal(f->method, XS_APP);
	golden(f, "app_right");
}

static void
test_app_code_with_spaces_lets_in(void **state)
{
	struct fixture *f = *state;
	char code[16], typed[16];

	fixture_enrol(f);
	fixture_code(f, 0, code);
	(void)snprintf(typed, sizeof(typed), " %.3s-%.3s ", code, code + 3);
	assert_int_equal(LOGIN(f, typed), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
}

static void
test_wrong_codes_count_down_and_end(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	assert_int_equal(LOGIN(f, "111111", "222222", "333333"), 0);
	assert_int_equal(f->outcome, XS_OUT_REFUSED);
	golden(f, "app_three_wrong");
}

static void
test_used_code_says_so(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	assert_int_equal(LOGIN(f, "@app"), 0);
	assert_int_equal(LOGIN(f, "@app", "@app-1", "@app+1"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	golden(f, "app_used");
}

static void
test_code_out_of_window_is_wrong(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	assert_int_equal(LOGIN(f, "@app-2", "@app+2", "@app-3"), 0);
	assert_int_equal(f->outcome, XS_OUT_REFUSED);
	assert_non_null(strstr(f->log, "reason=wrong failures=3"));
}

/* ---- What typed text means ---- */

static void
test_no_code_takes_no_try(void **state)
{
	struct fixture *f = *state;
	struct xs_account account;

	fixture_enrol(f);
	assert_int_equal(
	    LOGIN(f, "sesame", "12345", "1234567", "123456\x1b",
		"1234561234561234561234561234561234561234561234"
		"56123456123456123456",
		"12345\xc3\xa9", "Passw0rd!", "", "hello", "1234567890", ""),
	    XS_E_CONV);
	account = fixture_load(f);
	assert_int_equal(account.history.count, 0);
	assert_string_equal(f->log, "");
	golden(f, "no_code");
}

static void
test_backup_code_at_app_prompt_is_taken(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	assert_int_equal(LOGIN(f, "1234 5678", "@new"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	assert_int_equal(f->method, XS_BACKUP);
}

static void
test_code_at_menu_is_taken(void **state)
{
	struct fixture *f = *state;

	enrol_with_phone(f);
	assert_int_equal(LOGIN(f, "", "@app"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	golden(f, "menu_code");
}

/* ---- Other methods ---- */

static void
test_story_of_the_design(void **state)
{
	struct fixture *f = *state;

	enrol_with_phone(f);
	assert_int_equal(LOGIN(f, "@app"), 0);
	f->transcript[0] = '\0';
	f->log[0] = '\0';
	assert_int_equal(
	    LOGIN(f, "111111", "@app", "", "2", "1234-5678", "@new"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	golden(f, "story");
}

static void
test_one_other_method_has_no_menu(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	assert_int_equal(LOGIN(f, "", "", "@app"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	golden(f, "enter_toggles");
}

static void
test_no_other_method_is_not_mentioned(void **state)
{
	struct fixture *f = *state;

	enrol_app_only(f);
	assert_int_equal(LOGIN(f, "", "12345678", "@app"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	golden(f, "app_only");
}

static void
test_methods_option_hides_what_is_not_offered(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	f->config.methods = 1u << XS_APP;
	assert_int_equal(LOGIN(f, "", "12345678", "0"), 0);
	assert_int_equal(f->outcome, XS_OUT_REFUSED);
	golden(f, "backup_not_offered");
}

static void
test_default_method_is_asked_first(void **state)
{
	struct fixture *f = *state;
	struct xs_account account = fixture_account(f);

	account.default_method = XS_BACKUP;
	fixture_save(f, &account);
	assert_int_equal(LOGIN(f, "@app"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	golden(f, "default_backup");
}

static void
test_menu_answers(void **state)
{
	struct fixture *f = *state;

	enrol_with_phone(f);
	assert_int_equal(LOGIN(f, "", "3", "x", "1", "", "", "2", "", "0"), 0);
	assert_int_equal(f->outcome, XS_OUT_REFUSED);
	golden(f, "menu");
}

static void
test_zero_leaves(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	assert_int_equal(LOGIN(f, "0"), 0);
	assert_int_equal(f->outcome, XS_OUT_REFUSED);
	assert_string_equal(f->log, "refused reason=left\n");
}

static void
test_twenty_questions_end(void **state)
{
	struct fixture *f = *state;
	const char *answers[64];

	fixture_enrol(f);
	for (unsigned i = 0; i < 63; i++)
		answers[i] = "";
	answers[63] = NULL;
	assert_int_equal(fixture_login(f, answers), 0);
	assert_int_equal(f->outcome, XS_OUT_REFUSED);
	assert_int_equal(f->question, 20);
	assert_string_equal(f->log, "refused reason=questions\n");
}

/* ---- The confirm step ---- */

static void
test_confirm_until_right(void **state)
{
	struct fixture *f = *state;
	struct xs_account account;

	fixture_enrol(f);
	assert_int_equal(
	    LOGIN(f, "", FIRST_CODE, "", "12345678", "yes", "@new"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	account = fixture_load(f);
	assert_int_equal(account.backup.count, 1);
	assert_string_equal(account.backup.made.by, "alice");
	assert_int_equal(account.history.count, 0);
	golden(f, "confirm");
}

static void
test_leaving_at_confirm_uses_nothing_up(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	assert_int_equal(LOGIN(f, "", FIRST_CODE, "0"), 0);
	assert_int_equal(f->outcome, XS_OUT_REFUSED);
	assert_int_equal(LOGIN(f, "", FIRST_CODE), XS_E_CONV);
	assert_int_equal(LOGIN(f, "", FIRST_CODE, "@new"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	assert_int_equal(LOGIN(f, "", FIRST_CODE), XS_E_CONV);
	golden(f, "confirm_left");
}

static void
log_in_elsewhere(struct fixture *fixture, unsigned question)
{
	struct xs_verify other = fixture->verify;
	struct xs_successor successor;
	struct xs_account account;
	enum xs_verdict verdict;

	if (question != 3)
		return;
	memset(other.charged, 0, sizeof(other.charged));
	assert_int_equal(xs_verify_backup(&other, FIRST_CODE, &account,
			     &successor, &verdict),
	    0);
	assert_int_equal(verdict, XS_UNCONFIRMED);
	assert_int_equal(
	    xs_verify_confirm(&other, &successor, &account, &verdict), 0);
	assert_int_equal(verdict, XS_RIGHT);
}

static void
test_second_session_with_the_code_is_told(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	f->at_question = log_in_elsewhere;
	assert_int_equal(LOGIN(f, "", FIRST_CODE, "@new", ""), 0);
	assert_int_equal(f->outcome, XS_OUT_REFUSED);
	golden(f, "superseded");
}

static void
fail_next_commit(struct fixture *fixture, unsigned question)
{
	if (question == 3)
		xs_store_memory_fail(&fixture->store, 1);
}

static void
test_confirm_that_cannot_be_recorded(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	f->at_question = fail_next_commit;
	assert_int_equal(LOGIN(f, "", FIRST_CODE, "@new", ""), XS_E_COMMIT);
	f->at_question = NULL;
	assert_int_equal(LOGIN(f, "", FIRST_CODE, "@new"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	golden(f, "not_recorded");
}

/* ---- Forms of codes ---- */

static void
test_set_of_codes(void **state)
{
	struct fixture *f = *state;
	struct xs_account account = fixture_account(f);

	f->config.backup_codes = 3;
	fixture_make_set(&account, 2);
	fixture_save(f, &account);
	assert_int_equal(LOGIN(f, "", "1111 1111"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	assert_int_equal(LOGIN(f, "", "2222-2222", "22222222", "@new"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	assert_int_equal(fixture_load(f).backup.count, 3);
	golden(f, "set");
}

static void
test_base32_code(void **state)
{
	struct fixture *f = *state;
	struct xs_account account;

	f->config.backup_format = (struct xs_code_format){XS_CODE_BASE32, 13};
	account = fixture_account(f);
	assert_int_equal(xs_code_hash(&account.backup.cost, account.backup.salt,
			     "ABCD01234WXYZ", account.backup.hashes[0]),
	    0);
	fixture_save(f, &account);
	assert_int_equal(LOGIN(f, "", "12345678", "uuuu uuuu uuuu u",
			     "abcd-oi23-4wxy-z", "@new"),
	    0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	golden(f, "base32");
}

/* The method that is asked for is meant; at the menu, none of the two. */
static void
test_forms_that_collide(void **state)
{
	struct fixture *f = *state;
	struct xs_account account = fixture_account(f);

	account.app.totp.digits = 8;
	strcpy(account.phone.number, "+31612345678");
	account.phone.made = account.app.made;
	f->login.sms = true;
	fixture_save(f, &account);
	assert_int_equal(
	    LOGIN(f, FIRST_CODE, "", FIRST_CODE, "2", FIRST_CODE, "@new"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	golden(f, "collision");
}

static void
test_unknown_account_types_codes_in_groups(void **state)
{
	struct fixture *f = *state;
	static const struct xs_code_format formats[] = {
	    {XS_CODE_DIGITS, 8}, {XS_CODE_DIGITS, 20}, {XS_CODE_BASE32, 13}};

	f->login.is_account = false;
	f->verify.who.name = "";
	f->config.tries = 1;
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		char code[XS_CODE_MAX + 1], shown[XS_CODE_SHOWN_MAX + 1];

		f->config.backup_format = formats[i];
		assert_int_equal(xs_code_make(&formats[i], &f->env, code), 0);
		xs_code_show(code, shown);
		f->transcript[0] = '\0';
		/* Its only try: a text that is no code would not end it. */
		assert_int_equal(LOGIN(f, "", shown), 0);
		assert_int_equal(f->outcome, XS_OUT_REFUSED);
	}
}

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

static void
test_valid_helpdesk_code_brings_an_own_one(void **state)
{
	struct fixture *f = *state;
	struct xs_account account = fixture_account(f);

	account.backup.count = 0;
	account.backup.helpdesk.set = true;
	account.backup.helpdesk.format = account.backup.format;
	account.backup.helpdesk.expires = f->now + 60;
	account.backup.helpdesk.made = account.backup.made;
	assert_int_equal(xs_code_hash(&account.backup.cost, account.backup.salt,
			     "87654321", account.backup.helpdesk.hash),
	    0);
	fixture_save(f, &account);
	assert_int_equal(LOGIN(f, "", "87654321", "@new"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	account = fixture_load(f);
	assert_false(account.backup.helpdesk.set);
	assert_int_equal(account.backup.count, 1);
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

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_app_code_lets_in),
	    TEST(test_app_code_with_spaces_lets_in),
	    TEST(test_wrong_codes_count_down_and_end),
	    TEST(test_used_code_says_so),
	    TEST(test_code_out_of_window_is_wrong),
	    TEST(test_no_code_takes_no_try),
	    TEST(test_backup_code_at_app_prompt_is_taken),
	    TEST(test_code_at_menu_is_taken),
	    TEST(test_story_of_the_design),
	    TEST(test_one_other_method_has_no_menu),
	    TEST(test_no_other_method_is_not_mentioned),
	    TEST(test_methods_option_hides_what_is_not_offered),
	    TEST(test_default_method_is_asked_first),
	    TEST(test_menu_answers),
	    TEST(test_zero_leaves),
	    TEST(test_twenty_questions_end),
	    TEST(test_confirm_until_right),
	    TEST(test_leaving_at_confirm_uses_nothing_up),
	    TEST(test_second_session_with_the_code_is_told),
	    TEST(test_confirm_that_cannot_be_recorded),
	    TEST(test_set_of_codes),
	    TEST(test_base32_code),
	    TEST(test_forms_that_collide),
	    TEST(test_unknown_account_types_codes_in_groups),
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
	    TEST(test_valid_helpdesk_code_brings_an_own_one),
	    TEST(test_failed_commit_answers_alike),
	    TEST(test_record_of_another_is_refused),
	    TEST(test_record_gone_after_the_prompt_is_a_refusal),
	    TEST(test_conversation_that_fails_is_a_refusal),
	};
	struct CMUnitTest dutch[sizeof(tests) / sizeof(tests[0])];
	char language[] = "nl";
	int failed;

	memcpy(dutch, tests, sizeof(tests));
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		dutch[i].initial_state = language;
	failed = cmocka_run_group_tests_name("English", tests, NULL, NULL);
	return failed + cmocka_run_group_tests_name("Dutch", dutch, NULL, NULL);
}
