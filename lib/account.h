/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One user's second factors as plain data, and their text form.
 * No input or output. Times are seconds since 1970 UTC; 0 means never.
 */
#ifndef XS_ACCOUNT_H
#define XS_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "code.h"
#include "fault.h"
#include "store.h"
#include "totp.h"

#define XS_NAME_MAX 256   /* bytes of an account's name, with NUL */
#define XS_BY_MAX 33      /* who did it: a name or "uid 1000", with NUL */
#define XS_ADDRESS_MAX 46 /* a numeric IPv6 address, with NUL */
#define XS_PHONE_MAX 17   /* E.164: '+' and up to 15 digits, with NUL */
#define XS_MAIL_MAX 255
#define XS_EVENT_WORD_MAX 33
#define XS_CODES_MAX 16
#define XS_PLACES_MAX 10
#define XS_EVENTS_MAX 10
#define XS_MAILS_MAX 2
#define XS_SENDS_MAX 20 /* SMS remembered for the limits */
#define XS_PHONE_CHANGES_MAX 2

enum xs_method { XS_APP, XS_SMS, XS_BACKUP, XS_METHODS };

/* "app", "sms", "backup"; the other way -1 for no method. */
const char *xs_method_name(enum xs_method method);
int xs_method_parse(const char *name);

/*
 * Attempts of the owner's own place and of others have each their free
 * tries, waits and budget (design: throttle_budget_own).
 */
enum xs_side { XS_OWN, XS_OTHER, XS_SIDES };

/* When, and by whom ("" : not set up). */
struct xs_made {
	int64_t time;
	char by[XS_BY_MAX];
};

struct xs_app {
	bool set;
	struct xs_totp totp;
	uint64_t last_step; /* this step and all before it are dead */
	struct xs_made made;
};

struct xs_phone {
	char number[XS_PHONE_MAX]; /* "": none */
	struct xs_made made;
	int64_t changes[XS_PHONE_CHANGES_MAX]; /* newest first */
};

/*
 * Backup codes as Argon2id, version 19, one salt and cost for all of the
 * record, so that one evaluation checks every code of it.
 */
struct xs_helpdesk_code {
	bool set;
	struct xs_code_format format;
	uint8_t hash[XS_HASH_SIZE];
	int64_t expires;
	struct xs_made made;
};

struct xs_backup {
	struct xs_argon2_cost cost;
	uint8_t salt[XS_SALT_SIZE];
	struct xs_code_format format;
	unsigned count; /* own codes that are left */
	uint8_t hashes[XS_CODES_MAX][XS_HASH_SIZE];
	struct xs_made made;
	struct xs_helpdesk_code helpdesk;
};

struct xs_side_count {
	uint32_t failures;  /* since the method's last success on this side */
	int64_t not_before; /* the next attempt, 0: at once */
};

struct xs_method_count {
	bool disabled;
	/* Failures in a row on both sides together; disabled with none, it was
	 * an administrator's doing. */
	uint32_t stop;
	struct xs_side_count side[XS_SIDES];
};

/* A bucket that starts full: what is spent, and since when it refills. */
struct xs_budget {
	uint32_t spent;
	int64_t since;
};

/* Failed attempts since the last success, for the line at the next login. */
struct xs_history {
	uint32_t count;
	int64_t first;
	int64_t last;
	char from[XS_ADDRESS_MAX]; /* "": no address */
};

/* From where no second step is needed for a while (place.h). */
struct xs_place {
	char from[XS_ADDRESS_MAX];
	int64_t made; /* time of the last success from there */
};

struct xs_event {
	int64_t time;
	char word[XS_EVENT_WORD_MAX]; /* "enrolled", "unlocked", ... */
	char from[XS_ADDRESS_MAX];
	char by[XS_BY_MAX];
};

/* Notices of events that are still to be sent (notice.h). */
struct xs_untold {
	uint32_t events; /* a bit each, the lowest that of the newest */
	uint32_t tries;  /* since an event was added */
	int64_t next;    /* no further try before that, 0: at once */
};

struct xs_account {
	char name[XS_NAME_MAX];
	uid_t uid;
	uint8_t enrolment[8]; /* random, new with every enrolment */
	int64_t latest;       /* latest time seen */
	int default_method;   /* enum xs_method, -1: none chosen */
	char language[8];     /* "": the host's */
	struct xs_app app;
	struct xs_phone phone;
	struct xs_backup backup;
	struct xs_method_count methods[XS_METHODS];
	struct xs_budget budgets[XS_SIDES];
	struct xs_history history;
	char home[XS_ADDRESS_MAX]; /* of the last success that had one */
	int64_t last_success;
	int64_t sends[XS_SENDS_MAX];   /* SMS codes, newest first */
	int64_t notices[XS_SENDS_MAX]; /* SMS notices, newest first */
	struct {
		int64_t time; /* a backup code was right, its successor open */
		char from[XS_ADDRESS_MAX];
	} unconfirmed;
	unsigned place_count;
	struct xs_place places[XS_PLACES_MAX]; /* newest first */
	unsigned event_count;
	struct xs_event events[XS_EVENTS_MAX]; /* newest first */
	struct xs_untold untold;
	unsigned mail_count;
	char mails[XS_MAILS_MAX][XS_MAIL_MAX];
};

/* An empty account of that identity. */
void xs_account_init(struct xs_account *account, const struct xs_identity *who);
void xs_account_wipe(struct xs_account *account);

/*
 * The text form: "key value" lines, "version 1" first. Every field has a
 * maximum and the sum fits XS_PLAIN_MAX (static assert), so writing a valid
 * account always works. Returns 0 or XS_E_INTERNAL.
 */
int xs_account_write(const struct xs_account *account, struct xs_plain *plain)
    __attribute__((warn_unused_result));

/*
 * Reads the text form strictly: an unknown, repeated, missing or malformed
 * field, or a value out of its range, is XS_E_STATE with the fault naming
 * line and field, never a value of it. *account is untouched on failure.
 */
int xs_account_read(struct xs_account *account, const struct xs_plain *plain,
    struct xs_fault *fault) __attribute__((warn_unused_result));

/* XS_E_MISMATCH if the record is not that account's; else 0. */
int xs_account_check_owner(const struct xs_account *account,
    const struct xs_identity *who, struct xs_fault *fault)
    __attribute__((warn_unused_result));

/* Is a code or device of that method set up (whatever state it is in)? */
bool xs_account_has(const struct xs_account *account, enum xs_method method);

/* Is the helpdesk code there, and its time not over (nor ever seen over)? */
bool xs_account_helpdesk_valid(const struct xs_account *account, int64_t now);

/*
 * Puts an event in front; of XS_EVENTS_MAX the oldest falls out, one that is
 * still to be told only when all of them are. What is worth an event ends what
 * was known before: no place is remembered any more.
 */
void xs_account_event(struct xs_account *account, int64_t now, const char *word,
    const char *from, const char *by);

/* From now on the second step is asked everywhere. */
void xs_account_forget_places(struct xs_account *account);

/*
 * A numeric address as sides are told apart by it: IPv4 as it is, IPv4 within
 * IPv6 as IPv4, IPv6 cut to its /64 network. False if text is no numeric
 * address.
 */
bool xs_address_normalise(const char *text, char out[XS_ADDRESS_MAX]);

/* "+31 ******78": what may be shown of a number. Country code: 1 to 3. */
void xs_phone_mask(const char *number, char out[32]);

#endif
