/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files of the login dialogue share: one conversation, the methods
 * it has, and the sentences about them. Included by login*.c alone.
 */
#ifndef XS_LOGIN_TALK_H
#define XS_LOGIN_TALK_H

#include "login.h"
#include "sms_code.h"

struct xs_talk {
	const struct xs_login *login;
	struct xs_verify *verify;
	const struct xs_config *config;
	struct xs_dialog dialog;
	struct xs_account account; /* as last read; a look-alike for nobody */
	bool nobody;               /* no account, or no record and refused */
	enum xs_method asked;      /* whose prompt is shown */
	bool menu;                 /* the menu comes next, not the prompt */
	unsigned tries;            /* left */
	struct xs_sms_code sms;    /* that was sent in this conversation */
	bool sms_prompt;           /* SMS was last asked for its code */
	bool done;
	enum xs_outcome outcome;
};

/* Set up, offered here, and not expired. */
bool xs_talk_is_there(const struct xs_talk *talk, enum xs_method method);

/* As xs_verify_gate; nobody's methods are open. */
enum xs_gate xs_talk_gate(
    const struct xs_talk *talk, enum xs_method method, int64_t *until);

/* There, and not switched off. A method that waits is usable. */
bool xs_talk_is_usable(const struct xs_talk *talk, enum xs_method method);

/* The methods that Enter leads to, in the menu's order; their number. */
unsigned xs_talk_list_others(
    const struct xs_talk *talk, enum xs_method others[XS_METHODS]);

/*
 * Who is none, or has no record, sees what a person with an app and a backup
 * code sees.
 */
void xs_talk_pretend(struct xs_talk *talk);

/* The method of the first prompt; -1 if none is usable. */
int xs_talk_first_method(const struct xs_talk *talk);

/*
 * Ends the login where a remembered place lets in: who has a method that
 * could be asked for comes in unasked, and nothing is written. False, and
 * nothing happened, where a question has to be asked.
 */
bool xs_talk_pass_remembered(struct xs_talk *talk);

/* The same without the login: the method that is not asked for, or -1. */
int xs_talk_find_remembered(const struct xs_talk *talk);

/*
 * The method that typed text is a code of: the one asked for (-1: none is),
 * else the only other one it fits; -1: it is not a code.
 */
int xs_talk_find_method(
    struct xs_talk *talk, int asked, const struct xs_answer *answer);

/* Notices that a commit left are told now: the next prompt may be the end. */
void xs_talk_notice(struct xs_talk *talk);

/* The sentences, collected for the next question. */
void xs_talk_say_disabled(struct xs_talk *talk, enum xs_method method);
void xs_talk_say_wait(struct xs_talk *talk, int64_t until);
void xs_talk_say_history(struct xs_talk *talk);
void xs_talk_say_no_code(struct xs_talk *talk);
void xs_talk_say_menu_line(
    struct xs_talk *talk, unsigned number, enum xs_method method);

/* ---- SMS ---- */

/* Is there a code that was sent and can still be right? */
bool xs_talk_sms_is_out(struct xs_talk *talk);

/* The prompt for its code, or for sending one first. */
enum xs_message xs_talk_sms_prompt(struct xs_talk *talk, bool others);

/* Does the answer ask for a text; for the other methods? */
bool xs_talk_wants_text(
    const struct xs_talk *talk, const struct xs_answer *answer);
bool xs_talk_wants_others(
    const struct xs_talk *talk, const struct xs_answer *answer);

/*
 * Sends a code, and says and reports how that went. When it was sent its
 * prompt comes next; else what was there stays. Returns 0 or an error.
 */
int xs_talk_send(struct xs_talk *talk);

/* A try is gone: the sentence, with what is left when that is of use. */
void xs_talk_say_try(struct xs_talk *talk, enum xs_message none,
    enum xs_message one, enum xs_message many);

#endif
