/* SPDX-License-Identifier: BSD-3-Clause */
/* A new app: the first one, with its backup code, or in place of another. */
#include <string.h>

#include "settings_talk.h"

/* Shows the new app and has its code typed back. */
static int
prove_app(struct xs_set_talk *talk, bool may_put_off, struct xs_new_app *new,
    bool *proved)
{
	enum xs_app_setup result = XS_APP_SETUP_WRONG;
	int r = xs_new_app_make(talk->config, talk->verify->env,
	    talk->verify->who.name, new, talk->verify->fault);

	if (r != 0)
		return r;
	xs_dialog_say(&talk->dialog, XS_MSG_APP_SCAN);
	if (talk->account.app.set)
		xs_dialog_say(&talk->dialog, XS_MSG_APP_REPLACES);
	r = xs_app_setup_ask(
	    &talk->dialog, talk->verify, may_put_off, new, &result);
	*proved = r == 0 && result == XS_APP_SETUP_PROVED;
	return r;
}

/* Recorded at once: what was confirmed until now is kept in memory alone. */
static int
record_both(struct xs_set_talk *talk, const struct xs_app *app,
    const struct xs_backup *backup, enum xs_enrolled *result)
{
	int r = xs_change_enrol(talk->verify, app, backup, &talk->account);

	if (r == XS_E_EXISTS) {
		xs_dialog_say(&talk->dialog, XS_MSG_ENROL_ELSEWHERE);
		xs_set_talk_report(talk, "unchanged", "app", "stale");
		xs_dialog_close_read(&talk->dialog);
		return r;
	}
	if (r != 0) {
		xs_dialog_say(&talk->dialog, XS_MSG_SETTING_NOT_RECORDED);
		xs_dialog_close_read(&talk->dialog);
		return r;
	}
	talk->enrolled = true;
	xs_set_talk_report(talk, "enrolled", NULL, NULL);
	xs_set_talk_notice(talk);
	xs_dialog_say(&talk->dialog, XS_MSG_APP_IS_SET_UP);
	*result = XS_ENROL_DONE;
	return 0;
}

int
xs_set_talk_enrol(
    struct xs_set_talk *talk, bool may_put_off, enum xs_enrolled *result)
{
	bool with_backup = xs_set_talk_offers(talk, XS_BACKUP);
	struct xs_backup backup = {0};
	struct xs_new_app new;
	bool proved = false, typed = true;
	int r = prove_app(talk, may_put_off, &new, &proved);

	*result = XS_ENROL_UNFINISHED;
	if (r == 0 && proved && with_backup)
		r = xs_set_talk_new_backup(talk, &backup, &typed);
	if (r == 0 && proved && typed)
		r = record_both(
		    talk, &new.app, with_backup ? &backup : NULL, result);
	else if (r == 0)
		xs_dialog_say(&talk->dialog, XS_MSG_NOTHING_CHANGED);
	explicit_bzero(&backup, sizeof(backup));
	xs_new_app_wipe(&new);
	return r;
}

int
xs_set_talk_app(
    struct xs_set_talk *talk, bool may_put_off, enum xs_enrolled *result)
{
	enum xs_changed changed = XS_CHANGE_STALE;
	bool replaces = talk->account.app.set, proved = false;
	struct xs_new_app new;
	int r = prove_app(talk, may_put_off, &new, &proved);

	*result = XS_ENROL_UNFINISHED;
	if (r == 0 && !proved)
		xs_dialog_say(&talk->dialog, XS_MSG_NOTHING_CHANGED);
	if (r == 0 && proved) {
		r = xs_change_app(
		    talk->verify, &new.app, &talk->account, &changed);
		r = xs_set_talk_judge(talk, "app", r, changed,
		    replaces ? XS_MSG_APP_IS_REPLACED : XS_MSG_APP_IS_SET_UP,
		    replaces ? XS_MSG_APP_NOT_RECORDED
			     : XS_MSG_SETTING_NOT_RECORDED);
	}
	if (r == 0 && proved && changed == XS_CHANGE_MADE)
		*result = XS_ENROL_DONE;
	xs_new_app_wipe(&new);
	return r;
}

/* ---- At a login ---- */

static void
say_why(struct xs_set_talk *talk, int64_t until)
{
	char day[16];

	if (talk->enrolled) {
		xs_dialog_say(&talk->dialog, XS_MSG_ENROL_INVITED);
	} else if (until != 0) {
		xs_message_day(until, day, sizeof(day));
		xs_dialog_say(&talk->dialog, XS_MSG_ENROL_UNTIL, day);
	} else {
		xs_dialog_say(&talk->dialog, XS_MSG_ENROL_NOW);
	}
}

/* How it ended, for the log; a login that ends here says why. */
static void
conclude(struct xs_set_talk *talk, int64_t until, bool may_put_off,
    enum xs_enrolled result)
{
	const struct xs_report put_off = {
	    .word = "put-off", .reason = "not-enrolled", .until = until};
	const struct xs_report refused = {
	    .word = "refused", .reason = "not-enrolled"};

	if (result != XS_ENROL_UNFINISHED)
		return;
	talk->settings->report(
	    talk->settings->context, may_put_off ? &put_off : &refused);
	if (may_put_off)
		return;
	xs_dialog_say(&talk->dialog, XS_MSG_ENROL_UNFINISHED);
	xs_dialog_close(&talk->dialog);
}

int
xs_enrol_run(
    const struct xs_settings *settings, int64_t until, enum xs_enrolled *result)
{
	enum xs_enrolled found = XS_ENROL_UNFINISHED;
	bool may_put_off = settings->enrolled || until != 0;
	struct xs_set_talk talk;
	int r = xs_set_talk_begin(&talk, settings);

	if (r == 0) {
		/* A login asks no more than any other. */
		talk.dialog.most = XS_QUESTIONS_MAX;
		say_why(&talk, until);
		r = settings->enrolled
		    ? xs_set_talk_app(&talk, may_put_off, &found)
		    : xs_set_talk_enrol(&talk, may_put_off, &found);
	}
	if (r == XS_E_EXISTS) {
		found = XS_ENROL_ELSEWHERE;
		r = 0;
	}
	if (r == 0 || r == XS_DIALOG_ENOUGH) {
		r = 0;
		conclude(&talk, until, may_put_off, found);
		*result = found;
	}
	xs_set_talk_end(&talk);
	return r;
}
