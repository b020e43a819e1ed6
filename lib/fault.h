/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What went wrong, and the words for the one log line that tells of it.
 *
 * The library logs nothing. A function that can fail for a reason outside
 * the program takes a struct xs_fault, writes into it what failed and where
 * (file, line, field: never a code, a secret or typed text) and returns a
 * negative enum xs_err. The caller at the edge prints it, once.
 */
#ifndef XS_FAULT_H
#define XS_FAULT_H

enum xs_err {
	XS_OK = 0,
	XS_E_INTERNAL = -1, /* a library call that does not fail, failed */
	XS_E_NOMEM = -2,
	XS_E_CONV = -3,     /* the person could not be asked */
	XS_E_CONFIG = -4,   /* an option is unknown, malformed, contradictory */
	XS_E_NORECORD = -5, /* proved: this account has no record */
	XS_E_EXISTS = -6,   /* there is a record already */
	XS_E_STATE = -7,    /* state or key missing, unreadable, malformed */
	XS_E_MISMATCH = -8, /* the record belongs to another name or uid */
	XS_E_COMMIT = -9,   /* the change could not be made durable */
	XS_E_BUSY = -10,    /* a lock or an Argon2 slot was not had in time */
	XS_E_INVALID = -11, /* an argument of a command is malformed */
	XS_E_NOTSUP = -12,  /* this store cannot do that */
	XS_E_PROGRAM = -13, /* a program that we run did not do it */
};

struct xs_fault {
	char text[512];
};

/*
 * Writes the text (printf form, cut at the size; control characters become
 * '?') and returns err, so that a failing function can end with
 * "return xs_fault_set(fault, XS_E_STATE, ...)". fault may be NULL.
 */
int xs_fault_set(struct xs_fault *fault, int err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The short word for err in log lines: "state", "commit", "busy", ... */
const char *xs_err_word(int err);

#endif
