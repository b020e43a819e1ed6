/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A line of users.oath, the file of pam_oath: TYPE USER PIN SECRET, and
 * behind them COUNTER, the last code and its time, once it was used.
 */
#ifndef XS_IMPORT_OATH_H
#define XS_IMPORT_OATH_H

#include "account.h"
#include "import.h"

#define XS_OATH_FILE_MAX (64L << 20) /* bytes */

/* NOTHING: blank or a comment. COUNTER: HOTP, counter-based codes. */
enum xs_oath_kind {
	XS_OATH_NOTHING,
	XS_OATH_BROKEN,
	XS_OATH_COUNTER,
	XS_OATH_TOTP
};

/* Wipe it: it holds a secret. */
struct xs_oath {
	char user[XS_NAME_MAX];
	struct xs_totp totp;
	bool pin; /* a PIN of its own stands before the code */
	char last_code[XS_TOTP_DIGITS_MAX + 1]; /* "": none was used */
};

/*
 * Reads a line (and takes it apart). BROKEN: *what says why; user is filled
 * in if it could be read, else "".
 */
enum xs_oath_kind xs_oath_read(
    struct xs_oath *oath, char *line, const char **what);

/*
 * The step up to which all are dead: that of the last code that was used, if
 * it could still be typed; else 0. Returns 0 or XS_E_INTERNAL.
 */
int xs_oath_last_step(const struct xs_oath *oath, int64_t now, uint64_t *step)
    __attribute__((warn_unused_result));

#endif
