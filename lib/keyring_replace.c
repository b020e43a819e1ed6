/* SPDX-License-Identifier: BSD-3-Clause */
#include "seal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "file.h"

/* "4294967295 ", the digits, a newline. */
#define LINE_MAX_SIZE (11 + 2 * XS_HOST_KEY_SIZE + 1)
#define TEXT_MAX_SIZE (XS_HOST_KEYS_MAX * LINE_MAX_SIZE + 1)

static size_t
write_text(const struct xs_keyring *ring, char text[TEXT_MAX_SIZE])
{
	char *p = text;

	for (size_t i = 0; i < ring->count; i++) {
		p += snprintf(p, 12, "%u ", (unsigned)ring->keys[i].id);
		for (size_t j = 0; j < XS_HOST_KEY_SIZE; j++)
			p += snprintf(p, 3, "%02x", ring->keys[i].bytes[j]);
		*p++ = '\n';
	}
	return (size_t)(p - text);
}

/* Owner and mode of the file that will go. */
static int
look_at_old(const struct xs_dir *dir, const char *name, struct stat *about,
    struct xs_fault *fault)
{
	const struct xs_file_want want = {O_RDONLY, 0600, -1};
	int fd, r = xs_file_open(dir, name, &want, &fd, fault);

	if (r != 0)
		return XS_E_STATE;
	r = fstat(fd, about);
	(void)close(fd);
	if (r != 0)
		return xs_fault_set(fault, XS_E_STATE, "%s/%s: %s", dir->path,
		    name, xs_errno_text(errno));
	return 0;
}

/* Writes and syncs what the name will be given. False: errno says why. */
static bool
fill(int fd, const struct stat *about, const char *text, size_t size)
{
	ssize_t n = write(fd, text, size);

	if (n >= 0 && n != (ssize_t)size)
		errno = ENOSPC;
	return n == (ssize_t)size &&
	    fchown(fd, about->st_uid, about->st_gid) == 0 &&
	    fchmod(fd, about->st_mode & 0600) == 0 && fsync(fd) == 0;
}

static int
put_in_place(const struct xs_dir *dir, const char *name,
    const struct stat *about, const char *text, size_t size,
    struct xs_fault *fault)
{
	char new[NAME_MAX + 1];
	int fd = -1, error;
	bool done;

	if (snprintf(new, sizeof(new), ".%s.new", name) >= (int)sizeof(new))
		return xs_fault_set(fault, XS_E_COMMIT,
		    "%s/%s: the name is too long", dir->path, name);
	/* Left by a kill; the name is the same every time, so none piles up. */
	if (unlinkat(dir->fd, new, 0) == 0 || errno == ENOENT)
		fd = openat(dir->fd, new,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0400);
	done = fd >= 0 && fill(fd, about, text, size) &&
	    renameat(dir->fd, new, dir->fd, name) == 0;
	error = errno;
	if (fd >= 0)
		(void)close(fd);
	if (fd >= 0 && !done)
		(void)unlinkat(dir->fd, new, 0);
	if (!done)
		return xs_fault_set(fault, XS_E_COMMIT, "%s/%s: %s", dir->path,
		    name, xs_errno_text(error));
	return xs_dir_sync(dir, fault);
}

int
xs_keyring_replace(const struct xs_keyring *ring, struct xs_fault *fault)
{
	char text[TEXT_MAX_SIZE];
	struct xs_dir dir = {.fd = -1};
	struct stat about;
	const char *name;
	int r;

	if (ring->path[0] == '\0' || ring->count == 0)
		return xs_fault_set(
		    fault, XS_E_STATE, "the keys came from no file");
	if ((r = xs_dir_open_parent(&dir, ring->path, &name, fault)) != 0)
		return r;
	r = look_at_old(&dir, name, &about, fault);
	if (r == 0)
		r = put_in_place(
		    &dir, name, &about, text, write_text(ring, text), fault);
	OPENSSL_cleanse(text, sizeof(text));
	xs_dir_close(&dir);
	return r;
}
