/* SPDX-License-Identifier: BSD-3-Clause */
/* One locked step: charged, judged, consumed. */
#include "verify_steps.h"

#include "verify_step.h"

static void
test_app_code_works_once(void **state)
{
	struct fixture *f = *state;
	char code[16];

	fixture_enrol(f);
	fixture_code(f, 0, code);
	assert_int_equal(app(f, code), XS_RIGHT);
	assert_int_equal(app(f, code), XS_USED);
	assert_int_equal(app(f, fixture_code(f, 1, code)), XS_RIGHT);
	assert_int_equal(app(f, fixture_code(f, 0, code)), XS_USED);
}

static void
test_clock_set_back_refuses_no_live_code(void **state)
{
	struct fixture *f = *state;
	char code[16];

	fixture_enrol(f);
	f->now += 3600;
	assert_int_equal(app(f, "000000"), XS_WRONG);
	f->now -= 3600;
	assert_int_equal(app(f, fixture_code(f, 0, code)), XS_RIGHT);
	assert_int_equal(fixture_load(f).latest, f->now + 3600);
}

static void
test_wrong_code_is_charged_and_given_back_on_success(void **state)
{
	struct fixture *f = *state;
	struct xs_account account;
	char code[16];

	fixture_enrol(f);
	assert_int_equal(app(f, "000000"), XS_WRONG);
	assert_int_equal(app(f, "000001"), XS_WRONG);
	account = fixture_load(f);
	assert_int_equal(account.budgets[XS_OTHER].spent, 2);
	assert_int_equal(account.budgets[XS_OWN].spent, 0);
	assert_int_equal(account.methods[XS_APP].side[XS_OTHER].failures, 2);
	assert_int_equal(account.methods[XS_APP].stop, 2);
	assert_int_equal(account.history.count, 2);
	assert_string_equal(account.history.from, "192.0.2.7");
	assert_int_equal(app(f, fixture_code(f, 0, code)), XS_RIGHT);
	account = fixture_load(f);
	assert_int_equal(account.budgets[XS_OTHER].spent, 0);
	assert_int_equal(account.methods[XS_APP].stop, 0);
	assert_int_equal(account.history.count, 0);
	assert_string_equal(account.home, "192.0.2.7");
	assert_int_equal(account.last_success, f->now);
}

/* What another conversation spent is not this one's to give back. */
static void
test_success_gives_back_its_own_charges_only(void **state)
{
	struct fixture *f = *state;
	char code[16];

	fixture_enrol(f);
	assert_int_equal(app(f, "000000"), XS_WRONG);
	assert_int_equal(app(f, "000001"), XS_WRONG);
	fixture_reset(f);
	assert_int_equal(app(f, "000002"), XS_WRONG);
	assert_int_equal(app(f, fixture_code(f, 0, code)), XS_RIGHT);
	assert_int_equal(fixture_load(f).budgets[XS_OTHER].spent, 2);
}

/* A used code costs nothing, and right, wrong and used write alike. */
static void
test_used_code_is_not_charged(void **state)
{
	struct fixture *f = *state;
	struct xs_account before, after;
	char code[16];

	fixture_enrol(f);
	fixture_code(f, 0, code);
	assert_int_equal(app(f, code), XS_RIGHT);
	before = fixture_load(f);
	assert_int_equal(app(f, code), XS_USED);
	after = fixture_load(f);
	assert_memory_equal(&before, &after, sizeof(before));
	xs_store_memory_fail(&f->store, 1);
	{
		struct xs_account account;
		enum xs_verdict verdict;

		assert_int_equal(
		    xs_verify_app(&f->verify, code, &account, &verdict),
		    XS_E_COMMIT);
	}
}

/*
 * A backup code is charged before its hash is known: with a charge that
 * cannot be written, right and wrong are the same error.
 */
static void
test_charge_comes_first(void **state)
{
	struct fixture *f = *state;
	struct xs_successor successor;
	struct xs_account account;
	enum xs_verdict verdict = XS_WRONG;
	static const char *const codes[] = {FIRST_CODE, "00000000"};

	fixture_enrol(f);
	for (unsigned i = 0; i < 2; i++) {
		xs_store_memory_fail(&f->store, 1);
		assert_int_equal(xs_verify_backup(&f->verify, codes[i],
				     &account, &successor, &verdict),
		    XS_E_COMMIT);
		assert_int_equal(verdict, XS_WRONG);
	}
	assert_int_equal(fixture_load(f).budgets[XS_OTHER].spent, 0);
	assert_int_equal(backup(f, FIRST_CODE, &successor), XS_UNCONFIRMED);
	assert_int_equal(fixture_load(f).budgets[XS_OTHER].spent, 1);
	assert_int_equal(fixture_load(f).history.count, 1);
}

/* The second write notes that it was right, and tells nobody more. */
static void
test_code_answers_alike_when_commits_fail(void **state)
{
	struct fixture *f = *state;
	struct xs_successor successor;
	struct xs_account account;
	enum xs_verdict verdict = XS_WRONG;
	static const char *const codes[] = {FIRST_CODE, "00000000"};

	strcpy(f->config.notify_command, "/bin/tell");
	fixture_enrol(f);
	for (unsigned i = 0; i < 2; i++) {
		xs_store_memory_fail(&f->store, 2);
		assert_int_equal(xs_verify_backup(&f->verify, codes[i],
				     &account, &successor, &verdict),
		    XS_E_COMMIT);
		assert_int_equal(verdict, XS_WRONG);
	}
	assert_int_equal(fixture_load(f).unconfirmed.time, 0);
	assert_int_equal(backup(f, FIRST_CODE, &successor), XS_UNCONFIRMED);
	assert_int_equal(fixture_load(f).unconfirmed.time, f->now);
	assert_int_equal(confirm(f, &successor), XS_RIGHT);
	assert_int_equal(fixture_load(f).unconfirmed.time, 0);
}

/* RLIMIT_FSIZE 0 and a full grip on the disk: granted is only what is kept. */
static void
test_failed_commit_answers_alike(void **state)
{
	struct fixture *f = *state;
	struct xs_account account;
	enum xs_verdict verdict = XS_WRONG;
	char code[16];

	fixture_enrol(f);
	fixture_code(f, 0, code);
	for (unsigned i = 0; i < 2; i++) {
		xs_store_memory_fail(&f->store, 1);
		assert_int_equal(
		    xs_verify_app(&f->verify, i == 0 ? code : "000000",
			&account, &verdict),
		    XS_E_COMMIT);
		assert_int_equal(verdict, XS_WRONG);
	}
	assert_int_equal(app(f, code), XS_RIGHT);
}

static void
test_backup_code_works_once_after_confirm(void **state)
{
	struct fixture *f = *state;
	struct xs_successor first, second, third;

	fixture_enrol(f);
	assert_int_equal(backup(f, FIRST_CODE, &first), XS_UNCONFIRMED);
	/* Right again, as long as no successor was confirmed. */
	assert_int_equal(backup(f, FIRST_CODE, &second), XS_UNCONFIRMED);
	assert_string_not_equal(first.codes[0], second.codes[0]);
	assert_int_equal(confirm(f, &first), XS_RIGHT);
	assert_int_equal(confirm(f, &second), XS_USED);
	assert_int_equal(backup(f, FIRST_CODE, &third), XS_WRONG);
	assert_int_equal(backup(f, second.codes[0], &third), XS_WRONG);
	assert_int_equal(backup(f, first.codes[0], &third), XS_UNCONFIRMED);
}

static void
test_confirm_keeps_what_changed_meanwhile(void **state)
{
	struct fixture *f = *state;
	struct xs_successor successor;
	char code[16];

	fixture_enrol(f);
	assert_int_equal(backup(f, FIRST_CODE, &successor), XS_UNCONFIRMED);
	assert_int_equal(app(f, fixture_code(f, 0, code)), XS_RIGHT);
	assert_int_equal(confirm(f, &successor), XS_RIGHT);
	assert_int_equal(app(f, code), XS_USED);
}

static void
test_confirm_after_new_enrolment_is_refused(void **state)
{
	struct fixture *f = *state;
	struct xs_successor successor;
	struct xs_account account;

	fixture_enrol(f);
	assert_int_equal(backup(f, FIRST_CODE, &successor), XS_UNCONFIRMED);
	account = fixture_load(f);
	account.enrolment[0] ^= 1;
	fixture_save(f, &account);
	assert_int_equal(confirm(f, &successor), XS_USED);
}

static void
test_confirm_after_disable_is_refused(void **state)
{
	struct fixture *f = *state;
	struct xs_successor successor;
	struct xs_account account;

	fixture_enrol(f);
	assert_int_equal(backup(f, FIRST_CODE, &successor), XS_UNCONFIRMED);
	account = fixture_load(f);
	account.methods[XS_BACKUP].disabled = true;
	fixture_save(f, &account);
	assert_int_equal(confirm(f, &successor), XS_DISABLED);
}

/* Also where this attempt's own charge was the one that reached the stop. */
static void
test_confirm_after_stop_and_disable_is_refused(void **state)
{
	struct fixture *f = *state;
	struct xs_successor successor;
	struct xs_account account;

	account = fixture_account(f);
	for (unsigned i = 0; i < 99; i++)
		xs_throttle_charge(
		    &account, &f->config.throttle, XS_BACKUP, XS_OTHER, f->now);
	fixture_save(f, &account);
	f->now += 40 * 86400;
	assert_int_equal(backup(f, FIRST_CODE, &successor), XS_UNCONFIRMED);
	account = fixture_load(f);
	assert_true(account.methods[XS_BACKUP].disabled);
	xs_throttle_disable(&account, XS_BACKUP);
	fixture_save(f, &account);
	assert_int_equal(confirm(f, &successor), XS_DISABLED);
	assert_true(fixture_load(f).methods[XS_BACKUP].disabled);
}

static void
test_helpdesk_code_that_expires_before_confirm_is_refused(void **state)
{
	struct fixture *f = *state;
	struct xs_account account = fixture_account(f);
	struct xs_successor successor;

	fixture_issue_code(f, &account, "87654321");
	fixture_save(f, &account);
	assert_int_equal(backup(f, "87654321", &successor), XS_UNCONFIRMED);
	f->now += 61;
	assert_int_equal(confirm(f, &successor), XS_EXPIRED);
	/* A clock that was set back does not make it valid again. */
	f->now += 3600;
	assert_int_equal(backup(f, "00000000", &successor), XS_WRONG);
	f->now -= 3700;
	assert_int_equal(backup(f, "87654321", &successor), XS_EXPIRED);
}

static void
test_waiting_code_is_not_verified(void **state)
{
	struct fixture *f = *state;
	struct xs_successor successor;
	char code[16];

	fixture_enrol(f);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(app(f, "000000"), XS_WRONG);
	assert_int_equal(app(f, fixture_code(f, 0, code)), XS_WAITING);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(backup(f, "00000000", &successor), XS_WRONG);
	assert_int_equal(backup(f, FIRST_CODE, &successor), XS_WAITING);
	assert_int_equal(fixture_load(f).budgets[XS_OTHER].spent, 10);
	f->now += 31;
	assert_int_equal(app(f, fixture_code(f, 0, code)), XS_RIGHT);
}

/* A stranger with the password cannot keep the owner out. */
static void
test_strangers_failures_do_not_make_the_owner_wait(void **state)
{
	struct fixture *f = *state;
	char code[16];

	fixture_enrol(f);
	assert_int_equal(app(f, fixture_code(f, 0, code)), XS_RIGHT);
	strcpy(f->verify.address, "198.51.100.9");
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(app(f, "000000"), XS_WRONG);
	assert_int_equal(app(f, fixture_code(f, 1, code)), XS_WAITING);
	fixture_reset(f);
	strcpy(f->verify.address, "192.0.2.7");
	assert_int_equal(app(f, fixture_code(f, 1, code)), XS_RIGHT);
	assert_int_equal(fixture_load(f).budgets[XS_OTHER].spent, 5);
}

static void
test_every_form_of_app_code_is_right(void **state)
{
	struct fixture *f = *state;
	static const struct {
		enum xs_totp_algorithm algorithm;
		unsigned digits, period;
	} forms[] = {{XS_SHA1, 7, 15}, {XS_SHA256, 6, 60}, {XS_SHA512, 8, 45}};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct xs_account account = fixture_account(f);
		char code[16];

		account.app.totp.algorithm = forms[i].algorithm;
		account.app.totp.digits = forms[i].digits;
		account.app.totp.period = forms[i].period;
		fixture_save(f, &account);
		assert_int_equal(app(f, fixture_code(f, 0, code)), XS_RIGHT);
		assert_int_equal(strlen(code), forms[i].digits);
		assert_int_equal(app(f, code), XS_USED);
		assert_int_equal(app(f, fixture_code(f, 2, code)), XS_WRONG);
		assert_int_equal(app(f, fixture_code(f, 1, code)), XS_RIGHT);
	}
}

/* A wait from a wrong clock starts anew once, not at every look. */
static void
test_wait_beyond_its_length_ends(void **state)
{
	struct fixture *f = *state;
	int64_t until;
	char code[16];

	fixture_enrol(f);
	f->now += 365 * 86400;
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(app(f, "000000"), XS_WRONG);
	f->now -= 365 * 86400;
	for (unsigned i = 0; i < 3; i++) {
		struct xs_account account = fixture_load(f);

		assert_int_equal(
		    xs_verify_gate(&f->verify, &account, XS_APP, &until),
		    XS_GATE_WAITING);
		f->now += 10;
	}
	f->now += 1;
	assert_int_equal(app(f, fixture_code(f, 0, code)), XS_RIGHT);
}

static void
test_sides(void **state)
{
	static const struct {
		bool remote;
		const char *address;
		uid_t caller;
		const char *home;
		enum xs_side side;
	} rows[] = {
	    {false, "", 0, "", XS_OWN},
	    {false, "", ALICE_UID, "", XS_OWN},
	    {false, "", ALICE_UID + 1, "", XS_OTHER},
	    {true, "192.0.2.7", 0, "", XS_OTHER},
	    {true, "192.0.2.7", 0, "192.0.2.7", XS_OWN},
	    {true, "192.0.2.8", 0, "192.0.2.7", XS_OTHER},
	    {true, "::ffff:192.0.2.7", 0, "192.0.2.7", XS_OWN},
	    {true, "2001:db8:1:2:a::1", 0, "2001:db8:1:2::", XS_OWN},
	    {true, "2001:db8:1:3::1", 0, "2001:db8:1:2::", XS_OTHER},
	    /* A host name: PAM_RHOST is there, but no address. */
	    {true, "", 0, "192.0.2.7", XS_OTHER},
	    {true, "", ALICE_UID, "", XS_OTHER},
	};
	struct fixture *f = *state;
	struct xs_account account = fixture_account(f);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		f->verify.remote = rows[i].remote;
		strcpy(f->verify.address, rows[i].address);
		f->verify.caller = rows[i].caller;
		strcpy(account.home, rows[i].home);
		if (xs_verify_side(&f->verify, &account) != rows[i].side)
			fail_msg("row %zu", i);
	}
}

static bool
is_filled(const void *memory, size_t size, int byte)
{
	const unsigned char *bytes = memory;

	for (size_t i = 0; i < size; i++)
		if (bytes[i] != byte)
			return false;
	return true;
}

/* A record that was moved, or an account that was renamed. */
static void
test_record_of_another_is_not_handed_out(void **state)
{
	struct fixture *f = *state;
	struct xs_account account;
	int64_t now = 0;

	fixture_enrol(f);
	f->verify.who.name = "bob";
	memset(&account, 0xa5, sizeof(account));
	assert_int_equal(xs_verify_load(&f->verify, &account), XS_E_MISMATCH);
	assert_true(is_filled(&account, sizeof(account), 0xa5));
	assert_int_equal(
	    xs_step_begin(&f->verify, &account, &now), XS_E_MISMATCH);
	assert_true(is_filled(&account, sizeof(account), 0xa5));
	/* The lock is given back. */
	f->verify.who.name = "alice";
	assert_int_equal(xs_step_begin(&f->verify, &account, &now), 0);
	assert_false(is_filled(&account, sizeof(account), 0xa5));
	f->store.ops->abort(&f->store);
}

/* The uid in the record counts, too, and not its place alone. */
static void
test_record_of_another_uid_is_not_handed_out(void **state)
{
	struct fixture *f = *state;
	struct xs_account account = fixture_account(f);
	int64_t now = 0;

	account.uid = ALICE_UID + 1;
	fixture_save(f, &account);
	assert_int_equal(xs_verify_load(&f->verify, &account), XS_E_MISMATCH);
	assert_int_equal(
	    xs_step_begin(&f->verify, &account, &now), XS_E_MISMATCH);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_app_code_works_once),
	    TEST(test_clock_set_back_refuses_no_live_code),
	    TEST(test_wrong_code_is_charged_and_given_back_on_success),
	    TEST(test_success_gives_back_its_own_charges_only),
	    TEST(test_used_code_is_not_charged),
	    TEST(test_charge_comes_first),
	    TEST(test_failed_commit_answers_alike),
	    TEST(test_code_answers_alike_when_commits_fail),
	    TEST(test_backup_code_works_once_after_confirm),
	    TEST(test_confirm_keeps_what_changed_meanwhile),
	    TEST(test_confirm_after_new_enrolment_is_refused),
	    TEST(test_confirm_after_disable_is_refused),
	    TEST(test_confirm_after_stop_and_disable_is_refused),
	    TEST(test_helpdesk_code_that_expires_before_confirm_is_refused),
	    TEST(test_waiting_code_is_not_verified),
	    TEST(test_strangers_failures_do_not_make_the_owner_wait),
	    TEST(test_every_form_of_app_code_is_right),
	    TEST(test_wait_beyond_its_length_ends),
	    TEST(test_sides),
	    TEST(test_record_of_another_is_not_handed_out),
	    TEST(test_record_of_another_uid_is_not_handed_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
