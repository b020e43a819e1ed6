/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The account phase through libpam: who is led to set up a second step, how
 * that can end, and what it leaves.
 */
#include "tests/module/enrol_stack.h"

/* ---- Who is led to set it up ---- */

static void
test_no_record_is_led_to_set_up(void **state)
{
	struct world *w = *state;
	struct phases p;
	char typed[sizeof(p.scanned)];

	begin(&p, w, "");
	(void)pam_set_item(p.pamh, PAM_RHOST, "192.0.2.7");
	assert_int_equal(authenticate(&p, SILENCE), PAM_SUCCESS);
	assert_unasked(&p);
	assert_int_equal(account(&p, 0, SAY(SCAN, NEW)), PAM_SUCCESS);
	assert_int_equal(p.prompts, 2);
	assert_seen(&p, "Two-step login is to be set up for you now");
	assert_true(has_record(w));
	assert_logged("enrolled user=");
	assert_logged(" rhost=192.0.2.7\n");
	memcpy(typed, p.scanned, sizeof(typed));
	phases_end(&p);
	/* From now on he is asked; the code that he typed is used up. */
	load(w, &w->account);
	begin(&p, w, "");
	assert_int_equal(authenticate(&p, SAY(typed, "0")), PAM_AUTH_ERR);
	assert_seen(&p, "used already");
	phases_end(&p);
}

static void
test_enter_puts_off_until_the_day(void **state)
{
	struct world *w = *state;
	struct phases p;

	for (int days = 0; days <= 2; days++) {
		begin_until(&p, w, days, "");
		assert_int_equal(authenticate(&p, SILENCE), PAM_SUCCESS);
		assert_int_equal(account(&p, 0, SAY("")), PAM_SUCCESS);
		assert_int_equal(p.prompts, 1);
		assert_seen(&p, day_from_now(days));
		assert_logged("put-off user=");
		assert_false(has_record(w));
		phases_end(&p);
	}
}

static void
test_unfinished_after_the_day_is_refused(void **state)
{
	struct world *w = *state;
	struct phases p;

	for (int late = 0; late <= 1; late++) {
		if (late)
			begin_until(&p, w, -1, "");
		else
			begin(&p, w, "");
		assert_int_equal(authenticate(&p, SILENCE), PAM_SUCCESS);
		assert_int_equal(account(&p, 0, SAY("", "0")), PAM_PERM_DENIED);
		assert_int_equal(p.prompts, 2);
		assert_int_equal(p.errors, 1);
		assert_logged("refused user=");
		assert_logged("reason=not-enrolled");
		assert_int_equal(
		    account(&p, 0, SAY("000000", "000000", "000000")),
		    PAM_PERM_DENIED);
		/* The app alone, the backup code not confirmed. */
		assert_int_equal(
		    account(&p, 0, SAY(SCAN, "0")), PAM_PERM_DENIED);
		assert_int_equal(p.prompts, 2);
		assert_false(has_record(w));
		phases_end(&p);
	}
}

static void
test_three_wrong_codes_before_the_day_let_pass(void **state)
{
	struct world *w = *state;
	struct phases p;

	begin_until(&p, w, 1, "");
	assert_int_equal(authenticate(&p, SILENCE), PAM_SUCCESS);
	assert_int_equal(
	    account(&p, 0, SAY("000000", "000000", "000000")), PAM_SUCCESS);
	assert_int_equal(p.prompts, 3);
	assert_false(has_record(w));
	phases_end(&p);
}

static void
test_no_answer_is_as_put_off(void **state)
{
	struct world *w = *state;
	struct phases p;

	begin_until(&p, w, 1, "");
	assert_int_equal(authenticate(&p, SILENCE), PAM_SUCCESS);
	assert_int_equal(account(&p, 0, SILENCE), PAM_SUCCESS);
	assert_int_equal(account(&p, 0, SAY(SCAN)), PAM_SUCCESS);
	phases_end(&p);
	begin_until(&p, w, -1, "");
	assert_int_equal(authenticate(&p, SILENCE), PAM_SUCCESS);
	assert_int_equal(account(&p, 0, SILENCE), PAM_PERM_DENIED);
	assert_int_equal(p.errors, 1);
	assert_seen(&p, "has to be set up");
	assert_logged("reason=conversation");
	phases_end(&p);
	assert_false(has_record(w));
}

/* PAM_SILENT drops the closing text, not the questions (sudo passes it). */
static void
test_silent_asks_and_closes_without_a_word(void **state)
{
	struct world *w = *state;
	struct phases p;

	begin(&p, w, "");
	assert_int_equal(authenticate(&p, SILENCE), PAM_SUCCESS);
	assert_int_equal(account(&p, PAM_SILENT, SAY("0")), PAM_PERM_DENIED);
	assert_int_equal(p.prompts, 1);
	assert_int_equal(p.errors + p.infos, 0);
	assert_int_equal(account(&p, PAM_SILENT, SAY(SCAN, NEW)), PAM_SUCCESS);
	assert_true(has_record(w));
	phases_end(&p);
}

/* ---- The record, meanwhile ---- */

static void
make_record(struct phases *phases)
{
	if (phases->prompts == 1)
		enrol(phases->world);
}

/* As of a stack that includes common-account and has a line of its own. */
static void
test_two_account_lines_set_up_once(void **state)
{
	struct world *w = *state;
	struct phases p;

	phases_begin(&p, w,
	    "auth required %s" ENROL "\nauth required pam_permit.so\n"
	    "account required %s" ENROL "\naccount required %s" ENROL
	    "\naccount required pam_permit.so\n");
	assert_int_equal(authenticate(&p, SILENCE), PAM_SUCCESS);
	assert_int_equal(account(&p, 0, SAY(SCAN, NEW)), PAM_SUCCESS);
	assert_int_equal(p.prompts, 2);
	/* Nor does an application that asks twice shut him out. */
	assert_int_equal(account(&p, 0, SILENCE), PAM_SUCCESS);
	assert_unasked(&p);
	phases_end(&p);
}

static void
test_record_that_came_meanwhile_refuses(void **state)
{
	struct world *w = *state;
	struct phases p;
	struct xs_account now;

	for (int days = -1; days <= 1; days += 2) {
		/* Before the first question. */
		begin_until(&p, w, days, "");
		assert_int_equal(authenticate(&p, SILENCE), PAM_SUCCESS);
		enrol(w);
		assert_int_equal(
		    account(&p, 0, SAY(SCAN, NEW)), PAM_PERM_DENIED);
		assert_int_equal(p.prompts, 0);
		assert_logged("refused user=");
		assert_logged("reason=enrolled-elsewhere");
		remove_record(w);
		/* While they are asked. */
		p.prompt = make_record;
		assert_int_equal(
		    account(&p, 0, SAY(SCAN, NEW, "")), PAM_PERM_DENIED);
		assert_seen(&p, "set up elsewhere in the meantime");
		assert_logged("reason=stale");
		load(w, &now);
		assert_memory_equal(now.app.totp.secret,
		    w->account.app.totp.secret, sizeof(now.app.totp.secret));
		remove_record(w);
		phases_end(&p);
	}
}

/* ---- A backup code, and no app ---- */

/* The record as it was, and a backup code has let him in. */
static void
begin_without_app(struct world *w, struct phases *p)
{
	save(w);
	begin_until(p, w, -1, "");
	assert_int_equal(authenticate(p, SAY(BACKUP_CODE, NEW)), PAM_SUCCESS);
}

static void
test_backup_code_without_an_app_offers_it(void **state)
{
	struct world *w = *state;
	struct phases p;
	struct xs_account now;

	enrol(w);
	w->account.app = (struct xs_app){0};
	save(w);
	begin_until(&p, w, -1, "");
	assert_int_equal(authenticate(&p, SAY(BACKUP_CODE, NEW)), PAM_SUCCESS);
	/* He has a way in: Enter puts it off, and he is not asked twice. */
	assert_int_equal(account(&p, 0, SAY("")), PAM_SUCCESS);
	assert_int_equal(p.prompts, 1);
	assert_int_equal(account(&p, 0, SAY("0")), PAM_SUCCESS);
	assert_unasked(&p);
	load(w, &now);
	assert_false(now.app.set);
	phases_end(&p);

	/* So does a lost line; and once more a backup code, now to the end. */
	begin_without_app(w, &p);
	assert_int_equal(account(&p, 0, SILENCE), PAM_SUCCESS);
	phases_end(&p);
	begin_without_app(w, &p);
	assert_int_equal(account(&p, 0, SAY(SCAN)), PAM_SUCCESS);
	load(w, &now);
	assert_true(now.app.set);
	assert_logged("changed user=");
	assert_int_equal(account(&p, 0, SAY("0")), PAM_SUCCESS);
	assert_unasked(&p);
	phases_end(&p);
}

static void
test_who_has_an_app_is_asked_nothing(void **state)
{
	struct world *w = *state;
	struct phases p;

	enrol(w);
	begin_until(&p, w, -1, "");
	assert_int_equal(authenticate(&p, SAY(RIGHT)), PAM_SUCCESS);
	assert_int_equal(account(&p, 0, SAY("0")), PAM_SUCCESS);
	assert_unasked(&p);
	assert_int_equal(
	    authenticate(&p, SAY("", BACKUP_CODE, NEW)), PAM_SUCCESS);
	assert_int_equal(account(&p, 0, SAY("0")), PAM_SUCCESS);
	assert_unasked(&p);
	phases_end(&p);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_no_record_is_led_to_set_up),
	    TEST(test_enter_puts_off_until_the_day),
	    TEST(test_unfinished_after_the_day_is_refused),
	    TEST(test_three_wrong_codes_before_the_day_let_pass),
	    TEST(test_no_answer_is_as_put_off),
	    TEST(test_silent_asks_and_closes_without_a_word),
	    TEST(test_two_account_lines_set_up_once),
	    TEST(test_record_that_came_meanwhile_refuses),
	    TEST(test_backup_code_without_an_app_offers_it),
	    TEST(test_who_has_an_app_is_asked_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
