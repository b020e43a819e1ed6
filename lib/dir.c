/* SPDX-License-Identifier: BSD-3-Clause */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Written out, because not every <linux/magic.h> has them all. */
static const struct {
	uint32_t magic;
	const char *name;
} network_filesystems[] = {
    {0x6969, "NFS"},
    {0x517b, "SMB"},
    {0xff534d42, "CIFS"},
    {0xfe534d42, "SMB2"},
    {0x01021997, "9p"},
    {0x65735546, "FUSE"}, /* locks and syncs are up to a daemon */
    {0x00c36400, "Ceph"},
    {0x5346414f, "AFS"},
    {0x6b414653, "AFS"},
    {0x73757245, "Coda"},
    {0x564c, "NCP"},
    {0x0bd00bd0, "Lustre"},
    {0x47504653, "GPFS"},
    {0x01161970, "GFS2"},
    {0x7461636f, "OCFS2"},
    {0x19830326, "BeeGFS"},
    {0x786f4256, "vboxsf"},
};

const char *
xs_errno_text(int error)
{
	const char *text = strerrordesc_np(error);

	return text != NULL ? text : "unknown error";
}

static const char *
network_name(int fd)
{
	const size_t count =
	    sizeof(network_filesystems) / sizeof(network_filesystems[0]);
	struct statfs fs;

	if (fstatfs(fd, &fs) != 0)
		return "unknown";
	for (size_t i = 0; i < count; i++) {
		if ((uint32_t)fs.f_type == network_filesystems[i].magic)
			return network_filesystems[i].name;
	}
	return NULL;
}

/* Is a directory with that path ours alone? */
static int
check_stat(const char *path, const struct stat *st, mode_t forbidden,
    struct xs_fault *fault)
{
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return xs_fault_set(fault, XS_E_STATE,
		    "%s: belongs to uid %u, not to root", path,
		    (unsigned)st->st_uid);
	if ((st->st_mode & forbidden) != 0)
		return xs_fault_set(fault, XS_E_STATE,
		    "%s: mode %04o lets others in (chmod %s)", path,
		    (unsigned)(st->st_mode & 07777),
		    (forbidden & 0044) != 0 ? "0700" : "go-w");
	return 0;
}

static int
check_dir(const struct xs_dir *dir, mode_t forbidden, struct xs_fault *fault)
{
	const char *network;
	struct stat st;
	int r;

	if (fstat(dir->fd, &st) != 0)
		return xs_fault_set(fault, XS_E_STATE, "%s: %s", dir->path,
		    xs_errno_text(errno));
	if ((r = check_stat(dir->path, &st, forbidden, fault)) != 0)
		return r;
	if ((network = network_name(dir->fd)) != NULL)
		return xs_fault_set(fault, XS_E_STATE,
		    "%s: is on a network file system (%s), where locks and "
		    "syncs cannot be relied on",
		    dir->path, network);
	return 0;
}

static void
set_path(struct xs_dir *dir, const struct xs_dir *above, const char *name)
{
	int n;

	if (above != NULL)
		n = snprintf(
		    dir->path, sizeof(dir->path), "%s/%s", above->path, name);
	else
		n = snprintf(dir->path, sizeof(dir->path), "%s", name);
	if (n < 0)
		dir->path[0] = '\0';
}

int
xs_dir_open(struct xs_dir *dir, const struct xs_dir *above, const char *name,
    mode_t forbidden, struct xs_fault *fault)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW |
	    O_NONBLOCK | O_NOCTTY;
	int at = above != NULL ? above->fd : AT_FDCWD;
	struct stat st;

	set_path(dir, above, name);
	dir->fd = openat(at, name, flags);
	if (dir->fd < 0) {
		int error = errno;
		const char *text = xs_errno_text(error);

		/* With O_DIRECTORY a symbolic link is ENOTDIR, not ELOOP. */
		if (error == ENOTDIR &&
		    fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISLNK(st.st_mode))
			text = "is a symbolic link";
		return xs_fault_set(fault,
		    error == ENOENT ? XS_E_NORECORD : XS_E_STATE, "%s: %s",
		    dir->path, text);
	}
	if (check_dir(dir, forbidden, fault) != 0) {
		xs_dir_close(dir);
		return XS_E_STATE;
	}
	return 0;
}

int
xs_dir_judge(const struct xs_dir *above, const char *name, mode_t forbidden,
    struct xs_fault *fault)
{
	struct xs_dir dir = {.fd = -1};
	const char *text = NULL;
	struct stat st;

	set_path(&dir, above, name);
	if (fstatat(above->fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		text = xs_errno_text(errno);
	else if (S_ISLNK(st.st_mode))
		text = "is a symbolic link";
	else if (!S_ISDIR(st.st_mode))
		text = xs_errno_text(ENOTDIR);
	if (text != NULL)
		return xs_fault_set(
		    fault, XS_E_STATE, "%s: %s", dir.path, text);
	return check_stat(dir.path, &st, forbidden, fault);
}

int
xs_dir_open_parent(struct xs_dir *dir, const char *path, const char **ret_name,
    struct xs_fault *fault)
{
	const char *last = strrchr(path, '/');
	size_t size = last != NULL ? (size_t)(last - path) : 0;
	char parent[PATH_MAX] = ".";

	if (last == path)
		size = 1;
	if (size >= sizeof(parent))
		return xs_fault_set(
		    fault, XS_E_STATE, "%s: path is too long", path);
	if (size > 0) {
		memcpy(parent, path, size);
		parent[size] = '\0';
	}
	set_path(dir, NULL, parent);
	dir->fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir->fd < 0)
		return xs_fault_set(
		    fault, XS_E_STATE, "%s: %s", parent, xs_errno_text(errno));
	*ret_name = last != NULL ? last + 1 : path;
	return 0;
}

int
xs_dir_make(
    const struct xs_dir *above, const char *name, struct xs_fault *fault)
{
	if (mkdirat(above->fd, name, 0700) != 0) {
		if (errno == EEXIST)
			return 0;
		return xs_fault_set(fault, XS_E_COMMIT, "%s/%s: %s",
		    above->path, name, xs_errno_text(errno));
	}
	/* The umask of the process is not ours to know. */
	if (fchmodat(above->fd, name, 0700, 0) != 0)
		return xs_fault_set(fault, XS_E_COMMIT, "%s/%s: %s",
		    above->path, name, xs_errno_text(errno));
	return xs_dir_sync(above, fault);
}

void
xs_dir_close(struct xs_dir *dir)
{
	if (dir->fd >= 0)
		(void)close(dir->fd);
	dir->fd = -1;
}

int
xs_dir_sync(const struct xs_dir *dir, struct xs_fault *fault)
{
	if (fsync(dir->fd) != 0)
		return xs_fault_set(fault, XS_E_COMMIT, "%s: sync: %s",
		    dir->path, xs_errno_text(errno));
	return 0;
}
