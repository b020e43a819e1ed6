/* SPDX-License-Identifier: BSD-3-Clause */
#include "account.h"

#include <security/pam_modules.h>

#include "env.h"
#include "policy.h"
#include "settings.h"

static bool
is_asked_here(const struct xs_session *session)
{
	const void *item = NULL;

	return pam_get_item(session->pamh, PAM_SERVICE, &item) == PAM_SUCCESS &&
	    item != NULL && xs_list_has(session->config.enrol_services, item);
}

/* Until when setting up can be put off; 0: no longer, or never could. */
static int64_t
term(const struct xs_session *session)
{
	int64_t by = session->config.enrol_by;

	return xs_env_system.now(xs_env_system.context) <= by ? by : 0;
}

static int
enrol(struct xs_session *session, bool enrolled, enum xs_enrolled *result)
{
	const struct xs_person person = xs_session_person(session);
	struct xs_verify verify = xs_session_verify(session);
	const struct xs_settings settings = {.verify = &verify,
	    .person = &person,
	    .enrolled = enrolled,
	    .sender = xs_session_sender(session),
	    .notifier = xs_session_notifier(session),
	    .report = xs_session_report,
	    .context = session};

	return xs_enrol_run(&settings, enrolled ? 0 : term(session), result);
}

/*
 * Nothing was set up because the person could not be asked or the record not
 * be written: the same as if it had been put off, where it may be.
 */
static bool
is_as_put_off(int r)
{
	return r == XS_E_CONV || r == XS_E_COMMIT || r == XS_E_BUSY;
}

/* Where no question can be asked, a text has to do. */
static void
say_overdue(struct xs_session *session)
{
	const struct xs_person person = xs_session_person(session);
	const struct xs_report refused = {
	    .word = "refused", .reason = "not-enrolled"};
	struct xs_dialog dialog;

	xs_dialog_init(&dialog, &person, session->config.language);
	xs_dialog_say(&dialog, XS_MSG_ENROL_OVERDUE);
	xs_dialog_close(&dialog);
	xs_dialog_wipe(&dialog);
	xs_session_report(session, &refused);
}

/* Our authenticate let him pass without a record. */
static int
enrol_first(struct xs_session *session, enum xs_admission *admission)
{
	enum xs_enrolled result = XS_ENROL_UNFINISHED;
	const struct xs_report elsewhere = {
	    .word = "refused", .reason = "enrolled-elsewhere"};
	bool may_put_off = term(session) != 0;
	int r = enrol(session, false, &result);

	if (is_as_put_off(r)) {
		xs_session_log_error(session, r);
		if (!may_put_off)
			say_overdue(session);
		r = 0;
	}
	if (r == 0 && result == XS_ENROL_ELSEWHERE)
		xs_session_report(session, &elsewhere);
	if (r == 0 &&
	    (result == XS_ENROL_DONE ||
		(result == XS_ENROL_UNFINISHED && may_put_off))) {
		xs_proof_settle(session);
		*admission = XS_ADMISSION_GIVEN;
	}
	return r;
}

/*
 * A backup code let him in: when there is no app (an invitation, or it was
 * removed) he is led to set one up. He has a way in, so he can put it off.
 */
static int
offer_app(struct xs_session *session, const struct xs_proof *proof,
    enum xs_admission *admission)
{
	struct xs_verify verify = xs_session_verify(session);
	struct xs_account account;
	enum xs_enrolled result;
	bool has_app = true;
	int r = 0;

	if (proof->method == XS_BACKUP &&
	    (session->config.methods & 1u << XS_APP) != 0) {
		r = xs_verify_load(&verify, &account);
		has_app = r == 0 && account.app.set;
		xs_account_wipe(&account);
	}
	if (r == 0 && !has_app)
		r = enrol(session, true, &result);
	if (is_as_put_off(r)) {
		xs_session_log_error(session, r);
		r = 0;
	}
	if (r == 0) {
		xs_proof_settle(session);
		*admission = XS_ADMISSION_GIVEN;
	}
	return r;
}

/* A key alone, or another stack let him in: nothing can be asked here. */
static int
judge_unasked(struct xs_session *session, enum xs_admission *admission)
{
	struct xs_verify verify = xs_session_verify(session);
	struct xs_account account;
	int r = 0;

	if (term(session) == 0) {
		r = xs_verify_load(&verify, &account);
		xs_account_wipe(&account);
	}
	if (r == XS_E_NORECORD) {
		say_overdue(session);
		return 0;
	}
	if (r == 0)
		*admission = XS_ADMISSION_GIVEN;
	return r;
}

int
xs_account_decide(struct xs_session *session, const struct xs_proof *proof,
    enum xs_admission *admission)
{
	const char *exempt = NULL;
	int r = 0;

	*admission = XS_ADMISSION_REFUSED;
	if (!session->is_account || session->config.enforce == XS_ENFORCE_LOG ||
	    !is_asked_here(session)) {
		*admission = XS_ADMISSION_GIVEN;
		return 0;
	}
	r = xs_session_apply_policy(session, &exempt);
	if (r != 0)
		return r;
	if (proof->settled) {
		*admission = XS_ADMISSION_GIVEN;
		return 0;
	}
	if (proof->kind != XS_PROOF_SECOND &&
	    (exempt != NULL ||
		session->config.not_enrolled != XS_NOT_ENROLLED_ENROL)) {
		*admission = XS_ADMISSION_GIVEN;
		return 0;
	}
	r = xs_session_open(session);
	if (r != 0)
		return r;
	switch (proof->kind) {
	case XS_PROOF_SECOND:
		return offer_app(session, proof, admission);
	case XS_PROOF_REMEMBERED:
		*admission = XS_ADMISSION_GIVEN;
		return 0;
	case XS_PROOF_NO_RECORD:
		return enrol_first(session, admission);
	case XS_PROOF_NONE:
		break;
	}
	return judge_unasked(session, admission);
}
