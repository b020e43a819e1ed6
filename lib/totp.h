/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TOTP (RFC 6238) over HOTP (RFC 4226), and the otpauth URI that apps scan.
 * No input or output; the time is an argument.
 */
#ifndef XS_TOTP_H
#define XS_TOTP_H

#include <stddef.h>
#include <stdint.h>

#include "fault.h"

#define XS_TOTP_SECRET_MAX 64 /* bytes: the block of SHA-512's output */
#define XS_TOTP_DIGITS_MAX 8
#define XS_TOTP_WINDOW_MAX 1 /* steps before and after the current one */

enum xs_totp_algorithm { XS_SHA1, XS_SHA256, XS_SHA512 };

/* The shared secret and its parameters (RFC 6238 section 4). */
struct xs_totp {
	uint8_t secret[XS_TOTP_SECRET_MAX];
	size_t secret_length;
	enum xs_totp_algorithm algorithm;
	unsigned digits; /* 6 to 8 */
	unsigned period; /* seconds of a step, 15 to 60 */
};

/* "sha1", "sha256", "sha512". */
const char *xs_totp_algorithm_name(enum xs_totp_algorithm algorithm);

/* The length that RFC 4226 R6 and RFC 6238 5.1 ask for: 20, 32 or 64. */
size_t xs_totp_secret_size(enum xs_totp_algorithm algorithm);

/* The time step of a time (T0 = 0). Times before 1970 give step 0. */
uint64_t xs_totp_step(const struct xs_totp *totp, int64_t now);

/* The code of one step, NUL-terminated. Returns 0 or XS_E_INTERNAL. */
int xs_totp_code(const struct xs_totp *totp, uint64_t step,
    char out[XS_TOTP_DIGITS_MAX + 1]) __attribute__((warn_unused_result));

/*
 * DEAD: the code of a step in the window that was accepted already or lies
 * before one that was. A code equal to a live and to a dead one is live.
 */
enum xs_totp_match { XS_TOTP_NONE, XS_TOTP_LIVE, XS_TOTP_DEAD };

/*
 * Compares typed (exactly totp->digits digits, or it matches nothing) with
 * the codes of the step of now and of window steps on both sides, in constant
 * time: all codes are always computed and compared. Steps up to and including
 * last_step are dead, and so step 0 is always: a record could not tell that it
 * was used (test_match_first_steps_do_not_underflow). *step is the step that
 * matched, the newest live one. Returns 0 or XS_E_INTERNAL.
 */
int xs_totp_match(const struct xs_totp *totp, int64_t now, unsigned window,
    uint64_t last_step, const char *typed, enum xs_totp_match *match,
    uint64_t *step) __attribute__((warn_unused_result));

/*
 * The otpauth URI (Key URI format): issuer in label and parameter, both
 * percent-encoded; the secret in base32 without padding. Returns 0, or
 * XS_E_INVALID when it does not fit or a colon stands in issuer or account.
 */
int xs_totp_uri(const struct xs_totp *totp, const char *issuer,
    const char *account, char *out, size_t size)
    __attribute__((warn_unused_result));

/*
 * The same without what an app can do without: the issuer stands in the label
 * alone, and SHA1, 6 digits and 30 seconds are not named. For a QR code that
 * has to be small.
 */
int xs_totp_uri_brief(const struct xs_totp *totp, const char *issuer,
    const char *account, char *out, size_t size)
    __attribute__((warn_unused_result));

#endif
