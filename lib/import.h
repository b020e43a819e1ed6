/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reading what other programs have left, as functions over text: whoever
 * wrote that text may have meant ill. No input or output.
 */
#ifndef XS_IMPORT_H
#define XS_IMPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "totp.h"

#define XS_IMPORT_LINE_MAX 2048 /* bytes of a line with its NUL */
#define XS_IMPORT_SECRET_MIN 10 /* bytes: what a record takes */
#define XS_IMPORT_BITS_MIN 112  /* below that a secret is called weak */

/* Steps ahead that a peer with its widest window can have accepted. */
#define XS_IMPORT_AHEAD 20

/*
 * A line that cannot be used: its number and why. The words never hold a
 * part of the line, which may be a secret.
 */
typedef void xs_import_say(void *context, unsigned line, const char *what);

struct xs_import_text {
	const char *at;
	size_t left;
	unsigned line; /* the number of the line that was read last */
};

/* ODD: too long, or with a byte that is no printable ASCII nor a blank. */
enum xs_import_next { XS_IMPORT_END, XS_IMPORT_LINE, XS_IMPORT_ODD };

/* The next line without its end; line is "" unless the answer is LINE. */
enum xs_import_next xs_import_next(
    struct xs_import_text *text, char line[XS_IMPORT_LINE_MAX]);

/* A decimal number of up to 18 digits and nothing else. */
bool xs_import_number(const char *text, uint64_t *number);

/* What keeps a secret of that many bytes from being taken, or NULL. */
const char *xs_import_secret_problem(size_t length);

#endif
