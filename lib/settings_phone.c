/* SPDX-License-Identifier: BSD-3-Clause */
/* The mobile number: confirmed by a text before it counts. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "phone.h"
#include "settings_talk.h"
#include "sms_request.h"

static int64_t
now_of(const struct xs_set_talk *talk)
{
	return talk->verify->env->now(talk->verify->env->context);
}

static void
say_until(struct xs_set_talk *talk, enum xs_message id, int64_t until)
{
	char time[64];

	xs_message_until(until, now_of(talk), time, sizeof(time));
	xs_dialog_say(&talk->dialog, id, time);
}

static void
report_text(
    const struct xs_set_talk *talk, enum xs_sms_result result, int64_t until)
{
	const struct xs_report report =
	    xs_sms_request_report(talk->verify, result, until, "phone");

	talk->settings->report(talk->settings->context, &report);
	/* Told: how the settings end is another matter. */
	(void)xs_fault_set(talk->verify->fault, 0, "%s", "");
}

/* Says how it went; when it was sent, the code before is void. */
static int
send_code(struct xs_set_talk *talk, struct xs_proving *proving)
{
	const struct xs_config *config = talk->config;
	char host[256] = "", text[XS_SMS_TEXT_MAX], phone[32], length[64];
	enum xs_sms_result result = XS_SMS_FAILED;
	struct xs_sms_code code = {0};
	int64_t until = 0;
	int r = xs_sms_code_make(&code, proving->number, config->sms_digits,
	    config->sms_valid, talk->verify->env);

	if (r != 0)
		return r;
	(void)gethostname(host, sizeof(host) - 1);
	xs_sms_text_confirm(
	    talk->dialog.language, host, code.code, config->sms_valid, text);
	r = xs_sms_request(talk->verify, talk->settings->sender, XS_SMS_CODE,
	    proving->number, text, &result, &until);
	explicit_bzero(text, sizeof(text));
	if (r == 0 && result == XS_SMS_SENT)
		proving->code = code;
	xs_sms_code_wipe(&code);
	if (r != 0)
		return r;
	report_text(talk, result, until);
	if (result == XS_SMS_SENT) {
		xs_phone_mask(proving->number, phone);
		xs_message_validity(talk->dialog.language, config->sms_valid,
		    length, sizeof(length));
		xs_dialog_say(&talk->dialog, XS_MSG_SMS_SENT, phone, length);
	} else if (result == XS_SMS_LIMITED) {
		say_until(talk, XS_MSG_SMS_LIMIT, until);
	} else {
		xs_dialog_say(&talk->dialog, XS_MSG_SMS_NOT_SENT);
	}
	return 0;
}

static void
say_refused(struct xs_set_talk *talk, enum xs_phone_reading reading)
{
	static const enum xs_message sentence[] = {
	    [XS_PHONE_MALFORMED] = XS_MSG_PHONE_MALFORMED,
	    [XS_PHONE_NO_COUNTRY] = XS_MSG_PHONE_NO_COUNTRY,
	    [XS_PHONE_SHORT] = XS_MSG_PHONE_SHORT,
	    [XS_PHONE_LONG] = XS_MSG_PHONE_LONG,
	    [XS_PHONE_NOT_ALLOWED] = XS_MSG_PHONE_NOT_ALLOWED,
	};

	xs_dialog_say(&talk->dialog, sentence[reading]);
}

/* Asks for a number: "" in *number when there is none to link. */
static int
ask_number(struct xs_set_talk *talk, char number[XS_PHONE_MAX], bool *removes)
{
	bool has_one = talk->account.phone.number[0] != '\0', over = false;
	enum xs_phone_reading reading = XS_PHONE_MALFORMED;
	struct xs_answer answer;
	int r = 0;

	number[0] = '\0';
	xs_dialog_say(&talk->dialog, XS_MSG_SMS_WEAK);
	while (r == 0 && !over) {
		r = xs_dialog_ask(&talk->dialog, &answer,
		    has_one ? XS_MSG_PHONE_PROMPT_REMOVE : XS_MSG_PHONE_PROMPT);
		if (r != 0)
			break;
		*removes = has_one && xs_answer_is(&answer, "-");
		over = *removes || xs_answer_is(&answer, "0");
		if (over)
			break;
		reading = XS_PHONE_MALFORMED;
		if (answer.fit)
			reading = xs_phone_read(answer.text,
			    talk->config->country_code, talk->config->sms_allow,
			    number);
		over = reading == XS_PHONE_READ;
		if (!over)
			say_refused(talk, reading);
	}
	xs_answer_wipe(&answer);
	return r;
}

/*
 * The old number hears of it before it is done: whoever makes the change can
 * end this process at any moment, and nobody would hear of what was done by
 * then (test_sms_settings: test_old_number_hears_of_it_whoever_is_killed). A
 * text that cannot be sent keeps nobody from it; a record that cannot be
 * written does. Returns 0 or an error of the record.
 */
static int
tell_old_number(struct xs_set_talk *talk)
{
	char host[256] = "", text[XS_SMS_TEXT_MAX];
	enum xs_changed changed = XS_CHANGE_STALE;
	enum xs_sms_result result = XS_SMS_FAILED;
	int64_t until = 0;
	int r = xs_change_is_open(talk->verify, &talk->account, &changed);

	if (r != 0 || changed != XS_CHANGE_MADE)
		return r;
	(void)gethostname(host, sizeof(host) - 1);
	xs_sms_text_replaced(talk->dialog.language, host, text);
	r = xs_sms_request(talk->verify, talk->settings->sender, XS_SMS_NOTICE,
	    talk->account.phone.number, text, &result, &until);
	if (r == 0)
		report_text(talk, result, until);
	return r;
}

static int
link_number(struct xs_set_talk *talk, const char *number)
{
	enum xs_changed changed = XS_CHANGE_STALE;
	int r = 0;

	if (talk->account.phone.number[0] != '\0')
		r = tell_old_number(talk);
	if (r == 0)
		r = xs_change_phone(
		    talk->verify, number, &talk->account, &changed);
	return xs_set_talk_judge(talk, "phone", r, changed,
	    number[0] == '\0' ? XS_MSG_PHONE_IS_REMOVED : XS_MSG_PHONE_IS_SET,
	    XS_MSG_SETTING_NOT_RECORDED);
}

/* Without app, the number may be the only way in beside a backup code. */
static int
remove_number(struct xs_set_talk *talk)
{
	if (!talk->account.app.set || !xs_set_talk_offers(talk, XS_APP) ||
	    talk->account.methods[XS_APP].disabled) {
		xs_dialog_say(&talk->dialog, XS_MSG_APP_FIRST);
		return 0;
	}
	return link_number(talk, "");
}

int
xs_set_talk_phone(struct xs_set_talk *talk)
{
	char number[XS_PHONE_MAX];
	struct xs_proving proving = {.number = number,
	    .digits = talk->config->sms_digits,
	    .prompt = XS_MSG_PHONE_CONFIRM,
	    .no_code = XS_MSG_NO_CODE_SMS,
	    .expired = XS_MSG_SMS_EXPIRED,
	    .send = send_code};
	bool removes = false, proved = false;
	int64_t until = 0;
	int r = ask_number(talk, number, &removes);

	if (r == 0 && removes)
		return remove_number(talk);
	if (r == 0 && number[0] == '\0') {
		xs_dialog_say(&talk->dialog, XS_MSG_NOTHING_CHANGED);
		return 0;
	}
	if (r == 0 &&
	    !xs_sms_change_gate(&talk->account, now_of(talk), &until)) {
		say_until(talk, XS_MSG_PHONE_CHANGES, until);
		return 0;
	}
	if (r == 0)
		r = xs_set_talk_prove(talk, &proving, &proved);
	if (r == 0 && proved)
		r = link_number(talk, number);
	else if (r == 0)
		xs_dialog_say(&talk->dialog, XS_MSG_NOTHING_CHANGED);
	xs_sms_code_wipe(&proving.code);
	return r;
}
