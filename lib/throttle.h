/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Waits, stop and budgets: arithmetic over an account and a time.
 * No input or output; design: the options throttle_*, and what the issue
 * tracker's threat arithmetic asks of them (tests/unit/test_throttle.c).
 */
#ifndef XS_THROTTLE_H
#define XS_THROTTLE_H

#include <stdbool.h>
#include <stdint.h>

#include "account.h"

#define XS_BUDGET_PERIOD (30L * 24 * 3600) /* seconds for a full refill */

struct xs_throttle {
	unsigned free;     /* consecutive failures without a wait */
	unsigned wait;     /* seconds after the free ones; then doubled */
	unsigned wait_max; /* seconds */
	unsigned stop;     /* failures in a row that disable the method */
	unsigned budget[XS_SIDES]; /* attempts in a full bucket */
};

enum xs_gate { XS_GATE_OPEN, XS_GATE_WAITING, XS_GATE_DISABLED };

/*
 * Puts stored times right: a wait that lies further ahead than its length
 * allows starts anew now; a refill time ahead of now is moved to now and
 * nothing is refilled; what the budgets have got back by now is credited, a
 * full bucket at most. To be called first, with the record in hand.
 * True if a time that lay ahead was moved: commit the record then, even if
 * nothing is charged, or that wait would start anew at every attempt.
 */
bool xs_throttle_settle(struct xs_account *account,
    const struct xs_throttle *throttle, int64_t now);

/*
 * May this method be tried now from this side? When WAITING, *until is the
 * time of the next try (the later of the method's wait and the next refill of
 * an empty budget). The account is settled.
 */
enum xs_gate xs_throttle_gate(const struct xs_account *account,
    const struct xs_throttle *throttle, enum xs_method method,
    enum xs_side side, int64_t now, int64_t *until);

/*
 * Charges one attempt: the method's failures and wait on this side, the stop
 * (disables the method when reached), and the side's budget. The history is
 * not touched.
 */
void xs_throttle_charge(struct xs_account *account,
    const struct xs_throttle *throttle, enum xs_method method,
    enum xs_side side, int64_t now);

/*
 * A success of this method on this side: its failures and wait there and its
 * stop count are cleared, and what the conversation spent of each budget
 * (charged[side]) is given back, no more than is spent. The method is enabled
 * again, because the attempt's own charge may have reached the stop: whether
 * it was disabled by anything else is for the caller to ask before.
 */
void xs_throttle_success(struct xs_account *account, enum xs_method method,
    enum xs_side side, const unsigned charged[XS_SIDES]);

/*
 * Switches a method off until an administrator unlocks it. No stop is left
 * counted, which tells it from one that the stop has switched off, whatever
 * throttle_stop was then and is now.
 */
void xs_throttle_disable(struct xs_account *account, enum xs_method method);
/* Is it switched off, and not by the stop? */
bool xs_throttle_is_kept_off(
    const struct xs_account *account, enum xs_method method);

/* Clears failures, wait, stop of one method (unlock). */
void xs_throttle_clear_method(
    struct xs_account *account, enum xs_method method);
/* Fills both budgets (unlock). */
void xs_throttle_clear_budgets(struct xs_account *account);

#endif
