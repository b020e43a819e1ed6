/* SPDX-License-Identifier: BSD-3-Clause */
/* Base32 of RFC 4648 section 6. */
#ifndef XS_BASE32_H
#define XS_BASE32_H

#include <stddef.h>
#include <stdint.h>

/* Characters for n bytes, without padding and NUL. */
#define XS_BASE32_LENGTH(n) (((n)*8 + 4) / 5)

/*
 * Encodes without padding; out has room for XS_BASE32_LENGTH(length) + 1.
 */
void xs_base32_encode(const uint8_t *bytes, size_t length, char *out);

/*
 * Decodes what people type: case, spaces, hyphens and '=' at the end do not
 * matter; non-zero trailing bits and impossible lengths are refused (RFC 4648
 * 3.5). Returns 0, or -1 and *length untouched when it is malformed or longer
 * than size.
 */
int xs_base32_decode(const char *text, uint8_t *bytes, size_t size,
    size_t *length) __attribute__((warn_unused_result));

#endif
