/* SPDX-License-Identifier: BSD-3-Clause */
/* New backup codes, as enrolment and a used code bring them. */
#ifndef XS_BACKUP_H
#define XS_BACKUP_H

#include <stdbool.h>
#include <sys/types.h>

#include "account.h"
#include "code.h"
#include "config.h"
#include "env.h"

/*
 * Makes as many codes as the options say, all different, in their format and
 * hashed at their cost with one new salt: *backup is what the record will
 * hold (its time is the caller's to set), codes what the person is shown.
 * Slow, one Argon2 a code: the caller holds a slot. Returns 0, XS_E_NOMEM or
 * XS_E_INTERNAL; the caller wipes codes in any case.
 */
int xs_backup_make(const struct xs_config *config, const struct xs_env *env,
    const char *by, struct xs_backup *backup,
    char codes[XS_CODES_MAX][XS_CODE_MAX + 1])
    __attribute__((warn_unused_result));

/*
 * The same in one of the host's Argon2 slots, as a caller with that real uid
 * gets it; also XS_E_BUSY, XS_E_STATE. The fault is filled in.
 */
int xs_backup_make_in_slot(const struct xs_config *config,
    const struct xs_env *env, uid_t caller, const char *by,
    struct xs_backup *backup, char codes[XS_CODES_MAX][XS_CODE_MAX + 1],
    struct xs_fault *fault) __attribute__((warn_unused_result));

/*
 * A helpdesk code for a record that holds *beside: hashed with the salt and
 * the cost of the own codes there, so that one evaluation still checks every
 * code; without own codes with new ones. *made is *beside with the new code
 * in the place of a former one (its times are the caller's to set). Slow, as
 * above; the caller wipes code in any case. Returns as above.
 */
int xs_backup_make_helpdesk(const struct xs_config *config,
    const struct xs_env *env, const struct xs_backup *beside, const char *by,
    struct xs_backup *made, char code[XS_CODE_MAX + 1])
    __attribute__((warn_unused_result));

/*
 * Puts that code into the record as it is by now. False, and nothing is
 * changed, if own codes have got another salt or cost meanwhile, or one of
 * them is the same code: it would work twice (test_backup:
 * test_helpdesk_code_is_no_own_code).
 */
bool xs_backup_put_helpdesk(struct xs_backup *record,
    const struct xs_backup *made) __attribute__((warn_unused_result));

#endif
