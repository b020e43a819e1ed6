/* SPDX-License-Identifier: BSD-3-Clause */
/* The kinds of values that are numbers, words, dates and forms of codes. */
#include "config_option.h"

#include <string.h>

#define DIGITS_MAX 10 /* of a number: more does not fit 32 bits */
#define DAY 86400

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/*
 * Decimal digits at the start of text: no sign, and no leading zero, which
 * elsewhere means octal. Returns how many, 0 if that is no number.
 */
static size_t
read_number(const char *text, uint64_t *number)
{
	uint64_t sum = 0;
	size_t n = 0;

	for (; is_digit(text[n]); n++) {
		if (n == DIGITS_MAX)
			return 0;
		sum = sum * 10 + (uint64_t)(text[n] - '0');
	}
	if (n == 0 || (n > 1 && text[0] == '0'))
		return 0;
	*number = sum;
	return n;
}

static const char *
parse_number(const struct xs_option *option, const char *value, void *field)
{
	const struct xs_unit *unit = option->kind->units;
	uint64_t number = 0;
	size_t length = read_number(value, &number);
	uint32_t result;

	if (length == 0)
		return "";
	while (unit->factor != 0 && strcmp(unit->suffix, value + length) != 0)
		unit++;
	if (unit->factor == 0)
		return "";
	/* Ten digits times a day stay far below 64 bits. */
	number *= unit->factor;
	if (number < option->min || number > option->max)
		return "";
	result = (uint32_t)number;
	memcpy(field, &result, sizeof(result));
	return NULL;
}

static void
show_number(const struct xs_unit *unit, uint32_t number, char *out, size_t size)
{
	if (number == 0) {
		snprintf(out, size, "0");
		return;
	}
	while (number % unit->factor != 0)
		unit++;
	snprintf(out, size, "%u%s", number / unit->factor, unit->suffix);
}

static void
format_number(
    const struct xs_option *option, const void *field, char out[XS_OPTION_MAX])
{
	uint32_t number;

	memcpy(&number, field, sizeof(number));
	show_number(option->kind->units, number, out, XS_OPTION_MAX);
}

/* The index of a word among words separated by one blank, or -1. */
static int
word_index(const char *words, const char *word)
{
	size_t length = strlen(word);

	for (int i = 0; length > 0; i++) {
		size_t n = strcspn(words, " ");

		if (n == length && memcmp(words, word, n) == 0)
			return i;
		if (words[n] == '\0')
			break;
		words += n + 1;
	}
	return -1;
}

static void
word_at(const char *words, int index, char out[XS_OPTION_MAX])
{
	for (; index > 0; index--)
		words += strcspn(words, " ") + 1;
	snprintf(out, XS_OPTION_MAX, "%.*s", (int)strcspn(words, " "), words);
}

static const char *
parse_choice(const struct xs_option *option, const char *value, void *field)
{
	int index = word_index(option->words, value);

	if (index < 0)
		return "";
	memcpy(field, &index, sizeof(index));
	return NULL;
}

static void
format_choice(
    const struct xs_option *option, const void *field, char out[XS_OPTION_MAX])
{
	int index;

	memcpy(&index, field, sizeof(index));
	word_at(option->words, index, out);
}

static const char *
parse_word(const struct xs_option *option, const char *value, void *field)
{
	if (word_index(option->words, value) < 0)
		return "";
	memcpy(field, value, strlen(value) + 1);
	return NULL;
}

static void
format_word(
    const struct xs_option *option, const void *field, char out[XS_OPTION_MAX])
{
	(void)option;
	snprintf(out, XS_OPTION_MAX, "%s", (const char *)field);
}

static const char *
parse_bool(const struct xs_option *option, const char *value, void *field)
{
	int index = word_index(option->words, value);

	if (index < 0)
		return "";
	*(bool *)field = index == 0;
	return NULL;
}

static void
format_bool(
    const struct xs_option *option, const void *field, char out[XS_OPTION_MAX])
{
	word_at(option->words, *(const bool *)field ? 0 : 1, out);
}

/* Days from 1970-01-01; years are counted from March, so February is last. */
static int64_t
days_of(int64_t year, int64_t month, int64_t day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;

	return y * 365 + y / 4 - y / 100 + y / 400 + day_of_year - 719468;
}

static int64_t
days_in(int64_t year, int64_t month)
{
	int64_t next =
	    month == 12 ? days_of(year + 1, 1, 1) : days_of(year, month + 1, 1);

	return next - days_of(year, month, 1);
}

static bool
looks_like_date(const char *text)
{
	static const char form[] = "0000-00-00";

	if (strlen(text) != sizeof(form) - 1)
		return false;
	for (size_t i = 0; form[i] != '\0'; i++) {
		if (form[i] == '0' ? !is_digit(text[i]) : text[i] != form[i])
			return false;
	}
	return true;
}

/* A date holds to its last second in UTC; 0 is no date. */
static const char *
parse_date(const struct xs_option *option, const char *value, void *field)
{
	int64_t year = 0, month, day, last = 0;

	if (value[0] == '\0' && option->fallback[0] == '\0')
		goto store;
	if (!looks_like_date(value))
		return "";
	for (int i = 0; i < 4; i++)
		year = year * 10 + (value[i] - '0');
	month = (value[5] - '0') * 10 + (value[6] - '0');
	day = (value[8] - '0') * 10 + (value[9] - '0');
	if (year < 1970 || month < 1 || month > 12 || day < 1 ||
	    day > days_in(year, month))
		return "";
	last = (days_of(year, month, day) + 1) * DAY - 1;
store:
	memcpy(field, &last, sizeof(last));
	return NULL;
}

static void
format_date(
    const struct xs_option *option, const void *field, char out[XS_OPTION_MAX])
{
	int64_t last, days, year, month = 1;

	(void)option;
	memcpy(&last, field, sizeof(last));
	out[0] = '\0';
	if (last == 0)
		return;
	days = last / DAY;
	year = 1970 + days / 366;
	while (days_of(year + 1, 1, 1) <= days)
		year++;
	while (month < 12 && days_of(year, month + 1, 1) <= days)
		month++;
	snprintf(out, XS_OPTION_MAX, "%04d-%02d-%02d", (int)year, (int)month,
	    (int)(days - days_of(year, month, 1)) + 1);
}

static const char *
parse_code_format(
    const struct xs_option *option, const char *value, void *field)
{
	struct xs_code_format format;

	(void)option;
	if (!xs_code_format_parse(value, &format))
		return "";
	memcpy(field, &format, sizeof(format));
	return NULL;
}

static void
format_code_format(
    const struct xs_option *option, const void *field, char out[XS_OPTION_MAX])
{
	(void)option;
	xs_code_format_name((const struct xs_code_format *)field, out);
}

static void
allowed_words(const char *words, char *out, size_t size)
{
	size_t used = 0;

	while (used < size) {
		size_t n = strcspn(words, " ");
		const char *rest = words[n] == '\0' ? "" : words + n + 1;
		const char *joint = strchr(rest, ' ') != NULL ? ", " : " or ";

		used += (size_t)snprintf(out + used, size - used, "%.*s%s",
		    (int)n, words, rest[0] == '\0' ? "" : joint);
		if (rest[0] == '\0')
			break;
		words = rest;
	}
}

void
xs_option_allowed(const struct xs_option *option, char *out, size_t size)
{
	const struct xs_kind *kind = option->kind;
	char min[32], max[32];

	if (kind->units != NULL) {
		show_number(kind->units, option->min, min, sizeof(min));
		show_number(kind->units, option->max, max, sizeof(max));
		snprintf(
		    out, size, "%s from %s to %s", kind->allowed, min, max);
	} else if (option->words != NULL && kind->allowed == NULL) {
		allowed_words(option->words, out, size);
	} else {
		snprintf(out, size, "%s", kind->allowed);
	}
}

static const struct xs_unit plain[] = {{"", 1}, {NULL, 0}};
static const struct xs_unit seconds[] = {
    {"d", DAY}, {"h", 3600}, {"m", 60}, {"s", 1}, {"", 1}, {NULL, 0}};
static const struct xs_unit kibibytes[] = {
    {"G", 1024 * 1024}, {"M", 1024}, {"K", 1}, {NULL, 0}};
static const struct xs_unit per_month[] = {{"/30d", 1}, {NULL, 0}};

const struct xs_kind xs_kind_number = {.parse = parse_number,
    .format = format_number,
    .units = plain,
    .allowed = "a number"};
const struct xs_kind xs_kind_seconds = {.parse = parse_number,
    .format = format_number,
    .units = seconds,
    .allowed = "a time"};
const struct xs_kind xs_kind_size = {.parse = parse_number,
    .format = format_number,
    .units = kibibytes,
    .allowed = "a size"};
const struct xs_kind xs_kind_budget = {.parse = parse_number,
    .format = format_number,
    .units = per_month,
    .allowed = "a budget"};
const struct xs_kind xs_kind_choice = {
    .parse = parse_choice, .format = format_choice};
const struct xs_kind xs_kind_word = {
    .parse = parse_word, .format = format_word};
const struct xs_kind xs_kind_bool = {
    .parse = parse_bool, .format = format_bool};
const struct xs_kind xs_kind_date = {.parse = parse_date,
    .format = format_date,
    .allowed = "a date as 2026-12-31"};
const struct xs_kind xs_kind_code_format = {.parse = parse_code_format,
    .format = format_code_format,
    .allowed = "digits:8, digits:10, digits:12, digits:16, digits:20, "
	       "base32:13 or base32:16"};

bool
xs_config_seconds(
    const char *text, uint32_t least, uint32_t most, uint32_t *out)
{
	const struct xs_option any = {
	    .kind = &xs_kind_seconds, .min = least, .max = most};

	return parse_number(&any, text, out) == NULL;
}
