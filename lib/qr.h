/* SPDX-License-Identifier: BSD-3-Clause */
/* A QR code as text. */
#ifndef XS_QR_H
#define XS_QR_H

#define XS_QR_COLUMNS 80 /* of a terminal that nobody has enlarged */
/* The shortest otpauth URI with all its parameters needs 82. */
#define XS_QR_ASCII_COLUMNS 132

/*
 * HALF_BLOCKS: UTF-8, two rows of modules a line, light modules drawn (for
 * dark terminals). ASCII: two characters a module. No colour, no escapes.
 */
enum xs_qr_form { XS_QR_HALF_BLOCKS, XS_QR_ASCII };

/*
 * Draws text (error correction level L, 2 modules of quiet zone). The result
 * is one string of lines, to be freed; it holds a secret when text does: wipe
 * it. NULL when memory is short or the text does not fit the columns.
 */
char *xs_qr_draw(const char *text, enum xs_qr_form form);

#endif
