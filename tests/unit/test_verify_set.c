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
	    TEST(test_helpdesk_code_retires_the_whole_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
