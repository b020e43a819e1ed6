/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The parts of one locked step: lock and load, charge or succeed in the
 * record in hand, commit. Included by verify*.c alone.
 */
#ifndef XS_VERIFY_STEP_H
#define XS_VERIFY_STEP_H

#include "verify.h"

/*
 * Locks and loads. Returns 0 with the transaction open and *now the time
 * read under the lock, or an error without a transaction.
 */
int xs_step_begin(struct xs_verify *verify, struct xs_account *account,
    int64_t *now) __attribute__((warn_unused_result));

/*
 * Makes the record durable and unlocks, in any case. If it holds notices to be
 * told by this conversation, that is noted in it too, as a try: whoever calls
 * this has xs_notice_tell called before the next question.
 */
int xs_step_commit(struct xs_verify *verify, struct xs_account *account);

/* The same, and no notice is told for it, nor a try at one counted. */
int xs_step_record(struct xs_verify *verify, const struct xs_account *account);

/* Charges an attempt in the record in hand; the caller commits. */
void xs_step_charge(struct xs_verify *verify, struct xs_account *account,
    enum xs_method method, int64_t now);

/* A success in the record in hand; the caller commits, then grants. */
void xs_step_succeed(struct xs_verify *verify, struct xs_account *account,
    enum xs_method method, int64_t now);

/*
 * The device that shows codes was at hand: this address needs none for a
 * while. After an event, which forgets all.
 */
void xs_step_remember(
    const struct xs_verify *verify, struct xs_account *account, int64_t now);

/* True, with the verdict, when the method cannot be tried now. */
bool xs_step_is_barred(struct xs_verify *verify,
    const struct xs_account *account, enum xs_method method,
    enum xs_verdict *verdict);

#endif
