/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A typed address: what is read is one mailbox, as it was typed, with nothing
 * in it that a mail program reads as an option, a list or a header.
 */
#include <strings.h>

#include "fuzz.h"
#include "mail.h"

#define PLAIN                        \
	"abcdefghijklmnopqrstuvwxyz" \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ" \
	"0123456789"

/* The blanks around it are all that may be gone. */
static void
must_be_as_typed(const char *typed, const char *out)
{
	size_t length = strlen(out);

	typed += strspn(typed, " ");
	MUST(strncmp(typed, out, length) == 0);
	MUST(typed[length + strspn(typed + length, " ")] == '\0');
}

static void
must_be_a_mailbox(const char *out)
{
	const char *at = strchr(out, '@');

	MUST(at != NULL && strchr(at + 1, '@') == NULL);
	MUST(strspn(out, PLAIN "._+-='&~#*^") == (size_t)(at - out));
	MUST(at > out && at - out <= XS_MAIL_LOCAL_MAX);
	MUST(strspn(out, PLAIN "_") > 0);
	MUST(at[1] != '\0' && strspn(at + 1, PLAIN ".-") == strlen(at + 1));
	MUST(strstr(out, "..") == NULL && at[1] != '.' && at[1] != '-');
}

/* Of the name at most the first letter, and nothing of what is no address. */
static void
check_mask(const char *text)
{
	char shown[XS_MAIL_MASK_MAX], wanted[XS_MAIL_MASK_MAX];
	const char *at = strchr(text, '@');
	bool fits = at != NULL && strlen(text) < XS_MAIL_MAX;
	int first = fits && at - text > 3;

	xs_mail_mask(text, shown);
	(void)snprintf(wanted, sizeof(wanted), "%.*s******%s", first, text,
	    fits ? at : "");
	MUST(strcmp(shown, wanted) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	char out[XS_MAIL_MAX], again[XS_MAIL_MAX], typed[600], other[600];

	take_text(&in, typed, sizeof(typed));
	take_text(&in, other, sizeof(other));
	MUST(xs_mail_same(typed, other) == (strcasecmp(typed, other) == 0));
	check_mask(typed);
	memset(out, 'x', sizeof(out));
	if (!xs_mail_read(typed, out)) {
		for (size_t i = 0; i < sizeof(out); i++)
			MUST(out[i] == 'x');
		return 0;
	}
	MUST(memchr(out, '\0', sizeof(out)) != NULL);
	must_be_as_typed(typed, out);
	must_be_a_mailbox(out);
	check_mask(out);
	MUST(xs_mail_read(out, again) && strcmp(out, again) == 0);
	return 0;
}
