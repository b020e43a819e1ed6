/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "account_field.h"
#include "base32.h"

#define BASE64_PADDED(size) (((size) + 2) / 3 * 4)

bool
xs_value_add(struct xs_line *line, const char *text)
{
	size_t length = strlen(text);

	if (length >= sizeof(line->text) - line->length)
		return false;
	memcpy(line->text + line->length, text, length + 1);
	line->length += length;
	return true;
}

static bool
put_number(
    struct xs_line *line, const struct xs_column *column, uint64_t number)
{
	char text[24], *digit = text + sizeof(text);

	if (number < column->low || number > column->high)
		return false;
	/* By hand: a record has fifty numbers, and each is written thrice. */
	*--digit = '\0';
	do
		*--digit = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	return xs_value_add(line, digit);
}

static bool
take_number(const char *text, uint64_t *number)
{
	uint64_t value = 0;

	for (; *text != '\0'; text++)
		if (*text < '0' || *text > '9' ||
		    __builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, *text - '0', &value))
			return false;
	*number = value;
	return true;
}

/* An array of times, newest first, up to the first that is 0. */
static bool
put_times(
    struct xs_line *line, const struct xs_column *column, const int64_t *times)
{
	size_t i;

	for (i = 0; i < column->size / sizeof(*times) && times[i] != 0; i++)
		if ((i > 0 && !xs_value_add(line, ",")) || times[i] < 0 ||
		    !put_number(line, column, (uint64_t)times[i]))
			return false;
	return true;
}

static bool
take_times(const struct xs_column *column, char *text, int64_t *times)
{
	size_t i = 0;
	char *one;

	while ((one = strsep(&text, ",")) != NULL) {
		uint64_t number;

		if (i == column->size / sizeof(*times) ||
		    !take_number(one, &number) || number > column->high)
			return false;
		times[i++] = (int64_t)number;
	}
	return true;
}

static bool
plain_char(char c)
{
	return c > ' ' && c <= '~' && c != '%';
}

static bool
put_text(struct xs_line *line, const struct xs_column *column, const char *text)
{
	bool lone = strncmp(text, "-", 2) == 0;
	size_t length = strnlen(text, column->size);
	size_t i;

	if (length == column->size || length < column->low)
		return false;
	if (length == 0)
		return xs_value_add(line, "-");
	for (i = 0; i < length && plain_char(text[i]); i++)
		continue;
	if (i == length && !lone)
		return xs_value_add(line, text);
	for (i = 0; i < length; i++) {
		char one[4] = {text[i]};

		if (!plain_char(text[i]) || lone)
			(void)snprintf(
			    one, sizeof(one), "%%%02X", (unsigned char)text[i]);
		if (!xs_value_add(line, one))
			return false;
	}
	return true;
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool
take_text(const struct xs_column *column, const char *text, char *out)
{
	size_t length = 0;

	if (strcmp(text, "-") == 0)
		return true;
	for (; *text != '\0'; text++) {
		if (length >= column->size - 1)
			return false;
		if (*text != '%') {
			out[length++] = *text;
			continue;
		}
		if (hex_value(text[1]) < 0 || hex_value(text[2]) < 0)
			return false;
		out[length++] =
		    (char)(hex_value(text[1]) << 4 | hex_value(text[2]));
		text += 2;
	}
	return true;
}

/*
 * Text of a few harmless characters that stands for itself; '-' in front is
 * kept for "none".
 */
static bool
put_strict(struct xs_line *line, const struct xs_column *column,
    const char *text, const char *others)
{
	size_t length = strnlen(text, column->size);
	size_t i;

	if (length == column->size || length < column->low || text[0] == '-')
		return false;
	for (i = 0; i < length; i++)
		if (!(text[i] >= '0' && text[i] <= '9') &&
		    !(text[i] >= 'a' && text[i] <= 'z') &&
		    !(text[i] >= 'A' && text[i] <= 'Z') &&
		    strchr(others, text[i]) == NULL)
			return false;
	return xs_value_add(line, length > 0 ? text : "-");
}

static bool
put_phone(
    struct xs_line *line, const struct xs_column *column, const char *number)
{
	size_t length = strnlen(number, column->size);

	if (length < 2 || length == column->size || number[0] != '+' ||
	    number[1] == '0' || strspn(number + 1, "0123456789") != length - 1)
		return false;
	return xs_value_add(line, number);
}

static bool
take_plain(const struct xs_column *column, const char *text, char *out)
{
	size_t length = strlen(text);

	if (length >= column->size)
		return false;
	if (strcmp(text, "-") != 0)
		memcpy(out, text, length);
	return true;
}

static bool
put_bytes(
    struct xs_line *line, const struct xs_column *column, const uint8_t *bytes)
{
	char text[BASE64_PADDED(XS_FIELD_BYTES_MAX) + 1];
	bool done;

	if (column->size > XS_FIELD_BYTES_MAX)
		return false;
	(void)EVP_EncodeBlock((unsigned char *)text, bytes, (int)column->size);
	text[XS_BASE64_LENGTH(column->size)] = '\0';
	done = xs_value_add(line, text);
	OPENSSL_cleanse(text, sizeof(text));
	return done;
}

static bool
take_bytes(const struct xs_column *column, const char *text, uint8_t *bytes)
{
	unsigned char padded[BASE64_PADDED(XS_FIELD_BYTES_MAX)];
	unsigned char out[BASE64_PADDED(XS_FIELD_BYTES_MAX) / 4 * 3];
	size_t length = BASE64_PADDED(column->size);
	bool done;

	if (strlen(text) != XS_BASE64_LENGTH(column->size) ||
	    length > sizeof(padded))
		return false;
	memset(padded, '=', sizeof(padded));
	memcpy(padded, text, strlen(text));
	done =
	    EVP_DecodeBlock(out, padded, (int)length) == (int)(length / 4 * 3);
	if (done)
		memcpy(bytes, out, column->size);
	OPENSSL_cleanse(padded, sizeof(padded));
	OPENSSL_cleanse(out, sizeof(out));
	return done;
}

static bool
put_secret(struct xs_line *line, const struct xs_column *column,
    const struct xs_totp *totp)
{
	char text[XS_BASE32_LENGTH(XS_TOTP_SECRET_MAX) + 1];
	bool done;

	if (totp->secret_length < column->low ||
	    totp->secret_length > sizeof(totp->secret))
		return false;
	xs_base32_encode(totp->secret, totp->secret_length, text);
	done = xs_value_add(line, text);
	OPENSSL_cleanse(text, sizeof(text));
	return done;
}

static bool
put_algorithm(struct xs_line *line, enum xs_totp_algorithm algorithm)
{
	return (int)algorithm >= XS_SHA1 && algorithm <= XS_SHA512 &&
	    xs_value_add(line, xs_totp_algorithm_name(algorithm));
}

static bool
take_algorithm(const char *text, enum xs_totp_algorithm *algorithm)
{
	int each;

	for (each = XS_SHA1; each <= XS_SHA512; each++)
		if (strcmp(text,
			xs_totp_algorithm_name((enum xs_totp_algorithm)each)) ==
		    0) {
			*algorithm = (enum xs_totp_algorithm)each;
			return true;
		}
	return false;
}

static bool
put_format(struct xs_line *line, const struct xs_code_format *format)
{
	struct xs_code_format again;
	char name[16];

	if (((int)format->alphabet != XS_CODE_DIGITS &&
		format->alphabet != XS_CODE_BASE32) ||
	    format->length > XS_CODE_MAX)
		return false;
	xs_code_format_name(format, name);
	return xs_code_format_parse(name, &again) && xs_value_add(line, name);
}

static bool
put_cost(struct xs_line *line, const struct xs_argon2_cost *cost)
{
	char text[64];

	if (!xs_argon2_cost_ok(cost))
		return false;
	(void)snprintf(text, sizeof(text),
	    "v=19,m=%" PRIu32 ",t=%" PRIu32 ",p=%" PRIu32, cost->memory,
	    cost->time, cost->lanes);
	return xs_value_add(line, text);
}

static bool
take_part(char **rest, const char *name, uint32_t *value)
{
	char *part = strsep(rest, ",");
	size_t length = strlen(name);
	uint64_t number;

	if (part == NULL || strncmp(part, name, length) != 0 ||
	    !take_number(part + length, &number) || number > UINT32_MAX)
		return false;
	*value = (uint32_t)number;
	return true;
}

static bool
take_cost(char *text, struct xs_argon2_cost *cost)
{
	uint32_t version;

	return take_part(&text, "v=", &version) &&
	    take_part(&text, "m=", &cost->memory) &&
	    take_part(&text, "t=", &cost->time) &&
	    take_part(&text, "p=", &cost->lanes) && text == NULL;
}

bool
xs_value_put(
    struct xs_line *line, const struct xs_column *column, const void *value)
{
	switch (column->kind) {
	case XS_FIELD_TEXT:
		return put_text(line, column, value);
	case XS_FIELD_WORD:
		return put_strict(line, column, value, "._-");
	case XS_FIELD_ADDRESS:
		return put_strict(line, column, value, "._-:%");
	case XS_FIELD_PHONE:
		return put_phone(line, column, value);
	case XS_FIELD_U32:
		return put_number(line, column, *(const uint32_t *)value);
	case XS_FIELD_U64:
		return put_number(line, column, *(const uint64_t *)value);
	case XS_FIELD_TIME:
		return *(const int64_t *)value >= 0 &&
		    put_number(
			line, column, (uint64_t) * (const int64_t *)value);
	case XS_FIELD_TIMES:
		return put_times(line, column, value);
	case XS_FIELD_YESNO:
		return xs_value_add(line, *(const bool *)value ? "yes" : "no");
	case XS_FIELD_METHOD:
		return *(const int *)value >= -1 &&
		    *(const int *)value < XS_METHODS &&
		    xs_value_add(line,
			xs_method_name((enum xs_method) * (const int *)value));
	case XS_FIELD_BYTES:
		return put_bytes(line, column, value);
	case XS_FIELD_SECRET:
		return put_secret(line, column, value);
	case XS_FIELD_ALGORITHM:
		return put_algorithm(
		    line, *(const enum xs_totp_algorithm *)value);
	case XS_FIELD_FORMAT:
		return put_format(line, value);
	case XS_FIELD_COST:
		return put_cost(line, value);
	case XS_FIELD_END:
		break;
	}
	return false;
}

bool
xs_value_take(const struct xs_column *column, char *text, void *value)
{
	struct xs_totp *totp = value;
	uint64_t number;

	switch (column->kind) {
	case XS_FIELD_TEXT:
		return take_text(column, text, value);
	case XS_FIELD_WORD:
	case XS_FIELD_ADDRESS:
	case XS_FIELD_PHONE:
		return take_plain(column, text, value);
	case XS_FIELD_U32:
	case XS_FIELD_U64:
	case XS_FIELD_TIME:
		if (!take_number(text, &number) || number > column->high)
			return false;
		if (column->kind == XS_FIELD_U32)
			*(uint32_t *)value = (uint32_t)number;
		else
			*(uint64_t *)value = number;
		return true;
	case XS_FIELD_TIMES:
		return take_times(column, text, value);
	case XS_FIELD_YESNO:
		*(bool *)value = strcmp(text, "yes") == 0;
		return true;
	case XS_FIELD_METHOD:
		*(int *)value = xs_method_parse(text);
		return true;
	case XS_FIELD_BYTES:
		return take_bytes(column, text, value);
	case XS_FIELD_SECRET:
		return xs_base32_decode(text, totp->secret,
			   sizeof(totp->secret), &totp->secret_length) == 0;
	case XS_FIELD_ALGORITHM:
		return take_algorithm(text, value);
	case XS_FIELD_FORMAT:
		return xs_code_format_parse(text, value);
	case XS_FIELD_COST:
		return take_cost(text, value);
	case XS_FIELD_END:
		break;
	}
	return false;
}
