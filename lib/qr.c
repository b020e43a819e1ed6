/* SPDX-License-Identifier: BSD-3-Clause */
#include "qr.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <qrencode.h>

#define QUIET 2 /* modules; phones are content with half of the standard's */
#define BLOCK_BYTES 3 /* of a block element in UTF-8 */

/* Light is what is drawn: the terminal's own colour is taken to be dark. */
static bool
is_light(const QRcode *code, int row, int column)
{
	row -= QUIET;
	column -= QUIET;
	if (row < 0 || column < 0 || row >= code->width ||
	    column >= code->width)
		return true;
	return (code->data[row * code->width + column] & 1) == 0;
}

static char *
draw_half_blocks(const QRcode *code, int side, char *out)
{
	/* Indexed by the upper module, then the lower one. */
	static const char *const blocks[2][2] = {
	    {" ", "\xe2\x96\x84"},
	    {"\xe2\x96\x80", "\xe2\x96\x88"},
	};

	for (int row = 0; row < side; row += 2) {
		for (int column = 0; column < side; column++) {
			bool lower =
			    row + 1 < side && is_light(code, row + 1, column);

			out = stpcpy(
			    out, blocks[is_light(code, row, column)][lower]);
		}
		*out++ = '\n';
	}
	return out;
}

static char *
draw_ascii(const QRcode *code, int side, char *out)
{
	for (int row = 0; row < side; row++) {
		for (int column = 0; column < side; column++)
			out = stpcpy(
			    out, is_light(code, row, column) ? "##" : "  ");
		*out++ = '\n';
	}
	return out;
}

static char *
draw(const QRcode *code, enum xs_qr_form form)
{
	int side = code->width + 2 * QUIET;
	size_t line = (size_t)side * BLOCK_BYTES + 1;
	char *text, *end;

	if ((form == XS_QR_ASCII ? 2 * side : side) >
	    (form == XS_QR_ASCII ? XS_QR_ASCII_COLUMNS : XS_QR_COLUMNS))
		return NULL;
	/* Both forms fit: half the lines, or two bytes a module. */
	text = malloc(line * (size_t)side + 1);
	if (text == NULL)
		return NULL;
	if (form == XS_QR_ASCII)
		end = draw_ascii(code, side, text);
	else
		end = draw_half_blocks(code, side, text);
	*end = '\0';
	return text;
}

char *
xs_qr_draw(const char *text, enum xs_qr_form form)
{
	/* The smallest version that the text fits; case matters in a URI. */
	QRcode *code = QRcode_encodeString(text, 0, QR_ECLEVEL_L, QR_MODE_8, 1);
	char *drawn;

	if (code == NULL)
		return NULL;
	drawn = draw(code, form);
	OPENSSL_cleanse(code->data, (size_t)code->width * (size_t)code->width);
	QRcode_free(code);
	return drawn;
}
