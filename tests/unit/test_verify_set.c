/* SPDX-License-Identifier: BSD-3-Clause */
/* A printed set of backup codes: each works once. */
#include "verify_steps.h"

static void
test_codes_of_a_set_work_once_each(void **state)
{
	struct fixture *f = *state;
	struct xs_account account = fixture_account(f);
	struct xs_successor successor;

	f->config.backup_codes = 3;
	fixture_make_set(&account, 3);
	fixture_save(f, &account);
	assert_int_equal(backup(f, "22222222", &successor), XS_RIGHT);
	assert_int_equal(fixture_load(f).backup.count, 2);
	assert_int_equal(fixture_load(f).history.count, 0);
	assert_int_equal(backup(f, "22222222", &successor), XS_WRONG);
	assert_int_equal(backup(f, "11111111", &successor), XS_RIGHT);
	assert_int_equal(backup(f, "33333333", &successor), XS_UNCONFIRMED);
	assert_int_equal(successor.count, 3);
	assert_int_equal(confirm(f, &successor), XS_RIGHT);
	assert_int_equal(fixture_load(f).backup.count, 3);
	assert_int_equal(backup(f, "33333333", &successor), XS_WRONG);
}

/* Whichever write fails, a right and a wrong code get the same answer. */
static void
test_set_answers_alike_when_commits_fail(void **state)
{
	struct fixture *f = *state;
	struct xs_account account = fixture_account(f), after;
	struct xs_successor successor;
	enum xs_verdict verdict = XS_WRONG;
	static const char *const codes[] = {"22222222", "00000000"};

	fixture_make_set(&account, 3);
	fixture_save(f, &account);
	for (unsigned i = 0; i < 4; i++) {
		xs_store_memory_fail(&f->store, 1 + i / 2);
		assert_int_equal(xs_verify_backup(&f->verify, codes[i % 2],
				     &after, &successor, &verdict),
		    XS_E_COMMIT);
		assert_int_equal(verdict, XS_WRONG);
		assert_int_equal(fixture_load(f).backup.count, 3);
	}
	assert_int_equal(backup(f, "22222222", &successor), XS_RIGHT);
}

static void
switch_off(struct xs_account *account)
{
	account->methods[XS_BACKUP].disabled = true;
}

static void
enrol_anew(struct xs_account *account)
{
	account->enrolment[0] ^= 1;
}

/* Another session used all but "22222222" up. */
static void
keep_one(struct xs_account *account)
{
	struct xs_backup *backup = &account->backup;

	memcpy(backup->hashes[0], backup->hashes[1], XS_HASH_SIZE);
	memset(backup->hashes[1], 0, 2 * (size_t)XS_HASH_SIZE);
	backup->count = 1;
}

/* Another session has confirmed a successor. */
static void
replace_codes(struct xs_account *account)
{
	account->backup.salt[0] ^= 1;
}

static unsigned begun;
static void (*meanwhile)(struct xs_account *account);

/* What others do while Argon2 runs, and nothing is locked. */
static int
begin_after_others(struct xs_store *store, const struct xs_identity *who,
    struct xs_plain *plain, struct xs_fault *fault)
{
	struct fixture *f = fixture_of(store);

	if (++begun == 2) {
		struct xs_account account = fixture_load(f);

		meanwhile(&account);
		fixture_save(f, &account);
	}
	return fixture_begin(store, who, plain, fault);
}

/* The code is right, but what happens meanwhile comes first. */
static int
try_while(struct fixture *f, unsigned set, const char *code,
    void (*change)(struct xs_account *account), enum xs_verdict *verdict)
{
	struct xs_account account = fixture_account(f);
	struct xs_successor successor;
	int r;

	fixture_make_set(&account, set);
	fixture_save(f, &account);
	begun = 0;
	meanwhile = change;
	f->ops.begin = begin_after_others;
	r = xs_verify_backup(&f->verify, code, &account, &successor, verdict);
	f->ops.begin = fixture_begin;
	assert_in_range(begun, 2, 3);
	return r;
}

static void
test_code_of_a_set_is_judged_again(void **state)
{
	struct fixture *f = *state;
	enum xs_verdict verdict = XS_RIGHT;

	assert_int_equal(try_while(f, 3, "22222222", switch_off, &verdict), 0);
	assert_int_equal(verdict, XS_WRONG);
	assert_int_equal(fixture_load(f).backup.count, 3);
	verdict = XS_RIGHT;
	assert_int_equal(try_while(f, 3, "22222222", enrol_anew, &verdict), 0);
	assert_int_equal(verdict, XS_WRONG);
	assert_int_equal(fixture_load(f).backup.count, 3);
}

/* The last one is used up when its successors are confirmed, not before. */
static void
test_last_code_of_a_set_is_not_used_up_unawares(void **state)
{
	struct fixture *f = *state;
	enum xs_verdict verdict = XS_WRONG;
	struct xs_successor successor;

	assert_int_equal(
	    try_while(f, 3, "22222222", keep_one, &verdict), XS_E_BUSY);
	assert_int_equal(verdict, XS_WRONG);
	assert_int_equal(fixture_load(f).backup.count, 1);
	assert_int_equal(backup(f, "22222222", &successor), XS_UNCONFIRMED);
}

/* Then nobody is to be told that it was right and left unconfirmed. */
static void
test_code_that_was_used_meanwhile_is_not_noted(void **state)
{
	struct fixture *f = *state;
	enum xs_verdict verdict = XS_WRONG;

	strcpy(f->config.notify_command, "/bin/tell");
	assert_int_equal(
	    try_while(f, 1, "11111111", replace_codes, &verdict), 0);
	assert_int_equal(verdict, XS_UNCONFIRMED);
	assert_int_equal(fixture_load(f).unconfirmed.time, 0);
}

static void
test_helpdesk_code_retires_the_whole_set(void **state)
{
	struct fixture *f = *state;
	struct xs_account account = fixture_account(f);
	struct xs_successor successor;

	fixture_make_set(&account, 3);
	fixture_issue_code(f, &account, "87654321");
	fixture_save(f, &account);
	assert_int_equal(backup(f, "87654321", &successor), XS_UNCONFIRMED);
	assert_int_equal(confirm(f, &successor), XS_RIGHT);
	assert_int_equal(fixture_load(f).backup.count, 1);
	assert_int_equal(backup(f, "22222222", &successor), XS_WRONG);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_codes_of_a_set_work_once_each),
	    TEST(test_set_answers_alike_when_commits_fail),
	    TEST(test_code_of_a_set_is_judged_again),
	    TEST(test_last_code_of_a_set_is_not_used_up_unawares),
	    TEST(test_code_that_was_used_meanwhile_is_not_noted),
	    TEST(test_helpdesk_code_retires_the_whole_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
