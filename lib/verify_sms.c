/* SPDX-License-Identifier: BSD-3-Clause */
#include "verify.h"

#include <string.h>

#include "verify_step.h"

/* The record in hand is changed as the code deserves. */
static enum xs_verdict
judge_sms(struct xs_verify *verify, struct xs_account *account,
    struct xs_sms_code *code, const char *typed, int64_t now)
{
	if (xs_sms_code_check(
		code, account->phone.number, typed, verify->env)) {
		xs_step_succeed(verify, account, XS_SMS, now);
		xs_step_remember(verify, account, now);
		return XS_RIGHT;
	}
	xs_step_charge(verify, account, XS_SMS, now);
	return XS_WRONG;
}

/*
 * As for the app: right and wrong make one commit, and nobody learns which
 * it was before that is durable (test_login_sms:
 * test_failed_commit_answers_alike).
 */
int
xs_verify_sms(struct xs_verify *verify, struct xs_sms_code *code,
    const char *typed, struct xs_account *account, enum xs_verdict *verdict)
{
	struct xs_account now_account;
	enum xs_verdict found = XS_EXPIRED;
	enum xs_side side;
	int64_t now;
	int r = xs_step_begin(verify, &now_account, &now);

	if (r != 0)
		return r;
	side = xs_verify_side(verify, &now_account);
	if (xs_step_is_barred(verify, &now_account, XS_SMS, &found) ||
	    !xs_sms_code_is_out(code, now_account.phone.number, verify->env)) {
		verify->store->ops->abort(verify->store);
		goto done;
	}
	found = judge_sms(verify, &now_account, code, typed, now);
	r = xs_step_commit(verify, &now_account);
	if (r != 0)
		goto out;
	if (found == XS_WRONG)
		verify->charged[side]++;
done:
	*account = now_account;
	*verdict = found;
out:
	xs_account_wipe(&now_account);
	return r;
}
