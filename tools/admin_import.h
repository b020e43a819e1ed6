/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the importing commands share: first everything is read, before the
 * host key is, then each user is judged, and with --write recorded.
 */
#ifndef XS_ADMIN_IMPORT_H
#define XS_ADMIN_IMPORT_H

#include "admin.h"
#include "import_google.h"
#include "import_oath.h"

#define IMPORT_PATH_MAX 4096
#define IMPORT_PROBLEM_MAX 80

/* A user, or a line that cannot be read. */
struct import_entry {
	char user[XS_NAME_MAX]; /* "": not known */
	char *file;
	unsigned line;
	char refused[IMPORT_PROBLEM_MAX]; /* why it is not taken; "": it is */
	bool broken;  /* the line cannot be read, rather than not be used */
	bool exposed; /* others than the owner may read the file */
	enum { IMPORT_NOTHING, IMPORT_GOOGLE, IMPORT_OATH } kind;
	union {
		struct xs_google google;
		struct xs_oath oath;
	};
};

struct import {
	struct admin *admin;
	bool write;
	bool only_one;     /* a single user was asked for */
	bool told_in_vain; /* notices cannot be sent now */
	char by[XS_BY_MAX];
	size_t count, room;
	struct import_entry *entries;
	int code; /* the worst that was met */
};

/* The next entry, empty but for the file's name; NULL: said, code is set. */
struct import_entry *import_add(struct import *import, const char *file);

/* For xs_google_read: a line that cannot be used. */
void import_add_broken(struct import *import, const char *file,
    const char *user, unsigned line, const char *what);

/* Remembers an exit code unless a worse one is known. */
void import_worsen(struct import *import, int code);

/* Reads a file as it comes, and gives back what is wrong with it. */
struct import_file {
	char *bytes; /* NULL: there is no such file */
	size_t size, room;
	uid_t owner;
	bool exposed;
	char problem[IMPORT_PROBLEM_MAX]; /* import_read_as's own */
};

void import_file_free(struct import_file *file);

/*
 * Reads a file that the caller named: no symbolic link anywhere in its path,
 * a regular file of root, the caller, or owner ((uid_t)-1: nobody else).
 * Returns NULL or what is wrong.
 */
const char *import_read_named(
    const char *path, uid_t owner, size_t most, struct import_file *file);

/*
 * Reads a user's own file with that user's rights, in a process of its own
 * that is given 10 seconds. Returns NULL (also when there is no such file)
 * or what is wrong.
 */
const char *import_read_as(uid_t uid, gid_t gid, const char *path, size_t most,
    struct import_file *file);

/* Judges, records and tells, entry by entry. Returns the exit code. */
int import_run(struct import *import);

/* The sources: read the options and what is to be imported. */
int import_google(struct import *import, int argc, char **argv);
int import_oath(struct import *import, int argc, char **argv);

#endif
