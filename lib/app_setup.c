/* SPDX-License-Identifier: BSD-3-Clause */
#include "app_setup.h"

#include <stdlib.h>
#include <string.h>

/* A clock that is off by more than a day is not looked for. */
#define CLOCK_SEARCH 86400 /* seconds */

enum form { FORM_BLOCKS, FORM_ASCII, FORM_KEY, FORM_NONE };

struct setup {
	struct xs_dialog *dialog;
	const struct xs_verify *verify;
	struct xs_new_app *new;
	enum form form; /* to be shown in front of the next question */
	unsigned tries; /* left */
};

static void
say_qr(const struct setup *setup)
{
	char *drawn = xs_new_app_draw(setup->new,
	    setup->form == FORM_ASCII ? XS_QR_ASCII : XS_QR_HALF_BLOCKS);

	if (drawn == NULL) {
		xs_dialog_say(setup->dialog, XS_MSG_APP_QR_TOO_LARGE);
		return;
	}
	xs_dialog_say(setup->dialog, XS_MSG_APP_QR, drawn);
	explicit_bzero(drawn, strlen(drawn));
	free(drawn);
}

static void
show(const struct setup *setup)
{
	const struct xs_totp *totp = &setup->new->app.totp;
	char key[XS_APP_KEY_SHOWN_MAX];

	if (setup->form == FORM_NONE)
		return;
	if (setup->form != FORM_KEY)
		say_qr(setup);
	xs_new_app_show_key(setup->new, key);
	xs_dialog_say(setup->dialog, XS_MSG_APP_KEY, key);
	explicit_bzero(key, sizeof(key));
	if (totp->digits != 6 || totp->period != 30 ||
	    totp->algorithm != XS_SHA1)
		xs_dialog_say(setup->dialog, XS_MSG_APP_PARAMETERS,
		    totp->digits, totp->period,
		    xs_totp_algorithm_name(totp->algorithm));
}

/*
 * By how many seconds the phone's clock is ahead, if its code is right for
 * another time within a day; 0 if for none.
 */
static int64_t
find_clock(const struct setup *setup, const char *code, int64_t now)
{
	const struct xs_totp *totp = &setup->new->app.totp;
	int64_t furthest = CLOCK_SEARCH / totp->period;
	enum xs_totp_match match = XS_TOTP_NONE;
	uint64_t step;

	for (int64_t steps = 1; steps <= furthest; steps++) {
		for (int sign = 1; sign >= -1; sign -= 2) {
			int64_t ahead = sign * steps * totp->period;

			if (xs_totp_match(totp, now + ahead, 0, 0, code, &match,
				&step) == 0 &&
			    match == XS_TOTP_LIVE)
				return ahead;
		}
	}
	return 0;
}

static void
say_wrong(const struct setup *setup, const char *code, int64_t now)
{
	int64_t ahead = find_clock(setup, code, now);
	char length[64];

	if (setup->tries > 1)
		xs_dialog_say(setup->dialog, XS_MSG_WRONG_LEFT, setup->tries);
	else
		xs_dialog_say(setup->dialog,
		    setup->tries == 1 ? XS_MSG_WRONG_LEFT_ONE : XS_MSG_WRONG);
	if (ahead == 0)
		return;
	xs_message_duration(setup->dialog->language, ahead < 0 ? -ahead : ahead,
	    length, sizeof(length));
	xs_dialog_say(setup->dialog,
	    ahead > 0 ? XS_MSG_CLOCK_AHEAD : XS_MSG_CLOCK_BEHIND, length);
}

/* A code of the new secret; nothing is charged, for it opens nothing yet. */
static int
try_code(struct setup *setup, const char *code, enum xs_app_setup *result)
{
	const struct xs_env *env = setup->verify->env;
	int64_t now = env->now(env->context);
	enum xs_totp_match match = XS_TOTP_NONE;
	uint64_t step = 0;
	int r = xs_totp_match(&setup->new->app.totp, now,
	    setup->verify->config->app_window, 0, code, &match, &step);

	if (r != 0)
		return xs_fault_set(setup->verify->fault, r, "HMAC failed");
	if (match == XS_TOTP_LIVE) {
		setup->new->app.last_step = step;
		*result = XS_APP_SETUP_PROVED;
		return 0;
	}
	setup->tries--;
	say_wrong(setup, code, now);
	*result = XS_APP_SETUP_WRONG;
	return 0;
}

/* What was typed, when it is not a code: another form, or no code at all. */
static enum form
read_form(const struct setup *setup, const struct xs_answer *answer)
{
	if (xs_answer_is(answer, "a") || xs_answer_is(answer, "A"))
		return FORM_ASCII;
	if (xs_answer_is(answer, "k") || xs_answer_is(answer, "K"))
		return FORM_KEY;
	xs_dialog_say(
	    setup->dialog, XS_MSG_NO_CODE_APP, setup->new->app.totp.digits);
	return FORM_NONE;
}

static bool
is_leaving(const struct xs_answer *answer, bool may_put_off)
{
	return xs_answer_is(answer, "0") ||
	    (may_put_off && answer->length == 0);
}

static int
take_answer(struct setup *setup, const struct xs_answer *answer,
    enum xs_app_setup *result)
{
	char code[XS_TOTP_DIGITS_MAX + 1];
	int r = 0;

	setup->form = FORM_NONE;
	if (answer->fit &&
	    xs_digits_read(answer->text, setup->new->app.totp.digits, code))
		r = try_code(setup, code, result);
	else
		setup->form = read_form(setup, answer);
	explicit_bzero(code, sizeof(code));
	return r;
}

int
xs_app_setup_ask(struct xs_dialog *dialog, const struct xs_verify *verify,
    bool may_put_off, struct xs_new_app *new, enum xs_app_setup *result)
{
	struct setup setup = {.dialog = dialog,
	    .verify = verify,
	    .new = new,
	    .form = FORM_BLOCKS,
	    .tries = XS_APP_SETUP_TRIES};
	enum xs_app_setup found = XS_APP_SETUP_WRONG;
	struct xs_answer answer;
	int r = 0;

	while (r == 0 && found == XS_APP_SETUP_WRONG && setup.tries > 0) {
		show(&setup);
		r = xs_dialog_ask(dialog, &answer,
		    may_put_off ? XS_MSG_APP_CONFIRM_LATER
				: XS_MSG_APP_CONFIRM);
		if (r != 0)
			break;
		if (is_leaving(&answer, may_put_off))
			found = XS_APP_SETUP_LEFT;
		else
			r = take_answer(&setup, &answer, &found);
	}
	xs_answer_wipe(&answer);
	if (r == 0)
		*result = found;
	return r;
}
