/* SPDX-License-Identifier: BSD-3-Clause */
/* What happened to the account, in words that its owner understands. */
#include <stdio.h>
#include <string.h>

#include "settings_talk.h"

#define COLUMNS 79
#define INDENT 24 /* what stands in front of an event: its time */
#define PIECE_MAX 128
#define EVENT_MAX 512

/*
 * Every word that any program records (test_documents:
 * test_events_have_a_sentence_for_their_owner).
 */
static const struct {
	const char *word;
	enum xs_message sentence;
} events[] = {
    {"enrolled", XS_MSG_EVENT_ENROLLED},
    {"imported", XS_MSG_EVENT_IMPORTED},
    {"adopted", XS_MSG_EVENT_ADOPTED},
    {"restored", XS_MSG_EVENT_RESTORED},
    {"unlocked", XS_MSG_EVENT_UNLOCKED},
    {"app-set", XS_MSG_EVENT_APP_SET},
    {"app-removed", XS_MSG_EVENT_APP_REMOVED},
    {"app-disabled", XS_MSG_EVENT_APP_DISABLED},
    {"phone-set", XS_MSG_EVENT_PHONE_SET},
    {"phone-removed", XS_MSG_EVENT_PHONE_REMOVED},
    {"address-set", XS_MSG_EVENT_ADDRESS_SET},
    {"address-removed", XS_MSG_EVENT_ADDRESS_REMOVED},
    {"sms-disabled", XS_MSG_EVENT_SMS_DISABLED},
    {"default-set", XS_MSG_EVENT_DEFAULT_SET},
    {"default-app", XS_MSG_EVENT_DEFAULT_SET},
    {"default-sms", XS_MSG_EVENT_DEFAULT_SET},
    {"default-backup", XS_MSG_EVENT_DEFAULT_SET},
    {"language-set", XS_MSG_EVENT_LANGUAGE_SET},
    {"backup-set", XS_MSG_EVENT_BACKUP_SET},
    {"backup-used", XS_MSG_EVENT_BACKUP_USED},
    {"backup-unconfirmed", XS_MSG_EVENT_BACKUP_UNCONFIRMED},
    {"backup-disabled", XS_MSG_EVENT_BACKUP_DISABLED},
    {"helpdesk-code", XS_MSG_EVENT_HELPDESK_CODE},
    {"helpdesk-code-used", XS_MSG_EVENT_HELPDESK_CODE_USED},
    {"removed", XS_MSG_EVENT_REMOVED},
    {"invitation", XS_MSG_EVENT_INVITATION},
    /* Ahead of a number. */
    {"app-failures-", XS_MSG_NOTICE_FAILURES_APP},
    {"sms-failures-", XS_MSG_NOTICE_FAILURES_SMS},
    {"backup-failures-", XS_MSG_NOTICE_FAILURES_BACKUP},
};

struct line {
	size_t length;
	size_t column;
	char text[EVENT_MAX];
};

/* Behind what stands in the line, or below it where there is no room. */
static void
add(struct line *line, const char *piece)
{
	size_t length = strlen(piece);
	bool fits = line->column + 1 + length <= COLUMNS;
	int n = snprintf(line->text + line->length,
	    sizeof(line->text) - line->length, "%s%*s%s", fits ? "" : "\n",
	    fits ? 1 : INDENT, "", piece);

	if (n > 0)
		line->length += (size_t)n;
	line->column = (fits ? line->column + 1 : INDENT) + length;
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
/* A word of a later version stands for itself. */
static void
write_sentence(
    const struct xs_set_talk *talk, const char *word, char out[PIECE_MAX])
{
	size_t length = strcspn(word, "0123456789");
	unsigned number = 0;

	for (const char *c = word + length; *c >= '0' && *c <= '9'; c++)
		number = number * 10 + (unsigned)(*c - '0');
	(void)snprintf(out, PIECE_MAX, "%s", word);
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (strncmp(events[i].word, word, length) == 0 &&
		    events[i].word[length] == '\0')
			(void)snprintf(out, PIECE_MAX,
			    xs_message(
				talk->dialog.language, events[i].sentence),
			    number);
}

static void
add_who(const struct xs_set_talk *talk, struct line *line, enum xs_message id,
    const char *who)
{
	char piece[PIECE_MAX];

	(void)snprintf(
	    piece, sizeof(piece), xs_message(talk->dialog.language, id), who);
	add(line, piece);
}
#pragma GCC diagnostic pop

static void
say_event(struct xs_set_talk *talk, const struct xs_event *event)
{
	struct line line = {.text = ""};
	char time[64];

	write_sentence(talk, event->word, line.text);
	line.length = strlen(line.text);
	line.column = INDENT + line.length;
	if (event->from[0] != '\0')
		add_who(talk, &line, XS_MSG_EVENT_FROM, event->from);
	if (event->by[0] != '\0')
		add_who(talk, &line, XS_MSG_EVENT_BY, event->by);
	xs_message_date(event->time, time, sizeof(time));
	xs_dialog_say(&talk->dialog, XS_MSG_EVENT_LINE, time, line.text);
}

void
xs_set_talk_say_events(struct xs_set_talk *talk)
{
	const struct xs_account *account = &talk->account;

	if (account->event_count > 0)
		xs_dialog_say(&talk->dialog, XS_MSG_EVENTS_TITLE);
	for (unsigned i = 0; i < account->event_count; i++)
		say_event(talk, &account->events[i]);
}
