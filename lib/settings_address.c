/* SPDX-License-Identifier: BSD-3-Clause */
/* The addresses for security notices: each confirmed before it counts. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "mail.h"
#include "settings_talk.h"
#include "sms_request.h"

#define CODE_DIGITS 6
#define CODE_VALID 1800 /* seconds: a mail takes its time */

/*
 * A code is bound to the dialogue that it is in, which has one address from
 * beginning to end.
 */
#define BOUND_TO "mail"

struct setting {
	struct xs_proving proving; /* first: what prove hands back */
	unsigned nth;              /* of the addresses */
	char address[XS_MAIL_MAX]; /* "": it is to be removed */
};

/* ---- The code ---- */

static void
report_code(
    const struct xs_set_talk *talk, enum xs_sms_result result, int64_t until)
{
	struct xs_report report =
	    xs_sms_request_report(talk->verify, result, until, "address");

	report.method = NULL;
	talk->settings->report(talk->settings->context, &report);
	/* Told: how the settings end is another matter. */
	(void)xs_fault_set(talk->verify->fault, 0, "%s", "");
}

/*
 * Returns 0 when the program took it, or is still at it. Patience lasts until
 * one that took too long is gone, for that one has sent nothing
 * (test_address_program: test_killed_program_has_sent_nothing).
 */
static int
send_message(struct xs_set_talk *talk, const char *address, const char *code)
{
	const struct xs_verify *verify = talk->verify;
	const struct xs_notifier *notifier = talk->settings->notifier;
	char host[256] = "", text[XS_NOTICE_TEXT_MAX];
	const struct xs_notice notice = {.event = "address-confirm",
	    .user = verify->who.name,
	    .host = host,
	    .address = address,
	    .language = talk->dialog.language,
	    .from = verify->address,
	    .by = "",
	    .code = code,
	    .time = verify->env->now(verify->env->context)};
	size_t length;
	int r = XS_E_INTERNAL;

	(void)gethostname(host, sizeof(host) - 1);
	length = xs_notice_write(&notice, text);
	xs_store_rest(verify->store);
	if (length > 0)
		r = notifier->send(notifier->context, text, length,
		    talk->config->sms_timeout * 1000 + XS_CHILD_GRACE_MS,
		    verify->fault);
	explicit_bzero(text, sizeof(text));
	return r == XS_E_BUSY ? 0 : r;
}

static void
say_sending(struct xs_set_talk *talk, enum xs_sms_result result, int64_t until,
    const char *address)
{
	const struct xs_env *env = talk->verify->env;
	char time[64];

	if (result == XS_SMS_SENT) {
		xs_message_duration(
		    talk->dialog.language, CODE_VALID, time, sizeof(time));
		xs_dialog_say(
		    &talk->dialog, XS_MSG_ADDRESS_SENT, address, time);
	} else if (result == XS_SMS_LIMITED) {
		xs_message_until(
		    until, env->now(env->context), time, sizeof(time));
		xs_dialog_say(&talk->dialog, XS_MSG_ADDRESS_LIMIT, time);
	} else {
		xs_dialog_say(&talk->dialog, XS_MSG_ADDRESS_NOT_SENT);
	}
}

/*
 * Counted as a code by SMS is, so that nobody's mailbox is filled from here;
 * the counts of notices by SMS are not touched, or an attacker would use them
 * up first (test_settings_address: test_codes_leave_the_texts_to_old_numbers).
 */
static int
send_code(struct xs_set_talk *talk, struct xs_proving *proving)
{
	const struct setting *setting = (const struct setting *)proving;
	enum xs_sms_result result = XS_SMS_FAILED;
	struct xs_sms_code code = {0};
	int64_t until = 0;
	int r = xs_sms_code_make(
	    &code, BOUND_TO, CODE_DIGITS, CODE_VALID, talk->verify->env);

	if (r == 0)
		r = xs_sms_request_charge(
		    talk->verify, XS_SMS_CODE, &result, &until);
	if (r == 0 && result == XS_SMS_SENT &&
	    send_message(talk, setting->address, code.code) != 0)
		result = XS_SMS_FAILED;
	if (r == 0 && result == XS_SMS_SENT)
		proving->code = code;
	xs_sms_code_wipe(&code);
	if (r != 0)
		return r;
	report_code(talk, result, until);
	say_sending(talk, result, until, setting->address);
	return 0;
}

/* ---- The questions ---- */

/* Which of the addresses; *over: none of them. */
static int
ask_which(struct xs_set_talk *talk, unsigned *nth, bool *over)
{
	const struct xs_account *account = &talk->account;
	unsigned count = account->mail_count, most;
	int choice = -1, r = 0;

	*nth = 0;
	*over = false;
	if (count == 0)
		return 0;
	most = count < XS_MAILS_MAX ? count + 1 : XS_MAILS_MAX;
	while (r == 0 && choice < 0) {
		xs_dialog_say(&talk->dialog, XS_MSG_ADDRESS_CHOOSE);
		for (unsigned i = 0; i < most; i++) {
			xs_dialog_say(&talk->dialog, XS_MSG_MENU_NUMBER, i + 1);
			if (i < count)
				xs_dialog_say(&talk->dialog,
				    XS_MSG_LANGUAGE_NAMED, account->mails[i]);
			else
				xs_dialog_say(
				    &talk->dialog, XS_MSG_ADDRESS_SECOND);
		}
		r = xs_set_talk_choose(
		    talk, most, XS_MSG_SETTINGS_BACK, &choice);
	}
	*over = choice <= 0;
	if (choice > 0)
		*nth = (unsigned)choice - 1;
	return r;
}

static bool
has_address(const struct xs_account *account, const char *address)
{
	for (unsigned i = 0; i < account->mail_count; i++)
		if (xs_mail_same(account->mails[i], address))
			return true;
	return false;
}

/* "" in setting->address with *over false: the old one is to be removed. */
static int
ask_address(struct xs_set_talk *talk, struct setting *setting, bool *over)
{
	bool has_one = setting->nth < talk->account.mail_count, done = false;
	struct xs_answer answer;
	int r = 0;

	while (r == 0 && !done) {
		r = xs_dialog_ask(&talk->dialog, &answer,
		    has_one ? XS_MSG_ADDRESS_PROMPT_REMOVE
			    : XS_MSG_ADDRESS_PROMPT);
		if (r != 0)
			break;
		*over = xs_answer_is(&answer, "0");
		done = *over || (has_one && xs_answer_is(&answer, "-"));
		if (done)
			break;
		if (!answer.fit || !xs_mail_read(answer.text, setting->address))
			xs_dialog_say(&talk->dialog, XS_MSG_ADDRESS_MALFORMED);
		else if (has_address(&talk->account, setting->address))
			xs_dialog_say(&talk->dialog, XS_MSG_ADDRESS_THERE);
		else
			done = true;
		if (!done)
			setting->address[0] = '\0';
	}
	xs_answer_wipe(&answer);
	return r;
}

/* ---- The change ---- */

/*
 * Who would hear nothing of it afterwards hears of it before: the address
 * that goes, or the account's own mailbox, when there was none. It is told
 * first because whoever makes the change can end this process at any moment
 * (test_settings_address: test_address_that_goes_is_told_before). Others that
 * stay are told of the event in the record. That it cannot be told keeps
 * nobody from it.
 */
static void
tell_old(struct xs_set_talk *talk, unsigned nth)
{
	const struct xs_settings *settings = talk->settings;
	const struct xs_verify *verify = talk->verify;
	struct xs_event event = {.time = verify->env->now(verify->env->context),
	    .word = "address-changing"};
	struct xs_account old;

	xs_account_init(&old, &verify->who);
	memcpy(old.language, talk->account.language, sizeof(old.language));
	memcpy(event.from, verify->address, sizeof(event.from));
	if (nth < talk->account.mail_count) {
		memcpy(old.mails[0], talk->account.mails[nth],
		    sizeof(old.mails[0]));
		old.mail_count = 1;
	}
	xs_store_rest(verify->store);
	xs_notice_tell_event(&old, &event, settings->notifier,
	    talk->config->language, settings->report, settings->context);
	xs_account_wipe(&old);
}

static int
change(struct xs_set_talk *talk, const struct setting *setting)
{
	bool ends = setting->nth < talk->account.mail_count ||
	    talk->account.mail_count == 0;
	enum xs_changed changed = XS_CHANGE_STALE;
	int r = xs_change_is_open(talk->verify, &talk->account, &changed);

	if (r == 0 && changed == XS_CHANGE_MADE && ends)
		tell_old(talk, setting->nth);
	if (r == 0)
		r = xs_change_mail(talk->verify, setting->nth, setting->address,
		    &talk->account, &changed);
	return xs_set_talk_judge(talk, "address", r, changed,
	    setting->address[0] == '\0' ? XS_MSG_ADDRESS_IS_REMOVED
					: XS_MSG_ADDRESS_IS_SET,
	    XS_MSG_SETTING_NOT_RECORDED);
}

int
xs_set_talk_address(struct xs_set_talk *talk)
{
	struct setting setting = {.proving = {.number = BOUND_TO,
				      .digits = CODE_DIGITS,
				      .prompt = XS_MSG_ADDRESS_CONFIRM,
				      .no_code = XS_MSG_NO_CODE_ADDRESS,
				      .expired = XS_MSG_ADDRESS_EXPIRED,
				      .send = send_code}};
	bool over = false, proved = false;
	int r;

	xs_dialog_say(&talk->dialog, XS_MSG_ADDRESS_WHAT);
	r = ask_which(talk, &setting.nth, &over);
	if (r == 0 && !over)
		r = ask_address(talk, &setting, &over);
	if (r == 0 && !over && setting.address[0] != '\0')
		r = xs_set_talk_prove(talk, &setting.proving, &proved);
	else if (r == 0)
		proved = !over;
	if (r == 0 && proved)
		r = change(talk, &setting);
	else if (r == 0)
		xs_dialog_say(&talk->dialog, XS_MSG_NOTHING_CHANGED);
	xs_sms_code_wipe(&setting.proving.code);
	return r;
}
