/* SPDX-License-Identifier: BSD-3-Clause */
#include "base32.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/* Arithmetic, not a table: which byte of a secret it was leaves no trace. */
static int
char_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a';
	if (c >= '2' && c <= '7')
		return c - '2' + 26;
	return -1;
}

/*
 * Decodes into bytes, or with bytes NULL only judges the text: so a text that
 * turns out malformed at its end has written nothing.
 * Returns the number of bytes, or -1.
 */
static long
decode(const char *text, uint8_t *bytes)
{
	uint32_t bits = 0;
	unsigned count = 0;
	long length = 0;
	int padded = 0;

	for (; *text != '\0'; text++) {
		int value;

		if (*text == ' ' || *text == '-')
			continue;
		if (*text == '=') {
			padded = 1;
			continue;
		}
		value = char_value(*text);
		if (value < 0 || padded)
			return -1;
		bits = (bits << 5 | (uint32_t)value) & 0xfff;
		count += 5;
		if (count >= 8) {
			count -= 8;
			if (bytes != NULL)
				bytes[length] = (uint8_t)(bits >> count);
			length++;
		}
	}
	/* Five or more bits left: no encoder makes such a length. */
	if (count >= 5 || (bits & ((1u << count) - 1)) != 0)
		return -1;
	return length;
}

void
xs_base32_encode(const uint8_t *bytes, size_t length, char *out)
{
	uint32_t bits = 0;
	unsigned count = 0;

	for (size_t i = 0; i < length; i++) {
		bits = (bits << 8 | bytes[i]) & 0xfff;
		for (count += 8; count >= 5; count -= 5)
			*out++ = alphabet[bits >> (count - 5) & 31];
	}
	if (count > 0)
		*out++ = alphabet[bits << (5 - count) & 31];
	*out = '\0';
}

int
xs_base32_decode(const char *text, uint8_t *bytes, size_t size, size_t *length)
{
	long needed = decode(text, NULL);

	if (needed < 0 || (size_t)needed > size)
		return -1;
	*length = (size_t)decode(text, bytes);
	return 0;
}
