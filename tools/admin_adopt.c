/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * adopt: the account was given another name or another uid, and its record
 * still carries the former one.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin.h"
#include "report.h"

/* What is known before anything is changed. */
struct adoption {
	struct admin_user user;   /* as the account is now */
	struct admin_user former; /* as its record has it */
	bool here;                /* a record stands under the account's uid */
	bool moving;              /* there is something to do */
	char here_name[XS_NAME_MAX]; /* the name inside that record */
};

/* The record under the account's uid, whoever's it is. */
static int
look_here(
    struct admin *admin, struct adoption *adoption, struct xs_fault *fault)
{
	const struct xs_identity who = {
	    adoption->user.name, adoption->user.uid};
	struct xs_account account;
	struct xs_plain plain;
	int err;

	err = admin->store.ops->read(&admin->store, &who, &plain, fault);
	if (err == 0)
		err = xs_account_read(&account, &plain, fault);
	if (err == 0) {
		adoption->here = true;
		strcpy(adoption->here_name, account.name);
	}
	xs_account_wipe(&account);
	xs_plain_wipe(&plain);
	return err == XS_E_NORECORD || err == XS_E_MISMATCH ? 0 : err;
}

/* The record under the account's uid carries another name: whose is it? */
static int
judge_renamed(struct adoption *adoption)
{
	struct admin_user other;
	int code = admin_user_find(adoption->here_name, &other);

	if (code == 0) {
		admin_say("uid %u holds the record of %s, which is an account "
			  "too; adopt or remove %s first",
		    adoption->user.uid, other.name, other.name);
		return ADMIN_NO;
	}
	if (code != EX_NOUSER)
		return admin_user_refuse(adoption->here_name, code);
	strcpy(adoption->former.name, adoption->here_name);
	adoption->former.uid = adoption->user.uid;
	adoption->moving = true;
	return 0;
}

/* A record elsewhere carries the account's name: it has a new uid. */
static int
judge_renumbered(struct adoption *adoption, const struct admin_found *found)
{
	const char *name = adoption->user.name;

	if (adoption->here && strcmp(adoption->here_name, name) != 0) {
		admin_say("the record of %s is under uid %u, but uid %u holds "
			  "the record of %s; adopt or remove that first",
		    name, found->uid, adoption->user.uid, adoption->here_name);
		return ADMIN_NO;
	}
	if (found->count > 1) {
		admin_say("%u records carry the name %s; remove %s and enrol "
			  "anew",
		    found->count, name, name);
		return EX_DATAERR;
	}
	strcpy(adoption->former.name, name);
	adoption->former.uid = found->uid;
	adoption->moving = true;
	return 0;
}

static int
judge(struct admin *admin, struct adoption *adoption)
{
	const char *name = adoption->user.name;
	struct xs_fault fault = {""};
	struct admin_found found;
	int err;

	err = look_here(admin, adoption, &fault);
	if (err == 0)
		err = admin_find_record(
		    admin, name, &adoption->user.uid, &found, &fault);
	if (err != 0)
		return admin_fail(err, &fault);
	if (found.count > 0)
		return judge_renumbered(adoption, &found);
	if (adoption->here && strcmp(adoption->here_name, name) != 0)
		return judge_renamed(adoption);
	if (adoption->here)
		return EX_OK;
	admin_say("%s is not enrolled: no record carries that name%s", name,
	    found.unreadable > 0 ? ", as far as they open" : "");
	return ADMIN_NO;
}

/* Under the record's lock: the identity of the account as it is now. */
static int
rewrite(void *context, struct xs_plain *plain, struct xs_fault *fault)
{
	const struct adoption *adoption = context;
	struct xs_account account;
	char by[XS_BY_MAX];
	int err = xs_account_read(&account, plain, fault);

	if (err == 0) {
		admin_actor(by);
		strcpy(account.name, adoption->user.name);
		account.uid = adoption->user.uid;
		xs_account_event(&account,
		    xs_env_system.now(xs_env_system.context), "adopted", "",
		    by);
		err = xs_account_write(&account, plain);
	}
	xs_account_wipe(&account);
	return err;
}

static int
move_record(struct admin *admin, struct adoption *adoption)
{
	const struct xs_identity from = {
	    adoption->former.name, adoption->former.uid};
	const struct xs_identity to = {adoption->user.name, adoption->user.uid};
	struct xs_store *store = &admin->store;
	struct xs_fault fault = {""};
	int err =
	    store->ops->move(store, &from, &to, rewrite, adoption, &fault);
	char by[XS_BY_MAX], former[XS_LOG_VALUE_MAX];

	if (err != 0)
		return admin_fail(err, &fault);
	admin_actor(by);
	admin_log("adopted", to.name, by, "uid=%u former=%s former-uid=%u",
	    to.uid, xs_log_value(from.name, former), from.uid);
	return 0;
}

static void
print_adopted(const struct admin *admin, const struct adoption *adoption)
{
	const struct admin_user *former = &adoption->former;
	json_object *answer;

	if (admin->json) {
		answer = json_object_new_object();
		admin_json_text(answer, "user", adoption->user.name);
		admin_json_number(answer, "uid", adoption->user.uid);
		admin_json_bool(answer, "adopted", adoption->moving);
		if (adoption->moving) {
			admin_json_text(answer, "former_name", former->name);
			admin_json_number(answer, "former_uid", former->uid);
		}
		admin_json_print(answer);
	} else if (!adoption->moving) {
		printf("%s has its record; nothing was changed.\n",
		    adoption->user.name);
	} else {
		printf("%s (uid %u) has the record of %s (uid %u) now.\n",
		    adoption->user.name, adoption->user.uid, former->name,
		    former->uid);
	}
}

int
admin_adopt(struct admin *admin, int argc, char **argv)
{
	struct adoption adoption = {.here = false};
	int code = admin_operands(argc, argv, 1, 1);

	if (code == 0)
		code = admin_user_get(argv[optind], &adoption.user);
	if (code == 0)
		code = admin_open(admin);
	if (code == 0 && admin->store.ops->by_name) {
		admin_say("records are kept by name here, whatever the uid: "
			  "there is nothing to adopt");
		code = EX_UNAVAILABLE;
	}
	if (code == 0)
		code = judge(admin, &adoption);
	if (code == 0 && adoption.moving)
		code = move_record(admin, &adoption);
	if (code == 0)
		print_adopted(admin, &adoption);
	return code;
}
