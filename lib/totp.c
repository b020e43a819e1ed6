/* SPDX-License-Identifier: BSD-3-Clause */
#include "totp.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base32.h"
#include "crypt.h"

#define WINDOW_CODES (2 * XS_TOTP_WINDOW_MAX + 1)

static const struct {
	const char *name;
	const char *uri_name;
	size_t size;
	enum xs_digest digest;
} algorithms[] = {
    [XS_SHA1] = {"sha1", "SHA1", 20, XS_DIGEST_SHA1},
    [XS_SHA256] = {"sha256", "SHA256", 32, XS_DIGEST_SHA256},
    [XS_SHA512] = {"sha512", "SHA512", 64, XS_DIGEST_SHA512},
};

static bool
algorithm_known(enum xs_totp_algorithm algorithm)
{
	return (size_t)algorithm < sizeof algorithms / sizeof algorithms[0];
}

static bool
parameters_ok(const struct xs_totp *totp)
{
	return algorithm_known(totp->algorithm) && totp->secret_length > 0 &&
	    totp->secret_length <= XS_TOTP_SECRET_MAX && totp->digits >= 6 &&
	    totp->digits <= XS_TOTP_DIGITS_MAX && totp->period >= 15 &&
	    totp->period <= 60;
}

const char *
xs_totp_algorithm_name(enum xs_totp_algorithm algorithm)
{
	return algorithm_known(algorithm) ? algorithms[algorithm].name
					  : "unknown";
}

size_t
xs_totp_secret_size(enum xs_totp_algorithm algorithm)
{
	return algorithm_known(algorithm) ? algorithms[algorithm].size : 0;
}

uint64_t
xs_totp_step(const struct xs_totp *totp, int64_t now)
{
	if (now < 0 || totp->period == 0)
		return 0;
	return (uint64_t)now / totp->period;
}

/*
 * RFC 4226 5.3: 31 bits at the offset that the last nibble names. All sixteen
 * places are read: which one it is, no address tells
 * (test_no_secret_decides_in_a_comparison).
 */
static uint32_t
truncate_mac(const uint8_t *mac, size_t length)
{
	const uint32_t offset = mac[length - 1] & 15U;
	uint32_t number = 0;

	for (uint32_t i = 0; i < 16; i++) {
		const uint8_t *at = mac + i;
		/* All ones where i is the offset, else none. */
		uint32_t mask = 0 - (((i ^ offset) - 1) >> 31);

		number |= mask &
		    ((uint32_t)(at[0] & 0x7f) << 24 | (uint32_t)at[1] << 16 |
			(uint32_t)at[2] << 8 | at[3]);
	}
	return number;
}

int
xs_totp_code(
    const struct xs_totp *totp, uint64_t step, char out[XS_TOTP_DIGITS_MAX + 1])
{
	uint8_t counter[8], mac[XS_HMAC_MAX];
	size_t mac_length = 0;
	uint32_t number;
	int r = XS_E_INTERNAL;

	if (!parameters_ok(totp))
		return r;
	for (int i = 0; i < 8; i++)
		counter[i] = (uint8_t)(step >> (56 - 8 * i));
	if (xs_hmac(algorithms[totp->algorithm].digest, totp->secret,
		totp->secret_length, counter, sizeof counter, mac,
		&mac_length) != 0 ||
	    mac_length != algorithms[totp->algorithm].size)
		goto out;
	number = truncate_mac(mac, mac_length);
	for (unsigned i = totp->digits; i-- > 0; number /= 10)
		out[i] = (char)('0' + number % 10);
	out[totp->digits] = '\0';
	OPENSSL_cleanse(&number, sizeof number);
	r = 0;
out:
	OPENSSL_cleanse(mac, sizeof mac);
	return r;
}

/* Copies typed into a buffer of fixed size; false if it is no code. */
static bool
copy_typed(const struct xs_totp *totp, const char *typed,
    char out[XS_TOTP_DIGITS_MAX + 1])
{
	size_t length = strnlen(typed, XS_TOTP_DIGITS_MAX + 1);

	memset(out, 0, XS_TOTP_DIGITS_MAX + 1);
	if (length != totp->digits)
		return false;
	for (size_t i = 0; i < length; i++)
		if (typed[i] < '0' || typed[i] > '9')
			return false;
	memcpy(out, typed, length);
	return true;
}

/*
 * Every code is computed and compared before any of them counts
 * (test_match_computes_every_code).
 */
static int
compare_window(const struct xs_totp *totp, uint64_t current, unsigned window,
    const char *typed, bool equal[WINDOW_CODES])
{
	char code[XS_TOTP_DIGITS_MAX + 1];
	int r = 0;

	for (unsigned i = 0; i <= 2 * window; i++) {
		equal[i] = false;
		if (current + i < window)
			continue; /* before step 0 */
		if (xs_totp_code(totp, current + i - window, code) != 0) {
			r = XS_E_INTERNAL;
			break;
		}
		equal[i] = CRYPTO_memcmp(code, typed, totp->digits) == 0;
	}
	OPENSSL_cleanse(code, sizeof code);
	return r;
}

int
xs_totp_match(const struct xs_totp *totp, int64_t now, unsigned window,
    uint64_t last_step, const char *typed, enum xs_totp_match *match,
    uint64_t *step)
{
	uint64_t current = xs_totp_step(totp, now), matched = 0;
	char code[XS_TOTP_DIGITS_MAX + 1];
	bool equal[WINDOW_CODES] = {false}, well_formed;
	enum xs_totp_match result = XS_TOTP_NONE;

	if (!parameters_ok(totp) || window > XS_TOTP_WINDOW_MAX)
		return XS_E_INTERNAL;
	well_formed = copy_typed(totp, typed, code);
	if (compare_window(totp, current, window, code, equal) != 0) {
		OPENSSL_cleanse(code, sizeof code);
		return XS_E_INTERNAL;
	}
	OPENSSL_cleanse(code, sizeof code);
	for (unsigned i = 0; well_formed && i <= 2 * window; i++) {
		uint64_t at = current + i - window;
		bool dead = at <= last_step;

		/* Steps rise, so the newest match is what stays. */
		if (equal[i]) {
			result = dead ? XS_TOTP_DEAD : XS_TOTP_LIVE;
			matched = at;
		}
	}
	*match = result;
	if (result != XS_TOTP_NONE)
		*step = matched;
	return 0;
}

/* Text that is only measured while at is NULL. */
struct text {
	char *at;
	size_t length;
};

static void
put_char(struct text *text, char c)
{
	if (text->at != NULL)
		text->at[text->length] = c;
	text->length++;
}

static void
put_plain(struct text *text, const char *plain)
{
	while (*plain != '\0')
		put_char(text, *plain++);
}

/* RFC 3986 2.3: all but the unreserved characters is encoded. */
static void
put_encoded(struct text *text, const char *plain)
{
	static const char hex[] = "0123456789ABCDEF";

	for (; *plain != '\0'; plain++) {
		unsigned char c = (unsigned char)*plain;

		if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		    (c >= '0' && c <= '9') || c == '-' || c == '.' ||
		    c == '_' || c == '~') {
			put_char(text, (char)c);
			continue;
		}
		put_char(text, '%');
		put_char(text, hex[c >> 4]);
		put_char(text, hex[c & 15]);
	}
}

static void
put_uri(struct text *text, const char *issuer, const char *account,
    const char *secret, const char *parameters, bool brief)
{
	put_plain(text, "otpauth://totp/");
	put_encoded(text, issuer);
	put_char(text, ':');
	put_encoded(text, account);
	put_plain(text, "?secret=");
	put_plain(text, secret);
	if (!brief) {
		put_plain(text, "&issuer=");
		put_encoded(text, issuer);
	}
	put_plain(text, parameters);
	put_char(text, '\0');
}

/* What every app takes for granted when it is not told. */
static bool
has_usual_parameters(const struct xs_totp *totp)
{
	return totp->algorithm == XS_SHA1 && totp->digits == 6 &&
	    totp->period == 30;
}

/* Key URI format: a colon inside either would move the border between them. */
static bool
label_part_ok(const char *part)
{
	return part[0] != '\0' && strchr(part, ':') == NULL;
}

static int
write_uri(const struct xs_totp *totp, const char *issuer, const char *account,
    bool brief, char *out, size_t size)
{
	char secret[XS_BASE32_LENGTH(XS_TOTP_SECRET_MAX) + 1];
	char parameters[64] = "";
	struct text text = {NULL, 0};
	int r = XS_E_INVALID;

	if (!parameters_ok(totp))
		return XS_E_INTERNAL;
	if (!label_part_ok(issuer) || !label_part_ok(account))
		return r;
	if (!brief || !has_usual_parameters(totp))
		(void)snprintf(parameters, sizeof parameters,
		    "&algorithm=%s&digits=%u&period=%u",
		    algorithms[totp->algorithm].uri_name, totp->digits,
		    totp->period);
	xs_base32_encode(totp->secret, totp->secret_length, secret);
	put_uri(&text, issuer, account, secret, parameters, brief);
	if (text.length > size)
		goto out;
	text = (struct text){out, 0};
	put_uri(&text, issuer, account, secret, parameters, brief);
	r = 0;
out:
	OPENSSL_cleanse(secret, sizeof secret);
	return r;
}

int
xs_totp_uri(const struct xs_totp *totp, const char *issuer, const char *account,
    char *out, size_t size)
{
	return write_uri(totp, issuer, account, false, out, size);
}

int
xs_totp_uri_brief(const struct xs_totp *totp, const char *issuer,
    const char *account, char *out, size_t size)
{
	return write_uri(totp, issuer, account, true, out, size);
}
