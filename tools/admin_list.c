/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * list: a line a record, as it is read, so that the memory taken is the same
 * however many there are.
 */
#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin_progress.h"
#include "admin_view.h"

#define DAY 86400

/* Who is to be listed; all of it must hold. */
struct filter {
	int method; /* -1: whatever is set up */
	bool locked;
	uint32_t older_than;      /* seconds, 0: however old */
	const char *not_enrolled; /* a group: its members without a record */
};

struct listing {
	struct admin *admin;
	struct filter filter;
	struct admin_progress progress;
	unsigned unreadable;
};

/* Does something stand in the way of a method that is set up? */
static bool
is_locked(const struct admin_view *view)
{
	const struct xs_account *account = &view->account;
	int64_t until;

	for (int method = 0; method < XS_METHODS; method++) {
		if (!xs_account_has(account, method))
			continue;
		for (int side = 0; side < XS_SIDES; side++) {
			if (xs_throttle_gate(account, view->throttle, method,
				side, view->now, &until) != XS_GATE_OPEN)
				return true;
		}
	}
	return false;
}

/* When the second step was last passed, or else set up. */
static int64_t
last_used(const struct xs_account *account)
{
	const int64_t times[] = {account->last_success, account->app.made.time,
	    account->phone.made.time, account->backup.made.time,
	    account->backup.helpdesk.made.time};
	int64_t last = 0;

	if (account->last_success != 0)
		return account->last_success;
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		if (times[i] > last)
			last = times[i];
	}
	return last;
}

static bool
is_wanted(const struct filter *filter, const struct admin_view *view)
{
	const struct xs_account *account = &view->account;

	if (filter->method >= 0 && !xs_account_has(account, filter->method))
		return false;
	if (filter->locked && !is_locked(view))
		return false;
	return filter->older_than == 0 ||
	    last_used(account) < view->now - (int64_t)filter->older_than;
}

static int
visit(void *context, const struct xs_identity *who,
    const struct xs_plain *plain, const struct xs_fault *fault)
{
	struct listing *listing = context;
	struct xs_fault own = {""};
	struct admin_view view;

	admin_progress_step(&listing->progress);
	if (plain == NULL || xs_account_read(&view.account, plain, &own) != 0) {
		listing->unreadable++;
		admin_progress_clear(&listing->progress);
		admin_say("%s: %s", admin_who(who).text,
		    plain == NULL ? fault->text : own.text);
		return 0;
	}
	admin_view_settle(&view, listing->admin);
	if (is_wanted(&listing->filter, &view)) {
		if (listing->admin->json)
			admin_view_print_json(&view);
		else
			admin_view_print_row(&view);
	}
	xs_account_wipe(&view.account);
	/* Nobody reads on: head(1) has what it wants. */
	return ferror(stdout) ? XS_E_INTERNAL : 0;
}

static int
list_records(struct listing *listing)
{
	struct admin *admin = listing->admin;
	struct xs_fault fault = {""};
	int err;

	admin_progress_begin(&listing->progress, &admin->config, true);
	err = admin->store.ops->each(&admin->store, visit, listing, &fault);
	admin_progress_clear(&listing->progress);
	if (err != 0 && ferror(stdout))
		return EX_IOERR; /* said at the end of the program */
	if (err != 0)
		return admin_fail(err, &fault);
	return listing->unreadable > 0 ? EX_IOERR : EX_OK;
}

/* A line if it is proved that the account has no record. */
static void
list_if_missing(struct listing *listing, const char *name, uid_t uid)
{
	const struct xs_identity who = {name, uid};
	struct xs_fault fault = {""};
	struct xs_account account;
	json_object *answer;
	int err;

	err = admin_load(listing->admin, &who, &account, &fault);
	xs_account_wipe(&account);
	if (err != 0 && err != XS_E_NORECORD) {
		listing->unreadable++;
		admin_say("%s: %s", name, fault.text);
	}
	if (err != XS_E_NORECORD)
		return;
	if (!listing->admin->json) {
		printf("%-20s %10u  not enrolled\n", name, uid);
		return;
	}
	answer = json_object_new_object();
	admin_json_text(answer, "user", name);
	admin_json_number(answer, "uid", uid);
	admin_json_bool(answer, "enrolled", false);
	admin_json_print(answer);
}

/* Those whom the group names; who is in it by his account comes after. */
static void
list_named(struct listing *listing, const struct group *group)
{
	struct admin_user user;

	for (char **member = group->gr_mem; *member != NULL; member++) {
		int code = admin_user_find(*member, &user);

		if (code == 0 && user.gid != group->gr_gid) {
			list_if_missing(listing, user.name, user.uid);
		} else if (code == EX_TEMPFAIL) {
			listing->unreadable++;
			admin_say(
			    "%s: accounts cannot be looked up now", *member);
		}
	}
}

static void
list_primary(struct listing *listing, gid_t gid)
{
	const struct passwd *entry;

	setpwent();
	while (errno = 0, (entry = getpwent()) != NULL) {
		if (entry->pw_gid == gid)
			list_if_missing(listing, entry->pw_name, entry->pw_uid);
	}
	if (errno != 0 && errno != ENOENT) {
		listing->unreadable++;
		admin_say(
		    "not all accounts could be looked at: %s", strerror(errno));
	}
	endpwent();
}

/* getgrnam's own buffer is left alone by all that is called here. */
static int
list_missing(struct listing *listing)
{
	const struct group *group;

	errno = 0;
	group = getgrnam(listing->filter.not_enrolled);
	if (group == NULL && errno != 0 && errno != ENOENT) {
		admin_say("group %s: %s", listing->filter.not_enrolled,
		    strerror(errno));
		return EX_TEMPFAIL;
	}
	if (group == NULL) {
		admin_say(
		    "group %s: there is none", listing->filter.not_enrolled);
		return EX_NOUSER;
	}
	list_named(listing, group);
	list_primary(listing, group->gr_gid);
	return listing->unreadable > 0 ? EX_IOERR : EX_OK;
}

static int
read_filter(struct filter *filter, int argc, char **argv)
{
	static const struct option options[] = {
	    {"method", required_argument, NULL, 'm'},
	    {"locked", no_argument, NULL, 'l'},
	    {"older-than", required_argument, NULL, 'o'},
	    {"not-enrolled", required_argument, NULL, 'n'},
	    {NULL, 0, NULL, 0},
	};
	int option;

	while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		switch (option) {
		case 'm':
			filter->method = xs_method_parse(optarg);
			if (filter->method < 0)
				return admin_usage(
				    "%s: no method; app, sms, backup", optarg);
			break;
		case 'l':
			filter->locked = true;
			break;
		case 'o':
			if (!xs_config_seconds(
				optarg, 1, 36500U * DAY, &filter->older_than))
				return admin_usage(
				    "--older-than %s: not a time as 90d",
				    optarg);
			break;
		case 'n':
			filter->not_enrolled = optarg;
			break;
		case ':':
			return admin_usage(
			    "list: %s needs a value", argv[optind - 1]);
		default:
			return admin_usage(
			    "list: %s: no such option", argv[optind - 1]);
		}
	}
	if (optind < argc)
		return admin_usage("list: one word too many: %s", argv[optind]);
	if (filter->not_enrolled != NULL &&
	    (filter->method >= 0 || filter->locked || filter->older_than > 0))
		return admin_usage(
		    "list: --not-enrolled goes with no other option");
	return 0;
}

int
admin_list(struct admin *admin, int argc, char **argv)
{
	struct listing listing = {.admin = admin, .filter = {.method = -1}};
	int code = read_filter(&listing.filter, argc, argv);

	if (code == 0)
		code = admin_open(admin);
	if (code != 0)
		return code;
	return listing.filter.not_enrolled != NULL ? list_missing(&listing)
						   : list_records(&listing);
}
