/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Options: one table yields the defaults, the parser of the file and of
 * module arguments, the dump, the range checks and conf/xsuite.conf.
 *
 * Parsing is fed lines; only xs_config_load opens a file. Every error is one
 * sentence with file and line (or "argument"), key, and what is allowed.
 */
#ifndef XS_CONFIG_H
#define XS_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "account.h"
#include "code.h"
#include "fault.h"
#include "throttle.h"
#include "totp.h"

#define XS_CONFIG_PATH "/etc/xsuite/xsuite.conf"
#define XS_OPTION_MAX 1025 /* bytes of a value, with NUL */
#define XS_CONFIG_KEYS_MAX 96

enum xs_not_enrolled {
	XS_NOT_ENROLLED_PASS,
	XS_NOT_ENROLLED_ENROL,
	XS_NOT_ENROLLED_REFUSE
};
enum xs_enforce { XS_ENFORCE_YES, XS_ENFORCE_LOG };
enum xs_store_kind { XS_STORE_FILE, XS_STORE_POSTGRESQL };
enum xs_profile { XS_PROFILE_DEFAULT, XS_PROFILE_NIST };

struct xs_config {
	char path[XS_OPTION_MAX]; /* the file that was read, "": none */
	char state_dir[XS_OPTION_MAX];
	char key_file[XS_OPTION_MAX];
	int store; /* enum xs_store_kind */
	char postgresql[XS_OPTION_MAX];
	char issuer[XS_OPTION_MAX]; /* "": the host name */
	unsigned methods;           /* bit 1 << enum xs_method */
	int not_enrolled;           /* enum xs_not_enrolled */
	int64_t enrol_by;           /* last second of that day UTC; 0: none */
	char enrol_services[XS_OPTION_MAX];
	char required_groups[XS_OPTION_MAX];
	char exempt_users[XS_OPTION_MAX];
	char exempt_groups[XS_OPTION_MAX];
	char exempt_networks[XS_OPTION_MAX];
	int enforce; /* enum xs_enforce */
	char language[8];
	unsigned tries;
	unsigned fail_delay; /* seconds */
	unsigned app_digits;
	unsigned app_period; /* seconds */
	int app_algorithm;   /* enum xs_totp_algorithm */
	unsigned app_window;
	struct xs_code_format backup_format;
	unsigned backup_codes;
	char sms_command[XS_OPTION_MAX]; /* "": SMS is not offered */
	char sms_user[XS_OPTION_MAX];
	unsigned sms_digits;
	unsigned sms_valid;    /* seconds */
	unsigned sms_timeout;  /* seconds */
	unsigned sms_cooldown; /* seconds */
	unsigned sms_per_hour;
	unsigned sms_per_day;
	unsigned sms_host_per_hour;
	char country_code[8];          /* digits, "": none */
	char sms_allow[XS_OPTION_MAX]; /* "": '+' and country_code */
	char notify_command[XS_OPTION_MAX];
	char helpdesk_not_for[XS_OPTION_MAX];
	struct xs_throttle throttle;
	unsigned remember; /* seconds */
	struct xs_argon2_cost argon2;
	int profile; /* enum xs_profile */
	bool debug;
	bool settings; /* the module argument */
	/* Where each key was set, for duplicates: line, -1 an argument. */
	int set_at[XS_CONFIG_KEYS_MAX];
};

void xs_config_init(struct xs_config *config);

/*
 * One line of the file ("key = value", a comment, or blank), without its
 * line feed; path and line (from 1) are for the fault. *config is untouched
 * on failure. Returns 0 or XS_E_CONFIG.
 */
int xs_config_line(struct xs_config *config, const char *text, const char *path,
    int line, struct xs_fault *fault) __attribute__((warn_unused_result));

/*
 * Reads the file of the argument "config=" (or path_default), then applies
 * the arguments ("key=value", the bare words debug and settings), which win,
 * then checks that options do not contradict each other. The file and its
 * directory belong to root or the effective user and nobody else can write
 * them. A file that is missing or empty is an error: defaults must not take
 * the place of options that got lost. Returns 0, XS_E_CONFIG or XS_E_NOMEM.
 */
int xs_config_load(struct xs_config *config, const char *path_default, int argc,
    const char *const *argv, struct xs_fault *fault)
    __attribute__((warn_unused_result));

/*
 * Sets what the profile says otherwise than the default, and neither file nor
 * argument says. xs_config_load does it before it checks; who feeds lines
 * calls it himself.
 */
void xs_config_follow_profile(struct xs_config *config);

/*
 * Refuses options that contradict each other; both are named. xs_config_load
 * ends with it; who feeds lines calls it himself. Returns 0 or XS_E_CONFIG.
 */
int xs_config_check(const struct xs_config *config, struct xs_fault *fault)
    __attribute__((warn_unused_result));

/* Has a backup code of that form the bits that the profile asks for? */
bool xs_config_code_fits(
    const struct xs_config *config, const struct xs_code_format *format);

/*
 * A duration as the options take it ("24h", "90d", "30"), within least and
 * most seconds. False, and *seconds untouched, for anything else.
 */
bool xs_config_seconds(const char *text, uint32_t least, uint32_t most,
    uint32_t *seconds) __attribute__((warn_unused_result));

/*
 * Hands over every option in force, and where it was set: "FILE:LINE",
 * "argument", "profile", or "default".
 */
typedef void xs_config_show(
    void *context, const char *key, const char *value, const char *where);
void xs_config_walk(
    const struct xs_config *config, xs_config_show *show, void *context);

/* "key = value" lines of the options in force. */
void xs_config_dump(const struct xs_config *config, FILE *out);

/*
 * conf/xsuite.conf: every key with its explanation, commented out, at its
 * default. The file in the tree is compared with this by a test.
 */
void xs_config_template(FILE *out);

#endif
