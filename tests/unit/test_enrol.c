/* SPDX-License-Identifier: BSD-3-Clause */
/* The first enrolment at a login (enrol_*.txt). */
#include "settings_fixture.h"

#define NEW_YEAR (NOON + 40 * 86400)

static bool
is_enrolled(struct fixture *f)
{
	struct xs_account account;

	return xs_verify_load(&f->verify, &account) == 0;
}

static void
test_app_and_backup_code_are_set_up(void **state)
{
	struct fixture *f = *state;
	enum xs_enrolled result;

	assert_int_equal(FIRST_LOGIN(f, 0, &result, "@key", "@new"), 0);
	assert_int_equal(result, XS_ENROL_DONE);
	golden(f, "enrol_done");
	/* The address is the owner's place from now on. */
	assert_string_equal(fixture_load(f).home, "192.0.2.7");
	assert_int_equal(LOGIN(f, "@key", "@key+1"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	assert_non_null(strstr(f->log, "reason=used"));
}

static void
test_enter_puts_it_off_until_the_date(void **state)
{
	struct fixture *f = *state;
	enum xs_enrolled result;

	assert_int_equal(FIRST_LOGIN(f, NEW_YEAR, &result, ""), 0);
	assert_int_equal(result, XS_ENROL_UNFINISHED);
	assert_false(is_enrolled(f));
	golden(f, "enrol_put_off");
}

static void
test_enter_puts_nothing_off_after_the_date(void **state)
{
	struct fixture *f = *state;
	enum xs_enrolled result;

	assert_int_equal(FIRST_LOGIN(f, 0, &result, "", "0"), 0);
	assert_int_equal(result, XS_ENROL_UNFINISHED);
	assert_false(is_enrolled(f));
	golden(f, "enrol_unfinished");
}

static void
test_three_wrong_codes_leave_it_unfinished(void **state)
{
	struct fixture *f = *state;
	enum xs_enrolled result;

	assert_int_equal(
	    FIRST_LOGIN(f, 0, &result, "@key+9", "@key-9", "@key+99"), 0);
	assert_int_equal(result, XS_ENROL_UNFINISHED);
	assert_false(is_enrolled(f));
}

/* The line drops at each question in turn. */
static void
test_nothing_is_there_before_all_is(void **state)
{
	struct fixture *f = *state;
	enum xs_enrolled result;

	assert_int_equal(FIRST_LOGIN(f, 0, &result, NULL), XS_E_CONV);
	assert_false(is_enrolled(f));
	assert_int_equal(FIRST_LOGIN(f, 0, &result, "@key"), XS_E_CONV);
	assert_false(is_enrolled(f));
}

static void
test_endless_answers_end(void **state)
{
	struct fixture *f = *state;
	const char *answers[64];
	enum xs_enrolled result;

	for (unsigned i = 0; i < 63; i++)
		answers[i] = "sesame";
	answers[63] = NULL;
	assert_int_equal(
	    fixture_first_login(f, false, NEW_YEAR, &result, answers), 0);
	assert_int_equal(result, XS_ENROL_UNFINISHED);
	assert_int_equal(f->question, XS_QUESTIONS_MAX);
}

static void
test_commit_that_fails_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	enum xs_enrolled result;

	xs_store_memory_fail(&f->store, 1);
	assert_int_equal(
	    FIRST_LOGIN(f, 0, &result, "@key", "@new", ""), XS_E_COMMIT);
	assert_false(is_enrolled(f));
	golden(f, "enrol_not_recorded");
}

static void
enrol_elsewhere(struct fixture *f, unsigned question)
{
	if (question == 2)
		fixture_enrol(f);
}

static void
test_enrolment_elsewhere_wins(void **state)
{
	struct fixture *f = *state;
	enum xs_enrolled result;

	f->at_question = enrol_elsewhere;
	assert_int_equal(FIRST_LOGIN(f, 0, &result, "@key", "@new", ""), 0);
	assert_int_equal(result, XS_ENROL_ELSEWHERE);
	golden(f, "enrol_elsewhere");
	f->at_question = NULL;
	assert_int_equal(LOGIN(f, "@app"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
}

static void
test_record_that_is_there_already_ends_it(void **state)
{
	struct fixture *f = *state;
	enum xs_enrolled result;

	fixture_enrol(f);
	assert_int_equal(FIRST_LOGIN(f, 0, &result, "@key"), 0);
	assert_int_equal(result, XS_ENROL_ELSEWHERE);
	assert_int_equal(f->question, 0);
}

static void
test_no_backup_code_where_none_is_offered(void **state)
{
	struct fixture *f = *state;
	enum xs_enrolled result;

	f->config.methods = 1u << XS_APP;
	assert_int_equal(FIRST_LOGIN(f, 0, &result, "@key"), 0);
	assert_int_equal(result, XS_ENROL_DONE);
	assert_int_equal(fixture_load(f).backup.count, 0);
}

/* ---- A record without an app: an invitation was redeemed ---- */

static void
save_without_app(struct fixture *f)
{
	struct xs_account account = fixture_account(f);

	memset(&account.app, 0, sizeof(account.app));
	fixture_save(f, &account);
}

static void
test_invited_are_led_to_the_app(void **state)
{
	struct fixture *f = *state;
	enum xs_enrolled result;

	save_without_app(f);
	assert_int_equal(fixture_first_login(f, true, 0, &result,
			     (const char *const[]){"@key", NULL}),
	    0);
	assert_int_equal(result, XS_ENROL_DONE);
	golden(f, "enrol_invited");
	assert_int_equal(LOGIN(f, "@key+1"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	assert_int_equal(fixture_load(f).backup.count, 1);
}

static void
test_invited_can_put_it_off(void **state)
{
	struct fixture *f = *state;
	enum xs_enrolled result;

	save_without_app(f);
	assert_int_equal(fixture_first_login(f, true, 0, &result,
			     (const char *const[]){"", NULL}),
	    0);
	assert_int_equal(result, XS_ENROL_UNFINISHED);
	golden(f, "enrol_invited_later");
	assert_false(fixture_load(f).app.set);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_app_and_backup_code_are_set_up),
	    TEST(test_enter_puts_it_off_until_the_date),
	    TEST(test_enter_puts_nothing_off_after_the_date),
	    TEST(test_three_wrong_codes_leave_it_unfinished),
	    TEST(test_nothing_is_there_before_all_is),
	    TEST(test_endless_answers_end),
	    TEST(test_commit_that_fails_leaves_nothing),
	    TEST(test_enrolment_elsewhere_wins),
	    TEST(test_record_that_is_there_already_ends_it),
	    TEST(test_no_backup_code_where_none_is_offered),
	    TEST(test_invited_are_led_to_the_app),
	    TEST(test_invited_can_put_it_off),
	};

	RUN_IN_BOTH_LANGUAGES(tests);
}
