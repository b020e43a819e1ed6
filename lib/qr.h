/* SPDX-License-Identifier: BSD-3-Clause */
/* A QR code as text. */
#ifndef XS_QR_H
#define XS_QR_H

#define XS_QR_COLUMNS 80 /* of a terminal that nobody has enlarged */

/*
 * HALF_BLOCKS: UTF-8, two rows of modules a line, light modules drawn (for
 * dark terminals). ASCII: two characters a module. No colour, no escapes.
 */
enum xs_qr_form { XS_QR_HALF_BLOCKS, XS_QR_ASCII };

/*
 * Draws text (error correction level L, 2 modules of quiet zone, or 1 where
 * that makes it fit). The result is one string of lines, to be freed; it
 * holds a secret when text does: wipe it. NULL when memory is short, the text
 * does not fit the columns, or libqrencode is not there.
 *
 * libqrencode is loaded for the time of the call: the module must not bring
 * it into logins that draw nothing (test_built:
 * test_needs_no_more_than_a_login_uses).
 */
char *xs_qr_draw(const char *text, enum xs_qr_form form);

#endif
