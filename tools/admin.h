/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the commands of xsuite-admin share. Every command returns an exit
 * code of sysexits(3), 0, or 1 for "no" (not enrolled, already enrolled).
 * Standard output is for the answer, standard error for everything else.
 */
#ifndef XS_ADMIN_H
#define XS_ADMIN_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sysexits.h>

#include "account.h"
#include "code.h"
#include "config.h"
#include "env.h"
#include "fault.h"
#include "seal.h"
#include "store.h"

#define ADMIN_NO 1
#define ADMIN_TIME_MAX 32

struct admin {
	bool json;
	const char *config_path; /* --config; NULL: the usual one */
	struct xs_config config;
	struct xs_keyring keys;
	struct xs_store store; /* all zero until admin_open */
};

/* argv[0] is the command's name. */
typedef int admin_run(struct admin *admin, int argc, char **argv);

struct admin_command {
	const char *name;
	admin_run *run;
	const char *arguments;
	const char *help;
};

/* admin_host.c, admin_enrol.c, admin_status.c, admin_record.c */
admin_run admin_init, admin_config, admin_enrol, admin_status, admin_list,
    admin_unlock, admin_remove, admin_adopt;
admin_run admin_backup_code; /* admin_backup_code.c */
/* admin_change.c */
admin_run admin_disable, admin_app, admin_phone, admin_default;
admin_run admin_import;   /* admin_import.c */
admin_run admin_rekey;    /* admin_rekey.c */
admin_run admin_copy;     /* admin_copy.c */
admin_run admin_export;   /* admin_move.c */
admin_run admin_restored; /* admin_restored.c */
admin_run admin_check;    /* check.c */
admin_run admin_sms_test; /* admin_sms.c */

/* The name of the program that these rooms are part of. */
extern const char admin_program[];

/*
 * Guards memory and standard files, and at the end tells whether the answer
 * was written. Both return an exit code, said.
 */
int admin_program_begin(void);
int admin_program_end(int code);

/* Loads the options. Returns 0, or an xs_err with the fault. */
int admin_load_config(struct admin *admin, struct xs_fault *fault)
    __attribute__((warn_unused_result));

/* One line on standard error, the program's name in front. */
void admin_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same, with a pointer to --help. Returns EX_USAGE. */
int admin_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * For a command without options of its own: 0 if it has least to most
 * operands (they start at argv[optind]), else EX_USAGE, said.
 */
int admin_operands(int argc, char **argv, int least, int most);

/* The exit code that tells of an error of the library. */
int admin_exit_code(int err);

/* Says the fault and returns its exit code. */
int admin_fail(int err, const struct xs_fault *fault);

/* Loads the host key and opens the store. Returns 0 or an exit code, said. */
int admin_open(struct admin *admin);

/* An account of this host; name in getpwnam's spelling. */
struct admin_user {
	char name[XS_NAME_MAX];
	uid_t uid;
	gid_t gid;
};

/*
 * Looks the name up. Returns 0, EX_NOUSER when it is proved that there is no
 * such account, EX_TEMPFAIL when that cannot be told now; nothing is said.
 */
int admin_user_find(const char *name, struct admin_user *user);

/* Says what a find that failed with code means. Returns code. */
int admin_user_refuse(const char *name, int code);

/* Finds; what went wrong is said. */
int admin_user_get(const char *name, struct admin_user *user);

/* Waits for one of the host's Argon2 slots, as a login does. */
int admin_slot_take(struct xs_argon2_slot *slot, const struct xs_config *config,
    struct xs_fault *fault) __attribute__((warn_unused_result));

/* A number as the options allow it. Returns 0 or an exit code, said. */
int admin_phone_read(
    const struct xs_config *config, const char *typed, char out[XS_PHONE_MAX]);

/* Says what SMS is worth, where somebody is about to rely on it. */
void admin_sms_is_weak(const struct xs_config *config);

/* Shows one user's second factors. */
int admin_status_user(struct admin *admin, const struct admin_user *user);

/*
 * Clears a method's failures, wait and stop, or (-1) all, and the budgets. The
 * helpdesk cannot switch on again what was switched off by hand: a thief can
 * call it, too (test_helpdesk: test_unlock_leaves_what_was_disabled).
 */
int admin_unlock_user(struct admin *admin, const struct admin_user *user,
    int method, bool by_helpdesk);

/* Records a helpdesk code, valid for so many seconds, and shows it. */
int admin_issue_code(
    struct admin *admin, const struct admin_user *user, uint32_t valid);

/*
 * One line of the system's log (authpriv): "WORD user=USER by=BY", with user
 * and by escaped, and what format makes: never a code or a secret.
 */
void admin_log(const char *word, const char *user, const char *by,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

/*
 * Tells the owner what his record still has to tell, this change with it.
 * False when that could not be done now: the next login tries again.
 */
bool admin_tell(struct admin *admin, const struct xs_identity *who);

/* The same of a record, as it was, that is not there any more. */
void admin_tell_removed(struct admin *admin, struct xs_account *account);

/* Who is doing this, for the record: a name or "uid 1000". */
void admin_actor(char by[XS_BY_MAX]);

/*
 * The uids that are known to be doing this: that of the login, and that of
 * sudo's caller. False if none is, or if one is claimed that is no number.
 */
struct admin_callers {
	unsigned count;
	uid_t uid[2];
};
bool admin_callers_find(struct admin_callers *callers);

/*
 * Loads and parses a record without a lock and checks whose it is. Returns
 * 0, or an xs_err with the fault.
 */
int admin_load(struct admin *admin, const struct xs_identity *who,
    struct xs_account *account, struct xs_fault *fault)
    __attribute__((warn_unused_result));

/*
 * Locks a record, lets change do its work on it and commits it. Returns 0 or
 * an xs_err with the fault; then nothing is changed.
 */
typedef void admin_change(struct xs_account *account, void *context);
int admin_update(struct admin *admin, const struct xs_identity *who,
    admin_change *change, void *context, struct xs_fault *fault)
    __attribute__((warn_unused_result));

/* The same, but anything else than 0 of it changes nothing, and is returned. */
typedef int admin_attempt(struct xs_account *account, void *context);
int admin_update_if(struct admin *admin, const struct xs_identity *who,
    admin_attempt *attempt, void *context, struct xs_fault *fault)
    __attribute__((warn_unused_result));

/*
 * The records whose inside name is this one: how many, and the uid of the
 * first that is not skip. Returns 0 or an xs_err; records that do not open
 * are counted.
 */
struct admin_found {
	unsigned count;
	unsigned unreadable;
	uid_t uid;
};
int admin_find_record(struct admin *admin, const char *name, const uid_t *skip,
    struct admin_found *found, struct xs_fault *fault)
    __attribute__((warn_unused_result));

/* Whose record the store says it is: a name, or "uid 1000". */
struct admin_who {
	char text[XS_NAME_MAX + 16];
};
struct admin_who admin_who(const struct xs_identity *who);
void admin_json_who(json_object *object, const struct xs_identity *who);

/* "2026-11-20T14:32:00Z"; "2026-11-20 14:32 UTC". */
void admin_time_rfc3339(int64_t time, char out[ADMIN_TIME_MAX]);
void admin_time_human(int64_t time, char out[ADMIN_TIME_MAX]);

/* Members of a JSON object; a null for time 0, for "". Memory is there. */
void admin_json_time(json_object *object, const char *key, int64_t time);
void admin_json_text(json_object *object, const char *key, const char *text);
void admin_json_number(json_object *object, const char *key, int64_t number);
void admin_json_bool(json_object *object, const char *key, bool truth);

/* Prints it as one line and frees it. */
void admin_json_print(json_object *object);

/*
 * Makes the options file where it is missing, every option a comment; changes
 * none that is there. Returns an exit code.
 */
int admin_write_options(const char *path);

#endif
