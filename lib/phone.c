/* SPDX-License-Identifier: BSD-3-Clause */
#include "phone.h"

#include <string.h>

#define TYPED_MAX 64 /* bytes of typed text that may still be a number */
#define DIGITS "0123456789"

bool
xs_phone_ok(const char *number)
{
	size_t digits;

	if (number[0] != '+' || number[1] == '0' ||
	    strnlen(number, XS_PHONE_MAX) == XS_PHONE_MAX)
		return false;
	digits = strspn(number + 1, DIGITS);
	return number[1 + digits] == '\0' && digits >= XS_PHONE_DIGITS_MIN &&
	    digits <= XS_PHONE_DIGITS_MAX;
}

/* A + and digits, or digits alone; out has room for all that was typed. */
static bool
strip(const char *typed, char out[TYPED_MAX + 1])
{
	size_t n = 0, sign;

	if (strnlen(typed, TYPED_MAX + 1) > TYPED_MAX)
		return false;
	for (; *typed != '\0'; typed++)
		if (*typed != ' ' && *typed != '-')
			out[n++] = *typed;
	out[n] = '\0';
	sign = out[0] == '+';
	return n > sign && strspn(out + sign, DIGITS) == n - sign;
}

/*
 * The digits that belong behind the +, in two parts; false if nothing says
 * of which country they are.
 */
static bool
split(const char *stripped, const char *country, const char *part[2])
{
	part[0] = "";
	part[1] = stripped;
	if (stripped[0] == '+') {
		part[1] = stripped + 1;
		return true;
	}
	if (strncmp(stripped, "00", 2) == 0) {
		part[1] = stripped + 2;
		return true;
	}
	if (stripped[0] != '0' || country[0] == '\0')
		return false;
	part[0] = country;
	part[1] = stripped + 1;
	return true;
}

static bool
begins_with(const char *number, const char *prefix, size_t length)
{
	return length > 0 && strncmp(number, prefix, length) == 0;
}

static bool
is_allowed(const char *number, const char *country, const char *allow)
{
	if (allow[0] == '\0')
		return begins_with(number + 1, country, strlen(country));
	while (*allow != '\0') {
		size_t n = strcspn(allow, ",");

		if (begins_with(number, allow, n))
			return true;
		allow += n + (allow[n] == ',');
	}
	return false;
}

enum xs_phone_reading
xs_phone_read(const char *typed, const char *country, const char *allow,
    char out[XS_PHONE_MAX])
{
	char stripped[TYPED_MAX + 1], number[XS_PHONE_MAX];
	const char *part[2];
	size_t digits;

	if (!strip(typed, stripped))
		return XS_PHONE_MALFORMED;
	if (!split(stripped, country, part))
		return XS_PHONE_NO_COUNTRY;
	digits = strlen(part[0]) + strlen(part[1]);
	if (digits < XS_PHONE_DIGITS_MIN)
		return XS_PHONE_SHORT;
	if (digits > XS_PHONE_DIGITS_MAX)
		return XS_PHONE_LONG;
	memset(number, 0, sizeof(number));
	number[0] = '+';
	strcpy(number + 1, part[0]);
	strcat(number, part[1]);
	/* No country's code begins with 0. */
	if (!xs_phone_ok(number))
		return XS_PHONE_MALFORMED;
	if (!is_allowed(number, country, allow))
		return XS_PHONE_NOT_ALLOWED;
	memcpy(out, number, sizeof(number));
	return XS_PHONE_READ;
}
