/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The password phase through libpam: nothing without the word "settings", and
 * with it nothing for who has not proved in this conversation who he is.
 */
#include <sys/syscall.h>

#include "tests/module/phases.h"

#define SETTINGS "password required %s settings\n"
#define ASK "auth required %s\nauth required pam_permit.so\n"

/* ---- A process that was stopped ---- */

static time_t stopped; /* seconds, until now */

/* In place of libc's, for the module too. */
__attribute__((visibility("default"))) int
clock_gettime(clockid_t clock, struct timespec *now)
{
	long r = syscall(SYS_clock_gettime, clock, now);

	if (r == 0 && clock == CLOCK_BOOTTIME)
		now->tv_sec += stopped;
	return (int)r;
}

/* ---- As passwd(1) runs it ---- */

/* Ignored, and so of no weight, whatever the options say and state holds. */
static void
test_passwd_is_as_without_us(void **state)
{
	static const char *const stacks[] = {
	    "password [ignore=ignore default=die] %s\n"
	    "password required pam_permit.so\n",
	    "password [ignore=ignore default=die] %s debug tries=99 nonsense\n"
	    "password required pam_permit.so\n",
	};
	struct world *w = *state;
	struct phases p;

	for (size_t i = 0; i < 2; i++) {
		phases_begin(&p, w, stacks[i]);
		assert_int_equal(settings(&p, SAY("1")), PAM_SUCCESS);
		assert_unasked(&p);
		assert_int_equal(the_outcome()->log_lines, 0);
		phases_end(&p);
	}
	write_file(w->dir, "xsuite.conf", "nonsense\n");
	phases_begin(&p, w, stacks[0]);
	assert_int_equal(settings(&p, SAY("1")), PAM_SUCCESS);
	assert_unasked(&p);
	assert_int_equal(the_outcome()->log_lines, 0);
	phases_end(&p);
	/* And a line that refuses still does. */
	phases_begin(&p, w,
	    "password required %s\npassword required "
	    "pam_deny.so\n");
	assert_int_not_equal(settings(&p, SAY("1")), PAM_SUCCESS);
	phases_end(&p);
}

/* ---- Who may not ---- */

static void
expect_refused(struct phases *phases)
{
	assert_int_equal(settings(phases, SAY("5", "2", "0")), PAM_PERM_DENIED);
	assert_unasked(phases);
	assert_logged("unavailable user=");
	assert_logged("the settings need the password");
}

static void
test_without_authenticate_refused(void **state)
{
	struct world *w = *state;
	struct phases p;

	phases_begin(&p, w, SETTINGS);
	expect_refused(&p);
	enrol(w);
	expect_refused(&p);
	phases_end(&p);
}

static void
test_exempt_and_merely_logged_refused(void **state)
{
	struct world *w = *state;
	struct phases p;
	char stack[512];

	for (int enrolled = 0; enrolled <= 1; enrolled++) {
		if (enrolled)
			enrol(w);
		(void)snprintf(stack, sizeof(stack),
		    PASSWORD_RIGHT "auth required %%s exempt_users=%s\n"
				   "auth required pam_permit.so\n"
				   "password required %%s settings\n",
		    w->user);
		phases_begin(&p, w, stack);
		assert_int_equal(authenticate(&p, SAY("secret")), PAM_SUCCESS);
		expect_refused(&p);
		phases_end(&p);
		phases_begin(&p, w,
		    PASSWORD_RIGHT "auth required %s enforce=log\n"
				   "auth required pam_permit.so\n" SETTINGS);
		assert_int_equal(authenticate(&p, SAY("secret")), PAM_SUCCESS);
		expect_refused(&p);
		phases_end(&p);
	}
}

static void
test_failed_authenticate_refused(void **state)
{
	struct world *w = *state;
	struct phases p;

	enrol(w);
	phases_begin(&p, w, ASK SETTINGS);
	/* Also after one that was right. */
	assert_int_equal(authenticate(&p, SAY(RIGHT)), PAM_SUCCESS);
	assert_int_equal(authenticate(&p, SAY("000000", "0")), PAM_AUTH_ERR);
	expect_refused(&p);
	assert_int_equal(authenticate(&p, SILENCE), PAM_CONV_ERR);
	expect_refused(&p);
	phases_end(&p);
	phases_begin(&p, w, "auth requisite " PASSWORD_WRONG ASK SETTINGS);
	assert_int_not_equal(authenticate(&p, SAY("wrong")), PAM_SUCCESS);
	expect_refused(&p);
	phases_end(&p);
}

/* The last authenticate counts, and what is left of one before does not. */
static void
test_former_success_opens_nothing_after_an_exemption(void **state)
{
	struct world *w = *state;
	struct phases p;

	enrol(w);
	phases_begin(&p, w,
	    "auth required %s exempt_networks=192.0.2.0/24\n"
	    "auth required pam_permit.so\n" SETTINGS);
	assert_int_equal(authenticate(&p, SAY(RIGHT)), PAM_SUCCESS);
	assert_string_equal(pam_getenv(p.pamh, "XSUITE_METHOD"), "app");
	assert_int_equal(
	    pam_set_item(p.pamh, PAM_RHOST, "192.0.2.9"), PAM_SUCCESS);
	assert_int_equal(authenticate(&p, SILENCE), PAM_SUCCESS);
	assert_unasked(&p);
	assert_null(pam_getenv(p.pamh, "XSUITE_METHOD"));
	expect_refused(&p);
	phases_end(&p);
}

static void
test_former_success_opens_nothing_after_an_error(void **state)
{
	struct world *w = *state;
	struct phases p;
	char path[128], aside[128];

	(void)snprintf(path, sizeof(path), "%s/xsuite.conf", w->dir);
	(void)snprintf(aside, sizeof(aside), "%s/aside", w->dir);
	enrol(w);
	phases_begin(&p, w, ASK SETTINGS);
	assert_int_equal(authenticate(&p, SAY(RIGHT)), PAM_SUCCESS);
	assert_int_equal(rename(path, aside), 0);
	write_file(w->dir, "xsuite.conf", "nonsense = yes\n");
	assert_int_equal(authenticate(&p, SILENCE), PAM_SERVICE_ERR);
	assert_null(pam_getenv(p.pamh, "XSUITE_METHOD"));
	assert_int_equal(rename(aside, path), 0);
	expect_refused(&p);
	phases_end(&p);
}

/* Whoever finds a terminal unlocked would get a second step of his own. */
static void
test_no_record_and_no_password_refused(void **state)
{
	struct world *w = *state;
	struct phases p;

	phases_begin(&p, w, ASK SETTINGS);
	assert_int_equal(authenticate(&p, SILENCE), PAM_SUCCESS);
	expect_refused(&p);
	phases_end(&p);
	assert_false(has_record(w));
}

/* Who has the one second step has not the other one's settings. */
static void
test_code_of_another_store_refused(void **state)
{
	struct world *w = *state;
	struct phases p;
	char text[512];

	enrol(w);
	(void)snprintf(
	    text, sizeof(text), "cp -r %s/state %s/vault", w->dir, w->dir);
	assert_int_equal(system(text), 0);
	(void)snprintf(text, sizeof(text),
	    "%spassword required %%s settings state_dir=%s/vault\n", ASK,
	    w->dir);
	phases_begin(&p, w, text);
	assert_int_equal(authenticate(&p, SAY(RIGHT)), PAM_SUCCESS);
	expect_refused(&p);
	phases_end(&p);
}

static void
test_other_name_refused(void **state)
{
	struct world *w = *state;
	struct phases p;

	enrol(w);
	phases_begin(&p, w, PASSWORD_RIGHT ASK SETTINGS);
	assert_int_equal(authenticate(&p, SAY("secret", RIGHT)), PAM_SUCCESS);
	(void)pam_set_item(p.pamh, PAM_USER, somebody_else(w));
	expect_refused(&p);
	(void)pam_set_item(p.pamh, PAM_USER, "no-such-account");
	expect_refused(&p);
	(void)pam_set_item(p.pamh, PAM_USER, w->user);
	assert_int_equal(settings(&p, SAY("0")), PAM_SUCCESS);
	phases_end(&p);
}

/* A record of somebody without one must not open the way to another's. */
static void
test_record_that_came_meanwhile_refused(void **state)
{
	struct world *w = *state;
	struct phases p;
	struct xs_account now;

	phases_begin(&p, w, PASSWORD_RIGHT ASK SETTINGS);
	assert_int_equal(authenticate(&p, SAY("secret")), PAM_SUCCESS);
	enrol(w);
	assert_int_not_equal(
	    settings(&p, SAY("1", SCAN, NEW, "0")), PAM_SUCCESS);
	assert_unasked(&p);
	assert_logged("reason=exists");
	load(w, &now);
	assert_memory_equal(now.app.totp.secret, w->account.app.totp.secret,
	    sizeof(now.app.totp.secret));
	phases_end(&p);
}

static void
test_record_that_went_meanwhile_refused(void **state)
{
	struct world *w = *state;
	struct phases p;

	enrol(w);
	phases_begin(&p, w, ASK SETTINGS);
	assert_int_equal(authenticate(&p, SAY(RIGHT)), PAM_SUCCESS);
	remove_record(w);
	assert_int_equal(
	    settings(&p, SAY("1", SCAN, NEW, "0")), PAM_AUTHINFO_UNAVAIL);
	assert_unasked(&p);
	assert_logged("reason=state");
	assert_false(has_record(w));
	phases_end(&p);
}

/* ---- Who may ---- */

static void
test_right_code_opens_the_settings(void **state)
{
	struct world *w = *state;
	struct phases p;
	struct xs_account now;

	enrol(w);
	phases_begin(&p, w, ASK SETTINGS);
	assert_int_equal(authenticate(&p, SAY(RIGHT)), PAM_SUCCESS);
	assert_int_equal(settings(&p, SAY("5", "2", "0")), PAM_SUCCESS);
	assert_seen(&p, "Security settings of ");
	assert_logged("changed user=");
	assert_logged(" setting=language");
	load(w, &now);
	assert_string_equal(now.language, "nl");
	phases_end(&p);
}

/*
 * Who starts xsuite can stop it behind the code, and go on when the owner has
 * a new second step: what was proved is as old as that.
 */
static void
test_code_of_long_ago_refused(void **state)
{
	struct world *w = *state;
	struct phases p;

	enrol(w);
	phases_begin(&p, w, ASK SETTINGS);
	assert_int_equal(authenticate(&p, SAY(RIGHT)), PAM_SUCCESS);
	stopped = 301;
	expect_refused(&p);
	stopped = 290;
	assert_int_equal(settings(&p, SAY("0")), PAM_SUCCESS);
	stopped = 0;
	phases_end(&p);
}

static void
test_password_opens_the_settings_of_who_has_no_record(void **state)
{
	struct world *w = *state;
	struct phases p;

	phases_begin(&p, w, PASSWORD_RIGHT ASK SETTINGS);
	assert_int_equal(authenticate(&p, SAY("secret")), PAM_SUCCESS);
	assert_int_equal(settings(&p, SAY("1", SCAN, NEW, "0")), PAM_SUCCESS);
	assert_logged("enrolled user=");
	assert_true(has_record(w));
	phases_end(&p);
}

static void
test_setting_is_the_applications_word(void **state)
{
	struct world *w = *state;
	struct phases p;

	enrol(w);
	phases_begin(&p, w, ASK SETTINGS);
	assert_int_equal(authenticate(&p, SAY(RIGHT)), PAM_SUCCESS);
	(void)pam_putenv(p.pamh, "XSUITE_SETTING=language");
	assert_int_equal(settings(&p, SAY("0")), PAM_SUCCESS);
	assert_int_equal(p.prompts, 1);
	assert_seen(&p, "Nederlands");
	(void)pam_putenv(p.pamh, "XSUITE_SETTING=status");
	assert_int_equal(settings(&p, SILENCE), PAM_SUCCESS);
	assert_int_equal(p.infos, 1);
	assert_int_equal(p.prompts, 0);
	(void)pam_putenv(p.pamh, "XSUITE_SETTING=everything");
	assert_int_not_equal(settings(&p, SAY("0")), PAM_SUCCESS);
	assert_unasked(&p);
	/* Its own environment says nothing. */
	(void)pam_putenv(p.pamh, "XSUITE_SETTING");
	assert_int_equal(setenv("XSUITE_SETTING", "language", 1), 0);
	assert_int_equal(settings(&p, SAY("0")), PAM_SUCCESS);
	assert_int_equal(unsetenv("XSUITE_SETTING"), 0);
	assert_seen(&p, "Security settings of ");
	phases_end(&p);
}

/* libpam runs every line twice; a line behind us may refuse the first. */
static void
test_preliminary_check_asks_nothing(void **state)
{
	struct world *w = *state;
	struct phases p;

	enrol(w);
	phases_begin(&p, w, ASK SETTINGS "password required pam_deny.so\n");
	assert_int_equal(authenticate(&p, SAY(RIGHT)), PAM_SUCCESS);
	assert_int_not_equal(settings(&p, SAY("5", "2", "0")), PAM_SUCCESS);
	assert_unasked(&p);
	phases_end(&p);
}

static void
test_wrong_option_with_settings_is_an_error(void **state)
{
	struct world *w = *state;
	struct phases p;

	enrol(w);
	phases_begin(&p, w, ASK "password required %s settings tries=99\n");
	assert_int_equal(authenticate(&p, SAY(RIGHT)), PAM_SUCCESS);
	assert_int_equal(settings(&p, SAY("0")), PAM_SERVICE_ERR);
	assert_unasked(&p);
	assert_logged("reason=config");
	phases_end(&p);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_passwd_is_as_without_us),
	    TEST(test_without_authenticate_refused),
	    TEST(test_exempt_and_merely_logged_refused),
	    TEST(test_failed_authenticate_refused),
	    TEST(test_former_success_opens_nothing_after_an_exemption),
	    TEST(test_former_success_opens_nothing_after_an_error),
	    TEST(test_no_record_and_no_password_refused),
	    TEST(test_code_of_another_store_refused),
	    TEST(test_other_name_refused),
	    TEST(test_record_that_came_meanwhile_refused),
	    TEST(test_record_that_went_meanwhile_refused),
	    TEST(test_right_code_opens_the_settings),
	    TEST(test_code_of_long_ago_refused),
	    TEST(test_password_opens_the_settings_of_who_has_no_record),
	    TEST(test_setting_is_the_applications_word),
	    TEST(test_preliminary_check_asks_nothing),
	    TEST(test_wrong_option_with_settings_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
