/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The fields of a record's text, each a line "key value ...": one table that
 * both the writer and the reader walk (account_text.c). Inside lib/account*
 * only.
 *
 * Values are separated by one space and hold none:
 *   text       bytes other than printable ASCII, the space and '%' stand as
 *              %XX, upper-case hex; an empty one is "-", a lone '-' is "%2D"
 *   secrets    base32 without padding, as people know them
 *   bytes      hashes, salts and ids: base64 without padding, as in a PHC
 *              string (hex would not leave room for 16 codes in a slot)
 *   numbers    decimal without leading zeros; times as seconds since 1970,
 *              lists of them with commas between, newest first
 *   the rest   the names that options and programs use: "yes", "app", "sha1",
 *              "digits:8", "v=19,m=65536,t=3,p=1"
 */
#ifndef XS_ACCOUNT_FIELD_H
#define XS_ACCOUNT_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "account.h"

#define XS_FIELD_VERSION "version 1\n" /* the first line */
#define XS_FIELD_LINE_MAX 1024         /* bytes of a line with its NUL */
#define XS_FIELD_COLUMNS 4
#define XS_FIELD_BYTES_MAX XS_HASH_SIZE
#define XS_BASE64_LENGTH(size) (((size)*4 + 2) / 3) /* no padding */
#define XS_FIELD_TIME_MAX 253402300799 /* the last that RFC 3339 can write */

/* A line under construction or taken apart; wipe it: it may hold a secret. */
struct xs_line {
	size_t length;
	char text[XS_FIELD_LINE_MAX]; /* NUL-terminated, no newline */
};

enum xs_field_kind {
	XS_FIELD_END,
	XS_FIELD_TEXT,
	XS_FIELD_WORD,
	XS_FIELD_ADDRESS,
	XS_FIELD_PHONE,
	XS_FIELD_U32,
	XS_FIELD_U64,
	XS_FIELD_TIME,
	XS_FIELD_TIMES,
	XS_FIELD_YESNO,
	XS_FIELD_METHOD,
	XS_FIELD_BYTES,
	XS_FIELD_SECRET,
	XS_FIELD_ALGORITHM,
	XS_FIELD_FORMAT,
	XS_FIELD_COST,
};

struct xs_column {
	enum xs_field_kind kind;
	size_t offset; /* in struct xs_account */
	size_t size;
	uint64_t low; /* of a number; the shortest length of a text */
	uint64_t high;
};

/*
 * MUST: always there. MAY: there unless blank. FIRST: there if the flag is
 * set, and on reading sets it; REST: there exactly if it is set. COUNTED: as
 * many as the count says.
 */
enum xs_need {
	XS_NEED_MUST,
	XS_NEED_MAY,
	XS_NEED_FIRST,
	XS_NEED_REST,
	XS_NEED_COUNTED,
};

struct xs_field {
	const char *key;
	enum xs_need need;
	unsigned max;  /* lines */
	size_t stride; /* from one line's values to the next's */
	size_t where;  /* FIRST, REST: the bool; COUNTED: the unsigned */
	struct xs_column columns[XS_FIELD_COLUMNS + 1];
};

/* In the order of the text; the last has no key. */
extern const struct xs_field xs_fields[];

/*
 * One value of a line: appends its text; reads it leniently (xs_field_take
 * compares), changing text. False if the value or the text is not valid.
 */
bool xs_value_put(struct xs_line *line, const struct xs_column *column,
    const void *value) __attribute__((warn_unused_result));
bool xs_value_take(const struct xs_column *column, char *text, void *value)
    __attribute__((warn_unused_result));

/* Appends plain text; false if it does not fit. */
bool xs_value_add(struct xs_line *line, const char *text)
    __attribute__((warn_unused_result));

/* Is there nothing in the values of that line? */
bool xs_field_blank(const struct xs_field *field,
    const struct xs_account *account, unsigned nth);

/* Writes the nth line of a field; false if a value is not a valid one. */
bool xs_field_put(const struct xs_field *field,
    const struct xs_account *account, unsigned nth, struct xs_line *line)
    __attribute__((warn_unused_result));

/*
 * Reads the nth line of a field, which must be exactly what xs_field_put
 * makes of the values read. On failure values may have been changed.
 */
bool xs_field_take(const struct xs_field *field, struct xs_account *account,
    unsigned nth, const struct xs_line *line)
    __attribute__((warn_unused_result));

#endif
