/* SPDX-License-Identifier: BSD-3-Clause */
/* What is on the disk before the store says so, and a disk that errs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <dlfcn.h>
#include <sys/vfs.h>

#include "tests/file_store.h"

static char synced[512]; /* the last names of what was synced, in turn */
static int writes_to_fail;
static bool names_err;
static bool no_nameless; /* as overlays of old kernels have it */
static long file_system; /* that every directory is on; 0: as it is */
static off_t dropped;    /* what was to leave the page cache, or -1 */

/* The last name of what is open, with a slash in front. */
static const char *
name_of(int fd)
{
	static char path[256];
	char link[64];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	assert_true(n > 0);
	path[n] = '\0';
	return strrchr(path, '/');
}

/* In the place of libc's, for the library under test. */
int
fsync(int fd)
{
	static __typeof__(fsync) *real;

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "fsync");
	strcat(strcat(synced, name_of(fd)), " ");
	return real(fd);
}

int
fstatat(int dir, const char *name, struct stat *st, int flags)
{
	static __typeof__(fstatat) *real;

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "fstatat");
	if (names_err && strcmp(name_of(dir), "/names") == 0) {
		errno = EIO;
		return -1;
	}
	return real(dir, name, st, flags);
}

int
openat(int dir, const char *name, int flags, ...)
{
	static __typeof__(openat) *real;
	va_list values;
	mode_t mode;

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "openat");
	va_start(values, flags);
	mode = va_arg(values, mode_t);
	va_end(values);
	if (no_nameless && (flags & O_TMPFILE) == O_TMPFILE) {
		errno = EOPNOTSUPP;
		return -1;
	}
	return real(dir, name, flags, mode);
}

int
fstatfs(int fd, struct statfs *fs)
{
	static __typeof__(fstatfs) *real;
	int r;

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "fstatfs");
	r = real(fd, fs);
	if (file_system != 0)
		fs->f_type = file_system;
	return r;
}

ssize_t
pwrite(int fd, const void *bytes, size_t size, off_t at)
{
	static __typeof__(pwrite) *real;

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "pwrite");
	if (writes_to_fail > 0) {
		writes_to_fail--;
		errno = EIO;
		return -1;
	}
	return real(fd, bytes, size, at);
}

int
posix_fadvise(int fd, off_t at, off_t size, int advice)
{
	(void)fd;
	if (advice == POSIX_FADV_DONTNEED && size == XS_SLOT_SIZE)
		dropped = at;
	return 0;
}

/*
 * The descriptor that a commit writes to is O_DSYNC's: no kill comes between
 * the write and its sync (design: one write).
 */
static void
test_commit_writes_to_a_synced_descriptor(void **state)
{
	struct state *s = *state;
	struct xs_plain plain;

	for (int hold = 0; hold < 2; hold++) {
		inside(s)->hold = hold == 1;
		assert_holds(s, alice, "a");
		assert_int_equal(inside(s)->held.fd >= 0, hold);
		assert_int_equal(
		    s->store.ops->begin(&s->store, &alice, &plain, NULL), 0);
		assert_true(fcntl(inside(s)->fd, F_GETFL) & O_DSYNC);
		s->store.ops->abort(&s->store);
	}
}

/* What neither could be written nor put back shall not be read, either. */
static void
test_refused_slot_leaves_the_page_cache(void **state)
{
	struct state *s = *state;

	dropped = -1;
	writes_to_fail = 1;
	assert_int_equal(commit(s, alice, "b"), XS_E_COMMIT);
	assert_int_equal(dropped, -1);
	writes_to_fail = 2;
	assert_int_equal(commit(s, alice, "b"), XS_E_COMMIT);
	assert_int_equal(dropped, XS_SLOT_SIZE);
	assert_holds(s, alice, "a");
}

/* A power cut between the two leaves a name, which refuses, not a record. */
static void
test_name_is_on_the_disk_before_its_record(void **state)
{
	struct state *s = *state;
	const char *name, *record;

	for (int left_alone = 0; left_alone < 2; left_alone++) {
		if (left_alone)
			write_file(in_dir(s, "state/names/bob").text, "", 0);
		synced[0] = '\0';
		assert_int_equal(create(s, bob, "b"), 0);
		name = strstr(synced, "/names ");
		record = strstr(synced, "/users ");
		assert_true(name != NULL && record != NULL && name < record);
		assert_int_equal(
		    s->store.ops->remove(&s->store, &bob, NULL), 0);
	}
}

/* Else a power cut leaves an entry with nothing in it, and its owner out. */
static void
test_record_is_on_the_disk_before_its_entry(void **state)
{
	struct state *s = *state;
	const char *users, *first;

	synced[0] = '\0';
	assert_int_equal(create(s, bob, "b"), 0);
	users = strstr(synced, "/users ");
	first = strstr(synced, "/names ");
	assert_true(users != NULL && first != NULL && first < users);
	/* It had no name yet, or a hidden one. */
	first += strlen("/names ");
	assert_true(first < users);
	assert_true(strncmp(first, "/#", 2) == 0 ||
	    strncmp(first, "/.new-", strlen("/.new-")) == 0);
}

static unsigned
hidden_files(struct state *s, const char *name)
{
	DIR *dir = opendir(in_dir(s, name).text);
	unsigned count = 0;

	assert_non_null(dir);
	for (const struct dirent *entry; (entry = readdir(dir)) != NULL;)
		count += strncmp(entry->d_name, ".new-", 5) == 0;
	assert_int_equal(closedir(dir), 0);
	return count;
}

static int
count_one(void *context, const struct xs_identity *who,
    const struct xs_plain *plain, const struct xs_fault *fault)
{
	(void)who, (void)fault;
	assert_non_null(plain);
	++*(unsigned *)context;
	return 0;
}

/*
 * Where no file can be without a name, a hidden one takes its place: it
 * replaces nothing, goes when the record cannot be made, and one that a kill
 * has left is no record.
 */
static void
test_hidden_name_does_where_there_is_none_without(void **state)
{
	struct state *s = *state;
	unsigned records = 0;

	no_nameless = true;
	/* Of the name, then of the record. */
	for (int i = 0; i < 2; i++) {
		writes_to_fail = 1;
		assert_int_equal(create(s, bob, "b"), XS_E_COMMIT);
		if (i == 0)
			write_file(in_dir(s, "state/names/bob").text, "", 0);
	}
	assert_int_equal(create(s, bob, "b"), 0);
	assert_int_equal(create(s, bob, "c"), XS_E_EXISTS);
	assert_int_equal(create(s, alice, "c"), XS_E_EXISTS);
	assert_int_equal(hidden_files(s, "state/names"), 0);
	assert_int_equal(hidden_files(s, "state/users"), 0);
	no_nameless = false;
	write_file(in_dir(s, "state/users/.new-0123456789abcdef").text, "", 0);
	assert_int_equal(
	    s->store.ops->each(&s->store, count_one, &records, NULL), 0);
	assert_int_equal(records, 2);
	assert_holds(s, alice, "a");
	assert_holds(s, bob, "b");
}

static int
keep(void *context, struct xs_plain *plain, struct xs_fault *fault)
{
	(void)context, (void)plain, (void)fault;
	return 0;
}

/* Under its new uid first; then the old name goes. */
static void
test_moved_record_is_on_the_disk_before_the_old_name_goes(void **state)
{
	struct state *s = *state;
	const char *users;

	synced[0] = '\0';
	assert_int_equal(
	    s->store.ops->move(&s->store, &alice, &bob, keep, NULL, NULL), 0);
	users = strstr(synced, "/users ");
	assert_non_null(users);
	assert_string_equal(users, "/users /names ");
}

/*
 * Records are sealed with a new key as soon as its file has it: cut off before
 * it is on the disk, it would leave records that nothing opens.
 */
static void
test_new_keys_are_on_the_disk_before_they_count(void **state)
{
	struct state *s = *state;
	struct path path = in_dir(s, "host.key");
	char expected[64];
	struct xs_keyring ring = s->keys;

	assert_int_equal(
	    xs_keyring_create(path.text, ring.keys[0].bytes, NULL), 0);
	assert_int_equal(xs_keyring_load(&ring, path.text, NULL), 0);
	ring.keys[ring.count] = ring.keys[0];
	ring.keys[ring.count++].id = 2;
	synced[0] = '\0';
	assert_int_equal(xs_keyring_replace(&ring, NULL), 0);
	(void)snprintf(expected, sizeof(expected), "/.host.key.new %s ",
	    strrchr(s->dir, '/'));
	assert_string_equal(synced, expected);
}

/* Locks and syncs of a network file system are not to be relied on. */
static void
test_network_file_systems_are_refused(void **state)
{
	/* NFS, SMB, FUSE, Ceph */
	static const long magics[] = {0x6969, 0x517b, 0x65735546, 0x00c36400};
	struct state *s = *state;
	struct xs_fault fault;

	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
		file_system = magics[i];
		assert_int_equal(read_who(s, alice, &fault), XS_E_STATE);
		assert_non_null(strstr(fault.text, "network file system"));
		assert_int_equal(read_who(s, bob, NULL), XS_E_STATE);
		assert_int_equal(commit(s, alice, "b"), XS_E_STATE);
		assert_int_equal(create(s, bob, "b"), XS_E_STATE);
		assert_int_equal(
		    s->store.ops->init(&s->store, NULL), XS_E_STATE);
	}
	file_system = 0;
	assert_holds(s, alice, "a");
}

static void
test_record_is_off_the_disk_before_its_name(void **state)
{
	struct state *s = *state;

	synced[0] = '\0';
	assert_int_equal(s->store.ops->remove(&s->store, &alice, NULL), 0);
	assert_string_equal(synced, "/users /names ");
	/* Killed before the sync: the next call makes up for it. */
	assert_int_equal(create(s, alice, "a"), 0);
	assert_int_equal(unlink(in_dir(s, "state/users/1000").text), 0);
	synced[0] = '\0';
	assert_int_equal(s->store.ops->remove(&s->store, &alice, NULL), 0);
	assert_string_equal(synced, "/users /names ");
}

/* Whether there is a name is not known: that is no absence. */
static void
test_name_that_cannot_be_looked_at_is_a_refusal(void **state)
{
	struct state *s = *state;

	assert_int_equal(read_who(s, bob, NULL), XS_E_NORECORD);
	names_err = true;
	assert_int_equal(read_who(s, bob, NULL), XS_E_STATE);
	names_err = false;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_commit_writes_to_a_synced_descriptor),
	    T(test_refused_slot_leaves_the_page_cache),
	    T(test_name_is_on_the_disk_before_its_record),
	    T(test_record_is_on_the_disk_before_its_entry),
	    T(test_hidden_name_does_where_there_is_none_without),
	    T(test_moved_record_is_on_the_disk_before_the_old_name_goes),
	    T(test_new_keys_are_on_the_disk_before_they_count),
	    T(test_network_file_systems_are_refused),
	    T(test_record_is_off_the_disk_before_its_name),
	    T(test_name_that_cannot_be_looked_at_is_a_refusal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
