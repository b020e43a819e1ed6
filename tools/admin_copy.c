/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * copy: every record of one store into the other, as it is. Nothing is taken
 * away and, without --update, nothing replaced: killed anywhere, the next run
 * goes on.
 *
 * A login on the source between the copy and the change of the option "store"
 * uses up a code that the copy still has. So the source is read a second time
 * at the end, and what has changed is told. Last the target is read, for those
 * whom the source does not have, or not any more.
 */
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "admin_copy.h"
#include "store_names.h"

static const struct {
	const char *word;
	int code;
} outcomes[COPY_OUTCOMES] = {
    [COPY_DONE] = {"copied", EX_OK},
    [COPY_UPDATED] = {"updated", EX_OK},
    [COPY_EQUAL] = {"equal", EX_OK},
    [COPY_ONLY_THERE] = {"only-there", EX_OK},
    [COPY_DIFFERS] = {"differs", ADMIN_NO},
    [COPY_NO_ACCOUNT] = {"no-account", ADMIN_NO},
    [COPY_CHANGED] = {"changed", EX_TEMPFAIL},
    [COPY_FAILED] = {"failed", EX_IOERR},
};

static void
tell(struct copy *copy, const struct xs_identity *who, const char *user,
    enum copy_outcome outcome, const char *what)
{
	struct admin_who named = admin_who(who);
	json_object *answer;

	copy->counts[outcome]++;
	if (outcomes[outcome].code != EX_OK) {
		admin_progress_clear(&copy->progress);
		admin_say("%s: %s", *user != '\0' ? user : named.text, what);
		json_object_object_add(copy->told, named.text, NULL);
	}
	if (!copy->admin->json)
		return;
	answer = json_object_new_object();
	if (*user != '\0')
		admin_json_text(answer, "user", user);
	else
		admin_json_who(answer, who);
	admin_json_text(answer, "result", outcomes[outcome].word);
	admin_json_text(answer, "what", what);
	admin_json_print(answer);
}

static void
tell_only_there(
    struct copy *copy, const struct xs_identity *who, const char *user)
{
	const char *store = copy->admin->store.ops->name;
	char what[64];

	snprintf(what, sizeof what, "has a record in %s alone", store);
	tell(copy, who, user, COPY_ONLY_THERE, what);
	if (copy->admin->json)
		return;
	admin_progress_clear(&copy->progress);
	printf("%s %s\n", *user != '\0' ? user : admin_who(who).text, what);
}

static void
note_name(struct copy *copy, const char *name)
{
	char encoded[XS_NAME_FILE_MAX + 1];

	if (xs_name_encode(name, encoded) == 0)
		json_object_object_add(copy->names, encoded, NULL);
}

static int
visit(void *context, const struct xs_identity *who,
    const struct xs_plain *plain, const struct xs_fault *fault)
{
	struct copy_passage passage = {
	    .copy = context, .who = who, .outcome = COPY_FAILED};
	struct copy *copy = context;
	const struct passwd *entry;

	admin_progress_step(&copy->progress);
	passage.why = plain == NULL ? *fault : passage.why;
	if (who->name != NULL)
		note_name(copy, who->name);
	if (plain == NULL ||
	    xs_account_read(&passage.account, plain, &passage.why) != 0) {
		/* Most likely it is his. */
		if (who->name == NULL && (entry = getpwuid(who->uid)) != NULL)
			note_name(copy, entry->pw_name);
	} else {
		note_name(copy, passage.account.name);
		if (copy_find_owner(&passage)) {
			if (copy->again)
				copy_compare(&passage);
			else
				copy_put(&passage);
		}
	}
	/* What was told the first time is not told again. */
	if (!copy->again ||
	    (passage.outcome != COPY_EQUAL &&
		!json_object_object_get_ex(
		    copy->told, admin_who(who).text, NULL)))
		tell(copy, who, passage.account.name, passage.outcome,
		    outcomes[passage.outcome].code == 0 ? ""
							: passage.why.text);
	xs_account_wipe(&passage.account);
	return ferror(stdout) ? XS_E_INTERNAL : 0;
}

static bool
has_name(const struct copy *copy, const char *name)
{
	char encoded[XS_NAME_FILE_MAX + 1];

	return xs_name_encode(name, encoded) == 0 &&
	    json_object_object_get_ex(copy->names, encoded, NULL);
}

/*
 * Another host's people, or those who were removed from the source since an
 * earlier copy and whose old app would be good again: which of them, nothing
 * here can tell (test_fleet_copy.py: test_who_is_there_alone_is_named).
 */
static int
visit_target(void *context, const struct xs_identity *who,
    const struct xs_plain *plain, const struct xs_fault *fault)
{
	struct copy *copy = context;
	struct xs_account account = {.name = ""};
	const struct passwd *entry;
	const char *guess = NULL;

	(void)fault;
	admin_progress_step(&copy->progress);
	if (who->name != NULL)
		snprintf(account.name, sizeof account.name, "%s", who->name);
	else if ((plain == NULL ||
		     xs_account_read(&account, plain, NULL) != 0) &&
	    (entry = getpwuid(who->uid)) != NULL)
		guess = entry->pw_name;
	if (!has_name(copy, guess != NULL ? guess : account.name))
		tell_only_there(copy, who, account.name);
	xs_account_wipe(&account);
	return ferror(stdout) ? XS_E_INTERNAL : 0;
}

/*
 * A name's entry without a record refuses here. In the other store it would
 * be nobody's, and the option not_enrolled lets those pass
 * (test_fleet_copy.py: test_name_without_a_record_is_told).
 */
static int
find_lost(struct copy *copy)
{
	char path[XS_OPTION_MAX + 8], name[XS_NAME_FILE_MAX + 8];
	const struct dirent *entry;
	int code = 0;
	DIR *dir;

	if (copy->from.ops->by_name)
		return 0;
	snprintf(path, sizeof path, "%s/names", copy->admin->config.state_dir);
	if ((dir = opendir(path)) == NULL) {
		admin_say("%s: %s", path, strerror(errno));
		return EX_IOERR;
	}
	while (errno = 0, (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.' ||
		    json_object_object_get_ex(copy->names, entry->d_name, NULL))
			continue;
		snprintf(name, sizeof name, "%s", entry->d_name);
		tell(copy, &(struct xs_identity){name, (uid_t)-1}, "",
		    COPY_FAILED,
		    "a name without its record: adopt or remove it, or it "
		    "counts as not enrolled in the other store");
	}
	if (errno != 0) {
		admin_say("%s: %s", path, strerror(errno));
		code = EX_IOERR;
	}
	(void)closedir(dir);
	return code;
}

static void
print_sum(const struct copy *copy, int code)
{
	const unsigned long *counts = copy->counts;
	const char *from = copy->from.ops->name;
	const char *to = copy->admin->store.ops->name;

	if (copy->admin->json)
		return;
	printf("Records copied from %s to %s: %lu; updated: %lu; there "
	       "already: %lu; not copied: %lu.\n",
	    from, to, counts[COPY_DONE], counts[COPY_UPDATED],
	    counts[COPY_EQUAL],
	    counts[COPY_DIFFERS] + counts[COPY_NO_ACCOUNT] +
		counts[COPY_FAILED]);
	if (counts[COPY_ONLY_THERE] > 0)
		printf("In %s alone: %lu. Remove there whoever was removed "
		       "from %s.\n",
		    to, counts[COPY_ONLY_THERE], from);
	if (code == EX_OK)
		printf("Every record of %s is in %s, the same. A login from "
		       "now on changes one\nof them alone: copy once more, "
		       "with --update, while nobody can log in, then\nchange "
		       "the option \"store\".\n",
		    from, to);
	else if (counts[COPY_CHANGED] > 0)
		printf("Records that changed meanwhile: %lu. Copy once more, "
		       "with --update, while\nnobody can log in.\n",
		    counts[COPY_CHANGED]);
}

static int
worst(const struct copy *copy)
{
	for (int outcome = COPY_OUTCOMES - 1; outcome >= 0; outcome--) {
		if (copy->counts[outcome] > 0 && outcomes[outcome].code != 0)
			return outcomes[outcome].code;
	}
	return EX_OK;
}

static int
stop_at_once(void *context, const struct xs_identity *who,
    const struct xs_plain *plain, const struct xs_fault *fault)
{
	(void)context;
	(void)who;
	(void)plain;
	(void)fault;
	return 1;
}

static int
run(struct copy *copy)
{
	struct xs_store *to = &copy->admin->store;
	struct xs_fault fault = {""};
	char by[XS_BY_MAX];
	int code, err;

	/* Is it there, is it the right one, and may it be read? */
	err = to->ops->each(to, stop_at_once, NULL, &fault);
	admin_progress_begin(
	    &copy->progress, &copy->admin->config, copy->admin->json);
	for (int i = 0; i < 2 && err >= 0; i++) {
		copy->again = i == 1;
		json_object_put(copy->names);
		copy->names = json_object_new_object();
		err = copy->from.ops->each(&copy->from, visit, copy, &fault);
	}
	if (err >= 0)
		err = to->ops->each(to, visit_target, copy, &fault);
	admin_progress_clear(&copy->progress);
	if (copy->counts[COPY_DONE] + copy->counts[COPY_UPDATED] > 0) {
		admin_actor(by);
		admin_log("copied", "-", by, "from=%s to=%s records=%lu",
		    copy->from.ops->name, to->ops->name,
		    copy->counts[COPY_DONE] + copy->counts[COPY_UPDATED]);
	}
	if (err < 0 && ferror(stdout))
		return EX_IOERR; /* said at the end of the program */
	if (err < 0)
		return admin_fail(err, &fault);
	if ((code = find_lost(copy)) == 0)
		code = worst(copy);
	print_sum(copy, code);
	return code;
}

static int
open_one(struct admin *admin, int kind, struct xs_store *store)
{
	struct xs_config config = admin->config;
	struct xs_fault fault = {""};
	int err;

	config.store = kind;
	err =
	    xs_store_open(store, &config, &admin->keys, &xs_env_system, &fault);
	explicit_bzero(&config, sizeof config);
	return err == 0 ? 0 : admin_fail(err, &fault);
}

/* Both stores, with the options in force, whichever is that of the logins. */
static int
open_both(struct copy *copy, int from)
{
	struct admin *admin = copy->admin;
	int code;

	if (admin->config.postgresql[0] == '\0') {
		admin_say("copy: these options name no database: copy with "
			  "those that have store = postgresql");
		return EX_CONFIG;
	}
	code = admin_open(admin);
	xs_store_close(&admin->store);
	if (code == 0)
		code = open_one(admin, from, &copy->from);
	if (code == 0)
		code = open_one(admin,
		    from == XS_STORE_FILE ? XS_STORE_POSTGRESQL : XS_STORE_FILE,
		    &admin->store);
	return code;
}

static int
read_store(const char *word, int *store)
{
	if (strcmp(word, "file") == 0)
		*store = XS_STORE_FILE;
	else if (strcmp(word, "postgresql") == 0)
		*store = XS_STORE_POSTGRESQL;
	else
		return admin_usage(
		    "copy: %s: no store; file, postgresql", word);
	return 0;
}

static int
read_words(struct copy *copy, int *from, int argc, char **argv)
{
	static const struct option options[] = {
	    {"from", required_argument, NULL, 'f'},
	    {"to", required_argument, NULL, 't'},
	    {"update", no_argument, NULL, 'u'},
	    {NULL, 0, NULL, 0},
	};
	int option, to = -1, code = 0;

	*from = -1;
	while (code == 0 &&
	    (option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (option == 'f')
			code = read_store(optarg, from);
		else if (option == 't')
			code = read_store(optarg, &to);
		else if (option == 'u')
			copy->update = true;
		else if (option == ':')
			return admin_usage(
			    "copy: %s needs a value", argv[optind - 1]);
		else
			return admin_usage(
			    "copy: %s: no such option", argv[optind - 1]);
	}
	if (code != 0)
		return code;
	if (optind < argc)
		return admin_usage("copy: one word too many: %s", argv[optind]);
	if (*from < 0 || to < 0 || *from == to)
		return admin_usage("copy: --from and --to name the two stores, "
				   "file and postgresql");
	return 0;
}

int
admin_copy(struct admin *admin, int argc, char **argv)
{
	struct copy copy = {.admin = admin};
	int from, code = read_words(&copy, &from, argc, argv);

	if (code == 0)
		code = open_both(&copy, from);
	if (code == 0) {
		copy.told = json_object_new_object();
		code = run(&copy);
		json_object_put(copy.told);
		json_object_put(copy.names);
	}
	xs_store_close(&copy.from);
	return code;
}
