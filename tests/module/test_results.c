/* SPDX-License-Identifier: BSD-3-Clause */
/* What an application asks of every module, and never gets from ours. */
#include "tests/module/world.h"

#include <security/pam_appl.h>

static unsigned asked_delay;

static void
take_delay(int result, unsigned delay, void *context)
{
	(void)result, (void)context;
	asked_delay = delay;
}

static int
answer(int count, const struct pam_message **messages,
    struct pam_response **replies, void *context)
{
	struct world *w = context;

	assert_int_equal(count, 1);
	*replies = calloc(1, sizeof(**replies));
	assert_non_null(*replies);
	if (messages[0]->msg_style == PAM_ERROR_MSG)
		return PAM_SUCCESS;
	if (*w->answers == NULL) {
		free(*replies);
		*replies = NULL;
		return PAM_CONV_ERR;
	}
	(*replies)->resp = strdup(*w->answers++);
	return PAM_SUCCESS;
}

static pam_handle_t *
start(struct world *w, const char *arguments, const struct pam_conv *conv)
{
	pam_handle_t *pamh = NULL;

	write_stack(w, arguments);
	assert_int_equal(
	    pam_start_confdir("service", w->user, conv, w->dir, &pamh),
	    PAM_SUCCESS);
	return pamh;
}

/* sshd sets it always, login and sudo never: the same host, one answer. */
static void
test_null_authtok_flag_changes_nothing(void **state)
{
	static const int flags[] = {0, PAM_DISALLOW_NULL_AUTHTOK};
	struct world *w = *state;
	const struct pam_conv conv = {answer, w};
	char code[16];

	for (unsigned i = 0; i < 2; i++) {
		pam_handle_t *pamh = start(w, "fail_delay=0", &conv);

		w->answers = (const char *const[]){NULL};
		assert_int_equal(pam_authenticate(pamh, flags[i]), PAM_SUCCESS);
		(void)pam_end(pamh, 0);
		pamh = start(w, "fail_delay=0 not_enrolled=refuse", &conv);
		w->answers = (const char *const[]){"0", NULL};
		assert_int_equal(
		    pam_authenticate(pamh, flags[i]), PAM_AUTH_ERR);
		(void)pam_end(pamh, 0);
	}
	for (unsigned i = 0; i < 2; i++) {
		pam_handle_t *pamh;

		enrol(w);
		app_code(w, code);
		pamh = start(w, "fail_delay=0", &conv);
		w->answers = (const char *const[]){"0", NULL};
		assert_int_equal(
		    pam_authenticate(pamh, flags[i]), PAM_AUTH_ERR);
		w->answers = (const char *const[]){code, NULL};
		assert_int_equal(pam_authenticate(pamh, flags[i]), PAM_SUCCESS);
		(void)pam_end(pamh, 0);
	}
}

/*
 * PAM_NEW_AUTHTOK_REQD would run the whole password stack, and passwd(1) for
 * logins by key: nobody is sent there, with a new backup code or without.
 */
static void
test_account_phase_never_asks_for_a_new_password(void **state)
{
	struct world *w = *state;
	const struct pam_conv conv = {answer, w};
	pam_handle_t *pamh = start(w, "fail_delay=0", &conv);
	char code[16];

	assert_int_equal(pam_acct_mgmt(pamh, 0), PAM_SUCCESS);
	(void)pam_end(pamh, 0);
	enrol(w);
	app_code(w, code);
	pamh = start(w, "fail_delay=0", &conv);
	assert_int_equal(pam_acct_mgmt(pamh, 0), PAM_SUCCESS);
	w->answers = (const char *const[]){"", BACKUP_CODE, "0", NULL};
	assert_int_equal(pam_authenticate(pamh, 0), PAM_AUTH_ERR);
	assert_int_equal(pam_acct_mgmt(pamh, 0), PAM_SUCCESS);
	w->answers = (const char *const[]){code, NULL};
	assert_int_equal(pam_authenticate(pamh, 0), PAM_SUCCESS);
	assert_int_equal(pam_acct_mgmt(pamh, 0), PAM_SUCCESS);
	(void)pam_end(pamh, 0);
}

/* libpam makes the delay a random one around what was asked for. */
static void
test_delay_after_a_failure_is_the_applications(void **state)
{
	static const struct {
		const char *option;
		unsigned least, most;
	} rows[] = {{"fail_delay=2", 1000000, 3000000}, {"fail_delay=0", 0, 0}};
	struct world *w = *state;
	const struct pam_conv conv = {answer, w};
	char code[16];

	enrol(w);
	for (unsigned i = 0; i < 2; i++) {
		pam_handle_t *pamh = start(w, rows[i].option, &conv);

		assert_int_equal(pam_set_item(pamh, PAM_FAIL_DELAY,
				     (const void *)take_delay),
		    PAM_SUCCESS);
		asked_delay = 7;
		w->answers = (const char *const[]){"000000", "0", NULL};
		assert_int_equal(pam_authenticate(pamh, 0), PAM_AUTH_ERR);
		assert_in_range(asked_delay, rows[i].least, rows[i].most);
		(void)pam_end(pamh, 0);
	}
	app_code(w, code);
	{
		pam_handle_t *pamh = start(w, "fail_delay=2", &conv);

		assert_int_equal(pam_set_item(pamh, PAM_FAIL_DELAY,
				     (const void *)take_delay),
		    PAM_SUCCESS);
		asked_delay = 7;
		w->answers = (const char *const[]){code, NULL};
		assert_int_equal(pam_authenticate(pamh, 0), PAM_SUCCESS);
		assert_in_range(asked_delay, 0, 7);
		(void)pam_end(pamh, 0);
	}
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_null_authtok_flag_changes_nothing),
	    T(test_account_phase_never_asks_for_a_new_password),
	    T(test_delay_after_a_failure_is_the_applications),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
