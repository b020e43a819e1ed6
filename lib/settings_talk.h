/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files of the settings dialogue share. Included by settings*.c and
 * enrol.c alone.
 */
#ifndef XS_SETTINGS_TALK_H
#define XS_SETTINGS_TALK_H

#include "app_setup.h"
#include "change.h"
#include "settings.h"
#include "sms_code.h"

struct xs_set_talk {
	const struct xs_settings *settings;
	struct xs_verify *verify;
	const struct xs_config *config;
	struct xs_dialog dialog;
	struct xs_account account; /* as last read; empty without a record */
	bool enrolled;             /* there is a record */
};

/*
 * Begins: reads the record. XS_E_STATE when there is one and should be none,
 * or none and should be one.
 */
int xs_set_talk_begin(struct xs_set_talk *talk,
    const struct xs_settings *settings) __attribute__((warn_unused_result));
void xs_set_talk_end(struct xs_set_talk *talk);

/* One line for the log: what was changed, and how it went. */
void xs_set_talk_report(const struct xs_set_talk *talk, const char *word,
    const char *setting, const char *reason);

/* Notices that a commit left are told now. */
void xs_set_talk_notice(struct xs_set_talk *talk);

/*
 * What a change came to: says done or that it was stale, reports it.
 * After an error says not_recorded and has it read. Returns r, or XS_E_EXISTS
 * when the second step was replaced elsewhere, which ends the conversation.
 */
int xs_set_talk_judge(struct xs_set_talk *talk, const char *setting, int r,
    enum xs_changed changed, enum xs_message done,
    enum xs_message not_recorded);

bool xs_set_talk_offers(const struct xs_set_talk *talk, enum xs_method method);

/* Are notices sent here? */
bool xs_set_talk_offers_notices(const struct xs_set_talk *talk);

/*
 * The choices, below 10, have been said: adds "0", and asks. *choice: the
 * number; -1, with that said, when it was none of them.
 */
int xs_set_talk_choose(struct xs_set_talk *talk, unsigned most,
    enum xs_message zero, int *choice) __attribute__((warn_unused_result));

/* The settings as they are, a line each; in a menu with numbers. */
void xs_set_talk_say_settings(struct xs_set_talk *talk, bool menu);

/* What happened to the account, the last first. */
void xs_set_talk_say_events(struct xs_set_talk *talk);

/*
 * New backup codes, shown until one is typed back. *typed: fresh is to be
 * recorded. Returns 0, or what xs_dialog_ask and making them return.
 */
int xs_set_talk_new_backup(struct xs_set_talk *talk, struct xs_backup *fresh,
    bool *typed) __attribute__((warn_unused_result));

/*
 * App and backup code of somebody without a record; recorded when both are
 * confirmed. Says how it ended, if a question can follow. Returns 0 or an
 * error.
 */
int xs_set_talk_enrol(struct xs_set_talk *talk, bool may_put_off,
    enum xs_enrolled *result) __attribute__((warn_unused_result));

/* A code that is sent to where something is to be linked, and typed back. */
struct xs_proving {
	struct xs_sms_code code; /* the last that was sent; wipe it */
	const char *number;      /* it is bound to */
	unsigned digits;
	enum xs_message prompt, no_code, expired;
	/* Sends one and says how it went; once sent, it takes code's place. */
	int (*send)(struct xs_set_talk *talk, struct xs_proving *proving);
};

/* Until the code is right, or no code is out any more, or "0". */
int xs_set_talk_prove(struct xs_set_talk *talk, struct xs_proving *proving,
    bool *proved) __attribute__((warn_unused_result));

/* The mobile number: linked when the code of a text was typed, or removed. */
int xs_set_talk_phone(struct xs_set_talk *talk)
    __attribute__((warn_unused_result));

/* The addresses for notices: one is set when its code was typed, or removed. */
int xs_set_talk_address(struct xs_set_talk *talk)
    __attribute__((warn_unused_result));

/* A new app for who has a record. Likewise. */
int xs_set_talk_app(struct xs_set_talk *talk, bool may_put_off,
    enum xs_enrolled *result) __attribute__((warn_unused_result));

#endif
