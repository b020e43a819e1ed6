/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The account phase: whoever has to set up a second step is led through it
 * here, after the first step and never before (design: not_enrolled = enrol).
 */
#ifndef XS_ACCOUNT_PHASE_H
#define XS_ACCOUNT_PHASE_H

#include "proof.h"

enum xs_admission { XS_ADMISSION_REFUSED, XS_ADMISSION_GIVEN = 0x4d5a };

/*
 * May the account be used, and does its owner have to set something up first?
 * The session is identified. Returns 0 or an error, which refuses.
 */
int xs_account_decide(struct xs_session *session, const struct xs_proof *proof,
    enum xs_admission *admission) __attribute__((warn_unused_result));

#endif
