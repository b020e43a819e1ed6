/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * backup-code: a code of the helpdesk's beside the user's own, that ends by
 * use or by time. For a user without a record it is an invitation.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin.h"
#include "backup.h"
#include "notice.h"
#include "throttle.h"

#define VALID_LEAST 60
#define VALID_MOST (7 * 86400)
#define VALID_DEFAULT 86400
#define TRIES 3 /* the record may change while Argon2 runs */

/* One code on its way: made, recorded, shown. Wiped as one. */
struct issue {
	const struct xs_config *config;
	struct xs_identity who;
	uint32_t valid;
	int64_t now;
	char by[XS_BY_MAX];
	struct xs_backup backup;
	char code[XS_CODE_MAX + 1];
	struct xs_account account; /* as it is with the code in it */
	bool replaced;
	bool outdated; /* the record changed meanwhile: once more */
};

/* Slow: in one of the host's slots, and no lock is held. */
static int
make_code(struct issue *issue, const struct xs_config *config,
    const struct xs_backup *beside, struct xs_fault *fault)
{
	struct xs_argon2_slot slot;
	int err;

	err = admin_slot_take(&slot, config, fault);
	if (err != 0)
		return err;
	err = xs_backup_make_helpdesk(config, &xs_env_system, beside, issue->by,
	    &issue->backup, issue->code);
	xs_argon2_slot_give(&slot);
	return err;
}

/* Is there nothing else that would let the user in, ever? */
static bool
is_invitation(const struct xs_account *account)
{
	return !account->app.set && account->phone.number[0] == '\0' &&
	    account->backup.count == 0;
}

/* In the record in hand, under its lock: the times are of this moment. */
static int
put_code(struct xs_account *account, void *context)
{
	struct issue *issue = context;
	struct xs_helpdesk_code *code = &issue->backup.helpdesk;

	issue->now = xs_env_system.now(xs_env_system.context);
	code->made.time = issue->now;
	code->expires = issue->now + issue->valid;
	issue->replaced = account->backup.helpdesk.set;
	if (!xs_backup_put_helpdesk(&account->backup, &issue->backup)) {
		issue->outdated = true;
		return XS_E_BUSY;
	}
	account->latest = issue->now;
	xs_notice_event(issue->config, account, issue->now,
	    is_invitation(account) ? "invitation" : "helpdesk-code", "",
	    issue->by);
	issue->account = *account;
	return 0;
}

static int
record_first(struct admin *admin, struct issue *issue,
    struct xs_account *account, struct xs_fault *fault)
{
	struct xs_plain plain;
	int err;

	err = xs_env_system.random(xs_env_system.context, account->enrolment,
	    sizeof account->enrolment);
	if (err == 0)
		err = put_code(account, issue);
	if (err == 0)
		err = xs_account_write(account, &plain);
	if (err == 0)
		err = admin->store.ops->create(
		    &admin->store, &issue->who, &plain, fault);
	xs_plain_wipe(&plain);
	return err;
}

/* One try, from the record as it is now to the record with the code. */
static int
record_code(struct admin *admin, struct issue *issue, struct xs_fault *fault)
{
	struct xs_account account;
	bool first;
	int err;

	issue->outdated = false;
	err = admin_load(admin, &issue->who, &account, fault);
	first = err == XS_E_NORECORD;
	if (first) {
		xs_account_init(&account, &issue->who);
		err = 0;
	}
	if (err == 0)
		err = make_code(issue, &admin->config, &account.backup, fault);
	if (err == 0 && first)
		err = record_first(admin, issue, &account, fault);
	else if (err == 0)
		err =
		    admin_update_if(admin, &issue->who, put_code, issue, fault);
	if (err == (first ? XS_E_EXISTS : XS_E_NORECORD))
		issue->outdated = true;
	xs_account_wipe(&account);
	return err;
}

static void
log_code(const struct issue *issue)
{
	char until[ADMIN_TIME_MAX];

	admin_time_rfc3339(issue->backup.helpdesk.expires, until);
	admin_log(
	    is_invitation(&issue->account) ? "invitation" : "helpdesk-code",
	    issue->who.name, issue->by, "valid-until=%s", until);
}

static void
print_json(const struct issue *issue, const char *shown)
{
	json_object *answer = json_object_new_object();
	json_object *codes = json_object_new_array();

	admin_json_text(answer, "user", issue->who.name);
	json_object_array_add(codes, json_object_new_string(shown));
	json_object_object_add(answer, "backup_codes", codes);
	admin_json_time(answer, "expires", issue->backup.helpdesk.expires);
	admin_json_print(answer);
}

static void
print_human(const struct issue *issue, const char *shown)
{
	const char *user = issue->who.name;
	char until[ADMIN_TIME_MAX];

	admin_time_human(issue->backup.helpdesk.expires, until);
	printf("Backup code for %s: %s\n\n", user, shown);
	printf("It works once, until %s. The login that uses it shows a new "
	       "code of\n%s's own, which ends this one and all older ones.\n",
	    until, user);
	if (issue->replaced)
		puts("The helpdesk's former code does not work any more.");
	printf(
	    "Tell it to %s, nobody else: whoever has it can log in.\n", user);
}

/* What a person at the helpdesk must know, or the code is of no use. */
static void
say_what_hinders(const struct issue *issue, const struct xs_config *config)
{
	const char *user = issue->who.name;
	bool waits = false;
	int64_t until;

	if (is_invitation(&issue->account))
		admin_say("%s has no other second step: this code is an "
			  "invitation. If it runs out unused, %s is refused "
			  "until there is a new one, or until \"xsuite-admin "
			  "remove %s\"",
		    user, user, user);
	if ((config->methods & 1U << XS_BACKUP) == 0)
		admin_say("this host offers no backup codes (the option "
			  "methods): the code does not work here");
	if (issue->account.methods[XS_BACKUP].disabled) {
		admin_say("backup codes of %s are switched off after too many "
			  "wrong ones: the code does not work before "
			  "\"unlock %s\"",
		    user, user);
		return;
	}
	for (int side = 0; side < XS_SIDES; side++)
		waits |=
		    xs_throttle_gate(&issue->account, &config->throttle,
			XS_BACKUP, side, issue->now, &until) == XS_GATE_WAITING;
	if (waits)
		admin_say("backup codes of %s wait after too many wrong ones; "
			  "\"unlock %s\" ends that",
		    user, user);
}

/* Recorded and logged before it is shown: what is shown must be valid. */
static int
issue_code(struct admin *admin, struct issue *issue)
{
	struct xs_fault fault = {""};
	char shown[XS_CODE_SHOWN_MAX + 1];
	int err = XS_E_BUSY;

	issue->outdated = true;
	for (int i = 0; i < TRIES && issue->outdated; i++)
		err = record_code(admin, issue, &fault);
	if (err != 0 && issue->outdated) {
		admin_say("%s is being changed by somebody else; try again",
		    issue->who.name);
		return EX_TEMPFAIL;
	}
	if (err != 0)
		return admin_fail(err, &fault);
	log_code(issue);
	xs_code_show(issue->code, shown);
	if (admin->json)
		print_json(issue, shown);
	else
		print_human(issue, shown);
	explicit_bzero(shown, sizeof shown);
	(void)xs_throttle_settle(
	    &issue->account, &admin->config.throttle, issue->now);
	say_what_hinders(issue, &admin->config);
	return EX_OK;
}

int
admin_issue_code(
    struct admin *admin, const struct admin_user *user, uint32_t valid)
{
	struct issue issue = {.config = &admin->config,
	    .who = {user->name, user->uid},
	    .valid = valid};
	int code;

	admin_actor(issue.by);
	code = issue_code(admin, &issue);
	if (code == EX_OK)
		(void)admin_tell(admin, &issue.who);
	explicit_bzero(&issue, sizeof issue);
	return code;
}

int
admin_backup_code(struct admin *admin, int argc, char **argv)
{
	static const struct option options[] = {
	    {"valid", required_argument, NULL, 'v'},
	    {NULL, 0, NULL, 0},
	};
	uint32_t valid = VALID_DEFAULT;
	struct admin_user user;
	int option, code;

	while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (option == ':')
			return admin_usage("backup-code: --valid needs a time");
		if (option != 'v')
			return admin_usage("backup-code: %s: no such option",
			    argv[optind - 1]);
		if (!xs_config_seconds(optarg, VALID_LEAST, VALID_MOST, &valid))
			return admin_usage("backup-code: --valid %s: not a "
					   "time from 1m to 7d",
			    optarg);
	}
	if (argc - optind != 1)
		return admin_usage("backup-code takes one USER");
	code = admin_user_get(argv[optind], &user);
	if (code == 0)
		code = admin_open(admin);
	return code == 0 ? admin_issue_code(admin, &user, valid) : code;
}
