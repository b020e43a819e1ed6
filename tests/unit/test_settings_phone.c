/* SPDX-License-Identifier: BSD-3-Clause */
/* The mobile number in the settings (phone_*.txt). */
#include "settings_fixture.h"

#include "sms_limit.h"

static void
enrol_offered(struct fixture *f)
{
	fixture_enrol(f);
	f->login.sender = &f->sender;
}

static void
test_number_counts_when_its_code_was_typed(void **state)
{
	struct fixture *f = *state;

	enrol_offered(f);
	assert_int_equal(
	    SETTINGS(f, NULL, "2", "06 123-45678", "@sms", "3", "2", "0"), 0);
	golden(f, "phone_set");
	assert_string_equal(fixture_load(f).phone.number, "+31612345678");
	assert_int_equal(fixture_load(f).default_method, XS_SMS);
	f->now += 60;
	assert_int_equal(LOGIN(f, "", "@sms"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
}

static void
test_bad_numbers_are_refused_with_a_reason(void **state)
{
	struct fixture *f = *state;

	enrol_offered(f);
	assert_int_equal(
	    SETTINGS(f, "phone", "+1;rm", "", "phone", "612345678", "+316",
		"+3161234567890123", "+4915112345678", "0"),
	    0);
	golden(f, "phone_refused");
	assert_int_equal(f->texts, 0);
}

static void
test_old_number_stays_until_the_new_one_is_confirmed(void **state)
{
	struct fixture *f = *state;

	enrol_with_phone(f);
	assert_int_equal(SETTINGS(f, "phone", "0687654321", "000000", "0"), 0);
	assert_string_equal(fixture_load(f).phone.number, "+31612345678");
	f->now += 60;
	assert_int_equal(SETTINGS(f, "phone", "0687654321", "@sms"), 0);
	assert_string_equal(fixture_load(f).phone.number, "+31687654321");
	/* The last text went to the old number. */
	golden(f, "phone_replaced");
	assert_int_equal(f->texts, 3);
}

static void
test_three_wrong_codes_link_nothing(void **state)
{
	struct fixture *f = *state;

	enrol_offered(f);
	assert_int_equal(SETTINGS(f, "phone", "0612345678", "12", "000000",
			     "000001", "000002"),
	    0);
	golden(f, "phone_wrong");
	assert_string_equal(fixture_load(f).phone.number, "");
	assert_int_equal(fixture_load(f).history.count, 0);
}

static void
test_third_change_of_a_day_waits(void **state)
{
	struct fixture *f = *state;

	enrol_with_phone(f);
	for (unsigned i = 0; i < 2; i++) {
		f->now += 7200;
		assert_int_equal(
		    SETTINGS(f, "phone", i == 0 ? "0687654321" : "0612345678",
			"@sms"),
		    0);
	}
	f->now += 7200;
	f->transcript[0] = '\0';
	f->log[0] = '\0';
	assert_int_equal(SETTINGS(f, "phone", "0687654321"), 0);
	golden(f, "phone_changes");
	assert_string_equal(fixture_load(f).phone.number, "+31612345678");
}

static void
change_twice_elsewhere(struct fixture *f, unsigned question)
{
	struct xs_account account;
	enum xs_changed changed;

	if (question != 2)
		return;
	account = fixture_load(f);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(xs_change_phone(&f->verify,
				     i == 0 ? "+31687654321" : "+31612345678",
				     &account, &changed),
		    0);
		assert_int_equal(changed, XS_CHANGE_MADE);
	}
}

static void
remove_elsewhere(struct fixture *f, unsigned question)
{
	struct xs_account account;
	enum xs_changed changed;

	if (question != 2)
		return;
	account = fixture_load(f);
	assert_int_equal(
	    xs_change_phone(&f->verify, "", &account, &changed), 0);
}

/* Nor when the number is again the one that an older session saw. */
static void
test_third_change_waits_in_a_session_that_was_open(void **state)
{
	struct fixture *f = *state;

	enrol_with_phone(f);
	f->at_question = change_twice_elsewhere;
	(void)SETTINGS(f, "phone", "0611111111", "@sms", "");
	f->at_question = NULL;
	assert_string_equal(fixture_load(f).phone.number, "+31612345678");
}

/* The clock was a year ahead when the number was changed. */
static void
test_change_that_lies_ahead_waits_a_day_once(void **state)
{
	struct fixture *f = *state;
	struct xs_account account;

	enrol_with_phone(f);
	account = fixture_load(f);
	for (unsigned i = 0; i < XS_PHONE_CHANGES_MAX; i++)
		account.phone.changes[i] = f->now + 365L * 86400;
	fixture_save(f, &account);
	assert_int_equal(SETTINGS(f, "phone", "0687654321"), 0);
	assert_int_equal(f->texts, 0);
	f->now += 43200;
	assert_int_equal(SETTINGS(f, "phone", "0687654321"), 0);
	assert_int_equal(f->texts, 0);
	f->now += 43200;
	assert_int_equal(SETTINGS(f, "phone", "0687654321", "@sms"), 0);
	assert_string_equal(fixture_load(f).phone.number, "+31687654321");
}

static void
test_number_is_removed_and_no_default_any_more(void **state)
{
	struct fixture *f = *state;
	struct xs_account account;

	enrol_with_phone(f);
	account = fixture_load(f);
	account.default_method = XS_SMS;
	fixture_save(f, &account);
	assert_int_equal(SETTINGS(f, NULL, "2", "-", "0"), 0);
	golden(f, "phone_removed");
	assert_int_equal(fixture_load(f).default_method, -1);
}

static void
test_only_way_in_is_not_removed(void **state)
{
	struct fixture *f = *state;
	struct xs_account account;

	enrol_with_phone(f);
	account = fixture_load(f);
	memset(&account.app, 0, sizeof(account.app));
	fixture_save(f, &account);
	assert_int_equal(SETTINGS(f, "phone", "-"), 0);
	assert_string_equal(fixture_load(f).phone.number, "+31612345678");
}

/* Nor is an app another way in that is switched off, or not offered here. */
static void
test_only_way_in_beside_a_dead_app_is_not_removed(void **state)
{
	struct fixture *f = *state;
	struct xs_account account;

	enrol_with_phone(f);
	account = fixture_load(f);
	account.methods[XS_APP].disabled = true;
	fixture_save(f, &account);
	assert_int_equal(SETTINGS(f, "phone", "-"), 0);
	assert_string_equal(fixture_load(f).phone.number, "+31612345678");
	account.methods[XS_APP].disabled = false;
	fixture_save(f, &account);
	f->config.methods = 1u << XS_SMS | 1u << XS_BACKUP;
	assert_int_equal(SETTINGS(f, "phone", "-"), 0);
	assert_string_equal(fixture_load(f).phone.number, "+31612345678");
}

static void
test_text_that_is_not_sent_links_nothing(void **state)
{
	struct fixture *f = *state;

	enrol_offered(f);
	f->sender_fails = true;
	assert_int_equal(SETTINGS(f, "phone", "0612345678"), 0);
	golden(f, "phone_not_sent");
	f->sender_fails = false;
	/* It counted all the same. */
	assert_int_equal(SETTINGS(f, "phone", "0612345678"), 0);
	assert_int_equal(f->texts, 0);
	assert_string_equal(fixture_load(f).phone.number, "");
}

static void
test_commit_that_fails_keeps_the_old_number(void **state)
{
	struct fixture *f = *state;

	enrol_with_phone(f);
	/* The first commit counts the text, the second links the number. */
	xs_store_memory_fail(&f->store, 2);
	assert_int_equal(
	    SETTINGS(f, "phone", "0687654321", "@sms", ""), XS_E_COMMIT);
	assert_string_equal(fixture_load(f).phone.number, "+31612345678");
}

/* Whoever ends the process then has changed nothing. */
static int
send_while_the_old_number_counts(
    void *context, const char *number, const char *text, struct xs_fault *fault)
{
	struct fixture *f = context;

	assert_string_equal(fixture_load(f).phone.number, "+31612345678");
	return fixture_send(context, number, text, fault);
}

static void
test_old_number_hears_of_it_before_it_is_done(void **state)
{
	struct fixture *f = *state;

	enrol_with_phone(f);
	f->sender.send = send_while_the_old_number_counts;
	assert_int_equal(SETTINGS(f, "phone", "0687654321", "@sms"), 0);
	assert_int_equal(f->texts, 2);
	assert_string_equal(fixture_load(f).phone.number, "+31687654321");
	f->now += 60;
	f->sender.send = fixture_send;
	f->texts = 0;
	/* Nothing went out that a failing commit would have held back. */
	xs_store_memory_fail(&f->store, 2);
	assert_int_equal(SETTINGS(f, "phone", "-", ""), XS_E_COMMIT);
	assert_int_equal(f->texts, 1);
	assert_string_equal(fixture_load(f).phone.number, "+31687654321");
}

/* It is another's, or nobody's: a text there would say what is not so. */
static void
test_number_that_was_changed_meanwhile_is_not_told(void **state)
{
	struct fixture *f = *state;

	enrol_with_phone(f);
	f->at_question = remove_elsewhere;
	assert_int_equal(
	    SETTINGS(f, "phone", "0611111111", "@sms", ""), XS_E_EXISTS);
	assert_int_equal(f->texts, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_number_counts_when_its_code_was_typed),
	    TEST(test_bad_numbers_are_refused_with_a_reason),
	    TEST(test_old_number_stays_until_the_new_one_is_confirmed),
	    TEST(test_three_wrong_codes_link_nothing),
	    TEST(test_third_change_of_a_day_waits),
	    TEST(test_third_change_waits_in_a_session_that_was_open),
	    TEST(test_change_that_lies_ahead_waits_a_day_once),
	    TEST(test_number_is_removed_and_no_default_any_more),
	    TEST(test_only_way_in_is_not_removed),
	    TEST(test_only_way_in_beside_a_dead_app_is_not_removed),
	    TEST(test_text_that_is_not_sent_links_nothing),
	    TEST(test_commit_that_fails_keeps_the_old_number),
	    TEST(test_old_number_hears_of_it_before_it_is_done),
	    TEST(test_number_that_was_changed_meanwhile_is_not_told),
	};

	RUN_IN_BOTH_LANGUAGES(tests);
}
