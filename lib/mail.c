/* SPDX-License-Identifier: BSD-3-Clause */
#include "mail.h"

#include <stdio.h>
#include <string.h>

#define LABEL_MAX 63

static int
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_alnum(char c)
{
	return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z');
}

/*
 * Words with a dot between. In front stands what is no option, comment or
 * pattern anywhere.
 */
static bool
local_ok(const char *text, size_t length)
{
	static const char others[] = "._+-='&~#*^";
	char before = '.';

	if (length == 0 || length > XS_MAIL_LOCAL_MAX ||
	    (!is_alnum(text[0]) && text[0] != '_') || text[length - 1] == '.')
		return false;
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '.' && before == '.')
			return false;
		if (!is_alnum(text[i]) &&
		    memchr(others, text[i], sizeof(others) - 1) == NULL)
			return false;
		before = text[i];
	}
	return true;
}

static bool
label_ok(const char *text, size_t length)
{
	if (length == 0 || length > LABEL_MAX || !is_alnum(text[0]) ||
	    !is_alnum(text[length - 1]))
		return false;
	for (size_t i = 0; i < length; i++)
		if (!is_alnum(text[i]) && text[i] != '-')
			return false;
	return true;
}

/* A name of digits alone at the end is a numeric address. */
static bool
domain_ok(const char *text, size_t length)
{
	bool named = false;

	for (size_t n; length > 0; text += n, length -= n) {
		const char *dot = memchr(text, '.', length);

		n = dot != NULL ? (size_t)(dot - text) : length;
		if (!label_ok(text, n))
			return false;
		named = false;
		for (size_t i = 0; i < n; i++)
			named |= !is_digit(text[i]);
		if (dot != NULL && ++n == length)
			return false;
	}
	return named;
}

bool
xs_mail_read(const char *typed, char out[XS_MAIL_MAX])
{
	size_t length, local;
	const char *at;

	while (*typed == ' ')
		typed++;
	length = strlen(typed);
	while (length > 0 && typed[length - 1] == ' ')
		length--;
	at = memchr(typed, '@', length);
	if (at == NULL || length >= XS_MAIL_MAX)
		return false;
	local = (size_t)(at - typed);
	if (!local_ok(typed, local) || !domain_ok(at + 1, length - local - 1))
		return false;
	memset(out, 0, XS_MAIL_MAX);
	memcpy(out, typed, length);
	return true;
}

bool
xs_mail_same(const char *a, const char *b)
{
	while (*a != '\0' && lower(*a) == lower(*b))
		a++, b++;
	return lower(*a) == lower(*b);
}

/* As of numbers: what is too short to hide anything is stars alone. */
void
xs_mail_mask(const char *address, char out[XS_MAIL_MASK_MAX])
{
	static const size_t least = 4;
	const char *at = strchr(address, '@');

	if (at == NULL || strnlen(address, XS_MAIL_MAX) == XS_MAIL_MAX)
		(void)snprintf(out, XS_MAIL_MASK_MAX, "******");
	else
		(void)snprintf(out, XS_MAIL_MASK_MAX, "%.*s******%s",
		    (size_t)(at - address) < least ? 0 : 1, address, at);
}
