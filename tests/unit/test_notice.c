/* SPDX-License-Identifier: BSD-3-Clause */
/* Notices: when they are told, and to whom. */
#include <time.h>

#include "notice_inbox.h"

static void
see_that_it_was_used(struct fixture *f)
{
	struct xs_account account = fixture_load(f);

	assert_string_equal(account.events[0].word, "backup-used");
	assert_int_equal(account.untold.events, 1);
}

static void
test_backup_login_is_told_once(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	inbox_of(f)->at_send = see_that_it_was_used;
	assert_int_equal(LOGIN(f, "", FIRST_CODE, "@new"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	ASSERT_TOLD(f, "backup-used");
	assert_non_null(strstr(inbox_of(f)->text[0], "\nrhost=192.0.2.7\n"));
	assert_non_null(strstr(inbox_of(f)->text[0], "\naddress=\n"));
	assert_non_null(strstr(f->log, "noticed reason=backup-used\n"));
	assert_int_equal(fixture_load(f).untold.events, 0);
	(void)log_in_later(f, 60);
	assert_int_equal(inbox_of(f)->count, 1);
}

static void
test_right_codes_are_not_told(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	(void)log_in_later(f, 0);
	assert_int_equal(LOGIN(f, "111111", "@app+1"), 0);
	assert_int_equal(inbox_of(f)->runs, 0);
}

static void
test_without_a_command_nothing_is_marked(void **state)
{
	struct fixture *f = *state;

	f->config.notify_command[0] = '\0';
	fixture_enrol(f);
	assert_int_equal(LOGIN(f, "", FIRST_CODE, "@new"), 0);
	assert_int_equal(inbox_of(f)->runs, 0);
	assert_string_equal(fixture_load(f).events[0].word, "backup-used");
	assert_int_equal(fixture_load(f).untold.events, 0);
}

static void
test_language_is_the_owners(void **state)
{
	struct fixture *f = *state;
	struct xs_account account = fixture_account(f);

	strcpy(account.language, "nl");
	fixture_save(f, &account);
	assert_int_equal(LOGIN(f, "", FIRST_CODE, "@new"), 0);
	assert_non_null(strstr(inbox_of(f)->text[0],
	    "\ntext=Er is ingelogd met een back-upcode.\n"));
}

static void
test_every_address_is_told(void **state)
{
	struct fixture *f = *state;
	struct xs_account account = fixture_account(f);

	account.mail_count = 2;
	strcpy(account.mails[0], "a@example.org");
	strcpy(account.mails[1], "b@example.org");
	fixture_save(f, &account);
	assert_int_equal(LOGIN(f, "", FIRST_CODE, "@new"), 0);
	ASSERT_TOLD(f, "backup-used", "backup-used");
	assert_non_null(strstr(inbox_of(f)->text[0], "=a@example.org\n"));
	assert_non_null(strstr(inbox_of(f)->text[1], "=b@example.org\n"));
}

static void
test_fifth_wrong_code_is_told(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	assert_int_equal(LOGIN(f, "111111", "111112", "111113"), 0);
	assert_int_equal(LOGIN(f, "111114", "0"), 0);
	assert_int_equal(inbox_of(f)->runs, 0);
	/* The notice is out before the next question. */
	assert_int_equal(LOGIN(f, "111115", "0"), 0);
	ASSERT_TOLD(f, "app-failures-5");
	assert_int_equal(inbox_of(f)->questions[0], 1);
	f->now += 3600;
	assert_int_equal(LOGIN(f, "111116", "0"), 0);
	assert_int_equal(inbox_of(f)->count, 1);
}

static void
test_stop_is_told(void **state)
{
	struct fixture *f = *state;

	f->config.throttle.stop = 10;
	fixture_enrol(f);
	fail_five(f);
	for (unsigned i = 0; i < 5; i++) {
		f->now += 7200;
		assert_int_equal(LOGIN(f, "222222", "0"), 0);
	}
	ASSERT_TOLD(f, "app-failures-5", "app-disabled");
}

/* His own logins in between do not hide a stranger's guesses. */
static void
test_failures_count_on_their_side(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	(void)log_in_later(f, 0);
	for (unsigned i = 0; i < 5; i++) {
		strcpy(f->verify.address, "198.51.100.1");
		assert_int_equal(LOGIN(f, "111111", "0"), 0);
		strcpy(f->verify.address, "192.0.2.7");
		(void)log_in_later(f, 60);
	}
	ASSERT_TOLD(f, "app-failures-5");
	assert_non_null(strstr(inbox_of(f)->text[0], "\nrhost=198.51.100.1\n"));
}

static void
test_backup_failures_are_told(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	assert_int_equal(LOGIN(f, "", "11111111", "11111112", "11111113"), 0);
	assert_int_equal(LOGIN(f, "", "11111114", "11111115", "0"), 0);
	ASSERT_TOLD(f, "backup-failures-5");
}

static void
test_changes_are_told(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	assert_int_equal(
	    SETTINGS(f, "", "1", "@key", "5", "@new", "6", "2", "0"), 0);
	ASSERT_TOLD(f, "app-set", "backup-set");
	/* Each before the next question. */
	assert_int_equal(inbox_of(f)->questions[0], 2);
	assert_int_equal(inbox_of(f)->questions[1], 4);
}

static void
test_first_enrolment_is_told(void **state)
{
	struct fixture *f = *state;
	enum xs_enrolled result;

	assert_int_equal(FIRST_LOGIN(f, 0, &result, "@key", "@new"), 0);
	assert_int_equal(result, XS_ENROL_DONE);
	ASSERT_TOLD(f, "enrolled");
	assert_int_equal(fixture_load(f).untold.events, 0);
}

static void
take_a_while(struct fixture *f)
{
	const struct timespec while_ms = {0, 20000000};

	(void)f;
	assert_int_equal(nanosleep(&while_ms, NULL), 0);
}

/* Two verdicts of one login are told: what the first took, the second lacks. */
static void
test_login_has_one_patience_for_all(void **state)
{
	struct fixture *f = *state;
	const struct inbox *inbox = inbox_of(f);

	fixture_enrol(f);
	KILLED(f, "111111", "111112", "111113");
	KILLED(f, "111114", "111115", "0");
	inbox_of(f)->at_send = take_a_while;
	assert_int_equal(LOGIN(f, FIRST_CODE, "@new"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	ASSERT_TOLD(f, "app-failures-5", "backup-used");
	assert_true(inbox->patience_ms[1] + 20 <= inbox->patience_ms[0]);
}

/* As a program that takes all the time there is. */
static void
use_up_patience(struct fixture *f, unsigned question)
{
	(void)question;
	f->verify.notice_ms = XS_NOTICE_PATIENCE_MS;
}

/* What comes after is told by the next login, as if it were the first. */
static void
test_used_up_patience_is_no_try(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	f->at_question = use_up_patience;
	assert_int_equal(LOGIN(f, "", FIRST_CODE, "@new"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	assert_int_equal(inbox_of(f)->runs, 0);
	assert_int_equal(fixture_load(f).untold.events, 1);
	assert_int_equal(fixture_load(f).untold.tries, 0);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(LOGIN(f, "222222", "0"), 0);
	f->at_question = NULL;
	(void)log_in_later(f, 3600);
	ASSERT_TOLD(f, "backup-used", "app-failures-5");
}

static void
test_each_change_is_told_whatever_the_last_took(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	inbox_of(f)->at_send = take_a_while;
	assert_int_equal(SETTINGS(f, "", "1", "@key", "5", "@new", "0"), 0);
	ASSERT_TOLD(f, "app-set", "backup-set");
	assert_int_equal(f->verify.notice_ms, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TELLS(test_backup_login_is_told_once),
	    TELLS(test_right_codes_are_not_told),
	    TELLS(test_without_a_command_nothing_is_marked),
	    TELLS(test_language_is_the_owners),
	    TELLS(test_every_address_is_told),
	    TELLS(test_fifth_wrong_code_is_told),
	    TELLS(test_stop_is_told),
	    TELLS(test_failures_count_on_their_side),
	    TELLS(test_backup_failures_are_told),
	    TELLS(test_changes_are_told),
	    TELLS(test_first_enrolment_is_told),
	    TELLS(test_login_has_one_patience_for_all),
	    TELLS(test_used_up_patience_is_no_try),
	    TELLS(test_each_change_is_told_whatever_the_last_took),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
