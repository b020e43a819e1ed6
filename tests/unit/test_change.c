/* SPDX-License-Identifier: BSD-3-Clause */
/* A change is made of what was seen, and undoes nothing that others did. */
#include "login_fixture.h"

#include "change.h"

#define NUMBER "+31687654321"

/* Each method anew, as its owner's settings do it. */
static enum xs_changed
set_anew(
    struct fixture *f, enum xs_method method, const struct xs_account *seen)
{
	struct xs_account account = *seen;
	enum xs_changed changed = XS_CHANGE_STALE;
	int r;

	if (method == XS_APP)
		r = xs_change_app(&f->verify, &seen->app, &account, &changed);
	else if (method == XS_SMS)
		r = xs_change_phone(&f->verify, NUMBER, &account, &changed);
	else
		r = xs_change_backup(
		    &f->verify, &seen->backup, &account, &changed);
	assert_int_equal(r, 0);
	return changed;
}

/* An administrator leaves no stop; guesses at the old one do. */
static void
test_what_an_administrator_switched_off_stays_off(void **state)
{
	struct fixture *f = *state;

	for (enum xs_method m = 0; m < XS_METHODS; m++) {
		struct xs_account account = fixture_account(f);
		struct xs_method_count *count = &account.methods[m];

		count->stop = f->config.throttle.stop;
		xs_throttle_disable(&account, m);
		fixture_save(f, &account);
		assert_int_equal(set_anew(f, m, &account), XS_CHANGE_MADE);
		account = fixture_load(f);
		assert_true(count->disabled);
		count->stop = f->config.throttle.stop;
		fixture_save(f, &account);
		assert_int_equal(set_anew(f, m, &account), XS_CHANGE_MADE);
		account = fixture_load(f);
		assert_false(count->disabled);
		assert_int_equal(count->stop, 0);
	}
}

/* Another session's change of the default is not undone by one unaware. */
static void
test_default_that_was_changed_meanwhile_is_stale(void **state)
{
	struct fixture *f = *state;
	struct xs_account seen = fixture_account(f), account = seen;
	enum xs_changed changed = XS_CHANGE_MADE;

	seen.default_method = XS_SMS;
	account.default_method = XS_APP;
	fixture_save(f, &account);
	assert_int_equal(
	    xs_change_language(&f->verify, "nl", &seen, &changed), 0);
	assert_int_equal(changed, XS_CHANGE_STALE);
	assert_string_equal(fixture_load(f).language, "");
	/* It has been seen now. */
	assert_int_equal(seen.default_method, XS_APP);
	assert_int_equal(
	    xs_change_language(&f->verify, "nl", &seen, &changed), 0);
	assert_int_equal(changed, XS_CHANGE_MADE);
}

static enum xs_changed
change_meanwhile(struct fixture *f, const struct xs_account *seen,
    const struct xs_account *meanwhile)
{
	struct xs_account account = *seen;
	enum xs_changed changed = XS_CHANGE_MADE;

	fixture_save(f, meanwhile);
	assert_int_equal(
	    xs_change_language(&f->verify, "nl", &account, &changed), 0);
	assert_string_equal(fixture_load(f).language, "");
	return changed;
}

/*
 * The helpdesk acts because somebody has lost control: sessions that came in
 * before end, whether it issues a code, another one or takes one back.
 */
static void
test_helpdesk_that_acts_meanwhile_ends_a_session(void **state)
{
	struct fixture *f = *state;
	struct xs_account none = fixture_account(f), one = none, other = none;

	fixture_issue_code(f, &one, "87654321");
	fixture_issue_code(f, &other, "11223344");
	assert_int_equal(change_meanwhile(f, &none, &one), XS_CHANGE_VOID);
	assert_int_equal(change_meanwhile(f, &one, &other), XS_CHANGE_VOID);
	assert_int_equal(change_meanwhile(f, &other, &none), XS_CHANGE_VOID);
}

/* A clock that is set back later revives nothing from before. */
static void
test_enrolment_is_of_now(void **state)
{
	struct fixture *f = *state;
	struct xs_account account = fixture_account(f);
	struct xs_app app = account.app;

	assert_int_equal(xs_change_enrol(&f->verify, &app, NULL, &account), 0);
	f->now -= 3600;
	account = fixture_load(f);
	assert_int_equal(account.latest, NOON);
	assert_int_equal(account.app.made.time, NOON);
	assert_string_equal(account.app.made.by, "alice");
	assert_string_equal(account.home, "192.0.2.7");
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_what_an_administrator_switched_off_stays_off),
	    TEST(test_default_that_was_changed_meanwhile_is_stale),
	    TEST(test_helpdesk_that_acts_meanwhile_ends_a_session),
	    TEST(test_enrolment_is_of_now),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
