/* SPDX-License-Identifier: BSD-3-Clause */
/* Bytes that grow, and what a number and a text must be like. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sms_http.h"

#define DIGITS_MIN 8
#define DIGITS_MAX 15
#define GSM_MAX 160 /* characters of one SMS in the GSM alphabet */
#define UCS2_MAX 70 /* and when another one is needed */

int
sms_http_text_add(struct sms_http_text *text, const char *data, size_t n)
{
	size_t size = text->size == 0 ? 256 : text->size;
	char *grown;

	if (n > SIZE_MAX / 4 - text->length)
		return XS_E_NOMEM;
	while (size < text->length + n + 1)
		size *= 2;
	if (size > text->size) {
		/* Not realloc: it leaves a copy behind where it moves. */
		grown = malloc(size);
		if (grown == NULL)
			return XS_E_NOMEM;
		if (text->length > 0)
			memcpy(grown, text->data, text->length);
		if (text->data != NULL)
			explicit_bzero(text->data, text->size);
		free(text->data);
		text->data = grown;
		text->size = size;
	}
	if (n > 0)
		memcpy(text->data + text->length, data, n);
	text->length += n;
	text->data[text->length] = '\0';
	return 0;
}

void
sms_http_text_wipe(struct sms_http_text *text)
{
	if (text->data != NULL)
		explicit_bzero(text->data, text->size);
	free(text->data);
	memset(text, 0, sizeof(*text));
}

const char *
sms_http_number_problem(const char *number)
{
	size_t n;

	if (number[0] != '+' || number[1] < '1' || number[1] > '9')
		return "\"+\" and digits are wanted";
	n = strspn(number + 1, "0123456789");
	if (number[1 + n] != '\0')
		return "\"+\" and digits are wanted";
	if (n < DIGITS_MIN || n > DIGITS_MAX)
		return "8 to 15 digits are wanted";
	return NULL;
}

/*
 * The length of the character at p, 0: it is none of UTF-8's (overlong forms,
 * surrogates and what lies beyond U+10FFFF are not).
 */
static size_t
character(const unsigned char *p, size_t left)
{
	size_t n;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	n = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (left < n)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	}
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

const char *
sms_http_text_problem(const char *text, size_t length)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t septets = 0, units = 0;
	bool gsm = true;

	if (length == 0)
		return "there is no text on standard input";
	for (size_t i = 0, n; i < length; i += n) {
		n = character(p + i, length - i);
		if (n == 0)
			return "the text is not valid UTF-8";
		if ((p[i] < 0x20 && p[i] != '\n') || p[i] == 0x7f)
			return "the text has a control character";
		/* Beyond ASCII it may be in the alphabet; then it is short. */
		gsm = gsm && n == 1 && p[i] != '`';
		septets += strchr("[]{}\\~^|", p[i]) != NULL ? 2 : 1;
		units += n == 4 ? 2 : 1;
	}
	if (gsm ? septets > GSM_MAX : units > UCS2_MAX)
		return "the text is longer than one SMS";
	return NULL;
}
