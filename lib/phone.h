/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Telephone numbers (ITU-T E.164): read as people type them, and shown so
 * that they give nothing away. No input or output.
 */
#ifndef XS_PHONE_H
#define XS_PHONE_H

#include "account.h"

#define XS_PHONE_DIGITS_MIN 8
#define XS_PHONE_DIGITS_MAX 15

/* What typed text is; there is a sentence for each reason to refuse it. */
enum xs_phone_reading {
	XS_PHONE_MALFORMED = 0, /* not digits with spaces and hyphens */
	XS_PHONE_NO_COUNTRY,    /* no +, no 00, and no country_code to add */
	XS_PHONE_SHORT,
	XS_PHONE_LONG,
	XS_PHONE_NOT_ALLOWED, /* none of the prefixes that may be texted */
	XS_PHONE_READ = 0x5ad3,
};

/*
 * Reads typed text: "+31612345678" and "0031612345678" as they are, and
 * "0612345678" with the country's code (digits; "": none) in place of the 0.
 * Spaces and hyphens are dropped, anything else is refused: a "(0)" would
 * make another number. Numbers that begin with neither + nor 0 are
 * NO_COUNTRY, because 31612345678 may be either.
 * allow: prefixes by comma ("+31,+32"); "": + and the country's code; where
 * both are empty nothing is allowed. out is untouched unless READ.
 */
enum xs_phone_reading xs_phone_read(const char *typed, const char *country,
    const char *allow, char out[XS_PHONE_MAX])
    __attribute__((warn_unused_result));

/* + and 8 to 15 digits, the first not 0: what may be handed to a sender. */
bool xs_phone_ok(const char *number);

#endif
