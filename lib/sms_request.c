/* SPDX-License-Identifier: BSD-3-Clause */
#include "sms_request.h"

#include "verify_step.h"

/* Counts one text in the record. *room: there was room for it. */
static int
charge_account(
    struct xs_verify *verify, enum xs_sms_kind kind, bool *room, int64_t *until)
{
	struct xs_account account;
	int64_t now;
	int r = xs_step_begin(verify, &account, &now);

	if (r != 0)
		return r;
	*room = xs_sms_gate(&account, verify->config, kind, now, until);
	if (*room)
		xs_sms_charge(&account, kind, now);
	/*
	 * Without room too: what xs_step_begin moved must stay moved. No notice
	 * is told for it, so it is no try at one (test_notice_again:
	 * test_asking_for_texts_withholds_no_notice).
	 */
	r = xs_step_record(verify, &account);
	xs_account_wipe(&account);
	return r;
}

/*
 * The host's own count is no part of the login: without it no text is sent,
 * and the other methods work on (test_login_sms:
 * test_host_count_that_errs_*).
 */
int
xs_sms_request_charge(struct xs_verify *verify, enum xs_sms_kind kind,
    enum xs_sms_result *result, int64_t *until)
{
	bool room = false;
	int r,
	    host = xs_sms_host_gate(
		verify->config, kind, verify->env, until, verify->fault);

	if (host == 0) {
		r = charge_account(verify, kind, &room, until);
		if (r != 0)
			return r;
		host = room ? xs_sms_host_take(verify->config, kind,
				  verify->env, until, verify->fault)
			    : 1;
	}
	*result = host == 0 ? XS_SMS_SENT
	    : host > 0      ? XS_SMS_LIMITED
			    : XS_SMS_FAILED;
	return 0;
}

int
xs_sms_request(struct xs_verify *verify, const struct xs_sender *sender,
    enum xs_sms_kind kind, const char *number, const char *text,
    enum xs_sms_result *result, int64_t *until)
{
	int r = xs_sms_request_charge(verify, kind, result, until);

	if (r != 0 || *result != XS_SMS_SENT)
		return r;
	xs_store_rest(verify->store);
	if (sender->send(sender->context, number, text, verify->fault) != 0)
		*result = XS_SMS_FAILED;
	return 0;
}

struct xs_report
xs_sms_request_report(const struct xs_verify *verify, enum xs_sms_result result,
    int64_t until, const char *setting)
{
	struct xs_report report = {.word = "sent"};

	if (result != XS_SMS_SENT)
		report.word = "not-sent";
	report.method = xs_method_name(XS_SMS);
	report.setting = setting;
	if (result == XS_SMS_LIMITED) {
		report.reason = "limit";
		report.until = until;
	}
	if (result == XS_SMS_FAILED) {
		report.reason = "sender";
		report.what = verify->fault->text;
	}
	return report;
}
