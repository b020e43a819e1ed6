/* SPDX-License-Identifier: BSD-3-Clause */
#include "login.h"

#include <string.h>

#include "confirm.h"
#include "login_talk.h"

/* ---- What happened ---- */

static void
report(const struct xs_talk *talk, const char *word, int method,
    const char *reason)
{
	struct xs_report report = {.word = word, .reason = reason};

	/* That there is nobody was reported when the record was looked for. */
	if (talk->nobody)
		return;
	if (method >= 0)
		report.method = xs_method_name((enum xs_method)method);
	if (method >= 0 && reason != NULL)
		report.failures =
		    talk->account.methods[method]
			.side[xs_verify_side(talk->verify, &talk->account)]
			.failures;
	talk->login->report(talk->login->context, &report);
}

static void
report_wait(const struct xs_talk *talk, enum xs_method method, int64_t until)
{
	struct xs_report report = {.word = "refused",
	    .method = xs_method_name(method),
	    .reason = "waiting",
	    .until = until};

	talk->login->report(talk->login->context, &report);
}

static int
end(struct xs_talk *talk, enum xs_outcome outcome)
{
	talk->done = true;
	talk->outcome = outcome;
	return 0;
}

static int
end_closing(struct xs_talk *talk, enum xs_outcome outcome)
{
	xs_dialog_close(&talk->dialog);
	return end(talk, outcome);
}

/* Runs out of questions, or the conversation broke. */
static int
end_unasked(struct xs_talk *talk, int r)
{
	if (r != XS_DIALOG_ENOUGH)
		return r;
	report(talk, "refused", -1, "questions");
	return end(talk, XS_OUT_REFUSED);
}

static int
end_left(struct xs_talk *talk)
{
	report(talk, "refused", -1, "left");
	return end(talk, XS_OUT_REFUSED);
}

/* ---- What a verdict leads to ---- */

static int
end_waiting(struct xs_talk *talk, enum xs_method method)
{
	int64_t until = 0;

	if (xs_talk_gate(talk, method, &until) == XS_GATE_WAITING) {
		xs_talk_say_wait(talk, until);
		report_wait(talk, method, until);
	} else {
		report(talk, "refused", (int)method, "waiting");
	}
	return end_closing(talk, XS_OUT_WAITING);
}

static int
end_disabled(struct xs_talk *talk, enum xs_method method)
{
	xs_talk_say_disabled(talk, method);
	report(talk, "refused", (int)method, "disabled");
	return end_closing(talk, XS_OUT_WAITING);
}

/*
 * After a try that did not let in: ends when the tries are used up, else sees
 * to it that a method is asked for that can still be.
 */
static int
go_on(struct xs_talk *talk)
{
	int64_t until;
	int next;

	if (talk->tries == 0)
		return end_closing(talk, XS_OUT_REFUSED);
	if (xs_talk_gate(talk, talk->asked, &until) != XS_GATE_DISABLED)
		return 0;
	next = xs_talk_first_method(talk);
	if (next < 0)
		return end_disabled(talk, talk->asked);
	xs_talk_say_disabled(talk, talk->asked);
	talk->asked = (enum xs_method)next;
	return 0;
}

static int
take_verdict(struct xs_talk *talk, enum xs_verdict verdict)
{
	enum xs_method method = talk->asked;

	switch (verdict) {
	case XS_WRONG:
		talk->tries--;
		report(talk, "refused", (int)method, "wrong");
		xs_talk_notice(talk);
		xs_talk_say_try(talk, XS_MSG_WRONG, XS_MSG_WRONG_LEFT_ONE,
		    XS_MSG_WRONG_LEFT);
		return go_on(talk);
	case XS_USED:
		talk->tries--;
		report(talk, "refused", (int)method, "used");
		xs_talk_notice(talk);
		xs_talk_say_try(
		    talk, XS_MSG_USED, XS_MSG_USED_LEFT_ONE, XS_MSG_USED_LEFT);
		return go_on(talk);
	case XS_EXPIRED:
		talk->tries--;
		report(talk, "refused", (int)method, "expired");
		xs_talk_notice(talk);
		xs_dialog_say(&talk->dialog, XS_MSG_EXPIRED);
		return go_on(talk);
	case XS_WAITING:
		return end_waiting(talk, method);
	case XS_DISABLED:
		return end_disabled(talk, method);
	case XS_RIGHT:
		report(talk, "accepted", (int)method, NULL);
		xs_talk_notice(talk);
		return end(talk, XS_OUT_GRANTED);
	case XS_UNCONFIRMED:
		break;
	}
	return XS_E_INTERNAL;
}

static int
try_app(struct xs_talk *talk, const struct xs_answer *answer)
{
	enum xs_verdict verdict = XS_WRONG;
	char code[XS_TOTP_DIGITS_MAX + 1] = "";
	int r = 0;

	if (!talk->nobody) {
		(void)!xs_digits_read(
		    answer->text, talk->account.app.totp.digits, code);
		r = xs_verify_app(talk->verify, code, &talk->account, &verdict);
	}
	explicit_bzero(code, sizeof(code));
	return r == 0 ? take_verdict(talk, verdict) : r;
}

/* The old code ceased to be valid while its successor was written down. */
static void
say_superseded(struct xs_talk *talk, enum xs_verdict verdict)
{
	switch (verdict) {
	case XS_EXPIRED:
		report(talk, "refused", XS_BACKUP, "expired");
		xs_dialog_say(&talk->dialog, XS_MSG_EXPIRED);
		break;
	case XS_DISABLED:
		report(talk, "refused", XS_BACKUP, "disabled");
		xs_talk_say_disabled(talk, XS_BACKUP);
		break;
	default:
		report(talk, "refused", XS_BACKUP, "superseded");
		xs_dialog_say(&talk->dialog, XS_MSG_SUPERSEDED);
	}
}

/* The successor was typed back. */
static int
confirm(struct xs_talk *talk, const struct xs_successor *successor)
{
	enum xs_verdict verdict = XS_USED;
	int r = xs_verify_confirm(
	    talk->verify, successor, &talk->account, &verdict);

	if (r == 0 && verdict == XS_RIGHT)
		return take_verdict(talk, verdict);
	if (r != 0)
		xs_dialog_say(&talk->dialog, XS_MSG_NOT_RECORDED);
	else
		say_superseded(talk, verdict);
	xs_dialog_close_read(&talk->dialog);
	(void)end(talk, XS_OUT_REFUSED);
	return r;
}

/* Nothing is used up until the person has typed the successor back. */
static int
ask_confirmation(struct xs_talk *talk, const struct xs_successor *successor)
{
	bool typed = false;
	int r;

	report(talk, "right-unconfirmed", XS_BACKUP, NULL);
	xs_talk_notice(talk);
	xs_dialog_say(&talk->dialog,
	    successor->count > 1 ? XS_MSG_BACKUPS_RIGHT : XS_MSG_BACKUP_RIGHT);
	r = xs_confirm_ask(&talk->dialog, successor, &typed);
	if (r != 0)
		return end_unasked(talk, r);
	return typed ? confirm(talk, successor) : end_left(talk);
}

static int
try_backup(struct xs_talk *talk, const struct xs_answer *answer)
{
	struct xs_successor successor = {0};
	enum xs_verdict verdict = XS_WRONG;
	int r;

	if (talk->nobody)
		r = xs_verify_nobody(talk->verify);
	else
		r = xs_verify_backup(talk->verify, answer->text, &talk->account,
		    &successor, &verdict);
	if (r == 0 && verdict == XS_UNCONFIRMED)
		r = ask_confirmation(talk, &successor);
	else if (r == 0)
		r = take_verdict(talk, verdict);
	xs_successor_wipe(&successor);
	return r;
}

static int
try_sms(struct xs_talk *talk, const struct xs_answer *answer)
{
	enum xs_verdict verdict = XS_WRONG;
	char code[XS_CODE_MAX + 1] = "";
	int r;

	(void)!xs_digits_read(answer->text, talk->config->sms_digits, code);
	r = xs_verify_sms(
	    talk->verify, &talk->sms, code, &talk->account, &verdict);
	explicit_bzero(code, sizeof(code));
	if (r == 0 && verdict == XS_EXPIRED) {
		report(talk, "refused", XS_SMS, "expired");
		xs_dialog_say(&talk->dialog, XS_MSG_SMS_EXPIRED);
		return 0;
	}
	return r == 0 ? take_verdict(talk, verdict) : r;
}

/* Typed text is a code of that method. */
static int
try_method(
    struct xs_talk *talk, enum xs_method method, const struct xs_answer *answer)
{
	int64_t until;

	talk->asked = method;
	talk->menu = false;
	/* Neither verified nor charged (test_login_refusals:
	 * test_waiting_code_*). */
	if (xs_talk_gate(talk, method, &until) == XS_GATE_WAITING)
		return end_waiting(talk, method);
	if (method == XS_SMS)
		return try_sms(talk, answer);
	return method == XS_APP ? try_app(talk, answer)
				: try_backup(talk, answer);
}

/*
 * The method whose number was typed, or that Enter leads to. By its number a
 * text was asked for; Enter asked for nothing in particular.
 */
static int
choose_method(struct xs_talk *talk, enum xs_method method, bool by_number)
{
	if (method == XS_SMS && by_number && !xs_talk_sms_is_out(talk))
		return xs_talk_send(talk);
	talk->asked = method;
	talk->menu = false;
	return 0;
}

/* The menu's answer, once it is neither empty nor "0". */
static int
take_choice(struct xs_talk *talk, const struct xs_answer *answer,
    const enum xs_method others[XS_METHODS], unsigned count)
{
	int found;

	if (answer->length == 1 && answer->text[0] >= '1' &&
	    (unsigned)(answer->text[0] - '0') <= count)
		return choose_method(talk, others[answer->text[0] - '1'], true);
	found = xs_talk_find_method(talk, -1, answer);
	if (found >= 0)
		return try_method(talk, (enum xs_method)found, answer);
	xs_dialog_say(&talk->dialog, XS_MSG_MENU_NO_CHOICE);
	return 0;
}

static int
ask_menu(struct xs_talk *talk)
{
	enum xs_method others[XS_METHODS];
	unsigned count = xs_talk_list_others(talk, others);
	struct xs_answer answer;
	int r;

	xs_dialog_say(&talk->dialog, XS_MSG_MENU_TITLE);
	for (unsigned i = 0; i < count; i++)
		xs_talk_say_menu_line(talk, i + 1, others[i]);
	xs_dialog_say(&talk->dialog, XS_MSG_MENU_NUMBER, 0);
	xs_dialog_say(&talk->dialog, XS_MSG_MENU_BACK);
	r = xs_dialog_ask(&talk->dialog, &answer, XS_MSG_MENU_CHOOSE, count);
	if (r != 0)
		r = end_unasked(talk, r);
	else if (answer.length == 0)
		talk->menu = false; /* back to the prompt that was left */
	else if (xs_answer_is(&answer, "0"))
		r = end_left(talk);
	else
		r = take_choice(talk, &answer, others, count);
	xs_answer_wipe(&answer);
	return r;
}

/* Where Enter leads. */
static int
go_elsewhere(struct xs_talk *talk, const enum xs_method others[XS_METHODS],
    unsigned count)
{
	if (count == 1)
		return choose_method(talk, others[0], false);
	talk->menu = true;
	return 0;
}

static int
take_answer(struct xs_talk *talk, const struct xs_answer *answer,
    const enum xs_method others[XS_METHODS], unsigned count)
{
	int found;

	if (xs_talk_wants_text(talk, answer))
		return xs_talk_send(talk);
	if (xs_talk_wants_others(talk, answer) && count > 0)
		return go_elsewhere(talk, others, count);
	if (xs_answer_is(answer, "0"))
		return end_left(talk);
	found = xs_talk_find_method(talk, (int)talk->asked, answer);
	if (found >= 0)
		return try_method(talk, (enum xs_method)found, answer);
	xs_talk_say_no_code(talk);
	return 0;
}

/* One prompt for the method that is asked for, and what the answer does. */
static int
ask_code(struct xs_talk *talk)
{
	static const enum xs_message prompt[XS_METHODS][2] = {
	    [XS_APP] = {XS_MSG_APP_PROMPT, XS_MSG_APP_PROMPT_OTHERS},
	    [XS_BACKUP] = {XS_MSG_BACKUP_PROMPT, XS_MSG_BACKUP_PROMPT_OTHERS},
	};
	enum xs_method others[XS_METHODS];
	unsigned count = xs_talk_list_others(talk, others);
	struct xs_answer answer;
	char phone[32];
	int64_t until;
	int r;

	if (xs_talk_gate(talk, talk->asked, &until) == XS_GATE_WAITING) {
		if (count == 0)
			return end_waiting(talk, talk->asked);
		xs_talk_say_wait(talk, until);
		/* No text is to be had, so its prompt has nothing to ask. */
		if (talk->asked == XS_SMS)
			return go_elsewhere(talk, others, count);
	}
	xs_phone_mask(talk->account.phone.number, phone);
	r = xs_dialog_ask(&talk->dialog, &answer,
	    talk->asked == XS_SMS ? xs_talk_sms_prompt(talk, count > 0)
				  : prompt[talk->asked][count > 0],
	    phone);
	if (r == 0)
		r = take_answer(talk, &answer, others, count);
	else
		r = end_unasked(talk, r);
	xs_answer_wipe(&answer);
	return r;
}

/* ---- The beginning and the end ---- */

/* Loads the record; done when there is nobody to ask. */
static int
load(struct xs_talk *talk)
{
	int r = XS_E_NORECORD;

	if (talk->login->is_account)
		r = xs_verify_load(talk->verify, &talk->account);
	if (r != XS_E_NORECORD)
		return r;
	if (talk->login->is_account &&
	    talk->config->not_enrolled != XS_NOT_ENROLLED_REFUSE) {
		report(talk, "passed", -1, "not-enrolled");
		return end(talk, XS_OUT_PASSED);
	}
	report(talk, "refused", -1,
	    talk->login->is_account ? "not-enrolled" : "no-account");
	xs_talk_pretend(talk);
	return 0;
}

/* The first method, with what must stand in front of its prompt. */
static int
start(struct xs_talk *talk)
{
	int first = xs_talk_first_method(talk);
	bool disabled = false;

	if (talk->account.language[0] != '\0')
		memcpy(talk->dialog.language, talk->account.language,
		    sizeof(talk->dialog.language));
	xs_talk_say_history(talk);
	for (enum xs_method m = 0; m < XS_METHODS; m++) {
		if (xs_talk_is_there(talk, m) && !xs_talk_is_usable(talk, m)) {
			xs_talk_say_disabled(talk, m);
			disabled = true;
		}
	}
	if (first >= 0) {
		talk->asked = (enum xs_method)first;
		return 0;
	}
	if (!disabled)
		xs_dialog_say(&talk->dialog, XS_MSG_NO_METHOD);
	report(talk, "refused", -1, disabled ? "disabled" : "no-method");
	return end_closing(talk, disabled ? XS_OUT_WAITING : XS_OUT_REFUSED);
}

/* An error ends the attempt alike whatever was typed. */
static void
close_error(struct xs_talk *talk, int r)
{
	if (r == XS_E_CONV || talk->done)
		return;
	xs_dialog_say(
	    &talk->dialog, r == XS_E_BUSY ? XS_MSG_BUSY : XS_MSG_UNAVAILABLE);
	xs_dialog_close(&talk->dialog);
}

int
xs_login_run(const struct xs_login *login, enum xs_outcome *outcome,
    enum xs_method *method)
{
	struct xs_talk talk = {.login = login,
	    .verify = login->verify,
	    .config = login->verify->config,
	    .tries = login->verify->config->tries};
	int r;

	xs_dialog_init(&talk.dialog, login->person, talk.config->language);
	r = load(&talk);
	if (r == 0 && !talk.done && !xs_talk_pass_remembered(&talk))
		r = start(&talk);
	while (r == 0 && !talk.done)
		r = talk.menu ? ask_menu(&talk) : ask_code(&talk);
	if (r != 0) {
		close_error(&talk, r);
	} else {
		*method = talk.asked;
		*outcome = talk.outcome;
	}
	xs_account_wipe(&talk.account);
	xs_sms_code_wipe(&talk.sms);
	xs_dialog_wipe(&talk.dialog);
	return r;
}
