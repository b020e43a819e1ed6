/* SPDX-License-Identifier: BSD-3-Clause */
/* unlock, remove and adopt: what is done to a record that is there. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin.h"
#include "notice.h"
#include "throttle.h"

struct unlock {
	const struct xs_config *config;
	int method;       /* -1: all, and the budgets */
	bool by_helpdesk; /* what an administrator switched off stays so */
	bool kept;        /* a method stayed switched off */
	int64_t now;
	char by[XS_BY_MAX];
};

static void
unlock_account(struct xs_account *account, void *context)
{
	struct unlock *unlock = context;

	for (int method = 0; method < XS_METHODS; method++) {
		struct xs_method_count *count = &account->methods[method];
		bool keep = unlock->by_helpdesk &&
		    xs_throttle_is_kept_off(account, method);

		if (unlock->method >= 0 && unlock->method != method)
			continue;
		xs_throttle_clear_method(account, method);
		count->disabled = keep;
		unlock->kept |= keep;
	}
	/* An empty budget makes every method wait, whichever was meant. */
	xs_throttle_clear_budgets(account);
	account->latest = unlock->now;
	xs_notice_event(
	    unlock->config, account, unlock->now, "unlocked", "", unlock->by);
}

static void
print_unlocked(const struct admin *admin, const char *name, int method)
{
	json_object *answer, *list;

	if (!admin->json) {
		printf("%s: %s unlocked\n", name,
		    method < 0 ? "all methods" : xs_method_name(method));
		return;
	}
	answer = json_object_new_object();
	list = json_object_new_array();
	for (int i = 0; i < XS_METHODS; i++) {
		if (method < 0 || method == i)
			json_object_array_add(
			    list, json_object_new_string(xs_method_name(i)));
	}
	admin_json_text(answer, "user", name);
	json_object_object_add(answer, "unlocked", list);
	admin_json_print(answer);
}

int
admin_unlock_user(struct admin *admin, const struct admin_user *user,
    int method, bool by_helpdesk)
{
	struct unlock unlock = {.config = &admin->config,
	    .method = method,
	    .by_helpdesk = by_helpdesk};
	const struct xs_identity who = {user->name, user->uid};
	struct xs_fault fault = {""};
	int err;

	unlock.now = xs_env_system.now(xs_env_system.context);
	admin_actor(unlock.by);
	err = admin_update(admin, &who, unlock_account, &unlock, &fault);
	if (err == XS_E_NORECORD) {
		admin_say("%s is not enrolled", user->name);
		return ADMIN_NO;
	}
	if (err != 0)
		return admin_fail(err, &fault);
	admin_log("unlocked", user->name, unlock.by, "method=%s",
	    method < 0 ? "all" : xs_method_name(method));
	print_unlocked(admin, user->name, method);
	if (unlock.kept)
		admin_say("what an administrator switched off stays off");
	(void)admin_tell(admin, &who);
	return EX_OK;
}

int
admin_unlock(struct admin *admin, int argc, char **argv)
{
	struct admin_user user;
	int method = -1, code = admin_operands(argc, argv, 1, 2);

	if (code != 0)
		return code;
	if (argc - optind == 2) {
		method = xs_method_parse(argv[optind + 1]);
		if (method < 0)
			return admin_usage("%s: no method; app, sms, backup",
			    argv[optind + 1]);
	}
	code = admin_user_get(argv[optind], &user);
	if (code == 0)
		code = admin_open(admin);
	return code == 0 ? admin_unlock_user(admin, &user, method, false)
			 : code;
}

/*
 * Which record is to go: the one under the account's uid if it carries the
 * name, else another that does, else the one under the uid if it does not
 * open. A name's entry without a record goes under a uid that nobody has, so
 * that no other user's record goes with it.
 * test_admin_records: test_remove_leaves_the_record_of_a_new_owner_of_the_uid
 */
static int
choose_removal(struct admin *admin, const struct admin_user *user, bool known,
    uid_t *uid, struct xs_fault *fault)
{
	const struct xs_identity who = {user->name, user->uid};
	int err, here = XS_E_NORECORD;
	struct admin_found found;
	struct xs_account account;

	if (admin->store.ops->by_name) {
		*uid = user->uid;
		return 0;
	}
	if (known) {
		here = admin_load(admin, &who, &account, NULL);
		xs_account_wipe(&account);
	}
	if (here == 0) {
		*uid = user->uid;
		return 0;
	}
	err = admin_find_record(admin, user->name, NULL, &found, fault);
	if (err != 0)
		return err;
	if (found.count > 0)
		*uid = found.uid;
	else
		*uid = here == XS_E_STATE ? user->uid : (uid_t)-1;
	return 0;
}

static void
print_removed(const struct admin *admin, const char *name)
{
	json_object *answer;

	if (!admin->json) {
		printf("%s: removed\n", name);
		return;
	}
	answer = json_object_new_object();
	admin_json_text(answer, "user", name);
	admin_json_bool(answer, "removed", true);
	admin_json_print(answer);
}

/* With what it was, for the notice; a record that does not open has none. */
static int
remove_chosen(struct admin *admin, const struct xs_identity *who,
    struct xs_account *account, bool *readable, struct xs_fault *fault)
{
	*readable = admin_load(admin, who, account, NULL) == 0;
	return admin->store.ops->remove(&admin->store, who, fault);
}

static int
remove_record(struct admin *admin, const struct admin_user *user, bool known)
{
	struct xs_fault fault = {""};
	struct xs_identity who = {user->name, 0};
	struct xs_account account;
	bool readable = false;
	char by[XS_BY_MAX];
	int err;

	err = choose_removal(admin, user, known, &who.uid, &fault);
	if (err == 0)
		err = remove_chosen(admin, &who, &account, &readable, &fault);
	if (err == XS_E_NORECORD && !known) {
		admin_say("%s: no such account, and no record", who.name);
		return EX_NOUSER;
	}
	if (err == XS_E_NORECORD) {
		admin_say("%s is not enrolled", who.name);
		return ADMIN_NO;
	}
	if (err == 0) {
		admin_actor(by);
		admin_log("removed", who.name, by, "method=all");
		print_removed(admin, who.name);
	}
	if (err == 0 && readable)
		admin_tell_removed(admin, &account);
	xs_account_wipe(&account);
	return err == 0 ? EX_OK : admin_fail(err, &fault);
}

int
admin_remove(struct admin *admin, int argc, char **argv)
{
	struct admin_user user;
	int code = admin_operands(argc, argv, 1, 1);
	bool known;

	if (code != 0)
		return code;
	code = admin_user_find(argv[optind], &user);
	if (code != 0 && code != EX_NOUSER)
		return admin_user_refuse(argv[optind], code);
	known = code == 0;
	if (!known) {
		if (strlen(argv[optind]) >= sizeof user.name ||
		    argv[optind][0] == '\0')
			return admin_user_refuse(argv[optind], code);
		strcpy(user.name, argv[optind]);
		user.uid = (uid_t)-1;
	}
	code = admin_open(admin);
	return code == 0 ? remove_record(admin, &user, known) : code;
}
