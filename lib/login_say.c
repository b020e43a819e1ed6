/* SPDX-License-Identifier: BSD-3-Clause */
#include "login_talk.h"

#include <string.h>

void
xs_talk_notice(struct xs_talk *talk)
{
	const struct xs_login *login = talk->login;

	xs_notice_tell(
	    talk->verify, login->notifier, login->report, login->context);
}

void
xs_talk_say_disabled(struct xs_talk *talk, enum xs_method method)
{
	static const enum xs_message sentence[XS_METHODS] = {
	    [XS_APP] = XS_MSG_DISABLED_APP,
	    [XS_SMS] = XS_MSG_DISABLED_SMS,
	    [XS_BACKUP] = XS_MSG_DISABLED_BACKUP,
	};

	xs_dialog_say(&talk->dialog, sentence[method]);
}

void
xs_talk_say_wait(struct xs_talk *talk, int64_t until)
{
	int64_t now = talk->verify->env->now(talk->verify->env->context);
	char length[64], time[64];

	xs_message_duration(
	    talk->dialog.language, until - now, length, sizeof(length));
	xs_message_until(until, now, time, sizeof(time));
	xs_dialog_say(&talk->dialog, XS_MSG_WAIT, length, time);
}

void
xs_talk_say_history(struct xs_talk *talk)
{
	const struct xs_history *history = &talk->account.history;
	bool one = history->count == 1;
	char since[64];

	if (history->count == 0)
		return;
	xs_message_date(history->first, since, sizeof(since));
	if (one && history->from[0] != '\0')
		xs_dialog_say(
		    &talk->dialog, XS_MSG_FAILURES_ONE, since, history->from);
	else if (one)
		xs_dialog_say(
		    &talk->dialog, XS_MSG_FAILURES_NOWHERE_ONE, since);
	else if (history->from[0] != '\0')
		xs_dialog_say(&talk->dialog, XS_MSG_FAILURES, history->count,
		    since, history->from);
	else
		xs_dialog_say(&talk->dialog, XS_MSG_FAILURES_NOWHERE,
		    history->count, since);
}

void
xs_talk_say_no_code(struct xs_talk *talk)
{
	const struct xs_backup *backup = &talk->account.backup;
	const struct xs_code_format *format =
	    backup->count > 0 ? &backup->format : &backup->helpdesk.format;

	if (talk->asked == XS_APP)
		xs_dialog_say(&talk->dialog, XS_MSG_NO_CODE_APP,
		    talk->account.app.totp.digits);
	else if (talk->asked == XS_SMS)
		xs_dialog_say(&talk->dialog, XS_MSG_NO_CODE_SMS,
		    talk->config->sms_digits);
	else if (format->alphabet == XS_CODE_DIGITS)
		xs_dialog_say(&talk->dialog, XS_MSG_NO_CODE_BACKUP_DIGITS,
		    format->length);
	else
		xs_dialog_say(&talk->dialog, XS_MSG_NO_CODE_BACKUP_CHARACTERS,
		    format->length);
}

void
xs_talk_say_try(struct xs_talk *talk, enum xs_message none, enum xs_message one,
    enum xs_message many)
{
	int64_t until;
	enum xs_method others[XS_METHODS];
	/* Where no way is open any more the attempt ends with this. */
	bool last = talk->tries == 0 ||
	    (xs_talk_gate(talk, talk->asked, &until) != XS_GATE_OPEN &&
		xs_talk_list_others(talk, others) == 0);

	if (last)
		xs_dialog_say(&talk->dialog, none);
	else if (talk->tries == 1)
		xs_dialog_say(&talk->dialog, one);
	else
		xs_dialog_say(&talk->dialog, many, talk->tries);
}

void
xs_talk_say_menu_line(
    struct xs_talk *talk, unsigned number, enum xs_method method)
{
	char phone[32];

	xs_dialog_say(&talk->dialog, XS_MSG_MENU_NUMBER, number);
	if (method == XS_APP)
		xs_dialog_say(&talk->dialog, XS_MSG_MENU_APP);
	if (method == XS_BACKUP)
		xs_dialog_say(&talk->dialog, XS_MSG_MENU_BACKUP);
	if (method == XS_SMS) {
		xs_phone_mask(talk->account.phone.number, phone);
		xs_dialog_say(&talk->dialog, XS_MSG_MENU_SMS, phone);
	}
}
