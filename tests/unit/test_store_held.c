/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A login holds the record open from the prompt to the lock. Whatever became
 * of it meanwhile: what is there is what counts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/file.h>

#include "tests/file_store.h"

static void
read_and_hold(struct state *s)
{
	xs_store_file_hold(&s->store);
	assert_holds(s, alice, "a");
	assert_true(inside(s)->held.fd >= 0);
}

static int
begin(struct state *s, struct xs_identity who, struct xs_fault *fault)
{
	struct xs_plain plain;

	return s->store.ops->begin(&s->store, &who, &plain, fault);
}

/* As an administrator does it, beside the login. */
static void
beside(struct state *s, void (*act)(struct state *))
{
	struct state other = *s;

	open_store(&other);
	act(&other);
	xs_store_close(&other.store);
}

static void
test_record_that_is_held_is_locked_and_committed(void **state)
{
	struct state *s = *state;
	int fds = count_fds();

	read_and_hold(s);
	assert_int_equal(count_fds(), fds + 1);
	assert_int_equal(commit(s, alice, "b"), 0);
	assert_int_equal(count_fds(), fds);
	assert_int_equal(commit(s, alice, "c"), 0);
	assert_holds(s, alice, "c");
}

/* As without holding (test_store_file: test_torn_slot_is_not_passed_over_*). */
static void
test_record_that_is_torn_is_looked_at_under_the_lock(void **state)
{
	struct state *s = *state;
	struct path path = in_dir(s, "state/users/1000");
	uint8_t bytes[XS_SLOTS_SIZE];
	int fd = open(path.text, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(commit(s, alice, "b"), 0);
	read_file(path.text, bytes, sizeof(bytes));
	bytes[XS_SLOT_SIZE + XS_SEAL_HEADER_SIZE] ^= 1;
	write_file(path.text, bytes, sizeof(bytes));
	xs_store_file_hold(&s->store);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(read_who(s, alice, NULL), XS_E_BUSY);
	assert_int_equal(inside(s)->held.fd, -1);
	assert_int_equal(flock(fd, LOCK_UN), 0);
	assert_holds(s, alice, "a");
	close(fd);
}

static void
commit_b(struct state *s)
{
	assert_int_equal(commit(s, alice, "b"), 0);
}

static void
test_record_that_changed_meanwhile_is_loaded_anew(void **state)
{
	struct state *s = *state;
	struct xs_plain plain;

	read_and_hold(s);
	beside(s, commit_b);
	assert_int_equal(
	    s->store.ops->begin(&s->store, &alice, &plain, NULL), 0);
	assert_true(is_text(&plain, "b"));
	s->store.ops->abort(&s->store);
}

static void
remove_alice(struct state *s)
{
	assert_int_equal(s->store.ops->remove(&s->store, &alice, NULL), 0);
}

static void
replace_alice(struct state *s)
{
	remove_alice(s);
	assert_int_equal(create(s, alice, "new"), 0);
}

static void
test_record_that_was_removed_is_none(void **state)
{
	struct state *s = *state;

	read_and_hold(s);
	beside(s, remove_alice);
	assert_int_equal(begin(s, alice, NULL), XS_E_NORECORD);
	assert_int_equal(inside(s)->held.fd, -1);
}

static void
test_record_that_was_made_anew_is_the_one(void **state)
{
	struct state *s = *state;
	struct xs_plain plain;

	read_and_hold(s);
	beside(s, replace_alice);
	assert_int_equal(
	    s->store.ops->begin(&s->store, &alice, &plain, NULL), 0);
	assert_true(is_text(&plain, "new"));
	plain = text_of("newer");
	assert_int_equal(s->store.ops->commit(&s->store, &plain, NULL), 0);
	assert_holds(s, alice, "newer");
}

/* A restored state, put in the place of the one that is held. */
static void
test_record_of_a_state_that_was_moved_away_is_not_written(void **state)
{
	struct state *s = *state;
	struct path path = in_dir(s, "state"), aside = in_dir(s, "aside");
	char command[900];

	read_and_hold(s);
	assert_int_equal(rename(path.text, aside.text), 0);
	snprintf(
	    command, sizeof(command), "cp -a %s %s", aside.text, path.text);
	assert_int_equal(system(command), 0);
	assert_int_equal(commit(s, alice, "b"), 0);
	assert_holds(s, alice, "b");
	remove_tree(path.text);
	assert_int_equal(rename(aside.text, path.text), 0);
	assert_holds(s, alice, "a");
}

static void
test_record_that_is_not_ours_alone_any_more_is_refused(void **state)
{
	struct state *s = *state;
	struct path path = in_dir(s, "state/users/1000");
	struct path twin = in_dir(s, "twin");
	struct xs_fault fault = {""};

	read_and_hold(s);
	assert_int_equal(chmod(path.text, 0640), 0);
	assert_int_equal(begin(s, alice, &fault), XS_E_STATE);
	assert_non_null(strstr(fault.text, "has mode 0640"));
	assert_int_equal(chmod(path.text, 0600), 0);

	read_and_hold(s);
	assert_int_equal(link(path.text, twin.text), 0);
	assert_int_equal(begin(s, alice, &fault), XS_E_STATE);
	assert_non_null(strstr(fault.text, "more than one link"));
	assert_int_equal(unlink(twin.text), 0);

	read_and_hold(s);
	assert_int_equal(truncate(path.text, 8192), 0);
	assert_int_equal(begin(s, alice, &fault), XS_E_STATE);
	assert_non_null(strstr(fault.text, "bytes instead of"));
	assert_int_equal(inside(s)->held.fd, -1);
}

/* A number that the host gave to a file of its own is not ours to touch. */
static void
test_descriptor_that_the_host_took_is_left_alone(void **state)
{
	struct state *s = *state;
	struct path path = in_dir(s, "own");
	char bytes[8];
	int taken, own;

	write_file(path.text, "host's", 6);
	read_and_hold(s);
	taken = inside(s)->held.fd;
	close(taken);
	own = open(path.text, O_RDWR | O_CLOEXEC);
	assert_int_equal(own, taken);
	assert_int_equal(commit(s, alice, "b"), 0);
	assert_holds(s, alice, "b");
	assert_int_equal(pread(own, bytes, sizeof(bytes), 0), 6);
	assert_memory_equal(bytes, "host's", 6);
	assert_int_equal(close(own), 0);
}

static void
test_record_that_is_locked_by_another_is_busy(void **state)
{
	struct state *s = *state;
	struct state other = *s;
	struct xs_fault fault = {""};

	read_and_hold(s);
	open_store(&other);
	assert_int_equal(begin(&other, alice, NULL), 0);
	assert_int_equal(begin(s, alice, &fault), XS_E_BUSY);
	assert_non_null(strstr(fault.text, "state/users/1000: locked for"));
	xs_store_close(&other.store);
	assert_int_equal(commit(s, alice, "b"), 0);
}

static void
test_another_user_is_not_the_one_that_is_held(void **state)
{
	struct state *s = *state;

	assert_int_equal(create(s, bob, "of bob"), 0);
	read_and_hold(s);
	assert_int_equal(commit(s, bob, "of bob, too"), 0);
	assert_holds(s, alice, "a");
	assert_holds(s, bob, "of bob, too");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_record_that_is_held_is_locked_and_committed),
	    T(test_record_that_is_torn_is_looked_at_under_the_lock),
	    T(test_record_that_changed_meanwhile_is_loaded_anew),
	    T(test_record_that_was_removed_is_none),
	    T(test_record_that_was_made_anew_is_the_one),
	    T(test_record_of_a_state_that_was_moved_away_is_not_written),
	    T(test_record_that_is_not_ours_alone_any_more_is_refused),
	    T(test_descriptor_that_the_host_took_is_left_alone),
	    T(test_record_that_is_locked_by_another_is_busy),
	    T(test_another_user_is_not_the_one_that_is_held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
