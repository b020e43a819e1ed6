/* SPDX-License-Identifier: BSD-3-Clause */
/* SMS in the login dialogue: asking for a text, and its code. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "login_talk.h"
#include "sms_request.h"

bool
xs_talk_sms_is_out(struct xs_talk *talk)
{
	return xs_sms_code_is_out(
	    &talk->sms, talk->account.phone.number, talk->verify->env);
}

static void
say_result(struct xs_talk *talk, enum xs_sms_result result, int64_t until)
{
	int64_t now = talk->verify->env->now(talk->verify->env->context);
	char phone[32], length[64], time[64];

	xs_phone_mask(talk->account.phone.number, phone);
	switch (result) {
	case XS_SMS_SENT:
		xs_message_validity(talk->dialog.language,
		    talk->config->sms_valid, length, sizeof(length));
		xs_dialog_say(&talk->dialog, XS_MSG_SMS_SENT, phone, length);
		break;
	case XS_SMS_LIMITED:
		xs_message_until(until, now, time, sizeof(time));
		xs_dialog_say(&talk->dialog, XS_MSG_SMS_LIMIT, time);
		break;
	case XS_SMS_FAILED:
		xs_dialog_say(&talk->dialog, XS_MSG_SMS_NOT_SENT);
		break;
	}
}

static void
report_result(
    const struct xs_talk *talk, enum xs_sms_result result, int64_t until)
{
	const struct xs_report report =
	    xs_sms_request_report(talk->verify, result, until, NULL);

	talk->login->report(talk->login->context, &report);
	/* Told: how the login ends is another matter. */
	(void)xs_fault_set(talk->verify->fault, 0, "%s", "");
}

static int
make_and_send(struct xs_talk *talk, struct xs_sms_code *code,
    enum xs_sms_result *result, int64_t *until)
{
	const char *number = talk->account.phone.number;
	char host[256] = "", text[XS_SMS_TEXT_MAX];
	int r = xs_sms_code_make(code, number, talk->config->sms_digits,
	    talk->config->sms_valid, talk->verify->env);

	if (r != 0)
		return xs_fault_set(
		    talk->verify->fault, r, "no SMS code could be made");
	(void)gethostname(host, sizeof(host) - 1);
	xs_sms_text_login(talk->dialog.language, host, code->code,
	    talk->config->sms_valid, text);
	r = xs_sms_request(talk->verify, talk->login->sender, XS_SMS_CODE,
	    number, text, result, until);
	explicit_bzero(text, sizeof(text));
	return r;
}

int
xs_talk_send(struct xs_talk *talk)
{
	enum xs_sms_result result = XS_SMS_FAILED;
	struct xs_sms_code code = {0};
	int64_t until = 0;
	int r = make_and_send(talk, &code, &result, &until);

	if (r != 0)
		goto out;
	say_result(talk, result, until);
	report_result(talk, result, until);
	/* The old code is void when there is a new one, and no sooner. */
	if (result == XS_SMS_SENT) {
		talk->sms = code;
		talk->asked = XS_SMS;
		talk->menu = false;
	}
out:
	xs_sms_code_wipe(&code);
	return r;
}

enum xs_message
xs_talk_sms_prompt(struct xs_talk *talk, bool others)
{
	talk->sms_prompt = xs_talk_sms_is_out(talk);
	if (talk->sms_prompt)
		return others ? XS_MSG_SMS_PROMPT_OTHERS : XS_MSG_SMS_PROMPT;
	return others ? XS_MSG_SMS_ASK_OTHERS : XS_MSG_SMS_ASK;
}

bool
xs_talk_wants_text(const struct xs_talk *talk, const struct xs_answer *answer)
{
	if (talk->asked != XS_SMS)
		return false;
	if (talk->sms_prompt)
		return xs_answer_is(answer, "r") || xs_answer_is(answer, "R");
	return answer->length == 0;
}

bool
xs_talk_wants_others(const struct xs_talk *talk, const struct xs_answer *answer)
{
	if (talk->asked == XS_SMS && !talk->sms_prompt)
		return xs_answer_is(answer, "m") || xs_answer_is(answer, "M");
	return answer->length == 0;
}
