/* SPDX-License-Identifier: BSD-3-Clause */
/* status: what one user has set up, or how this host stands. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin_progress.h"
#include "admin_view.h"

int
admin_status_user(struct admin *admin, const struct admin_user *user)
{
	const struct xs_identity who = {user->name, user->uid};
	struct xs_fault fault = {""};
	struct admin_view view;
	int err;

	err = admin_load(admin, &who, &view.account, &fault);
	if (err == XS_E_NORECORD) {
		admin_say("%s is not enrolled", user->name);
		return ADMIN_NO;
	}
	if (err != 0)
		return admin_fail(err, &fault);
	admin_view_settle(&view, admin);
	if (admin->json)
		admin_view_print_json(&view);
	else
		admin_view_print(&view);
	xs_account_wipe(&view.account);
	return EX_OK;
}

#define PROBLEMS_MAX 1000 /* told one by one; what is more is counted */

/* What a walk over all records finds. */
struct walk {
	const struct admin *admin;
	json_object *problems;
	struct admin_progress progress;
	unsigned records;
	unsigned unreadable;
	unsigned troubled;
};

static void
note_problem(struct walk *walk, const struct xs_identity *who, const char *what)
{
	json_object *one;

	if (walk->troubled++ >= PROBLEMS_MAX)
		return;
	one = json_object_new_object();
	admin_json_who(one, who);
	admin_json_text(one, "what", what);
	json_object_array_add(walk->problems, one);
}

/* Does the account that the record names still have that uid? */
static void
check_account(struct walk *walk, const struct xs_identity *who,
    const struct xs_account *account)
{
	struct admin_user user;
	char what[2 * XS_NAME_MAX + 64];
	int code;

	code = admin_user_find(account->name, &user);
	if (code == EX_NOUSER)
		snprintf(what, sizeof what,
		    "%s is no account; remove it, or adopt the new name",
		    account->name);
	else if (code == 0 && user.uid != account->uid && who->name == NULL)
		snprintf(what, sizeof what, "%s has uid %u now; adopt %s",
		    account->name, user.uid, account->name);
	else
		return;
	note_problem(walk, who, what);
}

static int
visit(void *context, const struct xs_identity *who,
    const struct xs_plain *plain, const struct xs_fault *fault)
{
	struct walk *walk = context;
	struct xs_fault own = {""};
	struct xs_account account;

	walk->records++;
	admin_progress_step(&walk->progress);
	if (plain == NULL || xs_account_read(&account, plain, &own) != 0) {
		const char *why = plain == NULL ? fault->text : own.text;

		walk->unreadable++;
		note_problem(walk, who, why);
		return 0;
	}
	check_account(walk, who, &account);
	xs_account_wipe(&account);
	return 0;
}

static void
print_host_json(const struct walk *walk)
{
	const struct xs_config *config = &walk->admin->config;
	json_object *answer = json_object_new_object();

	admin_json_text(answer, "config", config->path);
	admin_json_text(answer, "store", walk->admin->store.ops->name);
	admin_json_text(answer, "state_dir", config->state_dir);
	admin_json_text(answer, "key_file", config->key_file);
	admin_json_number(answer, "key_id", walk->admin->keys.keys[0].id);
	admin_json_number(answer, "records", walk->records);
	admin_json_number(answer, "problem_count", walk->troubled);
	json_object_object_add(
	    answer, "problems", json_object_get(walk->problems));
	admin_json_print(answer);
}

static void
print_problem(json_object *one)
{
	json_object *uid = json_object_object_get(one, "uid");

	printf("  %s%s: %s\n", uid != NULL ? "uid " : "",
	    json_object_get_string(
		uid != NULL ? uid : json_object_object_get(one, "user")),
	    json_object_get_string(json_object_object_get(one, "what")));
}

static void
print_host_human(const struct walk *walk)
{
	const struct xs_config *config = &walk->admin->config;
	size_t count = json_object_array_length(walk->problems);
	json_object *one;

	printf(
	    "Options   %s\n", config->path[0] ? config->path : XS_CONFIG_PATH);
	if (config->store == XS_STORE_FILE)
		printf("State     %s (%s)\n", config->state_dir,
		    walk->admin->store.ops->name);
	else
		printf("State     %s\n", walk->admin->store.ops->name);
	printf("Host key  %s, current id %u\n", config->key_file,
	    walk->admin->keys.keys[0].id);
	printf("Records   %u\n", walk->records);
	if (count == 0)
		puts("Problems  none");
	else
		printf("Problems  %u\n", walk->troubled);
	for (size_t i = 0; i < count; i++) {
		one = json_object_array_get_idx(walk->problems, i);
		print_problem(one);
	}
	if (walk->troubled > count)
		printf("  and %zu more\n", walk->troubled - count);
}

static int
walk_all(struct walk *walk, struct admin *admin)
{
	struct xs_fault fault = {""};
	int err;

	admin_progress_begin(&walk->progress, &admin->config, false);
	err = admin->store.ops->each(&admin->store, visit, walk, &fault);
	admin_progress_clear(&walk->progress);
	if (err != 0)
		return admin_fail(err, &fault);
	return walk->unreadable > 0 ? EX_IOERR : EX_OK;
}

static int
status_host(struct admin *admin)
{
	struct walk walk = {.admin = admin};
	int code;

	walk.problems = json_object_new_array();
	code = walk_all(&walk, admin);
	if (code != EX_OK && walk.unreadable == 0)
		; /* the walk itself failed: nothing to sum up */
	else if (admin->json)
		print_host_json(&walk);
	else
		print_host_human(&walk);
	json_object_put(walk.problems);
	return code;
}

int
admin_status(struct admin *admin, int argc, char **argv)
{
	struct admin_user user;
	int code = admin_operands(argc, argv, 0, 1);
	bool of_user = optind < argc;

	if (code == 0)
		code = admin_open(admin);
	if (code == 0 && of_user)
		code = admin_user_get(argv[optind], &user);
	if (code != 0)
		return code;
	return of_user ? admin_status_user(admin, &user) : status_host(admin);
}
