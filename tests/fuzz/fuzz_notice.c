/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The text of a notice, of values that are as hostile as they can be: every
 * line is one of ours, a code stands in one event's alone, and what a record
 * can hold always has room.
 */
#include "fuzz.h"
#include "notice.h"

#define VALUE_MAX 700
#define HOST_MAX 64 /* HOST_NAME_MAX */

static const char *const keys[] = {"event", "user", "host", "time", "address",
    "language", "rhost", "by", "code", "subject", "text"};
#define KEYS (sizeof(keys) / sizeof(keys[0]))
#define TEXT (KEYS - 1)

static const char *const events[] = {"enrolled", "imported", "removed",
    "invitation", "helpdesk-code", "helpdesk-code-used", "backup-used",
    "backup-unconfirmed", "backup-set", "app-set", "app-removed", "phone-set",
    "phone-removed", "default-set", "default-app", "default-sms", "address-set",
    "address-removed", "address-changing", "address-confirm", "unlocked",
    "app-disabled", "sms-disabled", "backup-disabled", "app-failures-8",
    "sms-failures-64", "backup-failures-100"};
#define EVENTS (sizeof(events) / sizeof(events[0]))

/* Any bytes but NUL, line feeds and all. */
static void
take_value(struct input *in, char out[VALUE_MAX])
{
	size_t length = (size_t)take_number(in, 2) % VALUE_MAX, n = 0;

	while (n < length && in->left > 0) {
		char c = (char)take_byte(in);

		if (c != '\0')
			out[n++] = c;
	}
	out[n] = '\0';
}

static void
must_be_the_value(const char *line, size_t length, const char *value)
{
	MUST(length == strlen(value));
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)value[i];

		MUST(line[i] == (c < 0x20 || c == 0x7f ? '?' : value[i]));
	}
}

/* Which key it is; the keys come in their order, each but the last once. */
static size_t
read_key(const char *line, size_t length, size_t from)
{
	for (size_t i = from; i < KEYS; i++) {
		size_t n = strlen(keys[i]);

		if (length > n && line[n] == '=' &&
		    memcmp(line, keys[i], n) == 0)
			return i;
	}
	MUST(!"a line of ours");
	return KEYS;
}

static void
check_lines(const struct xs_notice *notice, const char *out)
{
	const char *values[KEYS] = {notice->event, notice->user, notice->host,
	    NULL, notice->address, notice->language, notice->from, notice->by,
	    notice->code, NULL, NULL};
	unsigned seen[KEYS] = {0};
	size_t key = 0;

	for (const char *line = out; *line != '\0';) {
		size_t length = strcspn(line, "\n"), n;

		MUST(line[length] == '\n');
		for (size_t i = 0; i < length; i++)
			MUST((unsigned char)line[i] >= 0x20 && line[i] != 0x7f);
		key = read_key(line, length, key);
		n = strlen(keys[key]) + 1;
		if (values[key] != NULL)
			must_be_the_value(line + n, length - n, values[key]);
		seen[key]++;
		key += key != TEXT;
		line += length + 1;
	}
	for (size_t i = 0; i < TEXT; i++)
		if (i < 6 || i == TEXT - 1)
			MUST(seen[i] == 1);
	MUST(seen[TEXT] > 0);
	MUST(seen[6] == (notice->from[0] != '\0'));
	MUST(seen[7] == (notice->by[0] != '\0'));
	MUST(seen[8] ==
	    (notice->code[0] != '\0' &&
		strcmp(notice->event, "address-confirm") == 0));
}

/* No more than a record and a host have room for. */
static bool
is_of_a_record(const struct xs_notice *notice)
{
	return strlen(notice->user) < XS_NAME_MAX &&
	    strlen(notice->host) <= HOST_MAX &&
	    strlen(notice->address) < XS_MAIL_MAX &&
	    strlen(notice->language) < 8 &&
	    strlen(notice->from) < XS_ADDRESS_MAX &&
	    strlen(notice->by) < XS_BY_MAX &&
	    strlen(notice->code) <= XS_CODE_SHOWN_MAX;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char event[VALUE_MAX], user[VALUE_MAX], host[VALUE_MAX],
	    address[VALUE_MAX], language[VALUE_MAX], from[VALUE_MAX],
	    by[VALUE_MAX], code[VALUE_MAX];
	static char out[XS_NOTICE_TEXT_MAX], without[XS_NOTICE_TEXT_MAX];
	struct input in = {data, size};
	unsigned choice = take_byte(&in);
	struct xs_notice notice = {event, user, host, address, language, from,
	    by, code, (int64_t)take_number(&in, choice & 128 ? 8 : 4)};
	size_t length, other;
	bool known = choice % 32 < EVENTS;

	take_value(&in, user);
	take_value(&in, host);
	take_value(&in, address);
	take_value(&in, from);
	take_value(&in, by);
	take_value(&in, code);
	take_value(&in, language);
	take_value(&in, event);
	if (choice & 32)
		strcpy(language, choice & 64 ? "nl" : "en");
	if (known)
		strcpy(event, events[choice % 32]);
	length = xs_notice_write(&notice, out);
	if (length == 0) {
		MUST(!known || !is_of_a_record(&notice));
		return 0;
	}
	MUST(length < sizeof(out) && strlen(out) == length);
	check_lines(&notice, out);
	notice.code = "";
	other = xs_notice_write(&notice, without);
	if (strcmp(event, "address-confirm") != 0)
		MUST(other == length && strcmp(out, without) == 0);
	return 0;
}
