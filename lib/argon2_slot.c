/* SPDX-License-Identifier: BSD-3-Clause */
#include "code.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "file.h"

#define SLOTS_MAX 1024
#define WAIT_FIRST_NS 1000000L
#define WAIT_LONGEST_NS 20000000L

struct pool {
	const char *name;
	unsigned slots;
};

enum xs_argon2_pool
xs_argon2_pool_of(uid_t real)
{
	return real == 0 ? XS_POOL_ROOT : XS_POOL_USER;
}

static struct pool
pool_of(enum xs_argon2_pool which)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	struct pool pool = {"nobody", 1};

	if (which == XS_POOL_NOBODY)
		return pool;
	pool.name = which == XS_POOL_ROOT ? "root" : "user";
	if (processors > 1)
		pool.slots =
		    processors < SLOTS_MAX ? (unsigned)processors : SLOTS_MAX;
	return pool;
}

/*
 * Opened for reading: that is enough for flock, and works on a file system
 * that has become read-only. Returns -1 with errno set.
 */
static int
open_or_create(int dir, const char *name)
{
	const int flags =
	    O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	int fd = openat(dir, name, flags);

	if (fd >= 0 || errno != ENOENT)
		return fd;
	fd = openat(dir, name, flags | O_CREAT | O_EXCL, 0600);
	if (fd < 0 && errno == EEXIST)
		return openat(dir, name, flags);
	/* The umask of the process is not ours to know. */
	if (fd >= 0 && fchmod(fd, 0600) != 0) {
		int error = errno;

		(void)close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

/* Whoever else could open the file could hold its lock for ever. */
static const char *
what_is_wrong(int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return xs_errno_text(errno);
	if (!S_ISREG(st.st_mode))
		return "is no regular file";
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return "does not belong to root";
	/* Less than 0600 is a file that is being created at this moment. */
	if ((st.st_mode & 07177) != 0)
		return "has not the mode 0600";
	if (st.st_nlink != 1)
		return "has another name as well, or none";
	return NULL;
}

static int
open_slot(const struct xs_dir *dir, const struct pool *pool, unsigned number,
    int *ret_fd, struct xs_fault *fault)
{
	const char *wrong;
	char name[32];
	int fd;

	(void)snprintf(name, sizeof name, "argon2-%s.%u", pool->name, number);
	fd = open_or_create(dir->fd, name);
	wrong = fd < 0 ? xs_errno_text(errno) : what_is_wrong(fd);
	if (wrong != NULL) {
		if (fd >= 0)
			(void)close(fd);
		return xs_fault_set(
		    fault, XS_E_STATE, "%s/%s: %s", dir->path, name, wrong);
	}
	*ret_fd = fd;
	return 0;
}

/*
 * All slots are looked at, also when one was had: a slot that cannot be used
 * must not refuse one login in eight (test_one_bad_slot_always_refuses).
 */
static int
try_slots(const struct xs_dir *dir, const struct pool *pool, int *ret_fd,
    struct xs_fault *fault)
{
	unsigned first = (unsigned)getpid();
	int held = -1, r = 0;

	for (unsigned i = 0; r == 0 && i < pool->slots; i++) {
		int fd = -1;

		r = open_slot(dir, pool, (first + i) % pool->slots, &fd, fault);
		if (r != 0)
			break;
		if (held < 0 && flock(fd, LOCK_EX | LOCK_NB) == 0) {
			held = fd;
			continue;
		}
		if (held < 0 && errno != EWOULDBLOCK)
			r = xs_fault_set(fault, XS_E_STATE, "%s: lock: %s",
			    dir->path, xs_errno_text(errno));
		(void)close(fd);
	}
	if (r == 0 && held >= 0) {
		*ret_fd = held;
		return 0;
	}
	if (held >= 0) {
		(void)flock(held, LOCK_UN);
		(void)close(held);
	}
	return r != 0 ? r : XS_E_BUSY;
}

static int64_t
monotonic_ms(void)
{
	struct timespec ts = {0, 0};

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* One try behind the shield, which stays up if a slot was had. */
static int
take_now(struct xs_argon2_slot *slot, const struct xs_dir *dir,
    const struct pool *pool, struct xs_fault *fault)
{
	int r;

	if (xs_shield_raise(&slot->shield) != 0)
		return xs_fault_set(fault, XS_E_INTERNAL,
		    "signals or the real user ID cannot be set");
	r = try_slots(dir, pool, &slot->fd, fault);
	if (r != 0)
		xs_shield_lower(&slot->shield);
	return r;
}

int
xs_argon2_slot_take(struct xs_argon2_slot *slot, const char *host_dir,
    enum xs_argon2_pool which, unsigned timeout_ms, struct xs_fault *fault)
{
	const int64_t deadline = monotonic_ms() + timeout_ms;
	const struct pool pool = pool_of(which);
	struct timespec wait = {0, WAIT_FIRST_NS};
	struct xs_argon2_slot new = {.fd = -1};
	struct xs_dir dir;
	int r;

	if (xs_dir_open(&dir, NULL, host_dir, 0077, fault) != 0)
		return XS_E_STATE;
	while ((r = take_now(&new, &dir, &pool, fault)) == XS_E_BUSY &&
	    monotonic_ms() < deadline) {
		(void)nanosleep(&wait, NULL);
		wait.tv_nsec *= 2;
		if (wait.tv_nsec > WAIT_LONGEST_NS)
			wait.tv_nsec = WAIT_LONGEST_NS;
	}
	if (r == XS_E_BUSY)
		(void)xs_fault_set(fault, r,
		    "%s: argon2-%s: all slots (%u) in use for %u ms", dir.path,
		    pool.name, pool.slots, timeout_ms);
	xs_dir_close(&dir);
	if (r == 0)
		*slot = new;
	return r;
}

void
xs_argon2_slot_give(struct xs_argon2_slot *slot)
{
	/* The shield is up as long as the slot is held. */
	if (!slot->shield.up)
		return;
	/* A fork of the host has the descriptor too; closing is not enough. */
	(void)flock(slot->fd, LOCK_UN);
	(void)close(slot->fd);
	slot->fd = -1;
	xs_shield_lower(&slot->shield);
}
