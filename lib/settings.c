/* SPDX-License-Identifier: BSD-3-Clause */
#include "settings.h"

#include <string.h>

#include "settings_talk.h"

/* In the order of the menu, which has no entry for the first two. */
static const char *const words[] = {
    [XS_SETTING_MENU] = "",
    [XS_SETTING_STATUS] = "status",
    [XS_SETTING_APP] = "app",
    [XS_SETTING_PHONE] = "phone",
    [XS_SETTING_ADDRESS] = "address",
    [XS_SETTING_DEFAULT] = "default",
    [XS_SETTING_BACKUP] = "backup",
    [XS_SETTING_LANGUAGE] = "language",
    [XS_SETTING_EXPLAIN] = "explain",
};

static const char *const languages[] = {"en", "nl"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MENU_FIRST XS_SETTING_APP
#define MENU_LAST XS_SETTING_EXPLAIN

bool
xs_setting_parse(const char *word, enum xs_setting *setting)
{
	for (size_t i = 0; i < COUNT(words); i++) {
		if (strcmp(word == NULL ? "" : word, words[i]) == 0) {
			*setting = (enum xs_setting)i;
			return true;
		}
	}
	return false;
}

/* ---- The entries ---- */

static int
set_app(struct xs_set_talk *talk)
{
	enum xs_enrolled result;

	if (!xs_set_talk_offers(talk, XS_APP)) {
		xs_dialog_say(&talk->dialog, XS_MSG_APP_NOT_OFFERED);
		return 0;
	}
	return talk->enrolled ? xs_set_talk_app(talk, false, &result)
			      : xs_set_talk_enrol(talk, false, &result);
}

static int
set_phone(struct xs_set_talk *talk)
{
	if (xs_set_talk_offers(talk, XS_SMS) && talk->enrolled)
		return xs_set_talk_phone(talk);
	xs_dialog_say(&talk->dialog,
	    xs_set_talk_offers(talk, XS_SMS) ? XS_MSG_APP_FIRST
					     : XS_MSG_SMS_NOT_OFFERED);
	return 0;
}

static int
set_address(struct xs_set_talk *talk)
{
	if (xs_set_talk_offers_notices(talk) && talk->enrolled)
		return xs_set_talk_address(talk);
	xs_dialog_say(&talk->dialog,
	    xs_set_talk_offers_notices(talk) ? XS_MSG_APP_FIRST
					     : XS_MSG_NOTICES_NOT_OFFERED);
	return 0;
}

static int
change_default(struct xs_set_talk *talk, enum xs_method method)
{
	enum xs_changed changed = XS_CHANGE_STALE;
	int r =
	    xs_change_default(talk->verify, method, &talk->account, &changed);

	return xs_set_talk_judge(talk, "default", r, changed,
	    XS_MSG_DEFAULT_IS_CHANGED, XS_MSG_SETTING_NOT_RECORDED);
}

/* A backup code is for the day when there is nothing else: no default. */
static unsigned
list_defaults(const struct xs_set_talk *talk, enum xs_method out[XS_METHODS])
{
	unsigned count = 0;

	for (enum xs_method m = XS_APP; m <= XS_SMS; m++)
		if (xs_set_talk_offers(talk, m) &&
		    xs_account_has(&talk->account, m))
			out[count++] = m;
	return count;
}

static int
set_default(struct xs_set_talk *talk)
{
	enum xs_method methods[XS_METHODS];
	unsigned count = list_defaults(talk, methods);
	char phone[32];
	int choice = -1, r = 0;

	if (count == 0)
		xs_dialog_say(&talk->dialog, XS_MSG_APP_FIRST);
	while (count > 0 && r == 0 && choice < 0) {
		xs_dialog_say(&talk->dialog, XS_MSG_DEFAULT_CHOOSE);
		for (unsigned i = 0; i < count; i++) {
			xs_dialog_say(&talk->dialog, XS_MSG_MENU_NUMBER, i + 1);
			xs_phone_mask(talk->account.phone.number, phone);
			xs_dialog_say(&talk->dialog,
			    methods[i] == XS_APP ? XS_MSG_MENU_APP
						 : XS_MSG_MENU_SMS,
			    phone);
		}
		r = xs_set_talk_choose(
		    talk, count, XS_MSG_SETTINGS_BACK, &choice);
	}
	if (r != 0 || choice <= 0)
		return r;
	return change_default(talk, methods[choice - 1]);
}

static int
set_backup(struct xs_set_talk *talk)
{
	enum xs_changed changed = XS_CHANGE_STALE;
	struct xs_backup fresh;
	bool typed = false;
	int r;

	if (!xs_set_talk_offers(talk, XS_BACKUP)) {
		xs_dialog_say(&talk->dialog, XS_MSG_BACKUP_NOT_OFFERED);
		return 0;
	}
	if (!talk->enrolled) {
		xs_dialog_say(&talk->dialog, XS_MSG_APP_FIRST);
		return 0;
	}
	r = xs_set_talk_new_backup(talk, &fresh, &typed);
	if (r == 0 && !typed)
		xs_dialog_say(&talk->dialog, XS_MSG_NOTHING_CHANGED);
	if (r == 0 && typed) {
		r = xs_change_backup(
		    talk->verify, &fresh, &talk->account, &changed);
		r = xs_set_talk_judge(talk, "backup", r, changed,
		    fresh.count > 1 ? XS_MSG_BACKUPS_ARE_REPLACED
				    : XS_MSG_BACKUP_IS_REPLACED,
		    XS_MSG_NOT_RECORDED);
	}
	explicit_bzero(&fresh, sizeof(fresh));
	return r;
}

static int
change_language(struct xs_set_talk *talk, const char *language)
{
	enum xs_changed changed = XS_CHANGE_STALE;
	int r = xs_change_language(
	    talk->verify, language, &talk->account, &changed);

	return xs_set_talk_judge(talk, "language", r, changed,
	    XS_MSG_LANGUAGE_IS_CHANGED, XS_MSG_SETTING_NOT_RECORDED);
}

static int
set_language(struct xs_set_talk *talk)
{
	int choice = -1, r = 0;

	if (!talk->enrolled)
		xs_dialog_say(&talk->dialog, XS_MSG_APP_FIRST);
	while (talk->enrolled && r == 0 && choice < 0) {
		xs_dialog_say(&talk->dialog, XS_MSG_LANGUAGE_CHOOSE);
		for (unsigned i = 0; i < COUNT(languages); i++) {
			xs_dialog_say(&talk->dialog, XS_MSG_MENU_NUMBER, i + 1);
			xs_dialog_say(&talk->dialog, XS_MSG_LANGUAGE_NAMED,
			    xs_message(languages[i], XS_MSG_LANGUAGE_ITSELF));
		}
		r = xs_set_talk_choose(
		    talk, COUNT(languages), XS_MSG_SETTINGS_BACK, &choice);
	}
	if (r != 0 || choice <= 0)
		return r;
	return change_language(talk, languages[choice - 1]);
}

static int
run_entry(struct xs_set_talk *talk, enum xs_setting setting)
{
	switch (setting) {
	case XS_SETTING_STATUS:
		xs_set_talk_say_settings(talk, false);
		xs_set_talk_say_events(talk);
		if (!talk->enrolled)
			xs_dialog_say(&talk->dialog, XS_MSG_NOT_ENROLLED);
		return 0;
	case XS_SETTING_APP:
		return set_app(talk);
	case XS_SETTING_PHONE:
		return set_phone(talk);
	case XS_SETTING_ADDRESS:
		return set_address(talk);
	case XS_SETTING_DEFAULT:
		return set_default(talk);
	case XS_SETTING_BACKUP:
		return set_backup(talk);
	case XS_SETTING_LANGUAGE:
		return set_language(talk);
	case XS_SETTING_EXPLAIN:
		xs_dialog_say(&talk->dialog, XS_MSG_EXPLANATION);
		return 0;
	case XS_SETTING_MENU:
		break;
	}
	return XS_E_INTERNAL;
}

/* The menu's entries that are there here; *setting: the one with that number.
 */
static unsigned
list_menu(
    const struct xs_set_talk *talk, unsigned number, enum xs_setting *setting)
{
	unsigned count = 0;

	for (int s = MENU_FIRST; s <= MENU_LAST; s++)
		if ((s != XS_SETTING_ADDRESS ||
			xs_set_talk_offers_notices(talk)) &&
		    ++count == number)
			*setting = (enum xs_setting)s;
	return count;
}

/* After each change the menu comes back, what happened in front. */
static int
run_menu(struct xs_set_talk *talk)
{
	enum xs_setting setting = XS_SETTING_MENU;
	int choice = -1, r = 0;

	while (r == 0 && choice != 0) {
		xs_set_talk_say_settings(talk, true);
		r = xs_set_talk_choose(talk, list_menu(talk, 0, &setting),
		    XS_MSG_SETTINGS_DONE, &choice);
		if (r == 0 && choice > 0) {
			(void)list_menu(talk, (unsigned)choice, &setting);
			r = run_entry(talk, setting);
		}
	}
	return r;
}

int
xs_settings_run(const struct xs_settings *settings, enum xs_setting setting)
{
	struct xs_set_talk talk;
	int r = xs_set_talk_begin(&talk, settings);

	if (r == 0)
		r = setting == XS_SETTING_MENU ? run_menu(&talk)
					       : run_entry(&talk, setting);
	if (r == 0)
		xs_dialog_tell(&talk.dialog);
	xs_set_talk_end(&talk);
	return r == XS_DIALOG_ENOUGH ? XS_E_CONV : r;
}
