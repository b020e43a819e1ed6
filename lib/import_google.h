/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The file that google-authenticator leaves in a home directory: the secret
 * in base32, option lines that begin with '" ', and scratch codes.
 */
#ifndef XS_IMPORT_GOOGLE_H
#define XS_IMPORT_GOOGLE_H

#include "account.h"
#include "import.h"

#define XS_GOOGLE_FILE_MAX 16384 /* bytes */
#define XS_GOOGLE_CODE_LENGTH 8

/*
 * BROKEN: what a code depends on cannot be read. COUNTER: counter-based
 * codes. NO_CODES: neither kind is switched on.
 */
enum xs_google_kind {
	XS_GOOGLE_BROKEN,
	XS_GOOGLE_COUNTER,
	XS_GOOGLE_NO_CODES,
	XS_GOOGLE_TOTP
};

/* Wipe it: it holds secrets. */
struct xs_google {
	enum xs_google_kind kind;
	struct xs_totp totp;
	bool reuse_forbidden; /* so the steps that were used are recorded */
	uint64_t last_used;   /* the latest of them, 0: none */
	bool wide;            /* its window is wider than ours */
	bool skewed;          /* it had learned that a clock is wrong */
	unsigned code_count;
	char codes[XS_CODES_MAX][XS_GOOGLE_CODE_LENGTH + 1];
	unsigned codes_over; /* further ones, which a record cannot hold */
};

/* Reads the file's text; each line that cannot be used is said. */
void xs_google_read(struct xs_google *google, const char *text, size_t size,
    xs_import_say *say, void *context);

/*
 * The step up to which all are dead when the record is made at that time:
 * the last that was used. Where the file does not tell, all that could be
 * used at that time have been.
 */
uint64_t xs_google_last_step(const struct xs_google *google, int64_t now);

#endif
