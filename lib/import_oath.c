/* SPDX-License-Identifier: BSD-3-Clause */
#include "import_oath.h"

#include <string.h>

#define FIELDS_MIN 4
#define FIELDS_MAX 7

enum field { TYPE, USER, PIN, SECRET, COUNTER, LAST_CODE };

static unsigned
split(char *line, char *fields[FIELDS_MAX + 1])
{
	unsigned count = 0;
	char *word;

	while (count <= FIELDS_MAX && (word = strsep(&line, " \t")) != NULL) {
		if (*word != '\0')
			fields[count++] = word;
	}
	return count;
}

/* "/6", "/7", "/8", or nothing: 6. */
static bool
read_digits(const char *text, unsigned *digits)
{
	if (*text == '\0')
		return true;
	if (text[0] != '/' || text[1] < '6' || text[1] > '8' || text[2] != '\0')
		return false;
	*digits = (unsigned)(text[1] - '0');
	return true;
}

static enum xs_oath_kind
read_type(struct xs_totp *totp, const char *type, const char **what)
{
	static const char unknown[] = "a type of token that is not known here";
	unsigned period = 0;

	*what = unknown;
	if (strncmp(type, "HOTP", 4) != 0)
		return XS_OATH_BROKEN;
	type += 4;
	if (*type == '\0')
		return XS_OATH_COUNTER;
	if (strncmp(type, "/E", 2) == 0)
		return read_digits(type + 2, &totp->digits) ? XS_OATH_COUNTER
							    : XS_OATH_BROKEN;
	if (strncmp(type, "/T", 2) != 0)
		return XS_OATH_BROKEN;
	for (type += 2; *type >= '0' && *type <= '9' && period < 1000; type++)
		period = period * 10 + (unsigned)(*type - '0');
	if (!read_digits(type, &totp->digits))
		return XS_OATH_BROKEN;
	*what = "a time step that is not between 15 and 60 seconds";
	if (period < 15 || period > 60)
		return XS_OATH_BROKEN;
	totp->period = period;
	return XS_OATH_TOTP;
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Returns NULL, or what is wrong with it. */
static const char *
read_secret(struct xs_totp *totp, const char *hex)
{
	size_t length = strlen(hex);
	const char *problem;

	for (size_t i = 0; i < length; i++)
		if (hex_value(hex[i]) < 0)
			return "the secret is not hexadecimal";
	if (length % 2 != 0)
		return "the secret has an odd number of digits";
	if ((problem = xs_import_secret_problem(length / 2)) != NULL)
		return problem;
	for (size_t i = 0; i < length; i += 2)
		totp->secret[i / 2] =
		    (uint8_t)(hex_value(hex[i]) << 4 | hex_value(hex[i + 1]));
	totp->secret_length = length / 2;
	return NULL;
}

static const char *
read_state(struct xs_oath *oath, char *const *fields, unsigned count)
{
	uint64_t counter;
	const char *code;

	if (count > COUNTER && !xs_import_number(fields[COUNTER], &counter))
		return "the counter is not a number";
	if (count <= LAST_CODE || strcmp(fields[LAST_CODE], "-") == 0)
		return NULL;
	code = fields[LAST_CODE];
	if (strspn(code, "0123456789") != strlen(code) ||
	    strlen(code) > XS_TOTP_DIGITS_MAX)
		return "the last code is not a number";
	strcpy(oath->last_code, code);
	return NULL;
}

static const char *
read_rest(struct xs_oath *oath, char *const *fields, unsigned count)
{
	const char *problem = read_secret(&oath->totp, fields[SECRET]);

	if (problem == NULL)
		problem = read_state(oath, fields, count);
	oath->pin =
	    strcmp(fields[PIN], "-") != 0 && strcmp(fields[PIN], "+") != 0;
	return problem;
}

enum xs_oath_kind
xs_oath_read(struct xs_oath *oath, char *line, const char **what)
{
	char *fields[FIELDS_MAX + 1] = {NULL};
	enum xs_oath_kind kind;
	unsigned count;

	memset(oath, 0, sizeof(*oath));
	oath->totp.algorithm = XS_SHA1;
	oath->totp.digits = 6;
	oath->totp.period = 30;
	count = split(line, fields);
	if (count == 0 || fields[0][0] == '#')
		return XS_OATH_NOTHING;
	if (count > USER && strlen(fields[USER]) < sizeof(oath->user))
		strcpy(oath->user, fields[USER]);
	*what = count < FIELDS_MIN ? "fewer than 4 fields"
	    : count > FIELDS_MAX   ? "more than 7 fields"
				   : "the name is too long";
	if (count < FIELDS_MIN || count > FIELDS_MAX || oath->user[0] == '\0')
		return XS_OATH_BROKEN;
	kind = read_type(&oath->totp, fields[TYPE], what);
	if (kind == XS_OATH_TOTP &&
	    (*what = read_rest(oath, fields, count)) != NULL)
		kind = XS_OATH_BROKEN;
	return kind;
}

int
xs_oath_last_step(const struct xs_oath *oath, int64_t now, uint64_t *step)
{
	uint64_t current = xs_totp_step(&oath->totp, now), found = 0, at;
	char code[XS_TOTP_DIGITS_MAX + 1];
	int r = 0;

	/*
	 * Which step it was is told by the code itself: the time beside it is
	 * that of a clock with a time zone.
	 */
	at = current > XS_TOTP_WINDOW_MAX ? current - XS_TOTP_WINDOW_MAX : 0;
	for (; r == 0 && oath->last_code[0] != '\0' &&
	     at <= current + XS_IMPORT_AHEAD;
	     at++) {
		r = xs_totp_code(&oath->totp, at, code);
		if (r == 0 && strcmp(code, oath->last_code) == 0)
			found = at;
	}
	explicit_bzero(code, sizeof(code));
	if (r == 0)
		*step = found;
	return r;
}
