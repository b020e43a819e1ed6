/* SPDX-License-Identifier: BSD-3-Clause */
/* A code that was sent somewhere is typed back: so it is theirs, and right. */
#include <string.h>

#include "settings_talk.h"

/* A code was typed: tries are counted by the code itself. */
static void
try_code(struct xs_set_talk *talk, struct xs_proving *proving,
    const struct xs_answer *answer, bool *proved)
{
	struct xs_sms_code *code = &proving->code;
	const struct xs_env *env = talk->verify->env;
	char typed[XS_CODE_MAX + 1];

	if (!answer->fit ||
	    !xs_digits_read(answer->text, proving->digits, typed)) {
		xs_dialog_say(&talk->dialog, proving->no_code, proving->digits);
	} else if (!xs_sms_code_is_out(code, proving->number, env)) {
		xs_dialog_say(&talk->dialog, proving->expired);
	} else {
		*proved = xs_sms_code_check(code, proving->number, typed, env);
		if (!*proved && code->tries > 1)
			xs_dialog_say(
			    &talk->dialog, XS_MSG_WRONG_LEFT, code->tries);
		else if (!*proved)
			xs_dialog_say(&talk->dialog,
			    code->tries == 1 ? XS_MSG_WRONG_LEFT_ONE
					     : XS_MSG_WRONG);
	}
	explicit_bzero(typed, sizeof(typed));
}

int
xs_set_talk_prove(
    struct xs_set_talk *talk, struct xs_proving *proving, bool *proved)
{
	struct xs_answer answer;
	bool leave = false;
	int r = proving->send(talk, proving);

	/* Without a try left, or typed too late, the code ends it. */
	while (r == 0 && proving->code.tries > 0 && !*proved && !leave) {
		r = xs_dialog_ask(&talk->dialog, &answer, proving->prompt);
		if (r != 0)
			break;
		leave = xs_answer_is(&answer, "0");
		if (xs_answer_is(&answer, "r") || xs_answer_is(&answer, "R"))
			r = proving->send(talk, proving);
		else if (!leave)
			try_code(talk, proving, &answer, proved);
	}
	xs_answer_wipe(&answer);
	return r;
}
