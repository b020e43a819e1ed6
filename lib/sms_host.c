/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Per host and hour over all users: one small file, counted by the minute.
 *
 * It is not synced: what a power cut takes away is an hour's count at most,
 * and no caller of su can bring one about. A write that a caller's limit cuts
 * short is taken back (test_sms_host: test_write_cut_short_changes_nothing).
 */
#include "sms_limit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "store_lock.h"

#define NAME "sms"
#define LOCK_TIMEOUT_MS 5000
#define MINUTE 60
/* All of an hour, and the minute that now is a part of. */
#define MINUTES 61
#define FULL UINT32_MAX

/* The bytes of the file, in the host's order: they stay on it. */
struct counts {
	char magic[8];
	int64_t minute; /* of minutes[...][0], since 1970 */
	uint32_t minutes[XS_SMS_KINDS][MINUTES]; /* newest first */
	uint32_t zero[2];
};

_Static_assert(sizeof(struct counts) == 512, "a sector, so never torn");

static const char magic[8] = "xs-sms1";

/* ---- Arithmetic ---- */

static uint32_t
add(uint32_t a, uint32_t b)
{
	return a > FULL - b ? FULL : a + b;
}

static int64_t
minute_of(int64_t now)
{
	return now / MINUTE - (now % MINUTE < 0);
}

static bool
is_sound(const struct counts *counts, size_t size)
{
	return size == sizeof(*counts) &&
	    memcmp(counts->magic, magic, sizeof(magic)) == 0 &&
	    counts->zero[0] == 0 && counts->zero[1] == 0;
}

static void
make_empty(struct counts *counts, int64_t now)
{
	memset(counts, 0, sizeof(*counts));
	memcpy(counts->magic, magic, sizeof(magic));
	counts->minute = minute_of(now);
}

static void
make_full(struct counts *counts, int64_t now)
{
	make_empty(counts, now);
	for (int kind = 0; kind < XS_SMS_KINDS; kind++)
		counts->minutes[kind][0] = FULL;
}

/*
 * To the present: what is older than an hour is dropped, and what lies ahead,
 * because the clock was set back, counts as of now.
 */
static void
settle(struct counts *counts, int64_t now)
{
	struct counts new;
	int64_t age;

	make_empty(&new, now);
	for (int i = 0; i < MINUTES; i++) {
		if (__builtin_sub_overflow(new.minute, counts->minute, &age) ||
		    __builtin_add_overflow(age, i, &age))
			age = new.minute < counts->minute ? 0 : MINUTES;
		if (age >= MINUTES)
			continue;
		if (age < 0)
			age = 0;
		for (int kind = 0; kind < XS_SMS_KINDS; kind++)
			new.minutes[kind][age] = add(
			    new.minutes[kind][age], counts->minutes[kind][i]);
	}
	*counts = new;
}

/*
 * Is there room for one more in the hour before now? Else *until is when the
 * minutes that must be forgotten for it are.
 */
static bool
has_room(const struct counts *counts, enum xs_sms_kind kind, uint32_t limit,
    int64_t *until)
{
	uint32_t sum = 0;

	/* The newest so many that they fill the hour alone. */
	for (int i = 0; i < MINUTES; i++) {
		sum = add(sum, counts->minutes[kind][i]);
		if (sum >= limit) {
			*until = (counts->minute - i + MINUTES) * MINUTE;
			return false;
		}
	}
	return true;
}

/* ---- The file ---- */

struct host_file {
	struct xs_dir dir;
	struct xs_shield shield;
	int fd;
};

static int
open_dir(
    struct xs_dir *dir, const struct xs_config *config, struct xs_fault *fault)
{
	char path[XS_OPTION_MAX + 8];

	(void)snprintf(path, sizeof(path), "%s/host", config->state_dir);
	return xs_dir_open(dir, NULL, path, 0077, fault) != 0 ? XS_E_STATE : 0;
}

/* Locked, and the shield up. The file is made where there is none. */
static int
open_file(struct host_file *file, const struct xs_config *config, int64_t now,
    struct xs_fault *fault)
{
	const struct xs_file_want want = {O_RDWR, 0600, -1};
	struct counts empty;
	int r;

	if ((r = open_dir(&file->dir, config, fault)) != 0)
		return r;
	r = xs_entry_lock(&file->dir, NAME, &want, LOCK_TIMEOUT_MS,
	    &file->shield, &file->fd, fault);
	if (r == XS_E_NORECORD) {
		make_empty(&empty, now);
		r = xs_file_create(
		    &file->dir, NAME, &empty, sizeof(empty), 0600, fault);
		if (r == 0 || r == XS_E_EXISTS)
			r = xs_entry_lock(&file->dir, NAME, &want,
			    LOCK_TIMEOUT_MS, &file->shield, &file->fd, fault);
	}
	if (r != 0)
		xs_dir_close(&file->dir);
	return r == XS_E_NORECORD ? XS_E_STATE : r;
}

static void
close_file(struct host_file *file)
{
	xs_entry_unlock(&file->shield, &file->fd);
	xs_dir_close(&file->dir);
}

/* All of it, or what was there before; before: size bytes of it. */
static int
write_counts(const struct host_file *file, const struct counts *counts,
    const struct counts *before, size_t size, struct xs_fault *fault)
{
	ssize_t n = pwrite(file->fd, counts, sizeof(*counts), 0);
	int error = n < 0 ? errno : EIO;

	if (n == (ssize_t)sizeof(*counts) &&
	    ftruncate(file->fd, sizeof(*counts)) == 0)
		return 0;
	if (n > 0 && pwrite(file->fd, before, size, 0) < 0)
		error = errno;
	return xs_fault_set(fault, XS_E_COMMIT, "%s/%s: %s", file->dir.path,
	    NAME, xs_errno_text(error));
}

/*
 * What is there, settled. Damaged: it counts as a full hour, and is written
 * so, that it ends.
 */
static int
read_counts(const struct host_file *file, int64_t now, struct counts *before,
    struct counts *counts, struct xs_fault *fault)
{
	/* One byte more: a file that is too long is not ours either. */
	char bytes[sizeof(*counts) + 1] = {0};
	ssize_t size = pread(file->fd, bytes, sizeof(bytes), 0);

	if (size < 0)
		return xs_fault_set(fault, XS_E_STATE, "%s/%s: %s",
		    file->dir.path, NAME, xs_errno_text(errno));
	memcpy(before, bytes, sizeof(*before));
	*counts = *before;
	if (is_sound(counts, (size_t)size)) {
		settle(counts, now);
		return 0;
	}
	make_full(counts, now);
	if (size > (ssize_t)sizeof(*before))
		size = sizeof(*before);
	if (write_counts(file, counts, before, (size_t)size, fault) != 0)
		return XS_E_STATE;
	return xs_fault_set(fault, XS_E_STATE,
	    "%s/%s: was damaged; no texts for an hour", file->dir.path, NAME);
}

/* Takes one if asked to, of what was read. */
static int
use_counts(const struct host_file *file, const struct counts *before,
    struct counts *counts, enum xs_sms_kind kind, uint32_t most, bool take,
    int64_t *until, struct xs_fault *fault)
{
	bool room = has_room(counts, kind, most, until);
	/* Or what lies ahead would begin its hour at every look. */
	bool moved = counts->minute < before->minute;

	if (room && take)
		counts->minutes[kind][0] = add(counts->minutes[kind][0], 1);
	if (((room && take) || (!room && moved)) &&
	    write_counts(file, counts, before, sizeof(*before), fault) != 0)
		return XS_E_COMMIT;
	return room ? 0 : 1;
}

static int
visit(const struct xs_config *config, enum xs_sms_kind kind, bool take,
    const struct xs_env *env, int64_t *until, struct xs_fault *fault)
{
	struct host_file file = {.fd = -1};
	struct counts before = {.minute = 0}, counts = before;
	int r;

	r = open_file(&file, config, env->now(env->context), fault);
	if (r != 0)
		return r;
	/* Under the lock, so that nobody's present is another one's future. */
	r = read_counts(&file, env->now(env->context), &before, &counts, fault);
	if (r == 0)
		r = use_counts(&file, &before, &counts, kind,
		    config->sms_host_per_hour, take, until, fault);
	close_file(&file);
	return r;
}

int
xs_sms_host_gate(const struct xs_config *config, enum xs_sms_kind kind,
    const struct xs_env *env, int64_t *until, struct xs_fault *fault)
{
	return visit(config, kind, false, env, until, fault);
}

int
xs_sms_host_take(const struct xs_config *config, enum xs_sms_kind kind,
    const struct xs_env *env, int64_t *until, struct xs_fault *fault)
{
	return visit(config, kind, true, env, until, fault);
}
