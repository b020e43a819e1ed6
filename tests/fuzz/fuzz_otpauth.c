/* SPDX-License-Identifier: BSD-3-Clause */
/* The otpauth URI: issuer, account, secret and parameters come out again. */
#include "base32.h"
#include "fuzz.h"
#include "totp.h"

/* RFC 3986, strictly: reserved characters only as %XX. Returns the rest. */
static const char *
decode_part(const char *uri, char *out, const char *until)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz"
				    "0123456789-._~";
	unsigned value;

	while (strncmp(uri, until, strlen(until)) != 0) {
		if (*uri == '%') {
			MUST(sscanf(uri, "%%%2X", &value) == 1);
			*out++ = (char)value;
			uri += 3;
			continue;
		}
		MUST(*uri != '\0' && strchr(plain, *uri) != NULL);
		*out++ = *uri++;
	}
	*out = '\0';
	return uri + strlen(until);
}

static void
check_uri(const struct xs_totp *totp, const char *issuer, const char *account,
    const char *uri)
{
	char part[2048], rest[128];
	uint8_t secret[XS_TOTP_SECRET_MAX];
	size_t length = 0;

	MUST(strncmp(uri, "otpauth://totp/", 15) == 0);
	uri = decode_part(uri + 15, part, ":");
	MUST(strcmp(part, issuer) == 0);
	uri = decode_part(uri, part, "?secret=");
	MUST(strcmp(part, account) == 0);
	uri = decode_part(uri, part, "&issuer=");
	MUST(xs_base32_decode(part, secret, sizeof(secret), &length) == 0);
	MUST(length == totp->secret_length &&
	    memcmp(secret, totp->secret, length) == 0);
	uri = decode_part(uri, part, "&algorithm=");
	MUST(strcmp(part, issuer) == 0);
	(void)snprintf(rest, sizeof(rest), "SHA%s&digits=%u&period=%u",
	    xs_totp_algorithm_name(totp->algorithm) + 3, totp->digits,
	    totp->period);
	MUST(strcmp(uri, rest) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	struct xs_totp totp = {.algorithm = take_byte(&in) % 3};
	char issuer[600], account[600], uri[2048], code[16];
	size_t room = take_number(&in, 2) % (sizeof(uri) + 1);

	totp.digits = 6 + take_byte(&in) % 3;
	totp.period = 15 + take_byte(&in) % 46;
	totp.secret_length = 10 + take_byte(&in) % 55;
	for (size_t i = 0; i < totp.secret_length; i++)
		totp.secret[i] = (uint8_t)(take_byte(&in) ^ i);
	take_text(&in, issuer, sizeof(issuer));
	take_text(&in, account, sizeof(account));
	MUST(xs_totp_code(&totp, take_number(&in, 8), code) == 0);
	MUST(strspn(code, "0123456789") == totp.digits);
	memset(uri, '!', sizeof(uri));
	if (xs_totp_uri(&totp, issuer, account, uri, room) == 0)
		check_uri(&totp, issuer, account, uri);
	else
		MUST(uri[0] == '!');
	return 0;
}
