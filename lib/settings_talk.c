/* SPDX-License-Identifier: BSD-3-Clause */
#include "settings_talk.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "backup.h"
#include "confirm.h"

/* ---- The record ---- */

static int
load(struct xs_set_talk *talk)
{
	struct xs_verify *verify = talk->verify;
	int r = xs_verify_load(verify, &talk->account);

	if (r == XS_E_NORECORD && !talk->enrolled) {
		xs_account_init(&talk->account, &verify->who);
		return 0;
	}
	if (r == XS_E_NORECORD)
		return xs_fault_set(verify->fault, XS_E_STATE,
		    "the record went away during the conversation");
	if (r == 0 && !talk->enrolled)
		return xs_fault_set(verify->fault, XS_E_EXISTS,
		    "a record was made during the conversation");
	return r;
}

/* To be asked when the record was read, not before. */
static int
check_latest(const struct xs_set_talk *talk)
{
	const struct xs_env *env = talk->verify->env;
	int64_t latest = talk->settings->latest;

	if (latest == 0 || env->uptime(env->context) <= latest)
		return 0;
	return xs_fault_set(talk->verify->fault, XS_E_NOTSUP,
	    "the settings need the password or the second step of these "
	    "minutes");
}

/* What the person chose, also just now or elsewhere. */
static void
adopt_language(struct xs_set_talk *talk)
{
	if (talk->account.language[0] != '\0')
		memcpy(talk->dialog.language, talk->account.language,
		    sizeof(talk->dialog.language));
}

int
xs_set_talk_begin(struct xs_set_talk *talk, const struct xs_settings *settings)
{
	int r;

	memset(talk, 0, sizeof(*talk));
	talk->settings = settings;
	talk->verify = settings->verify;
	talk->config = settings->verify->config;
	talk->enrolled = settings->enrolled;
	xs_dialog_init(&talk->dialog, settings->person, talk->config->language);
	talk->dialog.most = XS_SETTINGS_QUESTIONS_MAX;
	r = load(talk);
	if (r == 0)
		r = check_latest(talk);
	if (r == 0)
		adopt_language(talk);
	return r;
}

void
xs_set_talk_end(struct xs_set_talk *talk)
{
	xs_account_wipe(&talk->account);
	xs_dialog_wipe(&talk->dialog);
}

void
xs_set_talk_report(const struct xs_set_talk *talk, const char *word,
    const char *setting, const char *reason)
{
	const struct xs_report report = {
	    .word = word, .setting = setting, .reason = reason};

	talk->settings->report(talk->settings->context, &report);
}

void
xs_set_talk_notice(struct xs_set_talk *talk)
{
	const struct xs_settings *settings = talk->settings;

	xs_notice_tell(talk->verify, settings->notifier, settings->report,
	    settings->context);
	/* Who makes another change waits anew (test_notice:
	 * test_each_change_is_told_whatever_the_last_took). */
	talk->verify->notice_ms = 0;
}

int
xs_set_talk_judge(struct xs_set_talk *talk, const char *setting, int r,
    enum xs_changed changed, enum xs_message done, enum xs_message not_recorded)
{
	if (r != 0) {
		xs_dialog_say(&talk->dialog, not_recorded);
		xs_dialog_close_read(&talk->dialog);
		return r;
	}
	adopt_language(talk);
	if (changed == XS_CHANGE_MADE) {
		xs_dialog_say(&talk->dialog, done);
		xs_set_talk_report(talk, "changed", setting, NULL);
		xs_set_talk_notice(talk);
		return 0;
	}
	if (changed == XS_CHANGE_NONE) {
		xs_dialog_say(&talk->dialog, XS_MSG_NOTHING_CHANGED);
		return 0;
	}
	xs_dialog_say(&talk->dialog, XS_MSG_SETTINGS_STALE);
	xs_set_talk_report(talk, "unchanged", setting, "stale");
	if (changed != XS_CHANGE_VOID)
		return 0;
	xs_dialog_close_read(&talk->dialog);
	return xs_fault_set(talk->verify->fault, XS_E_EXISTS,
	    "another second step was set up during the conversation");
}

bool
xs_set_talk_offers(const struct xs_set_talk *talk, enum xs_method method)
{
	if ((talk->config->methods & 1u << method) == 0)
		return false;
	return method != XS_SMS || talk->settings->sender != NULL;
}

bool
xs_set_talk_offers_notices(const struct xs_set_talk *talk)
{
	return talk->settings->notifier != NULL &&
	    xs_notice_is_offered(talk->config);
}

/* "0" to most, which is below 10; -1 is none of them. */
static int
read_choice(const struct xs_answer *answer, unsigned most)
{
	if (answer->length != 1 || !answer->fit || answer->text[0] < '0' ||
	    (unsigned)(answer->text[0] - '0') > most)
		return -1;
	return answer->text[0] - '0';
}

int
xs_set_talk_choose(
    struct xs_set_talk *talk, unsigned most, enum xs_message zero, int *choice)
{
	struct xs_answer answer;
	int r;

	xs_dialog_say(&talk->dialog, XS_MSG_MENU_NUMBER, 0);
	xs_dialog_say(&talk->dialog, zero);
	r = xs_dialog_ask(&talk->dialog, &answer, XS_MSG_MENU_CHOOSE, most);
	if (r == 0) {
		*choice = read_choice(&answer, most);
		if (*choice < 0)
			xs_dialog_say(&talk->dialog, XS_MSG_MENU_NO_CHOICE);
	}
	xs_answer_wipe(&answer);
	return r;
}

/* ---- What they are ---- */

#define VALUE_MAX 640 /* two addresses */

static const char *
text_of(const struct xs_set_talk *talk, enum xs_message id)
{
	return xs_message(talk->dialog.language, id);
}

/*
 * By him whose settings these are? Of a longer name the record has what fits
 * (test_settings_events: test_long_name_is_oneself).
 */
static bool
is_own(const struct xs_set_talk *talk, const struct xs_made *made)
{
	return strncmp(made->by, talk->verify->who.name, XS_BY_MAX - 1) == 0;
}

static const char *
by_of(const struct xs_set_talk *talk, const struct xs_made *made)
{
	return is_own(talk, made) ? text_of(talk, XS_MSG_BY_YOURSELF)
				  : made->by;
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void
append(struct xs_set_talk *talk, char value[VALUE_MAX], enum xs_message id, ...)
{
	size_t used = strlen(value);
	va_list arguments;

	va_start(arguments, id);
	(void)vsnprintf(
	    value + used, VALUE_MAX - used, text_of(talk, id), arguments);
	va_end(arguments);
}
#pragma GCC diagnostic pop

static void
append_switched_off(
    struct xs_set_talk *talk, char value[VALUE_MAX], enum xs_method method)
{
	if (talk->account.methods[method].disabled)
		append(talk, value, XS_MSG_IS_SWITCHED_OFF);
}

static void
describe_device(struct xs_set_talk *talk, enum xs_method method,
    const struct xs_made *made, char value[VALUE_MAX])
{
	char day[16], phone[32];

	xs_message_day(made->time, day, sizeof(day));
	if (method == XS_SMS) {
		xs_phone_mask(talk->account.phone.number, phone);
		(void)snprintf(value, VALUE_MAX, "%s, ", phone);
	}
	if (is_own(talk, made))
		append(talk, value, XS_MSG_IS_SET_UP, day);
	else
		append(talk, value, XS_MSG_IS_SET_UP_BY, day, made->by);
	append_switched_off(talk, value, method);
}

static void
describe_app(struct xs_set_talk *talk, char value[VALUE_MAX])
{
	if (talk->account.app.set)
		describe_device(talk, XS_APP, &talk->account.app.made, value);
	else
		append(talk, value, XS_MSG_IS_NOT_SET_UP);
}

static void
describe_phone(struct xs_set_talk *talk, char value[VALUE_MAX])
{
	if (talk->account.phone.number[0] != '\0')
		describe_device(talk, XS_SMS, &talk->account.phone.made, value);
	else
		append(talk, value,
		    xs_set_talk_offers(talk, XS_SMS) ? XS_MSG_IS_NONE
						     : XS_MSG_IS_NOT_OFFERED);
}

static void
describe_address(struct xs_set_talk *talk, char value[VALUE_MAX])
{
	const struct xs_account *account = &talk->account;
	int n = 0;

	if (account->mail_count == 0)
		append(talk, value, XS_MSG_IS_MAILBOX);
	for (unsigned i = 0; i < account->mail_count; i++)
		n += snprintf(value + n, (size_t)(VALUE_MAX - n), "%s%s",
		    i > 0 ? ", " : "", account->mails[i]);
}

static void
describe_default(struct xs_set_talk *talk, char value[VALUE_MAX])
{
	static const enum xs_message name[XS_METHODS] = {
	    [XS_APP] = XS_MSG_DEFAULT_IS_APP,
	    [XS_SMS] = XS_MSG_DEFAULT_IS_SMS,
	    [XS_BACKUP] = XS_MSG_DEFAULT_IS_BACKUP,
	};
	int method = talk->account.default_method;

	if (method < 0 && talk->account.app.set)
		method = XS_APP;
	append(talk, value, method < 0 ? XS_MSG_IS_NONE : name[method]);
}

static void
describe_backup(struct xs_set_talk *talk, char value[VALUE_MAX])
{
	const struct xs_backup *backup = &talk->account.backup;
	char day[16];

	if (backup->count == 0) {
		append(talk, value, XS_MSG_IS_NONE);
		return;
	}
	xs_message_day(backup->made.time, day, sizeof(day));
	append(talk, value, XS_MSG_IS_MADE_BY, day, by_of(talk, &backup->made));
	if (backup->count > 1)
		append(talk, value, XS_MSG_IS_LEFT, backup->count);
	append_switched_off(talk, value, XS_BACKUP);
}

static void
describe_language(struct xs_set_talk *talk, char value[VALUE_MAX])
{
	append(talk, value, XS_MSG_LANGUAGE_ITSELF);
}

/* The menu's entries, in its order; the last is the explanation's. */
static const struct {
	enum xs_message line;
	void (*describe)(struct xs_set_talk *talk, char value[VALUE_MAX]);
} entries[] = {
    {XS_MSG_SETTINGS_APP, describe_app},
    {XS_MSG_SETTINGS_PHONE, describe_phone},
    {XS_MSG_SETTINGS_ADDRESS, describe_address},
    {XS_MSG_SETTINGS_DEFAULT, describe_default},
    {XS_MSG_SETTINGS_BACKUP, describe_backup},
    {XS_MSG_SETTINGS_LANGUAGE, describe_language},
    {XS_MSG_SETTINGS_EXPLAIN, NULL},
};

static void
say_helpdesk(struct xs_set_talk *talk)
{
	const struct xs_helpdesk_code *code = &talk->account.backup.helpdesk;
	const struct xs_env *env = talk->verify->env;
	char until[64];

	if (!xs_account_helpdesk_valid(&talk->account, env->now(env->context)))
		return;
	xs_message_date(code->expires, until, sizeof(until));
	xs_dialog_say(
	    &talk->dialog, XS_MSG_SETTINGS_HELPDESK, code->made.by, until);
}

void
xs_set_talk_say_settings(struct xs_set_talk *talk, bool menu)
{
	char value[VALUE_MAX];
	unsigned number = 0;

	xs_dialog_say(
	    &talk->dialog, XS_MSG_SETTINGS_TITLE, talk->verify->who.name);
	for (unsigned i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		if (entries[i].describe == describe_address &&
		    !xs_set_talk_offers_notices(talk))
			continue;
		if (menu)
			xs_dialog_say(
			    &talk->dialog, XS_MSG_MENU_NUMBER, ++number);
		else if (entries[i].describe == NULL)
			continue;
		value[0] = '\0';
		if (entries[i].describe != NULL)
			entries[i].describe(talk, value);
		xs_dialog_say(&talk->dialog, entries[i].line, value);
	}
	if (!menu)
		say_helpdesk(talk);
}

/* ---- New backup codes ---- */

int
xs_set_talk_new_backup(
    struct xs_set_talk *talk, struct xs_backup *fresh, bool *typed)
{
	struct xs_verify *verify = talk->verify;
	struct xs_successor successor = {0};
	int r;

	/* Slots are waited for, and a question comes next. */
	xs_store_rest(verify->store);
	r = xs_backup_make_in_slot(talk->config, verify->env, verify->caller,
	    verify->who.name, &successor.fresh, successor.codes, verify->fault);
	if (r == XS_E_BUSY) {
		xs_dialog_say(&talk->dialog, XS_MSG_BUSY);
		xs_dialog_close_read(&talk->dialog);
	}
	if (r == 0) {
		successor.count = successor.fresh.count;
		successor.format = successor.fresh.format;
		r = xs_confirm_ask(&talk->dialog, &successor, typed);
	}
	*fresh = successor.fresh;
	xs_successor_wipe(&successor);
	return r;
}
