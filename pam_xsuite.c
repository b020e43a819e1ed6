/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pam_xsuite: the PAM entry points, and the PAM end of the dialogue. Nothing
 * else in the tree knows PAM.
 */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include <security/pam_ext.h>
#include <security/pam_modules.h>

#include "config.h"
#include "env.h"
#include "file.h"
#include "group.h"
#include "login.h"
#include "policy.h"
#include "seal.h"
#include "store.h"

#define ENTRY __attribute__((visibility("default")))
#define NSS_BUFFER_MAX (1024UL * 1024) /* bytes of one account's entry */
#define LOG_VALUE_MAX 300              /* bytes of one escaped value */

/* One call of pam_sm_authenticate. */
struct session {
	pam_handle_t *pamh;
	bool silent;
	bool is_account;
	const char *name; /* getpwnam's spelling, "" for no account */
	uid_t uid;
	gid_t gid;
	char rhost[LOG_VALUE_MAX];    /* as it was at first; "": none */
	char address[XS_ADDRESS_MAX]; /* rhost when numeric, else "" */
	char *nss_buffer;
	struct xs_config config;
	struct xs_keyring keys;
	struct xs_store store;
	struct xs_fault fault;
};

/* ---- The conversation ---- */

static void
wipe_reply(struct pam_response *reply)
{
	if (reply == NULL)
		return;
	if (reply->resp != NULL) {
		explicit_bzero(reply->resp, strlen(reply->resp));
		free(reply->resp);
	}
	free(reply);
}

/* Always one message a call: arrays of several differ between systems. */
static int
converse(const struct session *session, int style, const char *text,
    struct pam_response **reply)
{
	const struct pam_message message = {.msg_style = style, .msg = text};
	const struct pam_message *messages[] = {&message};
	const void *item = NULL;
	const struct pam_conv *conv;

	*reply = NULL;
	if (pam_get_item(session->pamh, PAM_CONV, &item) != PAM_SUCCESS ||
	    item == NULL)
		return XS_E_CONV;
	conv = item;
	if (conv->conv == NULL)
		return XS_E_CONV;
	switch (conv->conv(1, messages, reply, conv->appdata_ptr)) {
	case PAM_SUCCESS:
		return 0;
	case PAM_BUF_ERR:
		*reply = NULL;
		return XS_E_NOMEM;
	default:
		/* What a failing application left in reply is not ours. */
		*reply = NULL;
		return XS_E_CONV;
	}
}

/*
 * ECHO_ON: the codes work once, and sshd's "password" method, which would
 * answer a hidden prompt with the login password, fails cleanly
 * (test_sshd: test_method_password_is_refused_and_not_charged).
 */
static int
ask(void *context, const char *text, struct xs_answer *answer)
{
	struct pam_response *reply;
	int r = converse(context, PAM_PROMPT_ECHO_ON, text, &reply);

	if (r != 0)
		return r;
	/* login and su answer Ctrl-D with success and no text. */
	if (reply == NULL || reply->resp == NULL)
		r = XS_E_CONV;
	else
		xs_answer_set(answer, reply->resp);
	wipe_reply(reply);
	return r;
}

static void
close_with(void *context, const char *text)
{
	const struct session *session = context;
	struct pam_response *reply;

	if (session->silent)
		return;
	(void)converse(session, PAM_ERROR_MSG, text, &reply);
	wipe_reply(reply);
}

/* ---- The log ---- */

/* Printable ASCII but space, quote, backslash, '='; the rest as \xHH. */
static const char *
escape(const char *value, char out[LOG_VALUE_MAX])
{
	size_t n = 0;

	for (; *value != '\0' && n + 8 < LOG_VALUE_MAX; value++) {
		unsigned char c = (unsigned char)*value;

		if (c > 0x20 && c < 0x7f && strchr("\"\\=", c) == NULL)
			out[n++] = (char)c;
		else
			n += (size_t)snprintf(out + n, 5, "\\x%02x", c);
	}
	if (*value != '\0')
		n += (size_t)snprintf(out + n, 4, "...");
	out[n] = '\0';
	return out;
}

/* Who: an unknown name may be a password typed in the wrong place. */
static const char *
user_of(const struct session *session, char out[LOG_VALUE_MAX])
{
	if (!session->is_account)
		return "(unknown)";
	return escape(session->name, out);
}

static void
log_report(void *context, const struct xs_report *report)
{
	const struct session *session = context;
	char user[LOG_VALUE_MAX], rhost[LOG_VALUE_MAX], tail[128] = "";
	size_t n = 0;
	struct tm tm;
	time_t until = (time_t)report->until;

	if (report->failures > 0)
		n += (size_t)snprintf(
		    tail, sizeof(tail), " failures=%u", report->failures);
	if (report->until > 0 && gmtime_r(&until, &tm) != NULL)
		(void)strftime(tail + n, sizeof(tail) - n,
		    " until=%Y-%m-%dT%H:%M:%SZ", &tm);
	pam_syslog(session->pamh,
	    strcmp(report->word, "refused") == 0 ? LOG_NOTICE : LOG_INFO,
	    "%s user=%s%s%s%s%s%s%s%s", report->word, user_of(session, user),
	    report->method != NULL ? " method=" : "",
	    report->method != NULL ? report->method : "",
	    report->reason != NULL ? " reason=" : "",
	    report->reason != NULL ? report->reason : "", tail,
	    session->rhost[0] != '\0' ? " rhost=" : "",
	    escape(session->rhost, rhost));
}

static int
severity_of(int err)
{
	switch (err) {
	case XS_E_STATE:
	case XS_E_MISMATCH:
		return LOG_ALERT;
	case XS_E_NOMEM:
	case XS_E_COMMIT:
	case XS_E_INTERNAL:
		return LOG_CRIT;
	case XS_E_CONV:
		return LOG_NOTICE;
	default:
		return LOG_ERR;
	}
}

/* The one line about an error that ended the attempt. */
static void
log_error(struct session *session, int err)
{
	char user[LOG_VALUE_MAX], rhost[LOG_VALUE_MAX];
	bool has_text = session->fault.text[0] != '\0';
	const char *word = err == XS_E_CONV ? "refused" : "unavailable";

	if (session->config.enforce == XS_ENFORCE_LOG)
		word = "would-refuse";
	for (char *c = session->fault.text; *c != '\0'; c++)
		if (*c == '"')
			*c = '\'';
	pam_syslog(session->pamh, severity_of(err),
	    "%s user=%s reason=%s%s%s%s%s%s", word, user_of(session, user),
	    xs_err_word(err), session->rhost[0] != '\0' ? " rhost=" : "",
	    escape(session->rhost, rhost), has_text ? " what=\"" : "",
	    session->fault.text, has_text ? "\"" : "");
}

/* ---- Who logs in ---- */

/* 0 with is_account set or not; XS_E_STATE when the directory errs. */
static int
look_up(struct session *session, const char *user)
{
	struct passwd entry, *found = NULL;
	size_t size = 1024;
	int err = ERANGE;

	while (err == ERANGE && size <= NSS_BUFFER_MAX) {
		free(session->nss_buffer);
		size *= 4;
		session->nss_buffer = malloc(size);
		if (session->nss_buffer == NULL)
			return xs_fault_set(&session->fault, XS_E_NOMEM,
			    "no memory for the account's entry");
		err =
		    getpwnam_r(user, &entry, session->nss_buffer, size, &found);
	}
	if (found != NULL) {
		session->is_account = true;
		session->name = entry.pw_name;
		session->uid = entry.pw_uid;
		session->gid = entry.pw_gid;
		return 0;
	}
	if (err == 0 || err == ENOENT || err == ESRCH)
		return 0;
	return xs_fault_set(&session->fault, XS_E_STATE,
	    "the account could not be looked up: %s", xs_errno_text(err));
}

static int
identify(struct session *session)
{
	const char *user = NULL;
	const void *item = NULL;
	char place[XS_ADDRESS_MAX];

	if (pam_get_user(session->pamh, &user, NULL) != PAM_SUCCESS)
		return XS_E_CONV;
	/*
	 * A copy: the application may set the item while it asks a question,
	 * and so free the string (test_items: test_rhost_is_what_it_was_*).
	 */
	if (pam_get_item(session->pamh, PAM_RHOST, &item) == PAM_SUCCESS &&
	    item != NULL)
		(void)snprintf(session->rhost, sizeof(session->rhost), "%s",
		    (const char *)item);
	/* A name that only resolves to an address proves nothing. */
	if (xs_address_normalise(session->rhost, place))
		(void)snprintf(session->address, sizeof(session->address),
		    "%.*s", (int)sizeof(session->address) - 1, session->rhost);
	if (user == NULL || user[0] == '\0')
		return 0;
	return look_up(session, user);
}

/* ---- The attempt ---- */

static int
run(struct session *session, enum xs_outcome *outcome, enum xs_method *method)
{
	const struct xs_person person = {
	    .ask = ask, .close = close_with, .context = session};
	struct xs_verify verify = {.store = &session->store,
	    .config = &session->config,
	    .env = &xs_env_system,
	    .who = {.name = session->name, .uid = session->uid},
	    .remote = session->rhost[0] != '\0',
	    .caller = getuid(),
	    .fault = &session->fault};
	const struct xs_login login = {.verify = &verify,
	    .person = &person,
	    .is_account = session->is_account,
	    .report = log_report,
	    .context = session};

	memcpy(verify.address, session->address, sizeof(verify.address));
	if (session->config.enforce == XS_ENFORCE_LOG) {
		*outcome = XS_OUT_PASSED;
		return xs_login_preview(&login);
	}
	return xs_login_run(&login, outcome, method);
}

static int
is_member(
    void *context, const char *group, bool *member, struct xs_fault *fault)
{
	const struct session *session = context;

	return xs_group_has(group, session->name, session->gid, member, fault);
}

/* What the options say about this account; *exempt: it is not asked. */
static int
apply_policy(struct session *session, bool *exempt)
{
	const struct xs_subject subject = {.name = session->name,
	    .address = session->address,
	    .is_member = is_member,
	    .context = session};
	struct xs_report report = {.word = "passed"};
	struct xs_policy policy;
	int r;

	if (!session->is_account)
		return 0;
	r = xs_policy_decide(
	    &session->config, &subject, &policy, &session->fault);
	if (r != 0)
		return r;
	session->config.not_enrolled = policy.not_enrolled;
	*exempt = policy.exempt != NULL;
	report.reason = policy.exempt;
	if (*exempt)
		log_report(session, &report);
	return 0;
}

static int
authenticate(
    struct session *session, enum xs_outcome *outcome, enum xs_method *method)
{
	bool exempt = false;
	int r = identify(session);

	if (r == 0)
		r = apply_policy(session, &exempt);
	if (r == 0 && exempt) {
		*outcome = XS_OUT_PASSED;
		return 0;
	}
	if (r == 0)
		r = xs_keyring_load(
		    &session->keys, session->config.key_file, &session->fault);
	if (r == 0)
		r = xs_store_file_open(&session->store,
		    session->config.state_dir, &session->keys, &xs_env_system,
		    &session->fault);
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
    struct session *session, enum xs_outcome outcome, enum xs_method method)
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
	struct session session = {
	    .pamh = pamh, .silent = (flags & PAM_SILENT) != 0, .name = ""};
	enum xs_outcome outcome = XS_OUT_REFUSED;
	enum xs_method method = XS_APP;
	int result = PAM_AUTH_ERR;
	int r = xs_config_load(&session.config, XS_CONFIG_PATH, argc,
	    (const char *const *)argv, &session.fault);

	if (r == 0)
		r = authenticate(&session, &outcome, &method);
	if (r != 0)
		log_error(&session, r);
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
	xs_store_close(&session.store);
	xs_keyring_wipe(&session.keys);
	free(session.nss_buffer);
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
