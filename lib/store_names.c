/* SPDX-License-Identifier: BSD-3-Clause */
#include "store_names.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store_lock.h"

static bool
is_plain(char c, bool first)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_' || c == '-' ||
	    (c == '.' && !first);
}

int
xs_name_encode(const char *name, char encoded[XS_NAME_FILE_MAX + 1])
{
	static const char digits[] = "0123456789ABCDEF";
	char text[XS_NAME_FILE_MAX + 1];
	size_t n = 0;

	if (name == NULL || name[0] == '\0')
		return XS_E_INVALID;
	for (const char *p = name; *p != '\0'; p++) {
		bool plain = is_plain(*p, p == name);

		if (n + (plain ? 1 : 3) > XS_NAME_FILE_MAX)
			return XS_E_INVALID;
		if (plain) {
			text[n++] = *p;
			continue;
		}
		text[n++] = '%';
		text[n++] = digits[(unsigned char)*p >> 4];
		text[n++] = digits[(unsigned char)*p & 15];
	}
	text[n] = '\0';
	memcpy(encoded, text, n + 1);
	return 0;
}

int
xs_name_exists(
    const struct xs_dir *names, const char *name, struct xs_fault *fault)
{
	char encoded[XS_NAME_FILE_MAX + 1];
	struct stat st;

	/* create and move refuse such a name, so it cannot have one. */
	if (xs_name_encode(name, encoded) != 0)
		return 0;
	if (fstatat(names->fd, encoded, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return 1;
	if (errno == ENOENT)
		return 0;
	return xs_fault_set(fault, XS_E_STATE, "%s/%s: %s", names->path,
	    encoded, xs_errno_text(errno));
}

static int
lock_entry(struct xs_name_lock *lock, const struct xs_dir *names,
    unsigned timeout_ms, struct xs_fault *fault)
{
	const struct xs_file_want want = {O_RDONLY, 0600, 0};

	return xs_entry_lock(names, lock->encoded, &want, timeout_ms,
	    &lock->shield, &lock->fd, fault);
}

int
xs_name_lock(struct xs_name_lock *lock, const struct xs_dir *names,
    const char *name, unsigned timeout_ms, struct xs_fault *fault)
{
	*lock = (struct xs_name_lock){.fd = -1};
	if (xs_name_encode(name, lock->encoded) != 0)
		return XS_E_NORECORD;
	return lock_entry(lock, names, timeout_ms, fault);
}

int
xs_name_lock_make(struct xs_name_lock *lock, const struct xs_dir *names,
    const char *name, unsigned timeout_ms, struct xs_fault *fault)
{
	int r;

	*lock = (struct xs_name_lock){.fd = -1};
	if (xs_name_encode(name, lock->encoded) != 0)
		return xs_fault_set(fault, XS_E_INVALID,
		    "the name is empty or too long for a file name");
	/* Until it is locked or made: others make and remove it, too. */
	do {
		r = lock_entry(lock, names, timeout_ms, fault);
		if (r != XS_E_NORECORD)
			break;
		r = xs_file_create_locked(names, lock->encoded, "", 0, 0600,
		    &lock->shield, &lock->fd, fault);
		lock->made = r == 0;
	} while (r == XS_E_EXISTS);
	/* One that is there: who made it may have died before the sync. */
	if (r == 0 && !lock->made && (r = xs_dir_sync(names, fault)) != 0)
		xs_name_unlock(lock);
	return r;
}

int
xs_name_remove(struct xs_name_lock *lock, const struct xs_dir *names,
    struct xs_fault *fault)
{
	if (unlinkat(names->fd, lock->encoded, 0) != 0)
		return xs_fault_set(fault, XS_E_COMMIT, "%s/%s: %s",
		    names->path, lock->encoded, xs_errno_text(errno));
	return xs_dir_sync(names, fault);
}

void
xs_name_unlock(struct xs_name_lock *lock)
{
	xs_entry_unlock(&lock->shield, &lock->fd);
}
