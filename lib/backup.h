/* SPDX-License-Identifier: BSD-3-Clause */
/* New backup codes, as enrolment and a used code bring them. */
#ifndef XS_BACKUP_H
#define XS_BACKUP_H

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

#endif
