/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Changes to one's own second factors: one locked step each.
 *
 * A change is made from the record as it is under the lock, and only if its
 * settings are still those that the person saw when he decided; so two
 * settings sessions at once cannot mix (test_settings:
 * test_second_session_is_told). The old secret, code or choice is valid up
 * to the commit, the new one from then on (test_settings:
 * test_failed_commit_leaves_the_old).
 */
#ifndef XS_CHANGE_H
#define XS_CHANGE_H

#include "account.h"
#include "verify.h"

enum xs_changed {
	XS_CHANGE_STALE, /* settings are not what was seen; nothing changed */
	/*
	 * Nor is the second step: what he proved on coming in may prove
	 * nothing any more, so he has to come in anew (test_settings:
	 * test_session_ends_when_the_second_step_was_replaced).
	 */
	XS_CHANGE_VOID,
	/* It is so already: nothing is written, and it makes no event. */
	XS_CHANGE_NONE,
	XS_CHANGE_MADE = 0x2d69, /* durable */
};

/*
 * What the person saw is *account; without an error, whatever *changed says,
 * *account is the record as it now is. Returns 0 or an error: then nothing
 * changed, but for XS_E_COMMIT, where the new may be valid in place of the old.
 */

/*
 * Could a change of what was seen be made? MADE, or why not: to be asked
 * before others are told of one, and no promise. Returns 0 or an error.
 */
int xs_change_is_open(struct xs_verify *verify, const struct xs_account *seen,
    enum xs_changed *changed) __attribute__((warn_unused_result));

/* The new secret with the step of the code that was typed back, now dead. */
int xs_change_app(struct xs_verify *verify, const struct xs_app *app,
    struct xs_account *account, enum xs_changed *changed)
    __attribute__((warn_unused_result));

/* New backup codes; every older one, the helpdesk's too, is dead. */
int xs_change_backup(struct xs_verify *verify, const struct xs_backup *backup,
    struct xs_account *account, enum xs_changed *changed)
    __attribute__((warn_unused_result));

/*
 * A confirmed number, "": none (SMS is then no default any more). A new one
 * is counted among the day's changes.
 */
int xs_change_phone(struct xs_verify *verify, const char *number,
    struct xs_account *account, enum xs_changed *changed)
    __attribute__((warn_unused_result));

/*
 * A confirmed address for notices in that place, which is the next one at
 * most; "": the one that is there is taken away.
 */
int xs_change_mail(struct xs_verify *verify, unsigned nth, const char *address,
    struct xs_account *account, enum xs_changed *changed)
    __attribute__((warn_unused_result));

int xs_change_default(struct xs_verify *verify, enum xs_method method,
    struct xs_account *account, enum xs_changed *changed)
    __attribute__((warn_unused_result));

int xs_change_language(struct xs_verify *verify, const char *language,
    struct xs_account *account, enum xs_changed *changed)
    __attribute__((warn_unused_result));

/*
 * The first enrolment: a record with this app and these backup codes (NULL:
 * none are offered). *account becomes it. Returns 0, XS_E_EXISTS when there
 * is a record meanwhile, or an error; then there is none but the other's.
 */
int xs_change_enrol(struct xs_verify *verify, const struct xs_app *app,
    const struct xs_backup *backup, struct xs_account *account)
    __attribute__((warn_unused_result));

#endif
