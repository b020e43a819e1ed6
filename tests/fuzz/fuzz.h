/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the fuzz targets share. Each is a LLVMFuzzerTestOneInput that aborts
 * when a promise is broken; replay.c runs them over their corpora.
 */
#ifndef XS_TESTS_FUZZ_H
#define XS_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* assert(3) whatever NDEBUG says. */
#define MUST(condition)                                                    \
	do {                                                               \
		if (!(condition)) {                                        \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, \
			    #condition);                                   \
			abort();                                           \
		}                                                          \
	} while (0)

/* The input, taken from its beginning; at its end come zeros. */
struct input {
	const uint8_t *at;
	size_t left;
};

static inline uint8_t
take_byte(struct input *in)
{
	if (in->left == 0)
		return 0;
	in->left--;
	return *in->at++;
}

static inline uint64_t
take_number(struct input *in, unsigned bytes)
{
	uint64_t number = 0;

	while (bytes-- > 0)
		number = number << 8 | take_byte(in);
	return number;
}

/* Up to size - 1 bytes to the next line feed or NUL, as a text. */
static inline void
take_text(struct input *in, char *text, size_t size)
{
	size_t n = 0;

	while (in->left > 0 && n + 1 < size) {
		char c = (char)take_byte(in);

		if (c == '\n' || c == '\0')
			break;
		text[n++] = c;
	}
	text[n] = '\0';
}

#endif
