/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading the file, if nobody but root or the effective user can write it. */
#include "config_option.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* strerror's words depend on the locale of the host process. */
static const char *
why(int error)
{
	switch (error) {
	case ENOENT:
		return "it is not there";
	case EACCES:
	case EPERM:
		return "permission denied";
	case ELOOP:
		return "it is a symbolic link";
	case ENOTDIR:
		return "that is no directory, or a symbolic link";
	case EISDIR:
		return "the path ends without a name";
	case ENXIO:
		return "it is not a regular file";
	default:
		return NULL;
	}
}

static int
fail_errno(
    const char *what, const char *path, int error, struct xs_fault *fault)
{
	const char *text = why(error);

	if (text != NULL)
		return xs_fault_set(
		    fault, XS_E_CONFIG, "%.300s: %s: %s", path, what, text);
	return xs_fault_set(
	    fault, XS_E_CONFIG, "%.300s: %s: error %d", path, what, error);
}

/* Who can write it could switch the second step off. */
static int
check_writers(const char *what, const char *path, const struct stat *st,
    struct xs_fault *fault)
{
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return xs_fault_set(fault, XS_E_CONFIG,
		    "%.300s: %s belongs to uid %u, only root is allowed", path,
		    what, (unsigned)st->st_uid);
	if ((st->st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return xs_fault_set(fault, XS_E_CONFIG,
		    "%.300s: %s can be written by others (mode %04o), only its "
		    "owner is allowed",
		    path, what, (unsigned)st->st_mode & 07777);
	return 0;
}

/* Opens the directory of the path; *name is what follows in the path. */
static int
open_directory(const char *path, const char **name, int *fd)
{
	char directory[XS_OPTION_MAX];
	const char *slash = strrchr(path, '/');
	size_t length = slash == NULL ? 0 : (size_t)(slash - path);

	if (length >= sizeof(directory))
		return ENAMETOOLONG;
	/* Else the empty name would look like a file that is missing. */
	if (path[0] == '\0' || (slash != NULL && slash[1] == '\0'))
		return EISDIR;
	memcpy(directory, path, length);
	directory[length] = '\0';
	if (slash == NULL)
		memcpy(directory, ".", 2);
	else if (length == 0)
		memcpy(directory, "/", 2);
	/* O_PATH: to search it is enough, it need not be readable. */
	*fd = open(directory, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	*name = slash == NULL ? path : slash + 1;
	return *fd < 0 ? errno : 0;
}

static int
check_file(int fd, const char *path, struct xs_fault *fault)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return fail_errno("the file", path, errno, fault);
	if (!S_ISREG(st.st_mode))
		return xs_fault_set(fault, XS_E_CONFIG,
		    "%.300s: the file: it is not a regular file", path);
	return check_writers("the file", path, &st, fault);
}

static int
read_all(int fd, const char *path, char *text, size_t *length,
    struct xs_fault *fault)
{
	size_t got = 0;

	/* One byte more than is allowed tells that there is more. */
	while (got <= XS_CONFIG_FILE_MAX) {
		size_t room = XS_CONFIG_FILE_MAX + 1 - got;
		ssize_t n = read(fd, text + got, room);

		if (n < 0 && errno != EINTR)
			return fail_errno("the file", path, errno, fault);
		if (n > 0)
			got += (size_t)n;
		/* A regular file gives less than was asked for at its end. */
		if (n >= 0 && (size_t)n < room)
			break;
	}
	if (got > XS_CONFIG_FILE_MAX)
		return xs_fault_set(fault, XS_E_CONFIG,
		    "%.300s: the file has more than the %d bytes allowed", path,
		    XS_CONFIG_FILE_MAX);
	*length = got;
	return 0;
}

int
xs_config_read(const char *path, char *text, size_t *length, bool *found,
    struct xs_fault *fault)
{
	struct stat st;
	const char *name;
	int directory = -1, fd = -1, err = XS_E_CONFIG;
	int error = open_directory(path, &name, &directory);

	if (error == ENOENT) {
		*found = false;
		return 0;
	}
	if (error != 0)
		return fail_errno("its directory", path, error, fault);
	if (fstat(directory, &st) != 0) {
		err = fail_errno("its directory", path, errno, fault);
		goto out;
	}
	err = check_writers("its directory", path, &st, fault);
	if (err != 0)
		goto out;
	/* O_NONBLOCK: nobody holds a login up with a FIFO. */
	fd = openat(directory, name,
	    O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 && errno == ENOENT) {
		*found = false;
		goto out;
	}
	if (fd < 0) {
		err = fail_errno("the file", path, errno, fault);
		goto out;
	}
	err = check_file(fd, path, fault);
	if (err == 0)
		err = read_all(fd, path, text, length, fault);
	*found = true;
out:
	if (fd >= 0)
		close(fd);
	close(directory);
	return err;
}
