/* SPDX-License-Identifier: BSD-3-Clause */
/* pam_xsuite: the PAM entry points. */
#include <stdio.h>
#include <string.h>

#include <security/pam_ext.h>
#include <security/pam_modules.h>

#include "config.h"
#include "login.h"
#include "pam/session.h"

#define ENTRY __attribute__((visibility("default")))

static int
run(struct xs_session *session, enum xs_outcome *outcome,
    enum xs_method *method)
{
	const struct xs_person person = xs_session_person(session);
	struct xs_verify verify = xs_session_verify(session);
	const struct xs_login login = {.verify = &verify,
	    .person = &person,
	    .is_account = session->is_account,
	    .report = xs_session_report,
	    .context = session};

	if (session->config.enforce == XS_ENFORCE_LOG) {
		*outcome = XS_OUT_PASSED;
		return xs_login_preview(&login);
	}
	return xs_login_run(&login, outcome, method);
}

static int
authenticate(struct xs_session *session, enum xs_outcome *outcome,
    enum xs_method *method)
{
	struct xs_report passed = {.word = "passed"};
	int r = xs_session_identify(session);

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

/*
 * The only place where PAM_SUCCESS and PAM_IGNORE are given
 * (test_module: test_ignore_alone_is_no_success and its fellows).
 */
static int
result_of_outcome(
    struct xs_session *session, enum xs_outcome outcome, enum xs_method method)
{
	char variable[32];

	switch (outcome) {
	case XS_OUT_GRANTED:
		(void)snprintf(variable, sizeof(variable), "XSUITE_METHOD=%s",
		    xs_method_name(method));
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
	enum xs_outcome outcome = XS_OUT_REFUSED;
	enum xs_method method = XS_APP;
	int result = PAM_AUTH_ERR;
	int r = xs_config_load(&session.config, XS_CONFIG_PATH, argc,
	    (const char *const *)argv, &session.fault);

	if (r == 0)
		r = authenticate(&session, &outcome, &method);
	if (r != 0)
		xs_session_log_error(&session, r);
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

ENTRY int
pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh, (void)flags, (void)argc, (void)argv;
	return PAM_SUCCESS;
}

ENTRY int
pam_sm_chauthtok(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh, (void)flags, (void)argc, (void)argv;
	return PAM_IGNORE;
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
