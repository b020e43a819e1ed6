/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A code that was sent: it lives in the memory of the process that asked for
 * it, and dies with it. No input or output.
 */
#ifndef XS_SMS_CODE_H
#define XS_SMS_CODE_H

#include <stdbool.h>
#include <stdint.h>

#include "account.h"
#include "code.h"
#include "env.h"

#define XS_SMS_TRIES 3 /* of one code */

/* All zero: no code is out. Wipe it with xs_sms_code_wipe. */
struct xs_sms_code {
	unsigned tries; /* left; 0: no code is out */
	char code[XS_CODE_MAX + 1];
	char number[XS_PHONE_MAX]; /* it was sent to */
	int64_t made;              /* env->uptime */
	unsigned valid;            /* seconds */
};

/*
 * A new code; the one before is void, also when this fails. It is out from
 * now on: when the sending fails, wipe it. Returns 0 or XS_E_INTERNAL.
 */
int xs_sms_code_make(struct xs_sms_code *code, const char *number,
    unsigned digits, unsigned valid, const struct xs_env *env)
    __attribute__((warn_unused_result));

/*
 * Is there a code that could be right: sent to this number (the record's, as
 * it is now), not too old, with a try left? One that cannot is wiped.
 */
bool xs_sms_code_is_out(
    struct xs_sms_code *code, const char *number, const struct xs_env *env);

/*
 * Takes a try and compares, in constant time. text is digits only, without
 * blanks. True once: a code that was right is wiped, and so is one without
 * tries left. To be called after the attempt was charged, durably.
 */
bool xs_sms_code_check(struct xs_sms_code *code, const char *number,
    const char *text, const struct xs_env *env)
    __attribute__((warn_unused_result));

void xs_sms_code_wipe(struct xs_sms_code *code);

#endif
