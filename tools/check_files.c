/* SPDX-License-Identifier: BSD-3-Clause */
/* The PAM files of this host: where libpam looks, and which there are. */
#include "check_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fault.h"

#define FILE_MAX (1024L * 1024) /* bytes */

static const char *const places[] = {"/etc/pam.d", "/usr/lib/pam.d"};
#define PLACES (sizeof(places) / sizeof(places[0]))

static int
read_open(int fd, const struct stat *about, char **text, size_t *size)
{
	size_t room = S_ISREG(about->st_mode) ? (size_t)about->st_size : 0;
	char *bytes = malloc(room + 1);
	size_t used = 0;
	ssize_t n = 1;

	if (bytes == NULL)
		return XS_E_NOMEM;
	while (used < room && n > 0) {
		n = read(fd, bytes + used, room - used);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0)
			used += (size_t)n;
	}
	bytes[used] = '\0';
	*text = bytes;
	*size = used;
	return 0;
}

/* Without waiting: a FIFO, which would hold libpam up, counts as missing. */
int
check_read(const char *path, char **text, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat about;
	int r = 1;

	if (fd < 0)
		return 1;
	if (fstat(fd, &about) == 0 &&
	    (S_ISDIR(about.st_mode) || S_ISREG(about.st_mode)) &&
	    about.st_size <= FILE_MAX)
		r = read_open(fd, &about, text, size);
	(void)close(fd);
	return r;
}

static int
read_path(void *context, const char *path, char **text, size_t *size)
{
	(void)context;
	return check_read(path, text, size);
}

static bool
is_directory(const char *path)
{
	struct stat about;

	return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

int
check_load(struct xs_service *service, const char *name)
{
	const char *dirs[PLACES + 1] = {NULL};
	struct xs_service_source source = {.read = read_path,
	    .dirs = dirs,
	    .include_dir = is_directory(places[0]) ? places[0] : NULL,
	    .conf = "/etc/pam.conf"};
	bool any = false;

	for (size_t i = 0; i < PLACES; i++)
		any = any || is_directory(places[i]);
	/* Where there is none of them, pam.conf counts. */
	for (size_t i = 0; i < PLACES && any; i++)
		dirs[i] = places[i];
	return xs_service_load(service, name, &source);
}

/*
 * Files that others include, and what editors and dpkg leave behind: no
 * program calls itself so. libpam knows names in small letters only.
 */
static bool
is_service(const char *name)
{
	static const char *const parts[] = {"common-", "system-auth",
	    "password-auth", "fingerprint-auth", "smartcard-auth", "postlogin"};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (strncmp(name, parts[i], strlen(parts[i])) == 0)
			return false;
	}
	return strpbrk(name, ".~#ABCDEFGHIJKLMNOPQRSTUVWXYZ") == NULL;
}

static int
select_entry(const struct dirent *entry)
{
	return is_service(entry->d_name);
}

bool
check_names_have(const struct check_names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++) {
		if (strcmp(names->list[i], name) == 0)
			return true;
	}
	return false;
}

int
check_names_add(struct check_names *names, const char *name)
{
	char **more;

	if (check_names_have(names, name))
		return 0;
	more = reallocarray(names->list, names->count + 1, sizeof(*more));
	if (more == NULL)
		return XS_E_NOMEM;
	names->list = more;
	if (asprintf(&names->list[names->count], "%s", name) < 0)
		return XS_E_NOMEM;
	names->count++;
	return 0;
}

void
check_names_free(struct check_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->list[i]);
	free(names->list);
	*names = (struct check_names){0};
}

int
check_names_load(struct check_names *names)
{
	struct dirent **entries;
	int count, r = 0;

	*names = (struct check_names){0};
	for (size_t place = 0; place < PLACES; place++) {
		count =
		    scandir(places[place], &entries, select_entry, alphasort);
		for (int i = 0; i < count; i++) {
			if (r == 0)
				r = check_names_add(names, entries[i]->d_name);
			free(entries[i]);
		}
		if (count >= 0)
			free(entries);
		else if (errno == ENOMEM)
			r = XS_E_NOMEM;
	}
	return r;
}
