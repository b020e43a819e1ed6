/* SPDX-License-Identifier: BSD-3-Clause */
/* Which events there are notices of, and what these say. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "child.h"
#include "messages.h"
#include "notice_text.h"

_Static_assert(XS_NOTICE_TEXT_MAX <= XS_CHILD_TEXT_MAX,
    "a notice is what a program reads on its standard input");

static const struct xs_notice_kind kinds[] = {
    {"enrolled", XS_MSG_NOTICE_ENROLLED, XS_MSG_NOTICE_NOT_YOU},
    {"imported", XS_MSG_NOTICE_IMPORTED, XS_MSG_NOTICE_NOT_YOU},
    {"removed", XS_MSG_NOTICE_REMOVED, XS_MSG_NOTICE_NOT_YOU},
    {"invitation", XS_MSG_NOTICE_INVITATION, XS_MSG_NOTICE_NOT_YOU_ISSUED},
    {"helpdesk-code", XS_MSG_NOTICE_HELPDESK_CODE,
	XS_MSG_NOTICE_NOT_YOU_ISSUED},
    {"helpdesk-code-used", XS_MSG_NOTICE_HELPDESK_CODE_USED,
	XS_MSG_NOTICE_NOT_YOU},
    {"backup-used", XS_MSG_NOTICE_BACKUP_USED, XS_MSG_NOTICE_NOT_YOU},
    {"backup-unconfirmed", XS_MSG_NOTICE_BACKUP_UNCONFIRMED,
	XS_MSG_NOTICE_NOT_YOU_UNCONFIRMED},
    {"backup-set", XS_MSG_NOTICE_BACKUP_SET, XS_MSG_NOTICE_NOT_YOU},
    {"app-set", XS_MSG_NOTICE_APP_SET, XS_MSG_NOTICE_NOT_YOU},
    {"app-removed", XS_MSG_NOTICE_APP_REMOVED, XS_MSG_NOTICE_NOT_YOU},
    {"phone-set", XS_MSG_NOTICE_PHONE_SET, XS_MSG_NOTICE_NOT_YOU},
    {"phone-removed", XS_MSG_NOTICE_PHONE_REMOVED, XS_MSG_NOTICE_NOT_YOU},
    {"default-set", XS_MSG_NOTICE_DEFAULT, XS_MSG_NOTICE_NOT_YOU},
    {"default-app", XS_MSG_NOTICE_DEFAULT, XS_MSG_NOTICE_NOT_YOU},
    {"default-sms", XS_MSG_NOTICE_DEFAULT, XS_MSG_NOTICE_NOT_YOU},
    {"address-set", XS_MSG_NOTICE_ADDRESS, XS_MSG_NOTICE_NOT_YOU},
    {"address-removed", XS_MSG_NOTICE_ADDRESS, XS_MSG_NOTICE_NOT_YOU},
    {"address-changing", XS_MSG_NOTICE_ADDRESS_CHANGING, XS_MSG_NOTICE_NOT_YOU},
    {"address-confirm", XS_MSG_NOTICE_ADDRESS_CONFIRM,
	XS_MSG_NOTICE_NOT_YOU_CONFIRM},
    {"unlocked", XS_MSG_NOTICE_UNLOCKED, XS_MSG_NOTICE_NOT_YOU},
    {"app-disabled", XS_MSG_NOTICE_OFF_APP, XS_MSG_NOTICE_NOT_YOU_OFF},
    {"sms-disabled", XS_MSG_NOTICE_OFF_SMS, XS_MSG_NOTICE_NOT_YOU_OFF},
    {"backup-disabled", XS_MSG_NOTICE_OFF_BACKUP, XS_MSG_NOTICE_NOT_YOU_OFF},
    /* Ahead of a number. */
    {"app-failures-", XS_MSG_NOTICE_FAILURES_APP, XS_MSG_NOTICE_NOT_YOU_TRIED},
    {"sms-failures-", XS_MSG_NOTICE_FAILURES_SMS, XS_MSG_NOTICE_NOT_YOU_TRIED},
    {"backup-failures-", XS_MSG_NOTICE_FAILURES_BACKUP,
	XS_MSG_NOTICE_NOT_YOU_TRIED},
};

/* "" and a number of up to three digits; elsewhere nothing at all. */
static bool
is_rest(const char *word, size_t length)
{
	size_t digits = strspn(word + length, "0123456789");

	if (word[length - 1] != '-')
		return word[length] == '\0';
	return digits > 0 && digits <= 3 && word[length + digits] == '\0';
}

const struct xs_notice_kind *
xs_notice_kind_find(const char *word)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t length = strlen(kinds[i].word);

		if (strncmp(word, kinds[i].word, length) == 0 &&
		    is_rest(word, length))
			return &kinds[i];
	}
	return NULL;
}

/* ---- Lines ---- */

struct writer {
	char *out; /* XS_NOTICE_TEXT_MAX bytes */
	size_t length;
	bool whole; /* all of it had room */
};

static void
put(struct writer *writer, const char *text, size_t length)
{
	if (length >= XS_NOTICE_TEXT_MAX - writer->length) {
		writer->whole = false;
		return;
	}
	memcpy(writer->out + writer->length, text, length);
	writer->length += length;
	writer->out[writer->length] = '\0';
}

/*
 * One line, whatever stands in the value: a name may hold a newline, and the
 * next line would be one that we never wrote
 * (test_notice_text: test_a_value_stays_on_its_line).
 */
static void
put_line(struct writer *writer, const char *key, const char *value)
{
	size_t start;

	put(writer, key, strlen(key));
	put(writer, "=", 1);
	start = writer->length;
	put(writer, value, strlen(value));
	for (size_t i = start; i < writer->length; i++)
		if ((unsigned char)writer->out[i] < 0x20 ||
		    writer->out[i] == 0x7f)
			writer->out[i] = '?';
	put(writer, "\n", 1);
}

static void
put_line_if_any(struct writer *writer, const char *key, const char *value)
{
	if (value[0] != '\0')
		put_line(writer, key, value);
}

#define LINE_MAX_BYTES 1024

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void
put_text(struct writer *writer, const char *language, enum xs_message id, ...)
{
	char line[LINE_MAX_BYTES];
	va_list arguments;

	va_start(arguments, id);
	(void)vsnprintf(
	    line, sizeof(line), xs_message(language, id), arguments);
	va_end(arguments);
	put_line(writer, "text", line);
	explicit_bzero(line, sizeof(line));
}

/* What happened, as a clause: "8 wrong SMS codes in a row". */
static void
write_what(const struct xs_notice *notice, const struct xs_notice_kind *kind,
    char *out, size_t size)
{
	unsigned count = 0;

	for (const char *c = notice->event + strlen(kind->word); *c != '\0';
	     c++)
		count = count * 10 + (unsigned)(*c - '0');
	(void)snprintf(
	    out, size, xs_message(notice->language, kind->what), count);
}

static void
put_subject(
    struct writer *writer, const struct xs_notice *notice, const char *what)
{
	char subject[LINE_MAX_BYTES];

	(void)snprintf(subject, sizeof(subject),
	    xs_message(notice->language, XS_MSG_NOTICE_SUBJECT), notice->user,
	    notice->host, what);
	put_line(writer, "subject", subject);
}
#pragma GCC diagnostic pop

/* No other notice ever holds a code (test_notice_text:
 * test_code_is_in_one_alone).
 */
static bool
is_confirm(const struct xs_notice *notice)
{
	return strcmp(notice->event, "address-confirm") == 0;
}

/* A sentence of several lines. */
static void
put_advice(struct writer *writer, const struct xs_notice *notice,
    const struct xs_notice_kind *kind)
{
	char line[LINE_MAX_BYTES];
	bool by_other = notice->by[0] != '\0' &&
	    strcmp(notice->by, notice->user) != 0 &&
	    kind->advice != XS_MSG_NOTICE_NOT_YOU_ISSUED &&
	    strcmp(kind->word, "helpdesk-code-used") != 0;
	const char *text = xs_message(notice->language,
	    by_other ? XS_MSG_NOTICE_NOT_YOU_BY : kind->advice);

	while (*text != '\0') {
		size_t length = strcspn(text, "\n");

		(void)snprintf(line, sizeof(line), "%.*s", (int)length, text);
		put_line(writer, "text", line);
		text += length + (text[length] == '\n');
	}
}

static void
put_texts(struct writer *writer, const struct xs_notice *notice,
    const struct xs_notice_kind *kind, const char *what)
{
	char time[64], sentence[512];

	(void)snprintf(sentence, sizeof(sentence), "%s.", what);
	put_line(writer, "text", sentence);
	put_line(writer, "text", "");
	if (is_confirm(notice) && notice->code[0] != '\0') {
		put_text(writer, notice->language, XS_MSG_NOTICE_CONFIRM_CODE,
		    notice->code);
		put_line(writer, "text", "");
	}
	put_text(writer, notice->language, XS_MSG_NOTICE_ACCOUNT, notice->user,
	    notice->host);
	xs_message_date(notice->time, time, sizeof(time));
	put_text(writer, notice->language, XS_MSG_NOTICE_TIME, time);
	if (notice->from[0] != '\0')
		put_text(
		    writer, notice->language, XS_MSG_NOTICE_FROM, notice->from);
	if (notice->by[0] != '\0' && strcmp(notice->by, notice->user) != 0)
		put_text(
		    writer, notice->language, XS_MSG_NOTICE_BY, notice->by);
	put_line(writer, "text", "");
	put_advice(writer, notice, kind);
}

static void
put_time(struct writer *writer, int64_t seconds)
{
	char text[32] = "";
	time_t when = (time_t)seconds;
	struct tm tm;

	if (gmtime_r(&when, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		text[0] = '\0';
	put_line(writer, "time", text);
}

size_t
xs_notice_write(const struct xs_notice *notice, char out[XS_NOTICE_TEXT_MAX])
{
	const struct xs_notice_kind *kind = xs_notice_kind_find(notice->event);
	struct writer writer = {.out = out, .whole = true};
	char what[256];

	if (kind == NULL)
		return 0;
	write_what(notice, kind, what, sizeof(what));
	put_line(&writer, "event", notice->event);
	put_line(&writer, "user", notice->user);
	put_line(&writer, "host", notice->host);
	put_time(&writer, notice->time);
	put_line(&writer, "address", notice->address);
	put_line(&writer, "language", notice->language);
	put_line_if_any(&writer, "rhost", notice->from);
	put_line_if_any(&writer, "by", notice->by);
	if (is_confirm(notice))
		put_line_if_any(&writer, "code", notice->code);
	put_subject(&writer, notice, what);
	put_texts(&writer, notice, kind, what);
	return writer.whole ? writer.length : 0;
}
