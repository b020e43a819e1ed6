/* SPDX-License-Identifier: BSD-3-Clause */
#include "import_google.h"

#include <string.h>

#include "base32.h"

#define WINDOW_OURS (2 * XS_TOTP_WINDOW_MAX + 1)

struct reading {
	struct xs_google *google;
	bool secret, step, broken, counter, totp;
};

/* The next word of an option line; NULL at its end. */
static char *
next_word(char **rest)
{
	char *word;

	do {
		word = strsep(rest, " \t");
	} while (word != NULL && *word == '\0');
	return word;
}

static const char *
take_secret(struct reading *reading, const char *line)
{
	struct xs_totp *totp = &reading->google->totp;
	uint8_t bytes[XS_IMPORT_LINE_MAX];
	const char *problem;
	size_t length = 0;

	if (xs_base32_decode(line, bytes, sizeof(bytes), &length) != 0)
		problem = "the secret is not base32";
	else
		problem = xs_import_secret_problem(length);
	if (problem == NULL) {
		memcpy(totp->secret, bytes, length);
		totp->secret_length = length;
		reading->secret = true;
	}
	explicit_bzero(bytes, sizeof(bytes));
	return problem;
}

static const char *
take_step(struct reading *reading, char *rest)
{
	char *word = next_word(&rest);
	bool twice = reading->step;
	uint64_t seconds = 0;

	reading->step = true;
	reading->broken = true;
	if (twice)
		return "STEP_SIZE stands here a second time";
	if (word == NULL || !xs_import_number(word, &seconds) ||
	    next_word(&rest) != NULL)
		return "STEP_SIZE is not followed by a number";
	if (seconds < 15 || seconds > 60)
		return "STEP_SIZE is not between 15 and 60";
	reading->google->totp.period = (unsigned)seconds;
	reading->broken = false;
	return NULL;
}

/* The steps that were used: the latest counts. */
static const char *
take_used(struct reading *reading, char *rest)
{
	struct xs_google *google = reading->google;
	const char *problem = NULL;
	uint64_t step;
	char *word;

	google->reuse_forbidden = true;
	while ((word = next_word(&rest)) != NULL) {
		if (!xs_import_number(word, &step))
			problem = "DISALLOW_REUSE is not followed by numbers";
		else if (step > google->last_used)
			google->last_used = step;
	}
	/* What was used is not known for sure then. */
	if (problem != NULL)
		google->reuse_forbidden = false;
	return problem;
}

static const char *
take_window(struct reading *reading, char *rest)
{
	char *word = next_word(&rest);
	uint64_t size;

	if (word == NULL)
		return NULL;
	if (!xs_import_number(word, &size))
		return "WINDOW_SIZE is not followed by a number";
	reading->google->wide = size > WINDOW_OURS;
	return NULL;
}

static bool
is_known(const char *name)
{
	static const char *const names[] = {
	    "RATE_LIMIT", "RESETTING_TIME_SKEW"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	/* Where the last logins came from, of its grace period. */
	return strncmp(name, "LAST", 4) == 0 && name[4] >= '0' &&
	    name[4] <= '9' && name[5] == '\0';
}

static const char *
take_option(struct reading *reading, char *rest)
{
	const char *name = next_word(&rest), *word;

	if (name == NULL)
		return "no option stands behind the quote";
	if (strcmp(name, "STEP_SIZE") == 0)
		return take_step(reading, rest);
	if (strcmp(name, "DISALLOW_REUSE") == 0)
		return take_used(reading, rest);
	if (strcmp(name, "WINDOW_SIZE") == 0)
		return take_window(reading, rest);
	if (strcmp(name, "TOTP_AUTH") == 0) {
		reading->totp = true;
		return NULL;
	}
	if (strcmp(name, "HOTP_COUNTER") == 0) {
		reading->counter = true;
		return NULL;
	}
	if (strcmp(name, "TIME_SKEW") == 0) {
		word = next_word(&rest);
		reading->google->skewed =
		    word != NULL && strcmp(word, "0") != 0;
		return NULL;
	}
	return is_known(name) ? NULL : "an option that is not known here";
}

static const char *
take_code(struct xs_google *google, const char *line)
{
	if (strlen(line) != XS_GOOGLE_CODE_LENGTH ||
	    strspn(line, "0123456789") != XS_GOOGLE_CODE_LENGTH)
		return "neither an option nor a scratch code";
	for (unsigned i = 0; i < google->code_count; i++)
		if (strcmp(line, google->codes[i]) == 0)
			return "a scratch code that stands here already";
	if (google->code_count == XS_CODES_MAX)
		google->codes_over++;
	else
		memcpy(google->codes[google->code_count++], line,
		    XS_GOOGLE_CODE_LENGTH + 1);
	return NULL;
}

static const char *
take_line(struct reading *reading, unsigned number, char *line)
{
	if (number == 1)
		return take_secret(reading, line);
	if (*line == '\0')
		return NULL;
	if (*line == '"')
		return take_option(reading, line + 1);
	return take_code(reading->google, line);
}

static enum xs_google_kind
judge(const struct reading *reading)
{
	/* The order in which the peer's own module looks at them. */
	if (reading->counter)
		return XS_GOOGLE_COUNTER;
	if (!reading->secret || reading->broken)
		return XS_GOOGLE_BROKEN;
	return reading->totp ? XS_GOOGLE_TOTP : XS_GOOGLE_NO_CODES;
}

void
xs_google_read(struct xs_google *google, const char *text, size_t size,
    xs_import_say *say, void *context)
{
	struct xs_import_text left = {.at = text, .left = size};
	struct reading reading = {.google = google};
	char line[XS_IMPORT_LINE_MAX];
	enum xs_import_next next;
	const char *problem;

	memset(google, 0, sizeof(*google));
	google->totp.algorithm = XS_SHA1;
	google->totp.digits = 6;
	google->totp.period = 30;
	while ((next = xs_import_next(&left, line)) != XS_IMPORT_END) {
		/* A line that cannot be read may have been any option. */
		if (next == XS_IMPORT_ODD)
			reading.broken = true;
		problem = next == XS_IMPORT_ODD
		    ? "too long, or not text"
		    : take_line(&reading, left.line, line);
		if (problem != NULL)
			say(context, left.line, problem);
	}
	if (left.line == 0)
		say(context, 1, "the file is empty");
	google->kind = judge(&reading);
	explicit_bzero(line, sizeof(line));
}

uint64_t
xs_google_last_step(const struct xs_google *google, int64_t now)
{
	uint64_t current = xs_totp_step(&google->totp, now);

	/* One far ahead would kill all codes for years. */
	if (!google->reuse_forbidden ||
	    google->last_used > current + XS_IMPORT_AHEAD)
		return current + XS_TOTP_WINDOW_MAX;
	return google->last_used;
}
