/* SPDX-License-Identifier: BSD-3-Clause */
#include "qr.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <qrencode.h>

#define LIBRARY "libqrencode.so.4"
/* Modules; phones are content with half of the standard's, or a quarter. */
#define QUIET 2
#define QUIET_LEAST 1
#define BLOCK_BYTES 3 /* of a block element in UTF-8 */

struct drawing {
	const QRcode *code;
	int quiet; /* modules on each side */
	int side;  /* modules in all */
};

/* Light is what is drawn: the terminal's own colour is taken to be dark. */
static bool
is_light(const struct drawing *drawing, int row, int column)
{
	const QRcode *code = drawing->code;

	row -= drawing->quiet;
	column -= drawing->quiet;
	if (row < 0 || column < 0 || row >= code->width ||
	    column >= code->width)
		return true;
	return (code->data[row * code->width + column] & 1) == 0;
}

static char *
draw_half_blocks(const struct drawing *drawing, char *out)
{
	/* Indexed by the upper module, then the lower one. */
	static const char *const blocks[2][2] = {
	    {" ", "\xe2\x96\x84"},
	    {"\xe2\x96\x80", "\xe2\x96\x88"},
	};

	int side = drawing->side;

	for (int row = 0; row < side; row += 2) {
		for (int column = 0; column < side; column++) {
			bool lower = row + 1 < side &&
			    is_light(drawing, row + 1, column);

			out = stpcpy(
			    out, blocks[is_light(drawing, row, column)][lower]);
		}
		*out++ = '\n';
	}
	return out;
}

/*
 * Two different characters: a module that is one letter twice is a pattern
 * of half its width, which a camera keeps apart from far away, and no reader
 * took for a module (test_qr_picture: test_ascii_is_read_from_a_picture).
 */
static char *
draw_ascii(const struct drawing *drawing, char *out)
{
	int side = drawing->side;

	for (int row = 0; row < side; row++) {
		for (int column = 0; column < side; column++)
			out = stpcpy(
			    out, is_light(drawing, row, column) ? "#@" : "  ");
		*out++ = '\n';
	}
	return out;
}

static char *
draw(const QRcode *code, enum xs_qr_form form)
{
	struct drawing drawing = {.code = code, .quiet = QUIET};
	int wide = form == XS_QR_ASCII ? 2 : 1; /* characters of a module */
	char *text, *end;

	while (wide * (code->width + 2 * drawing.quiet) > XS_QR_COLUMNS)
		if (--drawing.quiet < QUIET_LEAST)
			return NULL;
	drawing.side = code->width + 2 * drawing.quiet;
	/* Both forms fit: half the lines, or two bytes a module. */
	text = malloc(
	    ((size_t)drawing.side * BLOCK_BYTES + 1) * (size_t)drawing.side +
	    1);
	if (text == NULL)
		return NULL;
	if (form == XS_QR_ASCII)
		end = draw_ascii(&drawing, text);
	else
		end = draw_half_blocks(&drawing, text);
	*end = '\0';
	return text;
}

static char *
encode_and_draw(void *library, const char *text, enum xs_qr_form form)
{
	__typeof__(QRcode_encodeString) *encode;
	__typeof__(QRcode_free) *discard;
	QRcode *code;
	char *drawn;

	*(void **)&encode = dlsym(library, "QRcode_encodeString");
	*(void **)&discard = dlsym(library, "QRcode_free");
	if (encode == NULL || discard == NULL)
		return NULL;
	/* The smallest version that the text fits; case matters in a URI. */
	code = encode(text, 0, QR_ECLEVEL_L, QR_MODE_8, 1);
	if (code == NULL)
		return NULL;
	drawn = draw(code, form);
	OPENSSL_cleanse(code->data, (size_t)code->width * (size_t)code->width);
	discard(code);
	return drawn;
}

char *
xs_qr_draw(const char *text, enum xs_qr_form form)
{
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	char *drawn;

	if (library == NULL)
		return NULL;
	drawn = encode_and_draw(library, text, form);
	(void)dlclose(library);
	return drawn;
}
