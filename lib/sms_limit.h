/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How many texts, to one user and by one host: a text costs money, and a
 * phone that buzzes all night is an attack too.
 *
 * Before a text is sent, in this order:
 *   xs_sms_host_gate                 nothing is charged where no text comes of
 *                                    it
 *   begin, which settles; xs_sms_gate; xs_sms_charge; commit
 *   xs_sms_host_take                 last: a caller of su who makes commits
 *                                    fail must not use up the host's hour
 *   the sender, without any lock
 * A sending that fails afterwards stays charged.
 */
#ifndef XS_SMS_LIMIT_H
#define XS_SMS_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "account.h"
#include "config.h"
#include "env.h"
#include "fault.h"

/* Notices have limits of their own, of the same size. */
enum xs_sms_kind { XS_SMS_CODE, XS_SMS_NOTICE, XS_SMS_KINDS };

/*
 * Per user: pure arithmetic over an account and a time.
 *
 * Moves stored times that lie ahead of now to now, so that a clock set back
 * makes them count once more and not for ever. To be called first, with the
 * record in hand. True if one was moved: commit the record then even if
 * nothing is sent, or that would start anew at every attempt.
 */
bool xs_sms_settle(struct xs_account *account, int64_t now);

/*
 * May a text be sent now, by sms_cooldown, sms_per_hour and sms_per_day? If
 * not, *until is the time of the next one. The account is settled.
 */
bool xs_sms_gate(const struct xs_account *account,
    const struct xs_config *config, enum xs_sms_kind kind, int64_t now,
    int64_t *until) __attribute__((warn_unused_result));
void xs_sms_charge(
    struct xs_account *account, enum xs_sms_kind kind, int64_t now);

/* The same for a new number in place of another, or of none: two a day. */
bool xs_sms_change_gate(const struct xs_account *account, int64_t now,
    int64_t *until) __attribute__((warn_unused_result));
void xs_sms_change_charge(struct xs_account *account, int64_t now);

/*
 * Per host and hour over all users: sms_host_per_hour, for each kind, counted
 * by the minute in STATE_DIR/host/sms. It holds with any number of processes,
 * also when the caller of su stops, starves or kills his own.
 *
 * Returns 0 when there is room, and with take it is used up; 1 when not, with
 * *until; XS_E_STATE, XS_E_BUSY, XS_E_COMMIT: no text may be sent. A clock
 * set back makes what lies ahead count for an hour from now. A file whose
 * content is damaged counts as a full hour, is written anew so, and is
 * XS_E_STATE that once: refused then, and mended without a hand within an
 * hour.
 */
int xs_sms_host_gate(const struct xs_config *config, enum xs_sms_kind kind,
    const struct xs_env *env, int64_t *until, struct xs_fault *fault)
    __attribute__((warn_unused_result));
int xs_sms_host_take(const struct xs_config *config, enum xs_sms_kind kind,
    const struct xs_env *env, int64_t *until, struct xs_fault *fault)
    __attribute__((warn_unused_result));

#endif
