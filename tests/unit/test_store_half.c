/* SPDX-License-Identifier: BSD-3-Clause */
/* What a kill leaves half done, and transactions that are open. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/file.h>
#include <sys/time.h>

#include "tests/file_store.h"

static void
test_name_made_before_a_kill_is_a_mismatch_until_mended(void **state)
{
	struct state *s = *state;
	struct xs_fault fault;

	write_file(in_dir(s, "state/names/bob").text, "", 0);
	assert_int_equal(read_who(s, bob, &fault), XS_E_MISMATCH);
	assert_non_null(strstr(fault.text, "names/bob"));
	assert_int_equal(s->store.ops->remove(&s->store, &bob, NULL), 0);
	assert_int_equal(read_who(s, bob, NULL), XS_E_NORECORD);
	write_file(in_dir(s, "state/names/bob").text, "", 0);
	assert_int_equal(create(s, bob, "b"), 0);
	assert_holds(s, bob, "b");
}

static void
test_remove_ended_half_way_is_ended_by_the_next(void **state)
{
	struct state *s = *state;

	assert_int_equal(unlink(in_dir(s, "state/users/1000").text), 0);
	assert_int_equal(read_who(s, alice, NULL), XS_E_MISMATCH);
	assert_int_equal(s->store.ops->remove(&s->store, &alice, NULL), 0);
	assert_int_equal(read_who(s, alice, NULL), XS_E_NORECORD);
	assert_int_equal(
	    s->store.ops->remove(&s->store, &alice, NULL), XS_E_NORECORD);
}

/* What move writes before its rename: the other slot, for the new uid. */
static void
reseal_for(struct state *s, const char *path, const char *old_key,
    const char *new_key, const char *text)
{
	struct xs_plain plain = text_of(text), former;
	struct xs_slots slots;
	uint8_t slot[XS_SLOT_SIZE];

	read_file(path, slots.bytes, sizeof(slots.bytes));
	assert_int_equal(
	    xs_slots_open(&slots, &s->keys, old_key, &former, NULL), 0);
	assert_int_equal(xs_slots_next(&slots, &s->keys, &xs_env_system,
			     new_key, &plain, slot, NULL),
	    0);
	memcpy(slots.bytes + (1 - slots.current) * XS_SLOT_SIZE, slot,
	    sizeof(slot));
	write_file(path, slots.bytes, sizeof(slots.bytes));
}

static void
test_move_ended_half_way_is_ended_by_the_next(void **state)
{
	const struct xs_identity to = {"alicia", 2000};
	const struct xs_identity gone = {"alice", 9};
	struct state *s = *state;
	struct xs_plain plain = text_of("new");
	struct path old = in_dir(s, "state/users/1000");
	struct path new = in_dir(s, "state/users/2000");

	for (int commits = 0; commits < 3; commits++) {
		for (int step = 0; step < 4; step++) {
			write_file(in_dir(s, "state/names/alicia").text, "", 0);
			if (step >= 1)
				reseal_for(s, old.text, "1000", "2000", "new");
			if (step <= 1)
				assert_holds(
				    s, alice, commits == 0 ? "a" : "next");
			if (step == 2) /* a login meanwhile undoes it */
				assert_int_equal(commit(s, alice, "b"), 0);
			if (step == 3) {
				assert_int_equal(rename(old.text, new.text), 0);
				assert_holds(s, to, "new");
			}
			assert_int_equal(s->store.ops->move(&s->store, &alice,
					     &to, rewrite_to, &plain, NULL),
			    0);
			assert_holds(s, to, "new");
			assert_int_equal(
			    read_who(s, gone, NULL), XS_E_NORECORD);
			assert_int_equal(
			    s->store.ops->remove(&s->store, &to, NULL), 0);
			assert_int_equal(create(s, alice, "a"), 0);
			for (int i = 0; i < commits; i++)
				assert_int_equal(commit(s, alice, "next"), 0);
		}
		assert_int_equal(commit(s, alice, "next"), 0);
	}
}

/* Those that were open before the test are not ours to judge. */
static unsigned
count_kept_over_exec(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 1024; fd++) {
		int flags = fcntl(fd, F_GETFD);

		n += flags >= 0 && (flags & FD_CLOEXEC) == 0;
	}
	return n;
}

static int
count_in_visit(void *context, const struct xs_identity *who,
    const struct xs_plain *plain, const struct xs_fault *fault)
{
	(void)who;
	(void)plain;
	(void)fault;
	*(unsigned *)context = count_kept_over_exec();
	return 0;
}

static void
test_no_descriptor_survives_exec(void **state)
{
	struct state *s = *state;
	unsigned before = count_kept_over_exec(), during = 0;
	struct xs_plain plain;

	assert_int_equal(
	    s->store.ops->begin(&s->store, &alice, &plain, NULL), 0);
	assert_true(count_fds() > s->fds);
	assert_int_equal(count_kept_over_exec(), before);
	s->store.ops->abort(&s->store);
	assert_int_equal(
	    s->store.ops->each(&s->store, count_in_visit, &during, NULL), 0);
	assert_int_equal(during, before);
}

struct holder {
	struct path path;
	int told[2], go[2];
};

static int
hold_lock(void *argument)
{
	struct holder *holder = argument;
	int fd = open(holder->path.text, O_RDONLY);
	char c = 'x';

	CHILD_CHECK(flock(fd, LOCK_EX) == 0);
	CHILD_CHECK(write(holder->told[1], &c, 1) == 1);
	CHILD_CHECK(read(holder->go[0], &c, 1) == 1);
	return 0;
}

static void
test_lock_of_another_process_is_busy_and_names_it(void **state)
{
	struct state *s = *state;
	struct holder holder = {in_dir(s, "state/users/1000"), {0}, {0}};
	struct xs_fault fault = {""};
	struct xs_plain plain;
	char expected[64], c = 'x';
	pid_t pid;

	assert_int_equal(inside(s)->lock_timeout_ms, 20);
	assert_int_equal(pipe(holder.told), 0);
	assert_int_equal(pipe(holder.go), 0);
	pid = start_child(hold_lock, &holder);
	assert_int_equal(read(holder.told[0], &c, 1), 1);
	assert_int_equal(
	    s->store.ops->begin(&s->store, &alice, &plain, &fault), XS_E_BUSY);
	snprintf(expected, sizeof(expected), "by pid %d, uid %u", (int)pid,
	    (unsigned)getuid());
	assert_non_null(strstr(fault.text, expected));
	assert_non_null(strstr(fault.text, holder.path.text));
	assert_int_equal(
	    s->store.ops->remove(&s->store, &alice, &fault), XS_E_BUSY);
	assert_int_equal(s->store.ops->move(&s->store, &alice, &bob, rewrite_to,
			     &plain, &fault),
	    XS_E_BUSY);
	assert_holds(s, alice, "a"); /* reading takes no lock */
	assert_int_equal(read_who(s, bob, NULL), XS_E_NORECORD);
	assert_int_equal(write(holder.go[1], &c, 1), 1);
	assert_int_equal(wait_for(pid), 0);
	assert_int_equal(commit(s, alice, "b"), 0);
	for (int i = 0; i < 2; i++) {
		close(holder.told[i]);
		close(holder.go[i]);
	}
}

/* Holds the lock of a file that looks damaged, then mends it. */
static int
damage_and_mend(void *argument)
{
	struct holder *holder = argument;
	int fd = open(holder->path.text, O_RDWR);
	uint8_t former[64], zeros[64] = {0};
	char c = 'x';

	CHILD_CHECK(flock(fd, LOCK_EX) == 0);
	CHILD_CHECK(pread(fd, former, 64, 0) == 64);
	CHILD_CHECK(pwrite(fd, zeros, 64, 0) == 64);
	CHILD_CHECK(write(holder->told[1], &c, 1) == 1);
	CHILD_CHECK(read(holder->go[0], &c, 1) == 1);
	CHILD_CHECK(pwrite(fd, former, 64, 0) == 64);
	return 0;
}

static int go_pipe = -1;

static void
say_go(int signal)
{
	(void)signal;
	(void)!write(go_pipe, "x", 1);
}

static void
test_reader_waits_for_the_lock_before_it_refuses(void **state)
{
	const struct itimerval soon = {.it_value = {0, 50000}};
	struct sigaction action = {.sa_handler = say_go}, former;
	struct state *s = *state;
	struct holder holder = {in_dir(s, "state/users/1000"), {0}, {0}};
	pid_t pid;
	char c;

	inside(s)->lock_timeout_ms = 20000;
	assert_int_equal(pipe(holder.told), 0);
	assert_int_equal(pipe(holder.go), 0);
	pid = start_child(damage_and_mend, &holder);
	assert_int_equal(read(holder.told[0], &c, 1), 1);
	go_pipe = holder.go[1];
	sigaction(SIGALRM, &action, &former);
	setitimer(ITIMER_REAL, &soon, NULL);
	assert_holds(s, alice, "a");
	sigaction(SIGALRM, &former, NULL);
	assert_int_equal(wait_for(pid), 0);
	for (int i = 0; i < 2; i++) {
		close(holder.told[i]);
		close(holder.go[i]);
	}
}

static void
test_default_wait_for_a_lock_is_five_seconds(void **state)
{
	struct state *s = *state;
	struct xs_store store;

	assert_int_equal(
	    xs_store_file_open(&store, s->dir, &s->keys, &xs_env_system, NULL),
	    0);
	assert_int_equal(
	    ((struct xs_store_file *)store.private)->lock_timeout_ms, 5000);
	xs_store_close(&store);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_name_made_before_a_kill_is_a_mismatch_until_mended),
	    T(test_remove_ended_half_way_is_ended_by_the_next),
	    T(test_move_ended_half_way_is_ended_by_the_next),
	    T(test_no_descriptor_survives_exec),
	    T(test_lock_of_another_process_is_busy_and_names_it),
	    T(test_reader_waits_for_the_lock_before_it_refuses),
	    T(test_default_wait_for_a_lock_is_five_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
