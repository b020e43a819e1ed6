/* SPDX-License-Identifier: BSD-3-Clause */
/* import google: one file, or that of every account. */
#include <errno.h>
#include <getopt.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "admin_import.h"

struct place {
	struct import *import;
	const char *file, *user;
};

static void
note_broken(void *context, unsigned line, const char *what)
{
	const struct place *place = context;

	import_add_broken(place->import, place->file, place->user, line, what);
}

static const char *
refusal(enum xs_google_kind kind)
{
	switch (kind) {
	case XS_GOOGLE_TOTP:
		return "";
	case XS_GOOGLE_COUNTER:
		return "its codes go by a counter: not taken over";
	case XS_GOOGLE_NO_CODES:
		return "neither TOTP_AUTH nor HOTP_COUNTER: no app code";
	case XS_GOOGLE_BROKEN:
		break;
	}
	return "a code depends on what cannot be read";
}

static void
add_file(struct import *import, const char *path, const char *user,
    const struct import_file *file)
{
	struct place place = {import, path, user};
	struct import_entry *entry;
	struct xs_google google;

	xs_google_read(&google, file->bytes, file->size, note_broken, &place);
	entry = import_add(import, path);
	if (entry != NULL) {
		snprintf(entry->user, sizeof(entry->user), "%s", user);
		entry->kind = IMPORT_GOOGLE;
		entry->google = google;
		entry->exposed = file->exposed;
		snprintf(entry->refused, sizeof(entry->refused), "%s",
		    refusal(google.kind));
		entry->broken = google.kind == XS_GOOGLE_BROKEN;
	}
	explicit_bzero(&google, sizeof(google));
}

static int
add_named(struct import *import, const char *path, const char *user)
{
	struct import_file file;
	struct admin_user account;
	const char *problem;
	int code = admin_user_get(user, &account);

	if (code != 0)
		return code;
	import->only_one = true;
	problem =
	    import_read_named(path, account.uid, XS_GOOGLE_FILE_MAX, &file);
	if (problem != NULL) {
		admin_say("%s: %s", path, problem);
		return EX_NOINPUT;
	}
	add_file(import, path, account.name, &file);
	import_file_free(&file);
	return 0;
}

/* One account's file, if it has one. */
static void
add_home(struct import *import, const struct passwd *entry)
{
	char path[IMPORT_PATH_MAX];
	struct import_file file;
	const char *problem;

	if (entry->pw_dir == NULL || entry->pw_dir[0] != '/' ||
	    strlen(entry->pw_name) >= XS_NAME_MAX)
		return;
	if (snprintf(path, sizeof(path), "%s/.google_authenticator",
		entry->pw_dir) >= (int)sizeof(path))
		return;
	problem = import_read_as(
	    entry->pw_uid, entry->pw_gid, path, XS_GOOGLE_FILE_MAX, &file);
	if (problem != NULL)
		import_add_broken(import, path, entry->pw_name, 0, problem);
	else if (file.bytes != NULL)
		add_file(import, path, entry->pw_name, &file);
	import_file_free(&file);
}

static int
add_all(struct import *import)
{
	const struct passwd *entry;

	setpwent();
	while (errno = 0, (entry = getpwent()) != NULL)
		add_home(import, entry);
	if (errno != 0 && errno != ENOENT)
		import_worsen(import, EX_TEMPFAIL);
	endpwent();
	if (import->code == EX_TEMPFAIL)
		admin_say("not all accounts could be listed");
	return 0;
}

int
import_google(struct import *import, int argc, char **argv)
{
	static const struct option options[] = {
	    {"user", required_argument, NULL, 'u'},
	    {"all", no_argument, NULL, 'a'},
	    {"write", no_argument, NULL, 'w'},
	    {NULL, 0, NULL, 0},
	};
	const char *user = NULL;
	bool all = false;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'u')
			user = optarg;
		else if (option == 'a')
			all = true;
		else if (option == 'w')
			import->write = true;
		else
			return admin_usage("import google: %s: no such option, "
					   "or its value is missing",
			    argv[optind - 1]);
	}
	if (all && user == NULL && optind == argc)
		return add_all(import);
	if (all || user == NULL || argc - optind != 1)
		return admin_usage(
		    "import google takes FILE --user USER, or --all");
	return add_named(import, argv[optind], user);
}
