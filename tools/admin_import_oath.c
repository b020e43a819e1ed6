/* SPDX-License-Identifier: BSD-3-Clause */
/* import oath: the users of pam_oath, whose file is one for all of them. */
#include <getopt.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin_import.h"

static int
compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* gcc does not know that the tree keeps the name. */
#ifndef __clang__
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif
/*
 * pam_oath lets a user have several tokens; a record holds one. The first
 * that can be taken is; users is a tree of those who have one.
 */
static bool
is_first(void **users, const char *user)
{
	char *name;

	if (tfind(user, users, compare) != NULL)
		return false;
	name = strdup(user);
	if (name != NULL && tsearch(name, users, compare) == NULL)
		free(name);
	return true;
}
#ifndef __clang__
#pragma GCC diagnostic pop
#endif

static void
add_line(struct import *import, void **users, const char *path,
    const struct import_file *file, unsigned number, char *line)
{
	const char *what = NULL;
	struct import_entry *entry;
	struct xs_oath oath;
	enum xs_oath_kind kind = xs_oath_read(&oath, line, &what);

	if (kind == XS_OATH_BROKEN)
		import_add_broken(import, path, oath.user, number, what);
	if (kind != XS_OATH_COUNTER && kind != XS_OATH_TOTP)
		goto out;
	if (kind == XS_OATH_COUNTER)
		what = "its codes go by a counter: not taken over";
	else
		what = is_first(users, oath.user)
		    ? ""
		    : "a second token, and a record holds one";
	entry = import_add(import, path);
	if (entry == NULL)
		goto out;
	strcpy(entry->user, oath.user);
	entry->line = number;
	entry->kind = IMPORT_OATH;
	entry->oath = oath;
	entry->exposed = file->exposed;
	snprintf(entry->refused, sizeof(entry->refused), "%s", what);
out:
	explicit_bzero(&oath, sizeof(oath));
}

static void
add_lines(
    struct import *import, const char *path, const struct import_file *file)
{
	struct xs_import_text text = {.at = file->bytes, .left = file->size};
	char line[XS_IMPORT_LINE_MAX];
	enum xs_import_next next;
	void *users = NULL;

	while ((next = xs_import_next(&text, line)) != XS_IMPORT_END) {
		if (next == XS_IMPORT_ODD)
			import_add_broken(import, path, "", text.line,
			    "too long, or not text");
		else
			add_line(import, &users, path, file, text.line, line);
	}
	tdestroy(users, free);
	explicit_bzero(line, sizeof(line));
}

int
import_oath(struct import *import, int argc, char **argv)
{
	static const struct option options[] = {
	    {"write", no_argument, NULL, 'w'},
	    {NULL, 0, NULL, 0},
	};
	struct import_file file;
	const char *problem;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option != 'w')
			return admin_usage("import oath: %s: no such option",
			    argv[optind - 1]);
		import->write = true;
	}
	if (argc - optind != 1)
		return admin_usage("import oath takes one FILE");
	/* A user's own file must not speak for others. */
	problem = import_read_named(argv[optind], 0, XS_OATH_FILE_MAX, &file);
	if (problem != NULL) {
		admin_say("%s: %s", argv[optind], problem);
		return EX_NOINPUT;
	}
	add_lines(import, argv[optind], &file);
	import_file_free(&file);
	return 0;
}
