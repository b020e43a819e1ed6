/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Is this code right, is it allowed now, and is it used up: one locked step.
 *
 * The rules that all of this file keeps:
 *  - an attempt is charged, durably, before its result is known to anyone;
 *    what is not charged is never verified against a live code
 *    (test_verify: test_charge_comes_first);
 *  - nothing is granted without a commit of its own, and when a commit fails
 *    right and wrong codes get the same answer
 *    (test_verify: test_failed_commit_answers_alike);
 *  - no lock is held while Argon2 runs or a person thinks.
 */
#ifndef XS_VERIFY_H
#define XS_VERIFY_H

#include <stdbool.h>

#include "account.h"
#include "config.h"
#include "env.h"
#include "fault.h"
#include "sms_code.h"
#include "store.h"
#include "throttle.h"

/* One conversation's dealings with one account's record. */
struct xs_verify {
	struct xs_store *store;
	const struct xs_config *config;
	const struct xs_env *env;
	struct xs_identity who;
	bool remote;                  /* there is a PAM_RHOST */
	char address[XS_ADDRESS_MAX]; /* it, when numeric; else "" */
	uid_t caller;                 /* real uid of the process */
	unsigned charged[XS_SIDES];   /* budget spent in this conversation */
	bool unconfirmed;  /* a backup code was right in this conversation */
	bool untold;       /* a commit left notices that are to be told now */
	int64_t notice_ms; /* waited so far for notices to be told */
	struct xs_fault *fault;
};

enum xs_verdict {
	XS_WRONG,    /* charged */
	XS_USED,     /* the code of a dead step; not charged */
	XS_EXPIRED,  /* a helpdesk code whose time is over; charged */
	XS_WAITING,  /* the method waits: nothing verified, nothing charged */
	XS_DISABLED, /* the method is switched off: likewise */
	XS_RIGHT = 0x5a3c,       /* consumed, durably */
	XS_UNCONFIRMED = 0x3ca5, /* a backup code is right; nothing used up */
};

/*
 * The backup codes that a right one brings (one, or a set), and the one they
 * will replace. None, when the right one was not the last of its set.
 */
struct xs_successor {
	unsigned count;
	char codes[XS_CODES_MAX][XS_CODE_MAX + 1];
	struct xs_code_format format;
	struct xs_backup fresh; /* what the record will hold */
	uint8_t enrolment[8];
	uint8_t old_salt[XS_SALT_SIZE];
	uint8_t old_hash[XS_HASH_SIZE];
	/* This attempt's own charge was the one that reached the stop. */
	bool reached_stop;
};

void xs_successor_wipe(struct xs_successor *successor);

/*
 * Reads the record without a lock, as it stands now (times settled). Writes
 * nothing where the address is remembered (test_remember:
 * test_remembered_login_writes_nothing).
 * Returns 0, XS_E_NORECORD (proved), or what store and account return.
 */
int xs_verify_load(struct xs_verify *verify, struct xs_account *account)
    __attribute__((warn_unused_result));

/*
 * Was a code right from this address lately, so that none is asked for? Not
 * if another may stand for it: see xs_place_holds.
 */
bool xs_verify_is_remembered(
    const struct xs_verify *verify, const struct xs_account *account);

/* The side on which this conversation's attempts are counted. */
enum xs_side xs_verify_side(
    const struct xs_verify *verify, const struct xs_account *account);

/* May the method be tried now? As xs_throttle_gate. */
enum xs_gate xs_verify_gate(const struct xs_verify *verify,
    const struct xs_account *account, enum xs_method method, int64_t *until);

/*
 * Checks an app code (digits only). On success *account is the record as it
 * now is, and *verdict XS_RIGHT, XS_WRONG, XS_USED, XS_WAITING or
 * XS_DISABLED. An error means: nothing was granted.
 */
int xs_verify_app(struct xs_verify *verify, const char *code,
    struct xs_account *account, enum xs_verdict *verdict)
    __attribute__((warn_unused_result));

/*
 * Checks a backup code (typed text): XS_UNCONFIRMED with the successor to be
 * shown and confirmed; XS_RIGHT when others of its set are left; or XS_WRONG,
 * XS_EXPIRED, XS_WAITING, XS_DISABLED.
 */
int xs_verify_backup(struct xs_verify *verify, const char *typed,
    struct xs_account *account, struct xs_successor *successor,
    enum xs_verdict *verdict) __attribute__((warn_unused_result));

/*
 * The successor was typed back: one commit, made from the record as it is
 * now, retires the old code, stores the new one and grants (XS_RIGHT).
 * XS_USED: another session used the old code, or a new enrolment replaced it;
 * XS_EXPIRED, XS_DISABLED: that came while the person wrote it down.
 */
int xs_verify_confirm(struct xs_verify *verify,
    const struct xs_successor *successor, struct xs_account *account,
    enum xs_verdict *verdict) __attribute__((warn_unused_result));

/*
 * Checks the code of an SMS (digits only) that this conversation had sent:
 * XS_RIGHT, XS_WRONG, XS_WAITING, XS_DISABLED; XS_EXPIRED when none is out
 * any more, or the number changed: not charged.
 */
int xs_verify_sms(struct xs_verify *verify, struct xs_sms_code *code,
    const char *typed, struct xs_account *account, enum xs_verdict *verdict)
    __attribute__((warn_unused_result));

/*
 * What a backup code costs where there is no record: the same Argon2, in the
 * single slot for accounts without a record. Returns 0 or an error.
 */
int xs_verify_nobody(struct xs_verify *verify)
    __attribute__((warn_unused_result));

#endif
