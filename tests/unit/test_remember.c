/* SPDX-License-Identifier: BSD-3-Clause */
/* Logins from a remembered place: who is not asked, and who is. */
#include "login_golden.h"

#include "place.h"

#define DAY 86400

/* Held to no write at all. */
static int
refuse_to_begin(struct xs_store *store, const struct xs_identity *who,
    struct xs_plain *plain, struct xs_fault *fault)
{
	(void)store, (void)who, (void)plain, (void)fault;
	fail_msg("a remembered login takes the lock");
	return XS_E_INTERNAL;
}

static void
assert_unasked(struct fixture *f)
{
	struct xs_store_ops reading = *f->store.ops;
	const struct xs_store_ops *ops = f->store.ops;

	f->transcript[0] = f->log[0] = '\0';
	reading.begin = refuse_to_begin;
	f->store.ops = &reading;
	assert_int_equal(LOGIN(f, NULL), 0);
	f->store.ops = ops;
	assert_int_equal(f->outcome, XS_OUT_REMEMBERED);
	assert_string_equal(f->transcript, "-> in, unasked\n");
	assert_string_equal(f->log, "accepted method=remembered\n");
	assert_int_equal(f->question, 0);
}

/* Somebody who knows no code does not come in. */
static void
assert_asked(struct fixture *f)
{
	f->log[0] = '\0';
	assert_int_equal(LOGIN(f, "0"), 0);
	assert_int_equal(f->outcome, XS_OUT_REFUSED);
	assert_int_equal(f->question, 1);
	assert_string_equal(f->log, "refused reason=left\n");
}

static void
enrol_and_log_in(struct fixture *f)
{
	f->config.remember = DAY;
	enrol_with_phone(f);
	assert_int_equal(LOGIN(f, "@app"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	f->now += 60;
}

static void
test_app_code_is_asked_for_once(void **state)
{
	struct fixture *f = *state;

	enrol_and_log_in(f);
	assert_unasked(f);
	f->now += DAY - 61;
	assert_unasked(f);
	/* Coming in unasked makes it no longer. */
	f->now += 1;
	assert_asked(f);
}

static void
test_code_that_is_typed_anew_makes_it_longer(void **state)
{
	struct fixture *f = *state;

	enrol_and_log_in(f);
	f->now += DAY;
	assert_int_equal(LOGIN(f, "@app"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	f->now += DAY - 1;
	assert_unasked(f);
}

static void
test_sms_code_is_asked_for_once(void **state)
{
	struct fixture *f = *state;

	f->config.remember = DAY;
	enrol_with_phone(f);
	assert_int_equal(LOGIN(f, "", "1", "@sms"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	assert_unasked(f);
}

/* Who used one may have lost the phone, or have found the paper. */
static void
test_backup_code_is_not_remembered_and_ends_what_was(void **state)
{
	struct fixture *f = *state;

	enrol_and_log_in(f);
	strcpy(f->verify.address, "192.0.2.8");
	assert_int_equal(LOGIN(f, FIRST_CODE, "@new"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	assert_asked(f);
	strcpy(f->verify.address, "192.0.2.7");
	assert_asked(f);
}

static void
test_backup_code_of_a_set_is_not_remembered(void **state)
{
	struct fixture *f = *state;
	struct xs_account account;

	enrol_and_log_in(f);
	account = fixture_load(f);
	fixture_make_set(&account, 3);
	fixture_save(f, &account);
	assert_unasked(f);
	strcpy(f->verify.address, "192.0.2.8");
	assert_int_equal(LOGIN(f, "22222222"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	assert_asked(f);
	strcpy(f->verify.address, "192.0.2.7");
	assert_asked(f);
}

static void
test_helpdesk_code_is_not_remembered(void **state)
{
	struct fixture *f = *state;
	struct xs_account account;
	struct xs_helpdesk_code *code = &account.backup.helpdesk;

	f->config.remember = DAY;
	account = fixture_account(f);
	account.app.set = false;
	account.backup.count = 0;
	code->set = true;
	code->format = account.backup.format;
	code->expires = f->now + DAY;
	strcpy(code->made.by, "desk");
	memcpy(code->hash, account.backup.hashes[0], XS_HASH_SIZE);
	fixture_save(f, &account);
	assert_int_equal(LOGIN(f, FIRST_CODE, "@new"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	assert_int_equal(fixture_load(f).place_count, 0);
	assert_asked(f);
}

static void
test_other_address_is_asked(void **state)
{
	static const char *const others[] = {"192.0.2.8", "2001:db8::7",
	    "192.0.2.70", "127.0.0.1", "::ffff:192.0.2.8", ""};
	struct fixture *f = *state;

	enrol_and_log_in(f);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		strcpy(f->verify.address, others[i]);
		assert_asked(f);
	}
	strcpy(f->verify.address, "192.0.2.7");
	f->verify.remote = false;
	assert_asked(f);
	f->verify.remote = true;
	assert_unasked(f);
}

static void
test_no_address_is_not_remembered(void **state)
{
	struct fixture *f = *state;

	f->config.remember = DAY;
	fixture_enrol(f);
	f->verify.address[0] = '\0';
	assert_int_equal(LOGIN(f, "@app"), 0);
	f->now += 60;
	f->verify.remote = false;
	assert_int_equal(LOGIN(f, "@app"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	assert_int_equal(fixture_load(f).place_count, 0);
}

static void
test_other_user_is_asked(void **state)
{
	struct fixture *f = *state;
	const struct xs_identity bob = {"bob", ALICE_UID + 1};

	enrol_and_log_in(f);
	f->verify.who = bob;
	fixture_enrol(f);
	assert_asked(f);
	/* Nor does a record that went elsewhere take its places along. */
	f->verify.who.uid = ALICE_UID;
	assert_int_equal(LOGIN(f, NULL), XS_E_MISMATCH);
	assert_int_equal(f->outcome, XS_OUT_REFUSED);
}

static void
test_option_is_off_by_default(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	assert_int_equal(LOGIN(f, "@app"), 0);
	assert_asked(f);
	f->config.remember = DAY;
	assert_asked(f);
}

static void
test_option_that_was_taken_back_asks(void **state)
{
	struct fixture *f = *state;

	enrol_and_log_in(f);
	f->config.remember = 0;
	assert_asked(f);
}

/* A place is no method: it spares the question that would be asked. */
static void
test_record_without_a_usable_method_lets_nobody_in(void **state)
{
	struct fixture *f = *state;
	struct xs_account account;

	enrol_and_log_in(f);
	account = fixture_load(f);
	account.methods[XS_APP].disabled = true;
	account.methods[XS_SMS].disabled = true;
	fixture_save(f, &account);
	/* Without the event that such a change makes, to see this alone. */
	assert_unasked(f);
	account.methods[XS_BACKUP].disabled = true;
	fixture_save(f, &account);
	assert_int_equal(LOGIN(f, NULL), 0);
	assert_int_equal(f->outcome, XS_OUT_WAITING);
	account.methods[XS_APP].disabled = false;
	fixture_save(f, &account);
	f->config.methods = 1 << XS_SMS;
	assert_int_equal(LOGIN(f, NULL), 0);
	assert_int_equal(f->outcome, XS_OUT_WAITING);
	f->config.methods = 1 << XS_SMS | 1 << XS_APP;
	assert_unasked(f);
}

/* Waits hold back attempts, and there is none. */
static void
test_waits_and_counts_stay_as_they_are(void **state)
{
	struct fixture *f = *state;
	struct xs_account before, after;

	enrol_and_log_in(f);
	strcpy(f->verify.address, "192.0.2.8");
	assert_int_equal(LOGIN(f, "000000", "000001", "000002"), 0);
	f->config.throttle.free = 4;
	assert_int_equal(LOGIN(f, "000000", "0"), 0);
	before = fixture_load(f);
	assert_int_equal(before.history.count, 4);
	assert_true(before.methods[XS_APP].side[XS_OTHER].not_before > f->now);
	strcpy(f->verify.address, "192.0.2.7");
	assert_unasked(f);
	after = fixture_load(f);
	assert_memory_equal(&before, &after, sizeof(before));
	/* Who is asked next is told. */
	f->now += DAY;
	assert_asked(f);
	assert_non_null(strstr(f->transcript, "4 failed attempts since"));
}

/* Somebody who has the password guesses: whose address is it still? */
static void
test_failures_that_are_told_end_it(void **state)
{
	struct fixture *f = *state;

	enrol_and_log_in(f);
	strcpy(f->verify.address, "192.0.2.8");
	assert_int_equal(LOGIN(f, "000000", "000001", "000002"), 0);
	assert_int_equal(LOGIN(f, "000000", "000001", "0"), 0);
	strcpy(f->verify.address, "192.0.2.7");
	assert_asked(f);
}

/* Four are anybody's mistakes; those of another method are another row. */
static void
test_four_wrong_codes_do_not_end_it(void **state)
{
	struct fixture *f = *state;

	enrol_and_log_in(f);
	strcpy(f->verify.address, "192.0.2.8");
	assert_int_equal(LOGIN(f, "000000", "000001", "00000000"), 0);
	assert_int_equal(LOGIN(f, "000000", "000001", "00000000"), 0);
	strcpy(f->verify.address, "192.0.2.7");
	assert_unasked(f);
}

static void
test_guesses_that_go_on_end_it_again(void **state)
{
	struct fixture *f = *state;

	enrol_and_log_in(f);
	strcpy(f->verify.address, "192.0.2.8");
	assert_int_equal(LOGIN(f, "000000", "000001", "000002"), 0);
	assert_int_equal(LOGIN(f, "000000", "000001", "0"), 0);
	/* The 6th to 19th make no event. */
	for (unsigned i = 6; i < 20; i++) {
		f->now += 3600;
		strcpy(f->verify.address, "192.0.2.7");
		assert_int_equal(LOGIN(f, "@app"), 0);
		assert_int_equal(f->outcome, XS_OUT_GRANTED);
		assert_unasked(f);
		strcpy(f->verify.address, "192.0.2.8");
		assert_int_equal(LOGIN(f, "000000", "0"), 0);
		strcpy(f->verify.address, "192.0.2.7");
		assert_asked(f);
	}
	assert_int_equal(fixture_load(f).event_count, 1);
}

/* A notice that waits to be told is told by who is asked. */
static void
test_notice_that_waits_is_left_to_others(void **state)
{
	struct fixture *f = *state;
	struct xs_account account;

	enrol_and_log_in(f);
	strcpy(f->config.notify_command, "/bin/true");
	account = fixture_load(f);
	account.event_count = 1;
	account.events[0].time = f->now;
	strcpy(account.events[0].word, "phone-set");
	account.untold.events = 1;
	account.unconfirmed.time = f->now;
	fixture_save(f, &account);
	assert_unasked(f);
	assert_int_equal(fixture_load(f).untold.events, 1);
}

/* A wait that was stored too far ahead would else be written down. */
static void
test_remembered_login_writes_nothing(void **state)
{
	struct fixture *f = *state;
	struct xs_account account;
	struct xs_plain before, after;

	enrol_and_log_in(f);
	account = fixture_load(f);
	account.methods[XS_APP].side[XS_OTHER].failures = 6;
	account.methods[XS_APP].side[XS_OTHER].not_before = f->now + 90 * DAY;
	fixture_save(f, &account);
	assert_int_equal(
	    f->store.ops->read(&f->store, &f->verify.who, &before, &f->fault),
	    0);
	assert_unasked(f);
	assert_int_equal(
	    f->store.ops->read(&f->store, &f->verify.who, &after, &f->fault),
	    0);
	assert_int_equal(before.length, after.length);
	assert_memory_equal(before.text, after.text, before.length);
}

static void
let_commits_fail(struct fixture *f, unsigned question)
{
	(void)question;
	xs_store_memory_fail(&f->store, 1);
}

static void
test_success_that_was_not_recorded_is_not_remembered(void **state)
{
	struct fixture *f = *state;

	f->config.remember = DAY;
	fixture_enrol(f);
	f->at_question = let_commits_fail;
	assert_int_equal(LOGIN(f, "@app"), XS_E_COMMIT);
	assert_int_equal(f->outcome, XS_OUT_REFUSED);
	f->at_question = NULL;
	assert_asked(f);
}

static void
test_wrong_and_used_codes_are_not_remembered(void **state)
{
	struct fixture *f = *state;
	char code[16];

	f->config.remember = DAY;
	fixture_enrol(f);
	fixture_code(f, 0, code);
	assert_int_equal(LOGIN(f, code), 0);
	strcpy(f->verify.address, "192.0.2.8");
	assert_int_equal(LOGIN(f, code, "000000", "0"), 0);
	assert_int_equal(f->outcome, XS_OUT_REFUSED);
	assert_asked(f);
}

static void
test_who_is_no_account_or_has_no_record_is_asked(void **state)
{
	struct fixture *f = *state;

	enrol_and_log_in(f);
	f->config.not_enrolled = XS_NOT_ENROLLED_REFUSE;
	f->login.is_account = false;
	assert_int_equal(LOGIN(f, "0"), 0);
	assert_int_equal(f->outcome, XS_OUT_REFUSED);
	assert_int_equal(f->question, 1);
	f->login.is_account = true;
	f->verify.who = (struct xs_identity){"bob", ALICE_UID + 1};
	assert_int_equal(LOGIN(f, "0"), 0);
	assert_int_equal(f->outcome, XS_OUT_REFUSED);
	assert_int_equal(f->question, 1);
}

static void
test_preview_tells_of_it(void **state)
{
	struct fixture *f = *state;

	enrol_and_log_in(f);
	f->log[0] = '\0';
	assert_int_equal(xs_login_preview(&f->login), 0);
	assert_string_equal(f->log, "would-accept method=remembered\n");
	f->log[0] = '\0';
	strcpy(f->verify.address, "192.0.2.8");
	assert_int_equal(xs_login_preview(&f->login), 0);
	assert_string_equal(f->log, "would-ask method=app\n");
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_app_code_is_asked_for_once),
	    TEST(test_code_that_is_typed_anew_makes_it_longer),
	    TEST(test_sms_code_is_asked_for_once),
	    TEST(test_backup_code_is_not_remembered_and_ends_what_was),
	    TEST(test_backup_code_of_a_set_is_not_remembered),
	    TEST(test_helpdesk_code_is_not_remembered),
	    TEST(test_other_address_is_asked),
	    TEST(test_no_address_is_not_remembered),
	    TEST(test_other_user_is_asked),
	    TEST(test_option_is_off_by_default),
	    TEST(test_option_that_was_taken_back_asks),
	    TEST(test_record_without_a_usable_method_lets_nobody_in),
	    TEST(test_waits_and_counts_stay_as_they_are),
	    TEST(test_failures_that_are_told_end_it),
	    TEST(test_four_wrong_codes_do_not_end_it),
	    TEST(test_guesses_that_go_on_end_it_again),
	    TEST(test_notice_that_waits_is_left_to_others),
	    TEST(test_remembered_login_writes_nothing),
	    TEST(test_success_that_was_not_recorded_is_not_remembered),
	    TEST(test_wrong_and_used_codes_are_not_remembered),
	    TEST(test_who_is_no_account_or_has_no_record_is_asked),
	    TEST(test_preview_tells_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
