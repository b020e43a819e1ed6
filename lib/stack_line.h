/* SPDX-License-Identifier: BSD-3-Clause */
/* The lines of a PAM file, and their words. Only lib/stack*.c include this. */
#ifndef XS_STACK_LINE_H
#define XS_STACK_LINE_H

#include <stdbool.h>
#include <stddef.h>

#define XS_STACK_LINE_MAX 1022 /* bytes that libpam 1.5 takes of a line */

/* A text that is read line by line. */
struct xs_stack_text {
	const char *at;
	const char *end;
	unsigned line;     /* of the last line read, its first of several */
	unsigned next;     /* line at "at" */
	bool gap;          /* the last line went on behind a comment */
	unsigned too_long; /* a line longer than libpam 1.5 takes; 0: none */
};

void xs_stack_text_start(
    struct xs_stack_text *text, const char *bytes, size_t size);

/*
 * The next line that says something, its continuations joined and its
 * comment gone, from malloc. Returns 1, 0 at the end, -1 when the text ends
 * inside a line, or XS_E_NOMEM.
 */
int xs_stack_text_line(struct xs_stack_text *text, char **line);

/*
 * The next word of a line, changed in place; NULL: there is none. What
 * stands in [brackets] is one word without them. *rest is NULL after the
 * last.
 */
char *xs_stack_word(char **rest);

/*
 * A control into an array of actions. False: it is not understood, and every
 * result counts as a failure.
 */
bool xs_stack_control(const char *control, int *actions);

#endif
