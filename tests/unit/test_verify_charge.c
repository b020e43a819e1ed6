/* SPDX-License-Identifier: BSD-3-Clause */
/* What an attempt leaves in the record: charges, and what is given back. */
#include "verify_steps.h"

/* There is nothing to give back for a code that cost nothing. */
static void
test_used_code_gives_back_nothing(void **state)
{
	struct fixture *f = *state;
	char code[16];

	fixture_enrol(f);
	fixture_code(f, 0, code);
	assert_int_equal(app(f, code), XS_RIGHT);
	fixture_reset(f);
	strcpy(f->verify.address, "198.51.100.9");
	assert_int_equal(app(f, "000000"), XS_WRONG);
	assert_int_equal(app(f, "000001"), XS_WRONG);
	fixture_reset(f);
	assert_int_equal(app(f, code), XS_USED);
	assert_int_equal(app(f, fixture_code(f, 1, code)), XS_RIGHT);
	assert_int_equal(fixture_load(f).budgets[XS_OTHER].spent, 2);
}

/* What a login by backup code cost is given back, guesses before it too. */
static void
test_backup_charges_are_given_back_on_success(void **state)
{
	struct fixture *f = *state;
	struct xs_successor successor;

	fixture_enrol(f);
	assert_int_equal(backup(f, "00000000", &successor), XS_WRONG);
	assert_int_equal(backup(f, FIRST_CODE, &successor), XS_UNCONFIRMED);
	assert_int_equal(fixture_load(f).budgets[XS_OTHER].spent, 2);
	assert_int_equal(confirm(f, &successor), XS_RIGHT);
	assert_int_equal(fixture_load(f).budgets[XS_OTHER].spent, 0);
}

static enum xs_verdict
sms(struct fixture *f, struct xs_sms_code *code, const char *typed)
{
	struct xs_account account;
	enum xs_verdict verdict = XS_WRONG;

	assert_int_equal(
	    xs_verify_sms(&f->verify, code, typed, &account, &verdict), 0);
	return verdict;
}

static void
test_sms_charges_are_given_back_on_success(void **state)
{
	static const char number[] = "+31612345678";
	struct fixture *f = *state;
	struct xs_account account = fixture_account(f);
	struct xs_sms_code code;

	strcpy(account.phone.number, number);
	fixture_save(f, &account);
	assert_int_equal(xs_sms_code_make(&code, number, 6, 300, &f->env), 0);
	assert_int_equal(sms(f, &code, "12345"), XS_WRONG);
	assert_int_equal(fixture_load(f).budgets[XS_OTHER].spent, 1);
	assert_int_equal(sms(f, &code, code.code), XS_RIGHT);
	assert_int_equal(fixture_load(f).budgets[XS_OTHER].spent, 0);
}

/* Its owner is told since when he has it, and by whom. */
static void
test_successor_is_made_now_and_by_its_owner(void **state)
{
	struct fixture *f = *state;
	struct xs_account account;
	struct xs_successor successor;

	fixture_enrol(f);
	assert_int_equal(backup(f, FIRST_CODE, &successor), XS_UNCONFIRMED);
	f->now += 30;
	assert_int_equal(confirm(f, &successor), XS_RIGHT);
	account = fixture_load(f);
	assert_string_equal(account.backup.made.by, "alice");
	assert_int_equal(account.backup.made.time, f->now);
}

/* Who logs in is told since when it goes on, and where it was last. */
static void
test_history_begins_with_the_first_failure(void **state)
{
	struct fixture *f = *state;
	struct xs_account account;
	struct xs_successor successor;

	fixture_enrol(f);
	assert_int_equal(app(f, "000000"), XS_WRONG);
	f->now += 3600;
	strcpy(f->verify.address, "198.51.100.9");
	assert_int_equal(backup(f, "00000000", &successor), XS_WRONG);
	account = fixture_load(f);
	assert_int_equal(account.history.count, 2);
	assert_int_equal(account.history.first, NOON);
	assert_int_equal(account.history.last, NOON + 3600);
	assert_string_equal(account.history.from, "198.51.100.9");
}

/* No record can hold a time before 1970: refused, and the lock given back. */
static void
test_clock_before_all_time_refuses_and_holds_nothing(void **state)
{
	struct fixture *f = *state;
	struct xs_account account;
	enum xs_verdict verdict = XS_WRONG;
	char code[16];

	fixture_enrol(f);
	f->now = -5;
	assert_int_equal(
	    xs_verify_app(&f->verify, "000000", &account, &verdict),
	    XS_E_INTERNAL);
	assert_int_equal(verdict, XS_WRONG);
	f->now = NOON;
	assert_int_equal(app(f, fixture_code(f, 0, code)), XS_RIGHT);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_used_code_gives_back_nothing),
	    TEST(test_backup_charges_are_given_back_on_success),
	    TEST(test_sms_charges_are_given_back_on_success),
	    TEST(test_successor_is_made_now_and_by_its_owner),
	    TEST(test_history_begins_with_the_first_failure),
	    TEST(test_clock_before_all_time_refuses_and_holds_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
