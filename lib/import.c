/* SPDX-License-Identifier: BSD-3-Clause */
#include "import.h"

#include <string.h>

static bool
is_plain(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (text[i] != '\t' && (text[i] < ' ' || text[i] > '~'))
			return false;
	}
	return true;
}

enum xs_import_next
xs_import_next(struct xs_import_text *text, char line[XS_IMPORT_LINE_MAX])
{
	const char *start = text->at, *stop;
	size_t size;

	line[0] = '\0';
	if (text->left == 0)
		return XS_IMPORT_END;
	text->line++;
	stop = memchr(start, '\n', text->left);
	size = stop != NULL ? (size_t)(stop - start) : text->left;
	text->at += size;
	text->left -= size;
	if (stop != NULL) {
		text->at++;
		text->left--;
	}
	if (size > 0 && start[size - 1] == '\r')
		size--;
	if (size >= XS_IMPORT_LINE_MAX || !is_plain(start, size))
		return XS_IMPORT_ODD;
	memcpy(line, start, size);
	line[size] = '\0';
	return XS_IMPORT_LINE;
}

bool
xs_import_number(const char *text, uint64_t *number)
{
	uint64_t value = 0;
	size_t n = 0;

	for (; text[n] >= '0' && text[n] <= '9' && n <= 18; n++)
		value = value * 10 + (uint64_t)(text[n] - '0');
	if (n == 0 || n > 18 || text[n] != '\0')
		return false;
	*number = value;
	return true;
}

const char *
xs_import_secret_problem(size_t length)
{
	if (length < XS_IMPORT_SECRET_MIN)
		return "the secret has fewer than 80 bits";
	if (length > XS_TOTP_SECRET_MAX)
		return "the secret has more than 512 bits";
	return NULL;
}
