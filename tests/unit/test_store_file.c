/* SPDX-License-Identifier: BSD-3-Clause */
/* Files and directories that an attacker or an accident left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/file.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#include "tests/file_store.h"

/* read and begin refuse, naming the path and the problem. */
static void
assert_refused(
    struct state *s, struct xs_identity who, const char *path, const char *why)
{
	struct xs_fault fault = {""};
	struct xs_plain plain;

	for (int i = 0; i < 2; i++) {
		int r = i == 0
		    ? read_who(s, who, &fault)
		    : s->store.ops->begin(&s->store, &who, &plain, &fault);

		assert_int_equal(r, XS_E_STATE);
		if (strstr(fault.text, in_dir(s, path).text) == NULL ||
		    strstr(fault.text, why) == NULL)
			fail_msg(
			    "\"%s\" without \"%s: %s\"", fault.text, path, why);
	}
}

static void
test_new_files_have_the_documented_shape(void **state)
{
	static const char *const dirs[] = {
	    "state", "state/users", "state/names", "state/host"};
	static const char *const files[] = {
	    "state/users/1000", "state/users/.store", "state/names/alice"};
	struct state *s = *state;
	uint8_t bytes[XS_SLOTS_SIZE];
	struct stat st;

	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(lstat(in_dir(s, dirs[i]).text, &st), 0);
		assert_int_equal(st.st_mode, S_IFDIR | 0700);
	}
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(lstat(in_dir(s, files[i]).text, &st), 0);
		assert_int_equal(st.st_mode, S_IFREG | 0600);
		assert_int_equal(st.st_nlink, 1);
		assert_int_equal(st.st_size, i < 2 ? XS_SLOTS_SIZE : 0);
		/* Written zeros: a full disk has nothing to take away. */
		assert_true(st.st_blocks * 512 >= st.st_size);
	}
	assert_int_equal(
	    read_file(in_dir(s, files[0]).text, bytes, sizeof(bytes)),
	    sizeof(bytes));
	for (size_t i = XS_SLOT_SIZE; i < sizeof(bytes); i++)
		assert_int_equal(bytes[i], 0);
}

static void
test_umask_of_the_process_changes_no_mode(void **state)
{
	struct state *s = *state;
	mode_t masks[] = {0, 0777};

	for (int i = 0; i < 2; i++) {
		mode_t former = umask(masks[i]);
		struct stat st;

		assert_int_equal(create(s, bob, "b"), 0);
		umask(former);
		assert_int_equal(
		    lstat(in_dir(s, "state/users/1001").text, &st), 0);
		assert_int_equal(st.st_mode, S_IFREG | 0600);
		assert_holds(s, bob, "b");
		assert_int_equal(
		    s->store.ops->remove(&s->store, &bob, NULL), 0);
	}
}

static void
test_record_survives_the_process(void **state)
{
	struct state *s = *state;

	assert_int_equal(commit(s, alice, "b"), 0);
	assert_int_equal(commit(s, alice, "c"), 0);
	xs_store_close(&s->store);
	open_store(s);
	assert_holds(s, alice, "c");
}

static void
test_commit_changes_one_slot_only(void **state)
{
	struct state *s = *state;
	struct path path = in_dir(s, "state/users/1000");
	uint8_t before[XS_SLOTS_SIZE], after[XS_SLOTS_SIZE];

	for (unsigned i = 0; i < 4; i++) {
		size_t kept = i % 2 == 0 ? 0 : XS_SLOT_SIZE;

		read_file(path.text, before, sizeof(before));
		assert_int_equal(commit(s, alice, "next"), 0);
		assert_int_equal(
		    read_file(path.text, after, sizeof(after)), sizeof(after));
		assert_memory_equal(before + kept, after + kept, XS_SLOT_SIZE);
		assert_memory_not_equal(before + XS_SLOT_SIZE - kept,
		    after + XS_SLOT_SIZE - kept, XS_SLOT_SIZE);
	}
}

static void
become_fifo(const char *path)
{
	assert_int_equal(mkfifo(path, 0600), 0);
}

static void
become_dir(const char *path)
{
	assert_int_equal(mkdir(path, 0700), 0);
}

static void
become_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%.100s", path);
	assert_int_equal(
	    bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	assert_int_equal(chmod(path, 0600), 0);
}

static void
become_device(const char *path)
{
	/* Unprivileged, a link to one: that is refused, too. */
	if (mknod(path, S_IFCHR | 0600, makedev(1, 5)) != 0)
		become_fifo(path);
}

static void
become_dangling_link(const char *path)
{
	assert_int_equal(symlink("nowhere", path), 0);
}

static const struct {
	void (*become)(const char *path);
	const char *why;
} types[] = {
    {become_fifo, "is not a regular file"},
    {become_dir, "is not a regular file"},
    {become_socket, "is not a regular file"},
    {become_device, "is not a regular file"},
    {become_dangling_link, "is a symbolic link"},
};

static void
test_record_that_is_no_file_is_refused_without_waiting(void **state)
{
	struct state *s = *state;
	struct path path = in_dir(s, "state/users/1000");

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		assert_int_equal(remove(path.text), 0);
		types[i].become(path.text);
		assert_refused(s, alice, "state/users/1000", types[i].why);
		assert_int_equal(create(s, alice, "b"), XS_E_EXISTS);
	}
}

static void
test_marker_that_is_no_file_proves_nothing(void **state)
{
	struct state *s = *state;
	struct path path = in_dir(s, "state/users/.store");

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		assert_int_equal(remove(path.text), 0);
		types[i].become(path.text);
		assert_refused(s, bob, "state/users/.store", types[i].why);
		assert_int_equal(create(s, bob, "b"), XS_E_STATE);
		assert_int_equal(
		    s->store.ops->init(&s->store, NULL), XS_E_STATE);
	}
}

static void
test_name_entry_that_is_no_file_is_refused(void **state)
{
	struct state *s = *state;
	struct path path = in_dir(s, "state/names/bob");

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		types[i].become(path.text);
		assert_refused(s, bob, "state/names/bob", types[i].why);
		assert_int_equal(create(s, bob, "b"), XS_E_STATE);
		assert_int_equal(remove(path.text), 0);
	}
	assert_int_equal(read_who(s, bob, NULL), XS_E_NORECORD);
}

static void
test_link_to_a_right_record_is_refused(void **state)
{
	struct state *s = *state;
	struct path path = in_dir(s, "state/users/1000");
	struct path other = in_dir(s, "other");

	assert_int_equal(link(path.text, other.text), 0);
	assert_refused(s, alice, "state/users/1000", "more than one link");
	assert_int_equal(unlink(path.text), 0);
	assert_int_equal(symlink(other.text, path.text), 0);
	assert_refused(s, alice, "state/users/1000", "is a symbolic link");
	assert_int_equal(rename(other.text, path.text), 0);
	assert_holds(s, alice, "a");
}

static void
test_record_that_others_could_touch_is_refused(void **state)
{
	static const mode_t modes[] = {
	    0640, 0620, 0604, 0602, 0660, 0700, 0601, 04600, 01600};
	struct state *s = *state;
	struct path path = in_dir(s, "state/users/1000");

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		assert_int_equal(chmod(path.text, modes[i]), 0);
		assert_refused(s, alice, "state/users/1000", "has mode ");
	}
	assert_int_equal(chmod(path.text, 0600), 0);
	assert_holds(s, alice, "a");
}

static void
test_record_of_another_owner_is_refused(void **state)
{
	struct state *s = *state;
	struct path path = in_dir(s, "state/users/1000");

	if (geteuid() != 0) {
		print_message("needs root\n");
		skip();
	}
	assert_int_equal(chown(path.text, 1000, 0), 0);
	assert_refused(s, alice, "state/users/1000", "belongs to uid 1000");
	assert_int_equal(chown(path.text, 0, 0), 0);
	assert_int_equal(chown(in_dir(s, "state/users").text, 1000, 0), 0);
	assert_refused(s, alice, "state/users", "belongs to uid 1000");
	assert_int_equal(chown(in_dir(s, "state/users").text, 0, 0), 0);
	assert_int_equal(chown(in_dir(s, "state").text, 1000, 0), 0);
	assert_refused(s, alice, "state", "belongs to uid 1000");
}

static void
test_record_of_another_size_is_refused_and_can_be_removed(void **state)
{
	static const off_t sizes[] = {0, 1, 512, XS_SLOT_SIZE,
	    XS_SLOTS_SIZE - 1, XS_SLOTS_SIZE + 1, XS_SLOTS_SIZE + 4096};
	struct state *s = *state;
	struct path path = in_dir(s, "state/users/1000");

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		assert_int_equal(truncate(path.text, sizes[i]), 0);
		assert_refused(
		    s, alice, "state/users/1000", " bytes instead of 16384");
	}
	assert_int_equal(s->store.ops->remove(&s->store, &alice, NULL), 0);
	assert_int_equal(read_who(s, alice, NULL), XS_E_NORECORD);
}

static void
test_record_copied_to_another_uid_is_refused(void **state)
{
	struct state *s = *state;
	uint8_t bytes[XS_SLOTS_SIZE];

	assert_int_equal(create(s, bob, "b"), 0);
	for (int i = 0; i < 3; i++) {
		read_file(
		    in_dir(s, "state/users/1000").text, bytes, sizeof(bytes));
		write_file(
		    in_dir(s, "state/users/1001").text, bytes, sizeof(bytes));
		assert_refused(s, bob, "state/users/1001", "does not open");
		assert_int_equal(commit(s, alice, "next"), 0);
	}
	/* Nor as the marker, nor the marker as a record. */
	read_file(in_dir(s, "state/users/.store").text, bytes, sizeof(bytes));
	write_file(in_dir(s, "state/users/1001").text, bytes, sizeof(bytes));
	assert_refused(s, bob, "state/users/1001", "does not open");
	read_file(in_dir(s, "state/users/1000").text, bytes, sizeof(bytes));
	write_file(in_dir(s, "state/users/.store").text, bytes, sizeof(bytes));
	assert_refused(s, (struct xs_identity){"carol", 7},
	    "state/users/.store", "does not open");
}

/*
 * A pread that two commits overtake looks like this, too: the slot in hand
 * that opens was over before it began.
 */
static void
test_torn_slot_is_not_passed_over_while_the_lock_is_held(void **state)
{
	struct state *s = *state;
	struct path path = in_dir(s, "state/users/1000");
	uint8_t bytes[XS_SLOTS_SIZE];
	int fd = open(path.text, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(commit(s, alice, "b"), 0);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_holds(s, alice, "b"); /* whole, it needs no lock */
	read_file(path.text, bytes, sizeof(bytes));
	bytes[XS_SLOT_SIZE + XS_SEAL_HEADER_SIZE] ^= 1;
	write_file(path.text, bytes, sizeof(bytes));
	assert_int_equal(read_who(s, alice, NULL), XS_E_BUSY);
	assert_int_equal(flock(fd, LOCK_UN), 0);
	assert_holds(s, alice, "a"); /* torn by a power cut, then */
	close(fd);
}

static void
test_missing_marker_proves_nothing(void **state)
{
	const struct xs_identity carol = {"carol", 7};
	struct state *s = *state;
	struct xs_keyring other;
	struct path path = in_dir(s, "state/users/.store");

	assert_int_equal(read_who(s, carol, NULL), XS_E_NORECORD);
	assert_int_equal(unlink(path.text), 0);
	assert_refused(s, carol, "state/users/.store", "missing");
	assert_holds(s, alice, "a"); /* looked at for absence only */
	fill_ring(&other, 2, 7);
	s->store.keys = &other;
	assert_int_equal(s->store.ops->init(&s->store, NULL), 0);
	s->store.keys = &s->keys;
	assert_refused(s, carol, "state/users/.store", "key file lacks");
}

static int
give_back(void *context, struct xs_plain *plain, struct xs_fault *fault)
{
	(void)context, (void)plain, (void)fault;
	return 0;
}

static void
test_marker_of_a_later_kind_proves_nothing(void **state)
{
	const struct xs_identity carol = {"carol", 7};
	struct state *s = *state;
	struct xs_plain plain = text_of("xsuite-store 2\nid 00\n");
	struct xs_slots slots;

	assert_int_equal(xs_slots_first(&slots, &s->keys, &xs_env_system,
			     ".store", &plain, NULL),
	    0);
	write_file(in_dir(s, "state/users/.store").text, slots.bytes,
	    sizeof(slots.bytes));
	assert_refused(s, carol, "state/users/.store", "not a marker");
	/* Nor is anything made or moved beside it. */
	assert_int_equal(create(s, carol, "c"), XS_E_STATE);
	assert_int_equal(s->store.ops->move(
			     &s->store, &alice, &carol, give_back, NULL, NULL),
	    XS_E_STATE);
}

static void
test_empty_state_directory_refuses_everyone(void **state)
{
	struct state *s = *state;

	remove_tree(in_dir(s, "state").text);
	assert_refused(s, alice, "state", "No such file");
	assert_int_equal(mkdir(in_dir(s, "state").text, 0700), 0);
	assert_refused(s, alice, "state/users", "No such file");
	assert_int_equal(mkdir(in_dir(s, "state/users").text, 0700), 0);
	assert_refused(s, alice, "state/names", "No such file");
	assert_int_equal(mkdir(in_dir(s, "state/names").text, 0700), 0);
	assert_refused(s, alice, "state/users/.store", "missing");
}

static void
test_directories_that_others_could_change_are_refused(void **state)
{
	static const struct {
		const char *name;
		mode_t good, bad;
	} cases[] = {
	    {"state", 0755, 0775},
	    {"state", 0711, 0702},
	    {"state/users", 0700, 0750},
	    {"state/users", 0700, 0701},
	    {"state/names", 0700, 0704},
	    {"state/names", 0700, 0720},
	};
	struct state *s = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct path path = in_dir(s, cases[i].name);

		assert_int_equal(chmod(path.text, cases[i].bad), 0);
		assert_refused(s, alice, cases[i].name, "lets others in");
		assert_refused(s, bob, cases[i].name, "lets others in");
		assert_int_equal(chmod(path.text, cases[i].good), 0);
		assert_holds(s, alice, "a");
	}
}

static void
test_directories_behind_links_or_files_are_refused(void **state)
{
	static const char *const names[] = {
	    "state", "state/users", "state/names"};
	struct state *s = *state;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct path path = in_dir(s, names[i]);
		struct path aside = in_dir(s, "aside");

		assert_int_equal(rename(path.text, aside.text), 0);
		assert_int_equal(symlink(aside.text, path.text), 0);
		assert_refused(s, alice, names[i], "is a symbolic link");
		assert_int_equal(unlink(path.text), 0);
		write_file(path.text, "x", 1);
		assert_refused(s, alice, names[i], "Not a directory");
		assert_int_equal(unlink(path.text), 0);
		become_fifo(path.text);
		assert_refused(s, alice, names[i], "Not a directory");
		assert_int_equal(unlink(path.text), 0);
		assert_int_equal(rename(aside.text, path.text), 0);
	}
	assert_holds(s, alice, "a");
}

static void
test_init_refuses_what_it_did_not_make(void **state)
{
	struct state *s = *state;
	struct xs_fault fault;
	struct path host = in_dir(s, "state/host");

	assert_int_equal(chmod(host.text, 0755), 0);
	assert_int_equal(s->store.ops->init(&s->store, &fault), XS_E_STATE);
	assert_non_null(strstr(fault.text, "state/host: mode 0755"));
	assert_int_equal(rmdir(host.text), 0);
	write_file(host.text, "", 0);
	assert_int_equal(s->store.ops->init(&s->store, &fault), XS_E_STATE);
	assert_int_equal(unlink(host.text), 0);
	assert_int_equal(s->store.ops->init(&s->store, &fault), 0);
	remove_tree(in_dir(s, "state").text);
	assert_int_equal(chmod(s->dir, 0500), 0);
	if (geteuid() != 0)
		assert_int_equal(
		    s->store.ops->init(&s->store, &fault), XS_E_COMMIT);
	assert_int_equal(chmod(s->dir, 0700), 0);
	assert_int_equal(s->store.ops->init(&s->store, &fault), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_new_files_have_the_documented_shape),
	    T(test_umask_of_the_process_changes_no_mode),
	    T(test_record_survives_the_process),
	    T(test_commit_changes_one_slot_only),
	    T(test_record_that_is_no_file_is_refused_without_waiting),
	    T(test_marker_that_is_no_file_proves_nothing),
	    T(test_name_entry_that_is_no_file_is_refused),
	    T(test_link_to_a_right_record_is_refused),
	    T(test_record_that_others_could_touch_is_refused),
	    T(test_record_of_another_owner_is_refused),
	    T(test_record_of_another_size_is_refused_and_can_be_removed),
	    T(test_record_copied_to_another_uid_is_refused),
	    T(test_torn_slot_is_not_passed_over_while_the_lock_is_held),
	    T(test_missing_marker_proves_nothing),
	    T(test_marker_of_a_later_kind_proves_nothing),
	    T(test_empty_state_directory_refuses_everyone),
	    T(test_directories_that_others_could_change_are_refused),
	    T(test_directories_behind_links_or_files_are_refused),
	    T(test_init_refuses_what_it_did_not_make),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
