/* SPDX-License-Identifier: BSD-3-Clause */
#include "dialog.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#pragma GCC diagnostic ignored "-Wformat-nonliteral"

void
xs_dialog_init(struct xs_dialog *dialog, const struct xs_person *person,
    const char *language)
{
	dialog->person = person;
	(void)snprintf(
	    dialog->language, sizeof(dialog->language), "%s", language);
	dialog->questions = 0;
	dialog->most = XS_QUESTIONS_MAX;
	dialog->length = 0;
	dialog->text[0] = '\0';
}

static void
clear(struct xs_dialog *dialog)
{
	explicit_bzero(dialog->text, dialog->length);
	dialog->length = 0;
}

void
xs_dialog_wipe(struct xs_dialog *dialog)
{
	explicit_bzero(dialog->text, sizeof(dialog->text));
	dialog->length = 0;
}

/* Control characters would let typed text act on a terminal or a log. */
static bool
has_control(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return true;
	return false;
}

void
xs_answer_set(struct xs_answer *answer, const char *typed)
{
	answer->length = strlen(typed);
	answer->fit = answer->length < sizeof(answer->text) &&
	    !has_control(typed, answer->length);
	answer->text[0] = '\0';
	if (answer->fit)
		memcpy(answer->text, typed, answer->length + 1);
}

void
xs_answer_wipe(struct xs_answer *answer)
{
	explicit_bzero(answer, sizeof(*answer));
}

bool
xs_answer_is(const struct xs_answer *answer, const char *text)
{
	return answer->fit && strcmp(answer->text, text) == 0;
}

static void
append(struct xs_dialog *dialog, enum xs_message id, va_list arguments)
{
	size_t room = sizeof(dialog->text) - dialog->length;
	int n = vsnprintf(dialog->text + dialog->length, room,
	    xs_message(dialog->language, id), arguments);

	if (n > 0)
		dialog->length += (size_t)n < room ? (size_t)n : room - 1;
}

void
xs_dialog_say(struct xs_dialog *dialog, enum xs_message id, ...)
{
	va_list arguments;

	va_start(arguments, id);
	append(dialog, id, arguments);
	va_end(arguments);
}

int
xs_dialog_ask(struct xs_dialog *dialog, struct xs_answer *answer,
    enum xs_message prompt, ...)
{
	va_list arguments;
	int r;

	if (dialog->questions >= dialog->most)
		return XS_DIALOG_ENOUGH;
	dialog->questions++;
	va_start(arguments, prompt);
	append(dialog, prompt, arguments);
	va_end(arguments);
	r = dialog->person->ask(dialog->person->context, dialog->text, answer);
	clear(dialog);
	return r;
}

/* Hands over what was collected, without its last line feed. */
static void
hand_over(
    struct xs_dialog *dialog, void (*take)(void *context, const char *text))
{
	if (dialog->length > 0 && dialog->text[dialog->length - 1] == '\n')
		dialog->text[--dialog->length] = '\0';
	if (dialog->length > 0)
		take(dialog->person->context, dialog->text);
	clear(dialog);
}

void
xs_dialog_close(struct xs_dialog *dialog)
{
	hand_over(dialog, dialog->person->close);
}

void
xs_dialog_tell(struct xs_dialog *dialog)
{
	const struct xs_person *person = dialog->person;

	hand_over(dialog, person->tell != NULL ? person->tell : person->close);
}

void
xs_dialog_close_read(struct xs_dialog *dialog)
{
	struct xs_answer answer;

	if (xs_dialog_ask(dialog, &answer, XS_MSG_PRESS_ENTER) ==
	    XS_DIALOG_ENOUGH)
		xs_dialog_close(dialog);
	xs_answer_wipe(&answer);
}
