/* SPDX-License-Identifier: BSD-3-Clause */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "shield.h"

#define OPEN_FLAGS (O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)

static const char *
open_error_text(int error)
{
	switch (error) {
	case ELOOP:
		return "is a symbolic link";
	case EISDIR:
	case ENXIO:
		return "is not a regular file";
	default:
		return xs_errno_text(error);
	}
}

struct new_file {
	const char *name;
	mode_t mode;
	const void *bytes;
	size_t size;
};

/* What is wrong with the open file, or NULL; text takes a made sentence. */
static const char *
file_problem(
    const struct stat *st, const struct xs_file_want *want, char text[80])
{
	if (!S_ISREG(st->st_mode))
		return "is not a regular file";
	if (st->st_uid != 0 && st->st_uid != geteuid()) {
		(void)snprintf(text, 80, "belongs to uid %u, not to root",
		    (unsigned)st->st_uid);
		return text;
	}
	if ((st->st_mode & 07777 & ~want->allowed) != 0) {
		(void)snprintf(text, 80, "has mode %04o instead of %04o",
		    (unsigned)(st->st_mode & 07777), (unsigned)want->allowed);
		return text;
	}
	if (st->st_nlink > 1)
		return "has more than one link";
	if (want->size >= 0 && st->st_size != want->size) {
		(void)snprintf(text, 80, "has %lld bytes instead of %lld",
		    (long long)st->st_size, (long long)want->size);
		return text;
	}
	return NULL;
}

int
xs_file_open_id(const struct xs_dir *dir, const char *name,
    const struct xs_file_want *want, int *ret_fd, struct xs_file_id *id,
    struct xs_fault *fault)
{
	const char *problem;
	struct stat st;
	char text[80];
	int fd;

	fd = openat(dir->fd, name, want->flags | OPEN_FLAGS);
	if (fd < 0) {
		int err = errno == ENOENT ? XS_E_NORECORD : XS_E_STATE;

		return xs_fault_set(fault, err, "%s/%s: %s", dir->path, name,
		    open_error_text(errno));
	}
	if (fstat(fd, &st) != 0)
		problem = xs_errno_text(errno);
	else
		problem = file_problem(&st, want, text);
	if (problem != NULL) {
		(void)close(fd);
		return xs_fault_set(
		    fault, XS_E_STATE, "%s/%s: %s", dir->path, name, problem);
	}
	*ret_fd = fd;
	*id = (struct xs_file_id){st.st_dev, st.st_ino};
	return 0;
}

int
xs_file_open(const struct xs_dir *dir, const char *name,
    const struct xs_file_want *want, int *ret_fd, struct xs_fault *fault)
{
	struct xs_file_id id;

	return xs_file_open_id(dir, name, want, ret_fd, &id, fault);
}

static bool
is_same(const struct stat *st, const struct xs_file_id *id)
{
	return st->st_ino == id->inode && st->st_dev == id->device;
}

bool
xs_file_is(int fd, const struct xs_file_id *id)
{
	struct stat st;

	return fstat(fd, &st) == 0 && is_same(&st, id);
}

int
xs_file_is_at(const char *path, const struct xs_file_want *want,
    const struct xs_file_id *id, struct xs_fault *fault)
{
	const char *problem;
	struct stat st;
	char text[80];

	if (fstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT
		    ? 0
		    : xs_fault_set(fault, XS_E_STATE, "%s: %s", path,
			  xs_errno_text(errno));
	if (!is_same(&st, id))
		return 0;
	problem = file_problem(&st, want, text);
	if (problem != NULL)
		return xs_fault_set(fault, XS_E_STATE, "%s: %s", path, problem);
	return 1;
}

int
xs_file_is_entry(
    const struct xs_dir *dir, const char *name, int fd, struct xs_fault *fault)
{
	struct stat opened, named;

	if (fstat(fd, &opened) != 0)
		goto fail;
	if (fstatat(dir->fd, name, &named, AT_SYMLINK_NOFOLLOW) != 0) {
		if (errno == ENOENT)
			return 0;
		goto fail;
	}
	return opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
fail:
	return xs_fault_set(fault, XS_E_STATE, "%s/%s: %s", dir->path, name,
	    xs_errno_text(errno));
}

/*
 * A file without a name; where the file system has none (overlays of old
 * kernels), one with a random name, left in hidden.
 */
static int
open_temporary(int at, char hidden[32])
{
	uint8_t random[8];
	int fd, n;

	hidden[0] = '\0';
	fd = openat(at, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
		return fd;
	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return -1;
	n = snprintf(hidden, 32, ".new-");
	for (size_t i = 0; i < sizeof(random); i++)
		n += snprintf(hidden + n, 32 - (size_t)n, "%02x", random[i]);
	fd = openat(at, hidden, O_RDWR | O_CREAT | O_EXCL | OPEN_FLAGS, 0600);
	if (fd < 0)
		hidden[0] = '\0';
	return fd;
}

/* On btrfs in-place writes are had only by a file marked while empty. */
static void
forbid_copy_on_write(int fd)
{
	struct statfs fs;
	int flags;

	if (fstatfs(fd, &fs) != 0 || (uint32_t)fs.f_type != BTRFS_SUPER_MAGIC ||
	    ioctl(fd, FS_IOC_GETFLAGS, &flags) != 0)
		return;
	flags |= FS_NOCOW_FL;
	(void)ioctl(fd, FS_IOC_SETFLAGS, &flags);
}

static int
give_name(int at, int fd, const char *hidden, const char *name)
{
	char path[32];

	if (hidden[0] != '\0')
		return (int)syscall(
		    SYS_renameat2, at, hidden, at, name, RENAME_NOREPLACE);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, path, at, name, AT_SYMLINK_FOLLOW);
}

/* Writes, syncs and links. Returns NULL, or what went wrong. */
static const char *
fill_and_link(int at, int fd, const struct new_file *new, const char *hidden)
{
	ssize_t n;

	/*
	 * Locked before it has a name: whoever finds the name at once waits
	 * until the directory is durable.
	 */
	if (flock(fd, LOCK_EX | LOCK_NB) != 0 || fchmod(fd, new->mode) != 0)
		return xs_errno_text(errno);
	n = pwrite(fd, new->bytes, new->size, 0);
	if (n >= 0 && n != (ssize_t) new->size) {
		errno = 0;
		return "only a part of it could be written";
	}
	if (n < 0 || fsync(fd) != 0 ||
	    give_name(at, fd, hidden, new->name) != 0)
		return xs_errno_text(errno);
	return NULL;
}

int
xs_file_create_locked(const struct xs_dir *dir, const char *name,
    const void *bytes, size_t size, mode_t mode, struct xs_shield *shield,
    int *ret_fd, struct xs_fault *fault)
{
	const struct new_file new = {name, mode, bytes, size};
	char hidden[32] = "";
	int r = XS_E_COMMIT, fd = -1;
	const char *problem;

	if (xs_shield_raise(shield) != 0)
		return xs_fault_set(fault, XS_E_COMMIT, "%s/%s: %s", dir->path,
		    name, "signals cannot be held off");
	if ((fd = open_temporary(dir->fd, hidden)) < 0) {
		r = xs_fault_set(fault, XS_E_COMMIT, "%s/%s: %s", dir->path,
		    name, xs_errno_text(errno));
		goto out;
	}
	forbid_copy_on_write(fd);
	if ((problem = fill_and_link(dir->fd, fd, &new, hidden)) != NULL) {
		r = errno == EEXIST ? XS_E_EXISTS : XS_E_COMMIT;
		(void)xs_fault_set(
		    fault, r, "%s/%s: %s", dir->path, name, problem);
		if (hidden[0] != '\0')
			(void)unlinkat(dir->fd, hidden, 0);
		goto out;
	}
	if ((r = xs_dir_sync(dir, fault)) != 0) {
		(void)unlinkat(dir->fd, name, 0);
		goto out;
	}
	*ret_fd = fd;
	return 0;
out:
	if (fd >= 0) {
		(void)flock(fd, LOCK_UN);
		(void)close(fd);
	}
	xs_shield_lower(shield);
	return r;
}

int
xs_file_create(const struct xs_dir *dir, const char *name, const void *bytes,
    size_t size, mode_t mode, struct xs_fault *fault)
{
	struct xs_shield shield = {0};
	int fd = -1, r;

	r = xs_file_create_locked(
	    dir, name, bytes, size, mode, &shield, &fd, fault);
	if (r != 0)
		return r;
	xs_shield_unlock(&shield, fd);
	(void)close(fd);
	return 0;
}
