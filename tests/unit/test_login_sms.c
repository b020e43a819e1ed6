/* SPDX-License-Identifier: BSD-3-Clause */
/* SMS in the login dialogue (sms_*.txt). */
#include "login_golden.h"

#include "sms_limit.h"

static void
enrol_sms_first(struct fixture *f)
{
	struct xs_account account;

	enrol_with_phone(f);
	account = fixture_load(f);
	account.default_method = XS_SMS;
	fixture_save(f, &account);
}

static void
test_menu_sends_a_code_that_lets_in(void **state)
{
	struct fixture *f = *state;

	enrol_with_phone(f);
	assert_int_equal(LOGIN(f, "", "1", "@sms"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	assert_int_equal(f->method, XS_SMS);
	golden(f, "sms_menu");
	assert_int_equal(f->texts, 1);
}

static void
disable_elsewhere(struct fixture *f, unsigned question)
{
	struct xs_account account;

	if (question != 3)
		return;
	account = fixture_load(f);
	account.methods[XS_SMS].disabled = true;
	fixture_save(f, &account);
}

/* A code that is out lets nobody in by a number that was switched off. */
static void
test_number_disabled_meanwhile_lets_nobody_in(void **state)
{
	struct fixture *f = *state;

	enrol_with_phone(f);
	f->at_question = disable_elsewhere;
	assert_int_equal(LOGIN(f, "", "1", "@sms"), 0);
	f->at_question = NULL;
	assert_int_equal(f->outcome, XS_OUT_WAITING);
	assert_int_equal(f->texts, 1);
}

static void
test_default_sends_when_it_is_asked_to(void **state)
{
	struct fixture *f = *state;

	enrol_sms_first(f);
	assert_int_equal(LOGIN(f, "hello", "", "@sms"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	golden(f, "sms_default");
	assert_int_equal(f->texts, 1);
}

/* m leads to the menu, an app code is taken at once, and nothing is sent. */
static void
test_default_can_be_left_without_a_text(void **state)
{
	struct fixture *f = *state;

	enrol_sms_first(f);
	assert_int_equal(LOGIN(f, "m", "", "m", "0"), 0);
	golden(f, "sms_default_left");
	/* Six digits fit the app alone while no code is out. */
	assert_int_equal(LOGIN(f, "@app"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	assert_int_equal(f->texts, 0);
}

/* With SMS as the one other method Enter asks for nothing in particular. */
static void
test_enter_alone_sends_nothing(void **state)
{
	struct fixture *f = *state;
	struct xs_account account;

	enrol_with_phone(f);
	account = fixture_load(f);
	memset(&account.backup, 0, sizeof(account.backup));
	fixture_save(f, &account);
	assert_int_equal(LOGIN(f, "", "m", "", "", "@sms"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	golden(f, "sms_enter");
	assert_int_equal(f->texts, 1);
}

static void
wait_for_the_cooldown(struct fixture *f, unsigned question)
{
	if (question == 4)
		f->now += 60;
}

static void
test_new_code_voids_the_old(void **state)
{
	struct fixture *f = *state;
	char first[32];

	enrol_with_phone(f);
	f->at_question = wait_for_the_cooldown;
	/* Too soon: the old one stays valid. Then it is void. */
	assert_int_equal(LOGIN(f, "", "1", "r", "r", "@sms"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	golden(f, "sms_again");
	assert_int_equal(f->texts, 2);
	f->at_question = NULL;
	/* The code of one conversation is none of the next. */
	(void)snprintf(first, sizeof(first), "%.6s", f->inbox);
	f->now += 600;
	assert_int_equal(LOGIN(f, "", "1", first, first, first), 0);
	assert_int_equal(f->outcome, XS_OUT_REFUSED);
}

static void
let_it_expire(struct fixture *f, unsigned question)
{
	if (question == 3)
		f->now += 300;
}

static void
test_code_expires(void **state)
{
	struct fixture *f = *state;

	enrol_with_phone(f);
	f->at_question = let_it_expire;
	assert_int_equal(LOGIN(f, "", "1", "@sms", "0"), 0);
	assert_int_equal(f->outcome, XS_OUT_REFUSED);
	golden(f, "sms_expired");
	assert_int_equal(fixture_load(f).history.count, 0);
}

/* The prompt promises no more than the text, nor than there is. */
static void
test_validity_is_told_as_it_is(void **state)
{
	struct fixture *f = *state;

	f->config.sms_valid = 90;
	enrol_with_phone(f);
	assert_int_equal(LOGIN(f, "", "1", "@sms"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	assert_non_null(strstr(f->transcript, "90 sec"));
	assert_null(strstr(f->transcript, "2 min"));
}

static void
test_three_tries_void_a_code(void **state)
{
	struct fixture *f = *state;

	f->config.tries = 5;
	enrol_with_phone(f);
	assert_int_equal(
	    LOGIN(f, "", "1", "111111", "12", "222222", "333333", "@sms", "0"),
	    0);
	assert_int_equal(f->outcome, XS_OUT_REFUSED);
	golden(f, "sms_wrong");
	assert_int_equal(
	    fixture_load(f).methods[XS_SMS].side[XS_OTHER].failures, 3);
}

static void
test_sender_that_fails_leaves_the_other_ways(void **state)
{
	struct fixture *f = *state;

	enrol_with_phone(f);
	f->sender_fails = true;
	assert_int_equal(LOGIN(f, "", "1", "2", FIRST_CODE, "@new"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	golden(f, "sms_fails");
}

static void
test_host_count_that_errs_leaves_the_other_ways(void **state)
{
	struct fixture *f = *state;
	char path[96];

	enrol_with_phone(f);
	(void)snprintf(path, sizeof(path), "%s/host/sms", f->dir);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(LOGIN(f, "", "1", "2", FIRST_CODE, "@new"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	assert_non_null(strstr(f->log, "not-sent method=sms reason=sender"));
	assert_int_equal(f->texts, 0);
}

/* All of them together cost the host no more than it allows. */
static void
test_texts_count_for_the_host(void **state)
{
	struct fixture *f = *state;

	enrol_with_phone(f);
	f->config.sms_host_per_hour = 2;
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(LOGIN(f, "", "1", "0"), 0);
		f->now += f->config.sms_cooldown;
	}
	assert_int_equal(f->texts, 2);
	assert_non_null(strstr(f->log, "not-sent method=sms reason=limit"));
}

static void
test_limits_are_told(void **state)
{
	struct fixture *f = *state;
	struct xs_account account;

	enrol_with_phone(f);
	account = fixture_load(f);
	for (unsigned i = 0; i < f->config.sms_per_hour; i++)
		xs_sms_charge(&account, XS_SMS_CODE, NOON - 600);
	fixture_save(f, &account);
	assert_int_equal(LOGIN(f, "", "1", "0"), 0);
	golden(f, "sms_limit");
	assert_int_equal(f->texts, 0);
}

/* Sending neither counts as a failure nor forgets any. */
static void
test_sending_changes_no_failures(void **state)
{
	struct fixture *f = *state;

	enrol_with_phone(f);
	assert_int_equal(LOGIN(f, "111111", "", "1", "0"), 0);
	assert_int_equal(
	    fixture_load(f).methods[XS_APP].side[XS_OTHER].failures, 1);
	assert_int_equal(fixture_load(f).history.count, 1);
	assert_int_equal(
	    fixture_load(f).methods[XS_SMS].side[XS_OTHER].failures, 0);
}

static void
test_waiting_sms_leads_elsewhere(void **state)
{
	struct fixture *f = *state;
	struct xs_account account;

	enrol_sms_first(f);
	account = fixture_load(f);
	for (unsigned i = 0; i < f->config.throttle.free; i++)
		xs_throttle_charge(
		    &account, &f->config.throttle, XS_SMS, XS_OTHER, f->now);
	fixture_save(f, &account);
	assert_int_equal(LOGIN(f, "1", "@app"), 0);
	golden(f, "sms_waiting");
	assert_int_equal(f->texts, 0);
}

static void
fail_commits(struct fixture *f, unsigned question)
{
	if (question == 3)
		xs_store_memory_fail(&f->store, 1);
}

static void
test_failed_commit_answers_alike(void **state)
{
	struct fixture *f = *state;
	char right[4096];

	enrol_with_phone(f);
	f->at_question = fail_commits;
	assert_int_equal(LOGIN(f, "", "1", "@sms"), XS_E_COMMIT);
	strcpy(right, strrchr(f->transcript, '>'));
	f->now += 3600;
	f->transcript[0] = '\0';
	assert_int_equal(LOGIN(f, "", "1", "111111"), XS_E_COMMIT);
	assert_string_equal(right, strrchr(f->transcript, '>'));
}

static void
replace_number(struct fixture *f, unsigned question)
{
	struct xs_account account;

	if (question != 3)
		return;
	account = fixture_load(f);
	strcpy(account.phone.number, "+31687654321");
	fixture_save(f, &account);
}

static void
test_code_of_a_replaced_number_is_void(void **state)
{
	struct fixture *f = *state;

	enrol_with_phone(f);
	f->at_question = replace_number;
	assert_int_equal(LOGIN(f, "", "1", "@sms", "0"), 0);
	assert_int_equal(f->outcome, XS_OUT_REFUSED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_menu_sends_a_code_that_lets_in),
	    TEST(test_number_disabled_meanwhile_lets_nobody_in),
	    TEST(test_default_sends_when_it_is_asked_to),
	    TEST(test_default_can_be_left_without_a_text),
	    TEST(test_enter_alone_sends_nothing),
	    TEST(test_new_code_voids_the_old),
	    TEST(test_code_expires),
	    TEST(test_validity_is_told_as_it_is),
	    TEST(test_three_tries_void_a_code),
	    TEST(test_sender_that_fails_leaves_the_other_ways),
	    TEST(test_host_count_that_errs_leaves_the_other_ways),
	    TEST(test_texts_count_for_the_host),
	    TEST(test_limits_are_told),
	    TEST(test_sending_changes_no_failures),
	    TEST(test_waiting_sms_leads_elsewhere),
	    TEST(test_failed_commit_answers_alike),
	    TEST(test_code_of_a_replaced_number_is_void),
	};

	RUN_IN_BOTH_LANGUAGES(tests);
}
