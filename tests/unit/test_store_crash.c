/* SPDX-License-Identifier: BSD-3-Clause */
/* Many processes, killed processes, full and read-only disks, limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include "tests/file_store.h"

#define KILLS 200
#define WRITERS 16
#define INCREMENTS 50
#define PATIENCE_MS 120000 /* on a busy machine */

static unsigned
number_in(const struct xs_plain *plain)
{
	char text[16] = "";
	unsigned n = 0;

	memcpy(text, plain->text, plain->length < 15 ? plain->length : 15);
	return sscanf(text, "%u", &n) == 1 ? n : 0;
}

static unsigned
read_number(struct state *s)
{
	struct xs_plain plain;

	assert_int_equal(
	    s->store.ops->read(&s->store, &alice, &plain, NULL), 0);
	return number_in(&plain);
}

/* One more than what is there, of a length that changes. */
static int
increment(struct state *s, unsigned *result)
{
	struct xs_plain plain;
	char text[16];
	int r = s->store.ops->begin(&s->store, &alice, &plain, NULL);

	if (r != 0)
		return r;
	*result = number_in(&plain) + 1;
	snprintf(text, sizeof(text), "%u", *result);
	memset(plain.text, ' ', sizeof(plain.text));
	memcpy(plain.text, text, strlen(text));
	plain.length = *result % 2 == 0 ? 16 : 5000;
	return s->store.ops->commit(&s->store, &plain, NULL);
}

/* Shared with a child that is killed: what it was told is durable. */
struct progress {
	volatile unsigned told;
};

struct writer {
	struct state *state;
	struct progress *progress;
};

static int
write_for_ever(void *argument)
{
	struct writer *writer = argument;
	unsigned n;

	for (;;) {
		CHILD_CHECK(increment(writer->state, &n) == 0);
		writer->progress->told = n;
	}
}

static struct progress *
new_progress(void)
{
	struct progress *progress = mmap(NULL, sizeof(*progress),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(progress, MAP_FAILED);
	return progress;
}

/* Starts the child and kills it somewhere after a few of its rounds. */
static void
kill_at_random(int (*body)(void *), struct writer *writer, unsigned *seed)
{
	unsigned goal = writer->progress->told + rand_r(seed) % 4;
	unsigned spin = rand_r(seed) % 100000;
	pid_t pid = start_child(body, writer);

	while (writer->progress->told < goal)
		sched_yield();
	for (volatile unsigned i = 0; i < spin; i++)
		;
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(wait_for(pid), SIGKILL);
}

static uint64_t
generation_of(struct state *s)
{
	struct xs_plain plain;
	struct xs_slots slots;

	read_file(in_dir(s, "state/users/1000").text, slots.bytes,
	    sizeof(slots.bytes));
	assert_int_equal(
	    xs_slots_open(&slots, &s->keys, "1000", &plain, NULL), 0);
	return slots.generation;
}

static void
test_killed_writer_leaves_a_record(void **state)
{
	struct state *s = *state;
	struct progress *progress = new_progress();
	struct writer writer = {s, progress};
	uint64_t generation = 0, now;
	unsigned seed = 7, n;

	alarm(300);
	for (int i = 0; i < KILLS; i++) {
		kill_at_random(write_for_ever, &writer, &seed);
		n = read_number(s);
		assert_true(n >= progress->told);
		assert_true(n <= progress->told + 1);
		now = generation_of(s);
		assert_true(now >= generation);
		generation = now;
		/* Its lock died with it. */
		assert_int_equal(increment(s, &n), 0);
		progress->told = n;
	}
	munmap(progress, sizeof(*progress));
}

static int
increment_often(void *argument)
{
	struct state *s = argument;
	unsigned n;

	inside(s)->lock_timeout_ms = PATIENCE_MS;
	for (int i = 0; i < INCREMENTS; i++)
		CHILD_CHECK(increment(s, &n) == 0);
	return 0;
}

static void
test_many_writers_lose_no_update(void **state)
{
	struct state *s = *state;
	pid_t pids[WRITERS];

	alarm(300);
	for (int i = 0; i < WRITERS; i++)
		pids[i] = start_child(increment_often, s);
	for (int i = 0; i < WRITERS; i++)
		assert_int_equal(wait_for(pids[i]), 0);
	assert_int_equal(read_number(s), WRITERS * INCREMENTS);
}

/* Creates, changes, removes and reads in turn, whatever others do. */
static int
come_and_go(void *argument)
{
	struct state *s = argument;
	unsigned seed = (unsigned)getpid(), n;
	struct xs_fault fault;
	int r;

	inside(s)->lock_timeout_ms = PATIENCE_MS;
	for (int i = 0; i < 60; i++) {
		struct xs_plain plain = text_of("1");

		switch (rand_r(&seed) % 5) {
		case 0:
			r = s->store.ops->create(
			    &s->store, &alice, &plain, &fault);
			CHILD_CHECK(r == 0 || r == XS_E_EXISTS);
			break;
		case 1:
			r = s->store.ops->remove(&s->store, &alice, &fault);
			CHILD_CHECK(r == 0 || r == XS_E_NORECORD);
			break;
		case 2:
			r = increment(s, &n);
			CHILD_CHECK(r == 0 || r == XS_E_NORECORD);
			break;
		default:
			r = s->store.ops->read(
			    &s->store, &alice, &plain, &fault);
			if (r != 0 && r != XS_E_NORECORD)
				fprintf(stderr, "%s\n", fault.text);
			CHILD_CHECK(r == 0 || r == XS_E_NORECORD);
			break;
		}
	}
	return 0;
}

static void
test_create_and_remove_at_once_never_look_like_damage(void **state)
{
	struct state *s = *state;
	pid_t pids[8];

	alarm(300);
	for (int i = 0; i < 8; i++)
		pids[i] = start_child(come_and_go, s);
	for (int i = 0; i < 8; i++)
		assert_int_equal(wait_for(pids[i]), 0);
	(void)s->store.ops->remove(&s->store, &alice, NULL);
	assert_int_equal(read_who(s, alice, NULL), XS_E_NORECORD);
	assert_int_equal(access(in_dir(s, "state/names/alice").text, F_OK), -1);
}

static int
change_and_change_back(void *argument)
{
	const struct xs_identity moved = {"alicia", 2000};
	struct writer *writer = argument;
	struct state *s = writer->state;
	struct xs_plain plain = text_of("x");

	for (;;) {
		CHILD_CHECK(s->store.ops->move(&s->store, &alice, &moved,
				rewrite_to, &plain, NULL) == 0);
		writer->progress->told++;
		CHILD_CHECK(s->store.ops->move(&s->store, &moved, &alice,
				rewrite_to, &plain, NULL) == 0);
		writer->progress->told++;
	}
}

static void
test_killed_move_loses_nothing_and_is_ended_by_the_next(void **state)
{
	const struct xs_identity moved = {"alicia", 2000};
	const struct xs_identity names[] = {{"alice", 9}, {"alicia", 9}};
	struct state *s = *state;
	struct xs_plain plain = text_of("x");
	struct writer writer = {s, new_progress()};
	unsigned seed = 3;

	alarm(300);
	for (int i = 0; i < 100; i++) {
		bool there;

		kill_at_random(change_and_change_back, &writer, &seed);
		there = access(in_dir(s, "state/users/1000").text, F_OK) == 0;
		assert_int_equal(read_who(s, there ? alice : moved, NULL), 0);
		assert_int_equal(there ? s->store.ops->move(&s->store, &alice,
					     &moved, rewrite_to, &plain, NULL)
				       : 0,
		    0);
		assert_int_equal(s->store.ops->move(&s->store, &moved, &alice,
				     rewrite_to, &plain, NULL),
		    0);
		assert_holds(s, alice, "x");
		assert_int_equal(read_who(s, names[0], NULL), XS_E_MISMATCH);
		assert_int_equal(read_who(s, names[1], NULL), XS_E_NORECORD);
	}
	munmap(writer.progress, sizeof(*writer.progress));
}

/* In a mount namespace of its own, so that the host sees nothing. */
static void
own_mounts(void)
{
	CHILD_CHECK(unshare(CLONE_NEWNS) == 0);
	CHILD_CHECK(mount(NULL, "/", "none", MS_REC | MS_PRIVATE, NULL) == 0);
}

static void
need_root(void)
{
	if (geteuid() != 0) {
		print_message("needs root\n");
		skip();
	}
}

static void
fill_disk(const char *path)
{
	static const char zeros[4096];
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	while (write(fd, zeros, sizeof(zeros)) > 0)
		;
	while (write(fd, zeros, 1) > 0)
		;
	close(fd);
}

static unsigned
count_entries(const char *path)
{
	DIR *dir = opendir(path);
	unsigned n = 0;

	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

static int
use_full_disk(void *argument)
{
	struct state *s = argument;
	struct xs_fault fault;
	struct xs_plain plain = text_of("b");
	unsigned n = 0, users, names;

	own_mounts();
	CHILD_CHECK(mount("xs", s->dir, "tmpfs", 0, "size=256k,mode=700") == 0);
	CHILD_CHECK(s->store.ops->init(&s->store, NULL) == 0);
	CHILD_CHECK(create(s, alice, "1") == 0);
	fill_disk(in_dir(s, "fill").text);
	users = count_entries(in_dir(s, "state/users").text);
	names = count_entries(in_dir(s, "state/names").text);
	CHILD_CHECK(s->store.ops->create(&s->store, &bob, &plain, &fault) ==
	    XS_E_COMMIT);
	CHILD_CHECK(strstr(fault.text, "No space left") != NULL);
	CHILD_CHECK(count_entries(in_dir(s, "state/users").text) == users);
	CHILD_CHECK(count_entries(in_dir(s, "state/names").text) == names);
	CHILD_CHECK(read_who(s, bob, NULL) == XS_E_NORECORD);
	for (unsigned i = 2; i < 20; i++)
		CHILD_CHECK(increment(s, &n) == 0 && n == i);
	CHILD_CHECK(read_number(s) == 19);
	CHILD_CHECK(count_fds() == s->fds);
	return 0;
}

static void
test_full_disk_fails_creation_cleanly_and_no_commit(void **state)
{
	need_root();
	assert_int_equal(run_child(use_full_disk, *state), 0);
}

static int
use_read_only_disk(void *argument)
{
	struct state *s = argument;
	struct path path = in_dir(s, "state");
	struct xs_plain plain;
	struct xs_fault fault;

	own_mounts();
	CHILD_CHECK(mount(path.text, path.text, "none", MS_BIND, NULL) == 0);
	CHILD_CHECK(mount(NULL, path.text, "none",
			MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) == 0);
	CHILD_CHECK(read_who(s, alice, NULL) == 0);
	CHILD_CHECK(read_who(s, bob, NULL) == XS_E_NORECORD);
	CHILD_CHECK(s->store.ops->begin(&s->store, &alice, &plain, &fault) ==
	    XS_E_STATE);
	CHILD_CHECK(strstr(fault.text, "Read-only") != NULL);
	CHILD_CHECK(create(s, bob, "b") < 0);
	CHILD_CHECK(s->store.ops->remove(&s->store, &alice, NULL) < 0);
	CHILD_CHECK(s->store.ops->init(&s->store, NULL) == 0);
	CHILD_CHECK(read_who(s, alice, NULL) == 0);
	CHILD_CHECK(count_fds() == s->fds);
	return 0;
}

static void
test_read_only_disk_reads_and_refuses_to_begin(void **state)
{
	need_root();
	assert_int_equal(run_child(use_read_only_disk, *state), 0);
}

struct limited {
	struct state *state;
	rlim_t limit;
};

/* As "ulimit -f 0; su alice" does it, SIGXFSZ left to its default. */
static int
commit_beyond_limit(void *argument)
{
	struct limited *limited = argument;
	struct state *s = limited->state;
	const struct rlimit limit = {limited->limit, RLIM_INFINITY};
	const struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY};
	uint8_t before[XS_SLOTS_SIZE], after[XS_SLOTS_SIZE];
	struct path path = in_dir(s, "state/users/1000");
	struct xs_fault fault;
	struct xs_plain plain;
	sigset_t mask;

	signal(SIGXFSZ, SIG_DFL);
	read_file(path.text, before, sizeof(before));
	CHILD_CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	CHILD_CHECK(
	    s->store.ops->begin(&s->store, &alice, &plain, &fault) == 0);
	plain = text_of("never");
	CHILD_CHECK(
	    s->store.ops->commit(&s->store, &plain, &fault) == XS_E_COMMIT);
	CHILD_CHECK(strstr(fault.text, path.text) != NULL);
	CHILD_CHECK(create(s, bob, "b") == XS_E_COMMIT);
	CHILD_CHECK(sigprocmask(SIG_SETMASK, NULL, &mask) == 0);
	CHILD_CHECK(sigisemptyset(&mask));
	CHILD_CHECK(sigpending(&mask) == 0 && sigisemptyset(&mask));
	CHILD_CHECK(setrlimit(RLIMIT_FSIZE, &none) == 0);
	CHILD_CHECK(read_who(s, bob, NULL) == XS_E_NORECORD);
	read_file(path.text, after, sizeof(after));
	CHILD_CHECK(memcmp(before, after, sizeof(before)) == 0);
	CHILD_CHECK(count_fds() == s->fds);
	return 0;
}

static void
test_limit_on_file_size_refuses_and_harms_nobody(void **state)
{
	/* The slot to be written is the second: from 8192 to 16384. */
	static const rlim_t limits[] = {0, 1, 8192, 8193, 12288, 16383};
	struct limited limited = {.state = *state};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		limited.limit = limits[i];
		assert_int_equal(run_child(commit_beyond_limit, &limited), 0);
		assert_holds(*state, alice, "a");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_killed_writer_leaves_a_record),
	    T(test_many_writers_lose_no_update),
	    T(test_create_and_remove_at_once_never_look_like_damage),
	    T(test_killed_move_loses_nothing_and_is_ended_by_the_next),
	    T(test_full_disk_fails_creation_cleanly_and_no_commit),
	    T(test_read_only_disk_reads_and_refuses_to_begin),
	    T(test_limit_on_file_size_refuses_and_harms_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
