/* SPDX-License-Identifier: BSD-3-Clause */
/* pam_xsuite: the PAM entry points. */
#include <stdio.h>
#include <string.h>

#include <security/pam_ext.h>
#include <security/pam_modules.h>

#include "config.h"
#include "login.h"
#include "pam/account.h"
#include "pam/proof.h"
#include "pam/session.h"
#include "settings.h"

#define ENTRY __attribute__((visibility("default")))

/* What became of it, for the phases that come after. */
static void
keep_proof(struct xs_session *session, enum xs_outcome outcome,
    enum xs_method method, bool password)
{
	struct xs_proof proof = {.kind = XS_PROOF_NONE, .method = method};

	if (outcome == XS_OUT_GRANTED)
		proof.kind = XS_PROOF_SECOND;
	if (outcome == XS_OUT_REMEMBERED)
		proof.kind = XS_PROOF_REMEMBERED;
	if (outcome == XS_OUT_PASSED)
		proof.kind = XS_PROOF_NO_RECORD;
	proof.password = password;
	xs_proof_keep(session, &proof);
}

static int
run(struct xs_session *session, enum xs_outcome *outcome,
    enum xs_method *method)
{
	const struct xs_person person = xs_session_person(session);
	struct xs_verify verify = xs_session_verify(session);
	const struct xs_login login = {.verify = &verify,
	    .person = &person,
	    .is_account = session->is_account,
	    .sender = xs_session_sender(session),
	    .notifier = xs_session_notifier(session),
	    .report = xs_session_report,
	    .context = session};

	/* Conversations may set items; what was asked before us is past. */
	bool password = xs_proof_password_asked(session);
	int r;

	if (session->config.enforce == XS_ENFORCE_LOG) {
		*outcome = XS_OUT_PASSED;
		return xs_login_preview(&login);
	}
	r = xs_login_run(&login, outcome, method);
	if (r == 0)
		keep_proof(session, *outcome, *method, password);
	return r;
}

/* Has an earlier line let in? Then *outcome is what it found. */
static bool
is_answered(struct xs_session *session, enum xs_outcome *outcome,
    enum xs_method *method)
{
	const struct xs_report again = {
	    .word = "passed", .reason = "asked-already"};
	enum xs_proof_kind kind = xs_proof_of_this_pass(session, method);

	if (kind == XS_PROOF_SECOND)
		*outcome = XS_OUT_GRANTED;
	else if (kind == XS_PROOF_REMEMBERED)
		*outcome = XS_OUT_REMEMBERED;
	else
		return false;
	xs_session_report(session, &again);
	return true;
}

static int
authenticate(struct xs_session *session, enum xs_outcome *outcome,
    enum xs_method *method)
{
	const struct xs_proof nothing = {.kind = XS_PROOF_NONE};
	struct xs_report passed = {.word = "passed"};
	int r = xs_session_identify(session);

	if (r == 0 && is_answered(session, outcome, method))
		return 0;
	xs_proof_keep(session, &nothing);
	if (r == 0 && session->is_account)
		r = xs_session_apply_policy(session, &passed.reason);
	if (r == 0 && passed.reason != NULL) {
		xs_session_report(session, &passed);
		*outcome = XS_OUT_PASSED;
		return 0;
	}
	if (r == 0)
		r = xs_session_open(session);
	if (r == 0)
		r = run(session, outcome, method);
	return r;
}

/* "settings" elsewhere than on a password line would be a mistake unseen. */
static int
load_options(struct xs_session *session, int argc, const char **argv)
{
	int r = xs_config_load(&session->config, XS_CONFIG_PATH, argc,
	    (const char *const *)argv, &session->fault);

	if (r == 0 && session->config.settings)
		r = xs_fault_set(&session->fault, XS_E_CONFIG,
		    "argument settings: it belongs on a password line");
	return r;
}

static int
result_of_error(int err)
{
	switch (err) {
	case XS_E_NOMEM:
		return PAM_BUF_ERR;
	case XS_E_CONV:
		return PAM_CONV_ERR;
	case XS_E_CONFIG:
		return PAM_SERVICE_ERR;
	default:
		return PAM_AUTHINFO_UNAVAIL;
	}
}

static int
result_of_settings(int err)
{
	return err == XS_E_NOTSUP ? PAM_PERM_DENIED : result_of_error(err);
}

#define METHOD_VARIABLE "XSUITE_METHOD"

/* A login before this one on the handle may have left it. */
static void
forget_method(pam_handle_t *pamh)
{
	if (pam_getenv(pamh, METHOD_VARIABLE) != NULL)
		(void)pam_putenv(pamh, METHOD_VARIABLE);
}

/*
 * The only place where authenticate gives PAM_SUCCESS and PAM_IGNORE
 * (test_module: test_ignore_alone_is_no_success and its fellows).
 */
static int
result_of_outcome(
    struct xs_session *session, enum xs_outcome outcome, enum xs_method method)
{
	char variable[32];

	switch (outcome) {
	case XS_OUT_GRANTED:
	case XS_OUT_REMEMBERED:
		(void)snprintf(variable, sizeof(variable),
		    METHOD_VARIABLE "=%s",
		    outcome == XS_OUT_REMEMBERED ? XS_REMEMBERED
						 : xs_method_name(method));
		(void)pam_putenv(session->pamh, variable);
		return PAM_SUCCESS;
	case XS_OUT_PASSED:
		return PAM_IGNORE;
	case XS_OUT_WAITING:
		return PAM_MAXTRIES;
	case XS_OUT_REFUSED:
		break;
	}
	return PAM_AUTH_ERR;
}

ENTRY int
pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct xs_session session = {
	    .pamh = pamh, .silent = (flags & PAM_SILENT) != 0, .name = ""};
	const struct xs_proof nothing = {.kind = XS_PROOF_NONE};
	enum xs_outcome outcome = XS_OUT_REFUSED;
	enum xs_method method = XS_APP;
	int result = PAM_AUTH_ERR;
	int r = load_options(&session, argc, argv);

	forget_method(pamh);
	if (r == 0)
		r = authenticate(&session, &outcome, &method);
	if (r != 0) {
		xs_session_log_error(&session, r);
		xs_proof_keep(&session, &nothing);
	}
	/* enforce = log: an error is told, and stops nobody. */
	if (r != 0 && r != XS_E_CONFIG &&
	    session.config.enforce == XS_ENFORCE_LOG) {
		outcome = XS_OUT_PASSED;
		r = 0;
	}
	result = r != 0 ? result_of_error(r)
			: result_of_outcome(&session, outcome, method);
	/* A wish, not a sleep; the application may wait after a failure. */
	if (result == PAM_AUTH_ERR && session.config.fail_delay > 0)
		(void)pam_fail_delay(pamh, session.config.fail_delay * 1000000);
	xs_session_close(&session);
	return result;
}

/* Must succeed: sshd calls it where our authenticate never ran. */
ENTRY int
pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh, (void)flags, (void)argc, (void)argv;
	return PAM_SUCCESS;
}

/*
 * A directory that fails may say "no such name" instead, and nobody slips past
 * what he has to set up by that (test_account_phase:
 * test_account_that_is_not_found_again_refuses).
 */
static int
identify_again(struct xs_session *session)
{
	int r = xs_session_identify(session);

	if (r == 0 && !session->is_account && xs_proof_is_kept(session))
		return xs_fault_set(&session->fault, XS_E_STATE,
		    "the account is not found any more");
	return r;
}

/*
 * Without our authenticate on this handle a wrong option lets pass: a key
 * alone, or cron, is asked for no second step anyway, and the ways in that
 * are kept for mending the option must stay open
 * (test_account_phase: test_wrong_option_*).
 */
ENTRY int
pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct xs_session session = {
	    .pamh = pamh, .silent = (flags & PAM_SILENT) != 0, .name = ""};
	enum xs_admission admission = XS_ADMISSION_REFUSED;
	struct xs_proof proof = {.kind = XS_PROOF_NONE};
	int result = PAM_PERM_DENIED;
	int r = identify_again(&session);

	if (r == 0) {
		proof = xs_proof_recall(&session);
		r = load_options(&session, argc, argv);
	}
	if (r == 0) {
		const struct xs_proof here = xs_proof_recall(&session);

		r = xs_account_decide(&session, &here, &admission);
	}
	if (r != 0) {
		xs_session_log_error(&session, r);
		result = result_of_error(r);
	}
	if ((r == 0 && admission == XS_ADMISSION_GIVEN) ||
	    (r == XS_E_CONFIG && proof.kind == XS_PROOF_NONE))
		result = PAM_SUCCESS;
	xs_session_close(&session);
	return result;
}

static bool
has_word(int argc, const char **argv, const char *word)
{
	for (int i = 0; i < argc; i++)
		if (strcmp(argv[i], word) == 0)
			return true;
	return false;
}

/*
 * Who may change settings: a code was right in this very conversation, or
 * there was no record and the password was asked for (and was right, or the
 * application would not be here).
 */
static int
enter_settings(struct xs_session *session, struct xs_proof *proof)
{
	int r = xs_session_identify(session);

	if (r != 0)
		return r;
	*proof = xs_proof_recall(session);
	if (proof->kind == XS_PROOF_SECOND ||
	    (proof->kind == XS_PROOF_NO_RECORD && proof->password))
		return 0;
	return xs_fault_set(&session->fault, XS_E_NOTSUP,
	    "the settings need the password and, where there is one, the "
	    "second step in the same stack");
}

static int
run_settings(struct xs_session *session, const struct xs_proof *proof)
{
	const struct xs_person person = xs_session_person(session);
	struct xs_verify verify = xs_session_verify(session);
	const struct xs_settings settings = {.verify = &verify,
	    .person = &person,
	    .enrolled = proof->kind == XS_PROOF_SECOND,
	    .latest = proof->made + XS_PROOF_FRESH,
	    .sender = xs_session_sender(session),
	    .notifier = xs_session_notifier(session),
	    .report = xs_session_report,
	    .context = session};
	enum xs_setting setting;
	int r;

	/* The handle's environment is the application's, not the caller's. */
	if (!xs_setting_parse(
		pam_getenv(session->pamh, "XSUITE_SETTING"), &setting))
		return xs_fault_set(&session->fault, XS_E_INVALID,
		    "XSUITE_SETTING names no setting");
	r = xs_session_open(session);
	return r == 0 ? xs_settings_run(&settings, setting) : r;
}

/*
 * passwd(1) and others run the whole password stack: without the word
 * "settings" we are not there (test_passwd: test_passwd_is_as_without_us).
 */
ENTRY int
pam_sm_chauthtok(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct xs_session session = {
	    .pamh = pamh, .silent = (flags & PAM_SILENT) != 0, .name = ""};
	struct xs_proof proof = {.kind = XS_PROOF_NONE};
	int r;

	if (!has_word(argc, argv, "settings"))
		return PAM_IGNORE;
	r = xs_config_load(&session.config, XS_CONFIG_PATH, argc,
	    (const char *const *)argv, &session.fault);
	if (r == 0)
		r = enter_settings(&session, &proof);
	if (r == 0 && (flags & PAM_PRELIM_CHECK) == 0)
		r = run_settings(&session, &proof);
	if (r != 0)
		xs_session_log_error(&session, r);
	xs_session_close(&session);
	return r == 0 ? PAM_SUCCESS : result_of_settings(r);
}

ENTRY int
pam_sm_open_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh, (void)flags, (void)argc, (void)argv;
	return PAM_IGNORE;
}

ENTRY int
pam_sm_close_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh, (void)flags, (void)argc, (void)argv;
	return PAM_IGNORE;
}
