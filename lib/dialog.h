/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The only door to a person.
 *
 * What there is to say is collected and stands in front of the next question:
 * one message per conversation call, always, because sshd holds other
 * messages back and sudo drops them (test_module:
 * test_silent_shows_prompts_and_nothing_else).
 */
#ifndef XS_DIALOG_H
#define XS_DIALOG_H

#include <stdbool.h>
#include <stddef.h>

#include "fault.h"
#include "messages.h"

#define XS_QUESTIONS_MAX 20  /* of one login */
#define XS_ANSWER_MAX 256    /* bytes of an answer worth reading, with NUL */
#define XS_DIALOG_TEXT 12288 /* bytes of one message; a QR code fits */

struct xs_answer {
	char text[XS_ANSWER_MAX]; /* "" when not fit */
	size_t length;            /* as typed, however long */
	bool fit;                 /* short enough, no control characters */
};

/* Where the person sits: the PAM conversation, or a test's script. */
struct xs_person {
	/*
	 * Shows text and reads one line, echoed. Returns 0 with *answer owned
	 * by the callee's world: it was copied by xs_answer_set. XS_E_CONV
	 * when nothing was answered, XS_E_NOMEM.
	 */
	int (*ask)(void *context, const char *text, struct xs_answer *answer);
	/* A closing error after which no question comes. May be dropped. */
	void (*close)(void *context, const char *text);
	/* What was asked for, when no question follows. NULL: as close. */
	void (*tell)(void *context, const char *text);
	void *context;
};

struct xs_dialog {
	const struct xs_person *person;
	char language[8];
	unsigned questions; /* asked so far */
	unsigned most;      /* that may be asked: XS_QUESTIONS_MAX */
	size_t length;
	char text[XS_DIALOG_TEXT]; /* collected, not yet shown */
};

void xs_dialog_init(struct xs_dialog *dialog, const struct xs_person *person,
    const char *language);
void xs_dialog_wipe(struct xs_dialog *dialog);

/* Copies and judges what was typed. */
void xs_answer_set(struct xs_answer *answer, const char *typed);
void xs_answer_wipe(struct xs_answer *answer);
bool xs_answer_is(const struct xs_answer *answer, const char *text);

/* Collects a sentence. */
void xs_dialog_say(struct xs_dialog *dialog, enum xs_message id, ...);

/*
 * Asks with a prompt, the collected sentences in front. Returns 0; XS_E_CONV,
 * XS_E_NOMEM; or XS_DIALOG_ENOUGH when as many were asked already as may be.
 */
#define XS_DIALOG_ENOUGH 1
int xs_dialog_ask(struct xs_dialog *dialog, struct xs_answer *answer,
    enum xs_message prompt, ...) __attribute__((warn_unused_result));

/* What was collected, when no question follows and nothing is wrong. */
void xs_dialog_tell(struct xs_dialog *dialog);

/*
 * The sentence that ends an attempt, and all that was collected: in front of
 * "Press Enter to end" when it must be read, else as a closing error.
 */
void xs_dialog_close(struct xs_dialog *dialog);
void xs_dialog_close_read(struct xs_dialog *dialog);

#endif
