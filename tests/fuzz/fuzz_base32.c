/* SPDX-License-Identifier: BSD-3-Clause */
/* Base32: what is decoded is encoded to the same again, and bytes survive. */
#include <ctype.h>

#include "base32.h"
#include "fuzz.h"

#define BYTES_MAX 64 /* as the longest secret */

/* Apart from case, blanks, hyphens and padding they are the same. */
static void
must_mean(const char *typed, const char *encoded)
{
	for (; *typed != '\0'; typed++)
		if (strchr(" -=", *typed) == NULL)
			MUST(toupper((unsigned char)*typed) == *encoded++);
	MUST(*encoded == '\0');
}

static void
decode_typed(const char *text)
{
	uint8_t bytes[BYTES_MAX], again[BYTES_MAX];
	char encoded[XS_BASE32_LENGTH(BYTES_MAX) + 1];
	size_t length = SIZE_MAX, second = 0;

	if (xs_base32_decode(text, bytes, sizeof(bytes), &length) != 0) {
		MUST(length == SIZE_MAX);
		return;
	}
	MUST(length <= sizeof(bytes));
	xs_base32_encode(bytes, length, encoded);
	MUST(strlen(encoded) == XS_BASE32_LENGTH(length));
	must_mean(text, encoded);
	MUST(xs_base32_decode(encoded, again, sizeof(again), &second) == 0);
	MUST(second == length && memcmp(again, bytes, length) == 0);
	/* One byte of room too few is no room. */
	MUST(length == 0 ||
	    xs_base32_decode(text, again, length - 1, &second) != 0);
}

static void
encode_bytes(const uint8_t *bytes, size_t size)
{
	char encoded[XS_BASE32_LENGTH(BYTES_MAX) + 1];
	uint8_t decoded[BYTES_MAX];
	size_t length = 0;

	if (size > BYTES_MAX)
		size = BYTES_MAX;
	xs_base32_encode(bytes, size, encoded);
	MUST(xs_base32_decode(encoded, decoded, sizeof(decoded), &length) == 0);
	MUST(length == size && memcmp(decoded, bytes, size) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	MUST(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	decode_typed(text);
	encode_bytes(data, size);
	free(text);
	return 0;
}
