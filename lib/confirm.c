/* SPDX-License-Identifier: BSD-3-Clause */
#include "confirm.h"

#include <string.h>

#include <openssl/crypto.h>

static void
show(struct xs_dialog *dialog, const struct xs_successor *successor)
{
	char shown[XS_CODE_SHOWN_MAX + 1];

	if (successor->count > 1)
		xs_dialog_say(dialog, XS_MSG_BACKUPS_NEW);
	for (unsigned i = 0; i < successor->count; i++) {
		xs_code_show(successor->codes[i], shown);
		xs_dialog_say(dialog,
		    successor->count > 1 ? XS_MSG_BACKUPS_CODE
					 : XS_MSG_BACKUP_NEW,
		    shown);
	}
	explicit_bzero(shown, sizeof(shown));
	xs_dialog_say(dialog,
	    successor->count > 1 ? XS_MSG_BACKUPS_KEEP : XS_MSG_BACKUP_KEEP);
}

/* Is it the new code, or any one of the new set? */
static bool
is_successor(
    const struct xs_successor *successor, const struct xs_answer *answer)
{
	char typed[XS_CODE_MAX + 1];
	bool same = false;

	if (answer->fit &&
	    xs_code_read(&successor->format, answer->text, typed))
		for (unsigned i = 0; i < successor->count; i++)
			same |= CRYPTO_memcmp(typed, successor->codes[i],
				    successor->format.length) == 0;
	explicit_bzero(typed, sizeof(typed));
	return same;
}

int
xs_confirm_ask(
    struct xs_dialog *dialog, const struct xs_successor *successor, bool *typed)
{
	bool set = successor->count > 1, same = false, leave = false;
	struct xs_answer answer;
	int r = 0;

	while (r == 0 && !same && !leave) {
		show(dialog, successor);
		r = xs_dialog_ask(dialog, &answer,
		    set ? XS_MSG_BACKUPS_CONFIRM : XS_MSG_BACKUP_CONFIRM);
		if (r != 0)
			break;
		leave = xs_answer_is(&answer, "0");
		same = is_successor(successor, &answer);
		if (!same && !leave)
			xs_dialog_say(dialog,
			    set ? XS_MSG_BACKUPS_NOT_NEW
				: XS_MSG_BACKUP_NOT_NEW);
	}
	xs_answer_wipe(&answer);
	if (r == 0)
		*typed = same;
	return r;
}
