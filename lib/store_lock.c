/* SPDX-License-Identifier: BSD-3-Clause */
#include "store_lock.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define RESTARTS_MAX 16

/* The pid in a line of /proc/locks, when it holds the flock of st; or 0. */
static int
holder_in_line(const char *line, const struct stat *st, bool any_device)
{
	unsigned device_major, device_minor;
	unsigned long long inode;
	int pid;

	/* The kernel's own numbers fit. NOLINTNEXTLINE(cert-err34-c) */
	if (sscanf(line, "%*d: FLOCK %*s %*s %d %x:%x:%llu", &pid,
		&device_major, &device_minor, &inode) != 4 ||
	    inode != st->st_ino)
		return 0;
	/* btrfs and overlays show stat another device than their locks. */
	if (!any_device &&
	    (device_major != major(st->st_dev) ||
		device_minor != minor(st->st_dev)))
		return 0;
	return pid;
}

static int
find_holder(const struct stat *st, bool any_device)
{
	FILE *locks = fopen("/proc/locks", "re");
	char line[256];
	int pid = 0;

	if (locks == NULL)
		return 0;
	while (pid == 0 && fgets(line, sizeof(line), locks) != NULL)
		pid = holder_in_line(line, st, any_device);
	(void)fclose(locks);
	return pid;
}

static bool
find_uid(int pid, unsigned *uid)
{
	char path[32], line[256];
	bool found = false;
	FILE *status;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", pid);
	if ((status = fopen(path, "re")) == NULL)
		return false;
	while (!found && fgets(line, sizeof(line), status) != NULL)
		/* NOLINTNEXTLINE(cert-err34-c): as above */
		found = sscanf(line, "Uid: %u", uid) == 1;
	(void)fclose(status);
	return found;
}

static int
report_busy(
    const char *path, int fd, unsigned timeout_ms, struct xs_fault *fault)
{
	struct stat st;
	unsigned uid;
	int pid = 0;

	if (fstat(fd, &st) == 0 && (pid = find_holder(&st, false)) == 0)
		pid = find_holder(&st, true);
	if (pid == 0)
		return xs_fault_set(fault, XS_E_BUSY,
		    "%s: locked for more than %u ms", path, timeout_ms);
	if (!find_uid(pid, &uid))
		return xs_fault_set(fault, XS_E_BUSY,
		    "%s: locked for more than %u ms by pid %d", path,
		    timeout_ms, pid);
	return xs_fault_set(fault, XS_E_BUSY,
	    "%s: locked for more than %u ms by pid %d, uid %u", path,
	    timeout_ms, pid, uid);
}

static int
lock(const char *path, int fd, unsigned timeout_ms, struct xs_shield *shield,
    struct xs_fault *fault)
{
	int r = xs_shield_lock(shield, fd, timeout_ms);

	if (r == XS_E_BUSY)
		return report_busy(path, fd, timeout_ms, fault);
	if (r != 0)
		return xs_fault_set(
		    fault, XS_E_STATE, "%s: cannot be locked", path);
	return 0;
}

int
xs_entry_lock(const struct xs_dir *dir, const char *name,
    const struct xs_file_want *want, unsigned timeout_ms,
    struct xs_shield *shield, int *ret_fd, struct xs_fault *fault)
{
	char path[sizeof(dir->path) + NAME_MAX + 2];
	int fd = -1, r;

	(void)snprintf(path, sizeof(path), "%s/%s", dir->path, name);
	for (int i = 0; i < RESTARTS_MAX; i++) {
		if ((r = xs_file_open(dir, name, want, &fd, fault)) != 0)
			return r;
		if ((r = lock(path, fd, timeout_ms, shield, fault)) != 0) {
			(void)close(fd);
			return r;
		}
		if ((r = xs_file_is_entry(dir, name, fd, fault)) == 1) {
			*ret_fd = fd;
			return 0;
		}
		xs_entry_unlock(shield, &fd);
		if (r < 0)
			return r;
	}
	return xs_fault_set(
	    fault, XS_E_BUSY, "%s: replaced again and again", path);
}

int
xs_entry_lock_again(const char *path, const struct xs_file_want *want,
    unsigned timeout_ms, const struct xs_file_id *id, struct xs_shield *shield,
    int fd, struct xs_fault *fault)
{
	int r;

	if (!xs_file_is(fd, id))
		return XS_E_NORECORD;
	if ((r = lock(path, fd, timeout_ms, shield, fault)) != 0)
		return r;
	if ((r = xs_file_is_at(path, want, id, fault)) == 1)
		return 0;
	xs_shield_unlock(shield, fd);
	return r == 0 ? XS_E_NORECORD : r;
}

void
xs_entry_unlock(struct xs_shield *shield, int *fd)
{
	if (*fd < 0)
		return;
	xs_shield_unlock(shield, *fd);
	(void)close(*fd);
	*fd = -1;
}
