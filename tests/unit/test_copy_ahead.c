/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * xsuite-admin copy --update: which of two records may take the other's
 * place. here is the record that was copied, and lived on; there is the copy,
 * in which something happened too, or nothing.
 */
#include "copy_life.h"

#include "tools/admin_copy_ahead.h"

static bool
is_ahead(const struct xs_account *there, const struct xs_account *here)
{
	return copy_is_ahead(there, here, &defaults, NOW);
}

static void
do_nothing(struct xs_account *account, int64_t now)
{
	(void)account, (void)now;
}

/* What the owner does where he logs in: it hides much of what was there. */
static void
live_on(struct xs_account *account, int64_t now)
{
	set_language(account, now - 500);
	fail_once(account, now - 400);
	send_text(account, now - 300);
	send_notice(account, now - 300);
	log_in(account, now);
}

/* ---- There in place of here would undo something ---- */

/* Whatever happened here since, and however much later. */
static void
test_nothing_that_happened_there_is_undone(void **state)
{
	static happening *const since[] = {
	    do_nothing, fail_once, log_in, set_mail, live_on};

	(void)state;
	for (size_t i = 0; i < COUNT(happenings); i++) {
		for (size_t j = 0; j < COUNT(since); j++) {
			struct xs_account there = copied(), here = copied();

			happenings[i].happens(&there, THERE);
			since[j](&here, HERE);
			if (!is_ahead(&there, &here))
				fail_msg("%s there, and %zu here",
				    happenings[i].name, j);
		}
	}
}

/* And so where the copy was the later. */
static void
test_nothing_that_happened_there_later_is_undone(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(happenings); i++) {
		struct xs_account there = copied(), here = copied();

		live_on(&here, THERE);
		happenings[i].happens(&there, HERE);
		if (!is_ahead(&there, &here))
			fail_msg("%s there", happenings[i].name);
	}
}

static void
test_guess_there_stays_charged(void **state)
{
	static happening *const since[] = {
	    do_nothing, log_in, set_phone, set_language, send_text};

	(void)state;
	for (size_t j = 0; j < COUNT(since); j++) {
		struct xs_account there = copied(), here = copied();

		fail_once(&there, THERE);
		since[j](&here, HERE);
		if (!is_ahead(&there, &here))
			fail_msg("%zu here", j);
	}
}

/* More of them here, but not those. */
static void
test_other_guesses_do_not_stand_for_those_there(void **state)
{
	struct xs_account there = copied(), here = copied();

	(void)state;
	fail_once(&there, THERE);
	fail_once(&here, HERE);
	assert_true(is_ahead(&there, &here));
	fail_once(&here, HERE + 10);
	assert_true(is_ahead(&there, &here));
}

/* The wait of a side, where the counts alone do not say it. */
static void
test_wait_there_is_waited(void **state)
{
	struct xs_account there = copied(), here = copied();

	(void)state;
	there.methods[XS_APP].side[XS_OTHER].failures = 9;
	here = there;
	there.methods[XS_APP].side[XS_OTHER].not_before = NOW + 60;
	assert_true(is_ahead(&there, &here));
	assert_false(is_ahead(&here, &there));
	there.methods[XS_APP].side[XS_OTHER].not_before = 0;
	there.methods[XS_APP].side[XS_OTHER].failures++;
	assert_true(is_ahead(&there, &here));
	assert_false(is_ahead(&here, &there));
	there.methods[XS_APP].side[XS_OTHER].failures--;
	there.methods[XS_APP].stop = 1;
	assert_true(is_ahead(&there, &here));
	assert_false(is_ahead(&here, &there));
}

static void
test_success_there_after_one_here_is_kept(void **state)
{
	struct xs_account there = copied(), here = copied();

	(void)state;
	log_in(&here, THERE);
	log_in(&there, HERE);
	assert_true(is_ahead(&there, &here));
	set_mail(&here, HERE + 10);
	assert_true(is_ahead(&there, &here));
	/* That one was the earlier does not make it known. */
	there = copied();
	log_in(&there, THERE - 10);
	see(&there, HERE);
	assert_true(is_ahead(&there, &here));
}

static void
test_notice_sent_there_is_not_sent_again(void **state)
{
	struct xs_account there = copied(), here;

	(void)state;
	there.untold.events = 1;
	here = there;
	set_language(&here, HERE);
	assert_false(is_ahead(&there, &here));
	there.untold.events = 0;
	assert_true(is_ahead(&there, &here));
	here.untold.events = 0;
	assert_false(is_ahead(&there, &here));
}

/* One field that says so is enough, whatever else was lost on the way. */
static void
test_each_trace_of_use_counts_alone(void **state)
{
	struct xs_account there, here;

	(void)state;
	there = here = copied();
	set_mail(&here, HERE);
	there.latest = HERE + 1;
	assert_true(is_ahead(&there, &here));

	there = here = copied();
	log_in(&here, HERE);
	there.last_success = HERE + 1;
	there.latest = T0;
	assert_true(is_ahead(&there, &here));

	there = here = copied();
	set_mail(&here, HERE);
	there.app.last_step++;
	assert_true(is_ahead(&there, &here));

	there = here = copied();
	set_mail(&here, HERE);
	there.backup.count--;
	assert_true(is_ahead(&there, &here));
	assert_false(is_ahead(&here, &here));
}

static void
test_each_trace_of_a_guess_counts_alone(void **state)
{
	struct xs_account there, here, fresh = copied();

	(void)state;
	fail_once(&fresh, COPIED);
	there = here = fresh;
	fail_once(&there, THERE);
	here = there;
	there.history.last++;
	assert_true(is_ahead(&there, &here));
	strcpy(here.history.from, ADDRESS);
	there.history.last--;
	assert_true(is_ahead(&there, &here));

	/* As many in the bucket, and the last of them there. */
	here = there;
	fail_once(&here, HERE);
	there.history.last = HERE + 1;
	assert_true(is_ahead(&there, &here));
	there.history.last = THERE;
	assert_false(is_ahead(&there, &here));
	there.history.first--;
	assert_true(is_ahead(&there, &here));
	there.history.first++;
	there.history.count = 9;
	assert_true(is_ahead(&there, &here));
}

static void
test_another_code_left_open_is_not_told_by_that_event(void **state)
{
	struct xs_account there = copied(), here;

	(void)state;
	leave_open(&there, COPIED);
	here = there;
	tell_open(&here, HERE);
	assert_false(is_ahead(&there, &here));
	there.unconfirmed.time--;
	assert_true(is_ahead(&there, &here));
	there = copied();
	leave_open(&there, COPIED);
	strcpy(there.unconfirmed.from, "192.0.2.8");
	assert_true(is_ahead(&there, &here));
}

/* So much here that what there knew last has fallen out: nobody can tell. */
static void
test_too_long_ago_counts_as_ahead(void **state)
{
	struct xs_account there = copied(), here = copied();

	(void)state;
	for (int i = 0; i < XS_EVENTS_MAX - 1; i++)
		set_mail(&here, HERE + i);
	assert_false(is_ahead(&there, &here));
	set_mail(&here, HERE + XS_EVENTS_MAX);
	assert_true(is_ahead(&there, &here));
	/* Of what is left of them all must fit. */
	there = here;
	set_language(&here, HERE + XS_EVENTS_MAX + 1);
	assert_false(is_ahead(&there, &here));
	there.events[XS_EVENTS_MAX - 2].time--;
	assert_true(is_ahead(&there, &here));
}

/* By one command for both stores: its event is the same in both. */
static void
test_changes_of_one_second_are_told_apart(void **state)
{
	struct xs_account there = copied(), here = copied();

	(void)state;
	set_phone(&there, HERE);
	set_phone(&here, HERE);
	assert_false(is_ahead(&there, &here));
	here.phone.number[4] = '7';
	assert_true(is_ahead(&there, &here));
}

/* Removed and enrolled anew, in the second of the first one too. */
static void
test_another_enrolment_counts_as_ahead(void **state)
{
	struct xs_account there = copied(), here = copied();

	(void)state;
	here.event_count = 0;
	enrol(&here, HERE);
	assert_true(is_ahead(&there, &here));
	assert_true(is_ahead(&here, &there));
	here = copied();
	here.app.totp.secret[0] ^= 1;
	assert_true(is_ahead(&there, &here));
	here = copied();
	here.backup.salt[0] ^= 1;
	set_mail(&here, HERE);
	assert_true(is_ahead(&there, &here));
}

/* ---- It would undo nothing ---- */

static void
test_what_happened_here_since_is_taken_over(void **state)
{
	static happening *const before[] = {do_nothing, fail_once, leave_open};

	(void)state;
	for (size_t i = 0; i < COUNT(happenings); i++) {
		for (size_t j = 0; j < COUNT(before); j++) {
			struct xs_account there = copied(), here;

			before[j](&there, COPIED);
			here = there;
			tell_open(&here, HERE);
			happenings[i].happens(&here, HERE);
			if (is_ahead(&there, &here))
				fail_msg(
				    "%zu, then %s here", j, happenings[i].name);
			log_in(&here, HERE + 10);
			if (is_ahead(&there, &here))
				fail_msg("%zu, then %s and a login here", j,
				    happenings[i].name);
		}
	}
}

static void
test_stop_that_was_lifted_here_does_not_come_back(void **state)
{
	static const struct {
		happening *happens;
		bool ahead;
	} rows[] = {
	    {unlock, false},
	    {enrol, false},
	    {remove_app, false},
	    {set_phone, true},
	    {set_language, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct xs_account there = copied(), here;

		disable(&there, COPIED);
		here = there;
		here.methods[XS_APP].disabled = false;
		rows[i].happens(&here, HERE);
		assert_int_equal(is_ahead(&there, &here), rows[i].ahead);
	}
}

/* Charges that were there when it was copied came back with the time. */
static void
test_refill_is_no_guess_there(void **state)
{
	struct xs_account there = copied(), here;

	(void)state;
	for (int i = 0; i < 7; i++)
		fail_once(&there, COPIED);
	here = there;
	see(&here, COPIED + 3 * UNIT_OTHER);
	xs_throttle_settle(&here, &defaults, COPIED + 3 * UNIT_OTHER);
	log_in(&here, COPIED + 3 * UNIT_OTHER);
	assert_true(here.budgets[XS_OTHER].spent < 7);
	assert_false(copy_is_ahead(
	    &there, &here, &defaults, COPIED + 3 * UNIT_OTHER + 10));
}

static void
test_times_that_were_pushed_out_are_known(void **state)
{
	struct xs_account there = copied(), here = copied();

	(void)state;
	for (int i = 0; i < XS_SENDS_MAX; i++)
		send_text(&here, HERE + i);
	assert_false(is_ahead(&there, &here));
}

static void
test_record_is_not_ahead_of_itself(void **state)
{
	struct xs_account there = copied(), here;

	(void)state;
	live_on(&there, THERE);
	stop(&there, THERE);
	leave_open(&there, THERE);
	here = there;
	here.uid = 2000;
	assert_true(copy_is_same(&there, &here));
	assert_false(is_ahead(&there, &here));
	xs_account_init(&there, &alice);
	assert_false(is_ahead(&there, &there));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_nothing_that_happened_there_is_undone),
	    cmocka_unit_test(test_nothing_that_happened_there_later_is_undone),
	    cmocka_unit_test(test_guess_there_stays_charged),
	    cmocka_unit_test(test_other_guesses_do_not_stand_for_those_there),
	    cmocka_unit_test(test_wait_there_is_waited),
	    cmocka_unit_test(test_success_there_after_one_here_is_kept),
	    cmocka_unit_test(test_notice_sent_there_is_not_sent_again),
	    cmocka_unit_test(test_each_trace_of_use_counts_alone),
	    cmocka_unit_test(test_each_trace_of_a_guess_counts_alone),
	    cmocka_unit_test(
		test_another_code_left_open_is_not_told_by_that_event),
	    cmocka_unit_test(test_too_long_ago_counts_as_ahead),
	    cmocka_unit_test(test_changes_of_one_second_are_told_apart),
	    cmocka_unit_test(test_another_enrolment_counts_as_ahead),
	    cmocka_unit_test(test_what_happened_here_since_is_taken_over),
	    cmocka_unit_test(test_stop_that_was_lifted_here_does_not_come_back),
	    cmocka_unit_test(test_refill_is_no_guess_there),
	    cmocka_unit_test(test_times_that_were_pushed_out_are_known),
	    cmocka_unit_test(test_record_is_not_ahead_of_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
