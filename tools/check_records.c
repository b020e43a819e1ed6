/* SPDX-License-Identifier: BSD-3-Clause */
/* The records against the accounts of the host. */
#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "check.h"
#include "check_files.h"
#include "file.h"
#include "group.h"
#include "sms.h"
#include "store_names.h"

#define PATH_SIZE (XS_OPTION_MAX + XS_NAME_FILE_MAX + 32)
#define AHEAD_LEAST 5 /* seconds; another processor's clock may differ */
/* The window, what restored adds, and clocks of hosts that share a record. */
#define STEPS_AHEAD_LEAST 5

struct walk {
	struct check *check;
	struct check_names names; /* of the records, encoded */
	json_object *accounts;    /* of this host, by name; NULL: by uid */
	unsigned strangers;       /* records of names that are none of them */
	int64_t now;
};

__attribute__((format(printf, 5, 6))) static void
find_record(struct walk *walk, const struct xs_identity *who,
    enum check_level level, const char *mend, const char *format, ...)
{
	char where[PATH_SIZE], what[512];
	const struct check_place place = {level, where, mend, NULL, NULL};
	va_list list;

	if (who->name != NULL)
		(void)snprintf(where, sizeof(where), "postgresql: record of %s",
		    who->name);
	else
		(void)snprintf(where, sizeof(where), "%s/users/%u",
		    walk->check->admin->config.state_dir, (unsigned)who->uid);
	va_start(list, format);
	(void)vsnprintf(what, sizeof(what), format, list);
	va_end(list);
	check_find(walk->check, &place, "%s", what);
}

/* Whose is it now? A login compares name and uid, and refuses. */
static void
check_owner(struct walk *walk, const struct xs_identity *who,
    const struct xs_account *account)
{
	struct admin_user user;
	struct passwd *other;
	int code = admin_user_find(account->name, &user);

	if (code == 0 && user.uid != account->uid) {
		find_record(walk, who, CHECK_ERROR,
		    "run \"xsuite-admin adopt\" with that name",
		    "%s has the uid %u now: its logins are refused",
		    account->name, (unsigned)user.uid);
		return;
	}
	if (code != EX_NOUSER)
		return;
	other = getpwuid(account->uid);
	if (other != NULL)
		find_record(walk, who, CHECK_ERROR,
		    "run \"xsuite-admin adopt\" with the new name if it is "
		    "the same person, else \"remove\" with the former",
		    "%s is no account any more, and its uid is %s: whose "
		    "logins are refused",
		    account->name, other->pw_name);
	else
		find_record(walk, who, CHECK_WARNING,
		    "run \"xsuite-admin remove\" with that name",
		    "%s is no account any more", account->name);
}

static bool
is_usable(const struct walk *walk, const struct xs_account *account,
    enum xs_method method)
{
	if (account->methods[method].disabled)
		return false;
	if (method == XS_SMS && !xs_sms_is_offered(&walk->check->admin->config))
		return false;
	if (method == XS_BACKUP && account->backup.count == 0)
		return xs_account_helpdesk_valid(account, walk->now);
	return xs_account_has(account, method);
}

static void
check_methods(struct walk *walk, const struct xs_identity *who,
    const struct xs_account *account)
{
	bool any = false;

	for (int method = 0; method < XS_METHODS; method++)
		any = any || is_usable(walk, account, (enum xs_method)method);
	if (!any)
		find_record(walk, who, CHECK_WARNING,
		    "run \"xsuite-admin unlock\", or \"enrol --replace\"",
		    "%s has no method that can be used: its logins are refused",
		    account->name);
}

/* They are from before the profile, or from another host. */
static void
check_codes(struct walk *walk, const struct xs_identity *who,
    const struct xs_account *account)
{
	const struct xs_backup *backup = &account->backup;

	if (backup->count > 0 &&
	    !xs_config_code_fits(&walk->check->admin->config, &backup->format))
		find_record(walk, who, CHECK_WARNING,
		    "have the user run \"xsuite backup\"",
		    "%s has a backup code that is too short for profile = nist",
		    account->name);
}

static void
check_latest(struct walk *walk, const struct xs_identity *who,
    const struct xs_account *account)
{
	char seen[ADMIN_TIME_MAX], now[ADMIN_TIME_MAX];

	if (account->latest <= walk->now + AHEAD_LEAST)
		return;
	admin_time_rfc3339(account->latest, seen);
	admin_time_rfc3339(walk->now, now);
	find_record(walk, who, CHECK_WARNING,
	    "set the clock right; if it is, run \"xsuite-admin unlock\" for "
	    "the user",
	    "%s was last seen at %s, and the clock says %s: codes end by the "
	    "later of the two",
	    account->name, seen, now);
}

/*
 * A login whose code came from the host's own clock, or restored or an import,
 * while that clock was ahead: unlock does not bring those codes back.
 */
static void
check_step(struct walk *walk, const struct xs_identity *who,
    const struct xs_account *account)
{
	const struct xs_app *app = &account->app;
	char until[ADMIN_TIME_MAX];
	int64_t end = INT64_MAX;

	if (!app->set ||
	    app->last_step <
		xs_totp_step(&app->totp, walk->now) + STEPS_AHEAD_LEAST)
		return;
	if (app->last_step < (uint64_t)INT64_MAX / app->totp.period)
		end = (int64_t)(app->last_step + 1) * app->totp.period;
	admin_time_rfc3339(end, until);
	find_record(walk, who, CHECK_WARNING,
	    "set the clock right; if it is, have the user set up the app anew "
	    "with a backup code, or run \"enrol --replace\"",
	    "app codes of %s count as used until %s: one was accepted while "
	    "the clock was ahead",
	    account->name, until);
}

static void
add_name(struct walk *walk, const char *name)
{
	char encoded[XS_NAME_FILE_MAX + 1];

	if (xs_name_encode(name, encoded) == 0)
		walk->check->failed |=
		    check_names_add(&walk->names, encoded) != 0;
}

/*
 * People of other hosts have records here, too: that is no finding. What a
 * host that shares them remembers does not grow with them.
 */
static void
check_name(struct walk *walk, const struct xs_identity *who,
    const struct xs_account *account)
{
	if (strcmp(who->name, account->name) != 0)
		find_record(walk, who, CHECK_ERROR,
		    "remove it, and enrol the user anew",
		    "is the record of %s: logins are refused", account->name);
	if (json_object_object_get_ex(walk->accounts, who->name, NULL))
		add_name(walk, who->name);
	else
		walk->strangers++;
}

static int
visit(void *context, const struct xs_identity *who,
    const struct xs_plain *plain, const struct xs_fault *fault)
{
	const struct passwd *entry =
	    who->name == NULL ? getpwuid(who->uid) : NULL;
	struct walk *walk = context;
	struct xs_account account;
	struct xs_fault own = {""};

	if (plain == NULL || xs_account_read(&account, plain, &own) != 0) {
		find_record(walk, who, CHECK_ERROR,
		    "restore it from a backup, or \"remove\" and \"enrol\" "
		    "the user; until then the logins are refused",
		    "does not open: %s",
		    plain == NULL ? fault->text : own.text);
		/* Most likely it is his: his entry is not another finding. */
		if (entry != NULL)
			add_name(walk, entry->pw_name);
		return 0;
	}
	if (who->name == NULL) {
		add_name(walk, account.name);
		check_owner(walk, who, &account);
	} else {
		check_name(walk, who, &account);
	}
	check_methods(walk, who, &account);
	check_codes(walk, who, &account);
	check_latest(walk, who, &account);
	check_step(walk, who, &account);
	xs_account_wipe(&account);
	return 0;
}

/* A name's entry proves that there was a record: without it, no login. */
static void
check_entries(struct walk *walk)
{
	char path[PATH_SIZE], where[PATH_SIZE + 300];
	const struct check_place place = {CHECK_ERROR, where,
	    "run \"xsuite-admin adopt\" with that name if the record is under "
	    "another uid, else \"remove\"",
	    NULL, NULL};
	struct dirent *entry;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "%s/names",
	    walk->check->admin->config.state_dir);
	dir = opendir(path);
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.' ||
		    check_names_have(&walk->names, entry->d_name))
			continue;
		(void)snprintf(
		    where, sizeof(where), "%s/%s", path, entry->d_name);
		check_find(walk->check, &place,
		    "a name without its record: its logins are refused");
	}
	if (dir != NULL)
		(void)closedir(dir);
}

/* The next group of a list by comma; false at its end. */
static bool
next_group(const char **list, char group[XS_OPTION_MAX])
{
	size_t length = strcspn(*list, ",");

	if (**list == '\0')
		return false;
	(void)snprintf(group, XS_OPTION_MAX, "%.*s", (int)length, *list);
	*list += length + ((*list)[length] == ',');
	return true;
}

/* How many of a group have no record. */
static void
count_group(struct walk *walk, const char *group)
{
	int not_enrolled = walk->check->admin->config.not_enrolled;
	unsigned members = 0, without = 0;
	struct passwd *entry;

	setpwent();
	while ((entry = getpwent()) != NULL) {
		char encoded[XS_NAME_FILE_MAX + 1];
		bool member = false;

		if (xs_group_has(group, entry->pw_name, entry->pw_gid, &member,
			NULL) != 0)
			break;
		members += member;
		without += member &&
		    xs_name_encode(entry->pw_name, encoded) == 0 &&
		    !check_names_have(&walk->names, encoded);
	}
	endpwent();
	if (not_enrolled != XS_NOT_ENROLLED_PASS)
		check_remark(walk->check,
		    "Group %s: %u of %u accounts have no record%s", group,
		    without, members,
		    not_enrolled == XS_NOT_ENROLLED_REFUSE && without > 0
			? " and would be refused today"
			: "");
}

/* A group that does not resolve refuses everybody, one of the exempt, too. */
static void
check_groups(struct check *check, const char *key, const char *list)
{
	const char *const files[] = {check->admin->config.path, NULL};
	char where[PATH_SIZE];
	const struct check_place place = {CHECK_ERROR, where,
	    "mend the name, or the directory it is from; until then every "
	    "login is refused",
	    NULL, NULL};
	char group[XS_OPTION_MAX];

	check_find_word(files, key, false, where, sizeof(where));
	while (next_group(&list, group)) {
		struct xs_fault fault = {""};
		bool member;

		if (xs_group_has(group, "root", 0, &member, &fault) != 0)
			check_find(check, &place, "%s", fault.text);
	}
}

/* Without required groups "refuse" holds for everybody who can log in. */
static void
count_all(struct walk *walk)
{
	unsigned people = 0, without = 0;
	struct passwd *entry;

	if (walk->check->admin->config.not_enrolled != XS_NOT_ENROLLED_REFUSE)
		return;
	setpwent();
	while ((entry = getpwent()) != NULL) {
		char encoded[XS_NAME_FILE_MAX + 1];
		const char *shell = strrchr(entry->pw_shell, '/');

		if (shell != NULL &&
		    (strcmp(shell, "/nologin") == 0 ||
			strcmp(shell, "/false") == 0 ||
			strcmp(shell, "/sync") == 0))
			continue;
		people++;
		without += xs_name_encode(entry->pw_name, encoded) == 0 &&
		    !check_names_have(&walk->names, encoded);
	}
	endpwent();
	check_remark(walk->check,
	    "%u of %u accounts with a shell have no record%s", without, people,
	    without > 0 ? " and would be refused today" : "");
}

static void
count_missing(struct walk *walk)
{
	const char *list = walk->check->admin->config.required_groups;
	char group[XS_OPTION_MAX];

	if (*list == '\0')
		count_all(walk);
	while (next_group(&list, group))
		count_group(walk, group);
}

static void
list_accounts(struct walk *walk)
{
	const struct passwd *entry;

	walk->accounts = json_object_new_object();
	setpwent();
	while ((entry = getpwent()) != NULL)
		json_object_object_add(walk->accounts, entry->pw_name, NULL);
	endpwent();
}

void
check_records(struct check *check, bool has_state)
{
	struct walk walk = {.check = check, .now = (int64_t)time(NULL)};
	const struct xs_config *config = &check->admin->config;
	struct xs_store *store = &check->admin->store;
	struct xs_fault fault = {""};

	check_groups(check, "required_groups", config->required_groups);
	check_groups(check, "exempt_groups", config->exempt_groups);
	if (!has_state)
		return;
	if (store->ops->by_name)
		list_accounts(&walk);
	if (store->ops->each(store, visit, &walk, &fault) != 0) {
		check_fault(check, CHECK_ERROR, &fault, config->state_dir,
		    store->ops->by_name
			? "see what is wrong with the database"
			: "see what is wrong with the directory");
	} else {
		if (!store->ops->by_name)
			check_entries(&walk);
		count_missing(&walk);
	}
	if (walk.strangers > 0)
		check_remark(check,
		    "%u records are of names that this host does not list as "
		    "accounts",
		    walk.strangers);
	json_object_put(walk.accounts);
	check_names_free(&walk.names);
}
