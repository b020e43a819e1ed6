/* SPDX-License-Identifier: BSD-3-Clause */
/* The dialogue: codes, what typed text means, other methods, confirming. */
#include "login_golden.h"

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
	f->sender_fails = true;
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
	f->login.sender = &f->sender;
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
	};

	RUN_IN_BOTH_LANGUAGES(tests);
}
