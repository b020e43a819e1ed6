/* SPDX-License-Identifier: BSD-3-Clause */
#include "stack_line.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "stack.h"

#define BLANKS " \t\n"

void
xs_stack_text_start(struct xs_stack_text *text, const char *bytes, size_t size)
{
	*text =
	    (struct xs_stack_text){.at = bytes, .end = bytes + size, .next = 1};
}

/*
 * The next line of the file up to its newline or a NUL, which for libpam
 * ends it, too. False: there is none.
 */
static bool
next_physical(struct xs_stack_text *text, const char **ret, size_t *ret_length)
{
	const char *start = text->at, *stop, *nul;

	if (start == text->end)
		return false;
	stop = memchr(start, '\n', (size_t)(text->end - start));
	text->at = stop == NULL ? text->end : stop + 1;
	text->next++;
	if (stop == NULL)
		stop = text->end;
	nul = memchr(start, '\0', (size_t)(stop - start));
	*ret = start;
	*ret_length = (size_t)((nul != NULL ? nul : stop) - start);
	return true;
}

/*
 * Cuts blanks in front, a comment and blanks behind. Returns whether the line
 * goes on: a comment behind it takes its backslash away.
 */
static bool
trim(const char **at, size_t *length)
{
	const char *comment;

	while (*length > 0 && strchr(BLANKS, **at) != NULL) {
		(*at)++;
		(*length)--;
	}
	comment = memchr(*at, '#', *length);
	if (comment != NULL)
		*length = (size_t)(comment - *at);
	while (*length > 0 && strchr(BLANKS, (*at)[*length - 1]) != NULL)
		(*length)--;
	return *length > 0 && comment == NULL && (*at)[*length - 1] == '\\';
}

static bool
append(char **line, size_t *used, const char *bytes, size_t length)
{
	char *more = realloc(*line, *used + length + 2);

	if (more == NULL)
		return false;
	memcpy(more + *used, bytes, length);
	*used += length;
	more[*used] = '\0';
	*line = more;
	return true;
}

int
xs_stack_text_line(struct xs_stack_text *text, char **ret)
{
	const char *at;
	size_t length, used = 0;
	char *line = NULL;
	bool more = true, goes_on;

	text->gap = false;
	text->too_long = 0;
	while (more && next_physical(text, &at, &length)) {
		if (used + length > XS_STACK_LINE_MAX)
			text->too_long = text->next - 1;
		goes_on = trim(&at, &length);
		if (length == 0) {
			text->gap = text->gap || line != NULL;
			continue;
		}
		if (line == NULL)
			text->line = text->next - 1;
		if (!append(&line, &used, at, length)) {
			free(line);
			return XS_E_NOMEM;
		}
		more = goes_on;
		if (more)
			line[used - 1] = ' ';
	}
	if (line == NULL)
		return 0;
	if (more) {
		free(line);
		return -1;
	}
	*ret = line;
	return 1;
}

/* Takes the backslash out of "\]". Returns what follows the brackets. */
static char *
close_brackets(char *word)
{
	char *to = word, *from = word;

	while (*from != '\0' && *from != ']') {
		if (from[0] == '\\' && from[1] == ']')
			from++;
		*to++ = *from++;
	}
	if (*from != '\0')
		from++;
	*to = '\0';
	return from;
}

char *
xs_stack_word(char **rest)
{
	char *word = *rest, *end;

	if (word == NULL)
		return NULL;
	word += strspn(word, BLANKS);
	if (*word == '\0') {
		*rest = NULL;
		return NULL;
	}
	if (*word == '[') {
		end = close_brackets(++word);
	} else {
		end = word + strcspn(word, BLANKS);
		if (*end != '\0')
			*end++ = '\0';
	}
	*rest = *end == '\0' ? NULL : end;
	return word;
}

static const char *
skip_space(const char *at)
{
	return at + strspn(at, " \t\n\v\f\r");
}

static bool
take(const char **at, const char *word)
{
	size_t length = strlen(word);

	if (strncmp(*at, word, length) != 0)
		return false;
	*at += length;
	return true;
}

static void
set_rest(int *actions, int action)
{
	for (int i = 0; i < XS_PAM_RESULTS; i++) {
		if (actions[i] == XS_ACTION_UNSET)
			actions[i] = action;
	}
}

/* An index of the results, XS_PAM_RESULTS for "default", or -1. */
static int
take_result(const char **at)
{
	for (int i = 0; i < XS_PAM_RESULTS; i++) {
		if (take(at, xs_pam_result_name(i)))
			return i;
	}
	return take(at, "default") ? XS_PAM_RESULTS : -1;
}

static bool
take_action(const char **at, int *action)
{
	/* In the order of enum xs_stack_action. */
	static const char *const words[] = {
	    "ignore", "ok", "done", "bad", "die", "reset"};
	long number = 0;

	for (int i = 0; i < (int)(sizeof(words) / sizeof(words[0])); i++) {
		if (take(at, words[i])) {
			*action = -i;
			return true;
		}
	}
	while (**at >= '0' && **at <= '9' && number < INT_MAX / 16)
		number = number * 10 + (*(*at)++ - '0');
	*action = (int)number;
	return number > 0 && number < INT_MAX / 16;
}

static bool
read_pairs(const char *at, int *actions)
{
	int result, action;

	for (at = skip_space(at); *at != '\0'; at = skip_space(at)) {
		result = take_result(&at);
		at = skip_space(at);
		if (result < 0 || !take(&at, "="))
			return false;
		at = skip_space(at);
		if (!take_action(&at, &action))
			return false;
		if (result < XS_PAM_RESULTS)
			actions[result] = action;
		else
			set_rest(actions, action);
	}
	return true;
}

bool
xs_stack_control(const char *control, int *actions)
{
	for (int i = 0; i < XS_PAM_RESULTS; i++)
		actions[i] = XS_ACTION_UNSET;
	if (read_pairs(control, actions)) {
		/* What a control does not name is a failure. */
		set_rest(actions, XS_ACTION_BAD);
		return true;
	}
	for (int i = 0; i < XS_PAM_RESULTS; i++)
		actions[i] = XS_ACTION_BAD;
	return false;
}
