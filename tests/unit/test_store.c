/* SPDX-License-Identifier: BSD-3-Clause */
/* What every store must do: one list, run on each backend. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/postgresql.h"
#include "tests/store_ops.h"

static void
test_store_never_initialised_proves_nothing(void **state)
{
	struct state *s = *state;

	assert_reads(s, alice, XS_E_STATE);
	assert_int_equal(do_begin(s, alice), XS_E_STATE);
	assert_int_equal(do_create(s, alice, "a"), XS_E_STATE);
	assert_int_equal(do_remove(s, alice), XS_E_STATE);
	assert_int_equal(do_move(s, alice, bob, "a"), XS_E_STATE);
	assert_int_equal(do_each(s, visit_none, NULL), XS_E_STATE);
}

static void
test_init_again_changes_nothing(void **state)
{
	struct state *s = *state;

	assert_int_equal(do_init(s), 0);
	assert_reads(s, alice, XS_E_NORECORD);
	assert_int_equal(do_create(s, alice, "a"), 0);
	assert_int_equal(do_init(s), 0);
	assert_holds(s, alice, "a");
}

static void
test_created_record_is_read_back(void **state)
{
	struct state *s = *state;

	assert_int_equal(do_init(s), 0);
	assert_int_equal(do_create(s, alice, "name alice\n"), 0);
	assert_holds(s, alice, "name alice\n");
	assert_reads(s, bob, XS_E_NORECORD);
}

static void
test_second_create_is_refused_and_leaves_nothing(void **state)
{
	const struct xs_identity twin = {"twin", 1000}, later = {"twin", 7};
	struct state *s = *state;

	assert_int_equal(do_init(s), 0);
	assert_int_equal(do_create(s, alice, "a"), 0);
	assert_int_equal(do_create(s, alice, "b"), XS_E_EXISTS);
	assert_int_equal(do_create(s, twin, "b"), XS_E_EXISTS);
	assert_holds(s, alice, "a");
	assert_reads(s, later, XS_E_NORECORD);
}

static void
test_commit_replaces_and_abort_does_not(void **state)
{
	struct state *s = *state;
	struct xs_plain plain;
	struct xs_fault fault;
	char text[32];

	assert_int_equal(do_init(s), 0);
	assert_int_equal(do_create(s, alice, "0"), 0);
	for (int i = 1; i < 8; i++) {
		assert_int_equal(
		    s->store.ops->begin(&s->store, &alice, &plain, &fault), 0);
		snprintf(text, sizeof(text), "%d", i - 1);
		assert_true(is_text(&plain, text));
		snprintf(text, sizeof(text), "%d", i);
		assert_int_equal(do_commit(s, text), 0);
		assert_holds(s, alice, text);
		assert_int_equal(do_begin(s, alice), 0);
		s->store.ops->abort(&s->store);
		assert_holds(s, alice, text);
	}
}

static void
test_transactions_out_of_turn_are_refused(void **state)
{
	struct state *s = *state;

	assert_int_equal(do_init(s), 0);
	assert_int_equal(do_create(s, alice, "a"), 0);
	assert_int_equal(do_commit(s, "b"), XS_E_INTERNAL);
	s->store.ops->abort(&s->store);
	assert_int_equal(do_begin(s, alice), 0);
	assert_int_equal(do_begin(s, alice), XS_E_INTERNAL);
	assert_int_equal(do_create(s, bob, "b"), XS_E_INTERNAL);
	assert_int_equal(do_remove(s, alice), XS_E_INTERNAL);
	assert_int_equal(do_move(s, alice, bob, "b"), XS_E_INTERNAL);
	assert_int_equal(do_commit(s, "c"), 0);
	assert_int_equal(do_commit(s, "d"), XS_E_INTERNAL);
	assert_holds(s, alice, "c");
}

static void
test_close_aborts_an_open_transaction(void **state)
{
	struct state *s = *state;

	assert_int_equal(do_init(s), 0);
	assert_int_equal(do_create(s, alice, "a"), 0);
	assert_int_equal(do_begin(s, alice), 0);
	/* teardown closes, and counts the descriptors */
}

static void
test_begin_without_a_record_opens_nothing(void **state)
{
	struct state *s = *state;

	assert_int_equal(do_init(s), 0);
	assert_int_equal(do_begin(s, alice), XS_E_NORECORD);
	assert_int_equal(do_commit(s, "a"), XS_E_INTERNAL);
	assert_reads(s, alice, XS_E_NORECORD);
}

static void
test_texts_of_every_length_that_fits_come_back(void **state)
{
	static const size_t lengths[] = {
	    0, 1, 447, 448, 449, 4096, XS_PLAIN_MAX - 1, XS_PLAIN_MAX};
	struct xs_plain plain = {0}, found;
	struct state *s = *state;
	struct xs_fault fault;

	assert_int_equal(do_init(s), 0);
	assert_int_equal(do_create(s, alice, "a"), 0);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		memset(plain.text, 'a' + (int)i, sizeof(plain.text));
		plain.length = lengths[i];
		assert_int_equal(do_begin(s, alice), 0);
		assert_int_equal(
		    s->store.ops->commit(&s->store, &plain, &fault), 0);
		assert_int_equal(do_read(s, alice, &found), 0);
		assert_int_equal(found.length, lengths[i]);
		assert_memory_equal(found.text, plain.text, found.length);
	}
	plain.length = XS_PLAIN_MAX + 1;
	assert_int_equal(do_begin(s, alice), 0);
	assert_int_equal(
	    s->store.ops->commit(&s->store, &plain, &fault), XS_E_COMMIT);
	assert_int_equal(do_read(s, alice, &found), 0);
	assert_int_equal(found.length, XS_PLAIN_MAX);
}

static void
test_removed_record_is_provably_gone(void **state)
{
	struct state *s = *state;

	assert_int_equal(do_init(s), 0);
	assert_int_equal(do_remove(s, alice), XS_E_NORECORD);
	assert_int_equal(do_create(s, alice, "a"), 0);
	assert_int_equal(do_create(s, bob, "b"), 0);
	assert_int_equal(do_remove(s, alice), 0);
	assert_reads(s, alice, XS_E_NORECORD);
	assert_int_equal(do_remove(s, alice), XS_E_NORECORD);
	assert_holds(s, bob, "b");
	assert_int_equal(do_create(s, alice, "c"), 0);
	assert_holds(s, alice, "c");
}

static void
test_without_the_key_nothing_opens(void **state)
{
	struct xs_keyring other;
	struct state *s = *state;

	assert_int_equal(do_init(s), 0);
	assert_int_equal(do_create(s, alice, "a"), 0);
	for (int i = 0; i < 2; i++) {
		/* An unknown id, and other bytes under the same id. */
		fill_ring(&other, i == 0 ? 2 : 1, 99);
		s->store.keys = &other;
		assert_reads(s, alice, XS_E_STATE);
		assert_reads(s, bob, XS_E_STATE);
		assert_int_equal(do_begin(s, alice), XS_E_STATE);
		assert_int_equal(do_create(s, bob, "b"), XS_E_STATE);
		assert_int_equal(do_each(s, visit_none, NULL), XS_E_STATE);
		assert_int_equal(do_init(s), XS_E_STATE);
	}
	s->store.keys = &s->keys;
	assert_holds(s, alice, "a");
	assert_reads(s, bob, XS_E_NORECORD);
}

static void
test_commit_under_a_new_key_replaces_the_old_one(void **state)
{
	struct xs_keyring both;
	struct state *s = *state;

	assert_int_equal(do_init(s), 0);
	assert_int_equal(do_create(s, alice, "a"), 0);
	assert_int_equal(do_create(s, bob, "b"), 0);
	fill_ring(&both, 2, 99);
	both.keys[both.count++] = s->keys.keys[0];
	s->store.keys = &both;
	assert_int_equal(do_begin(s, alice), 0);
	assert_int_equal(do_commit(s, "rekeyed"), 0);
	assert_holds(s, alice, "rekeyed");
	assert_holds(s, bob, "b");
	both.count = 1;
	assert_holds(s, alice, "rekeyed");
	assert_reads(s, bob, XS_E_STATE);
}

struct seen {
	size_t count;
	size_t stop_after; /* 0: never */
	uid_t uids[8];
	char first[8]; /* the first byte of each text */
};

static int
see(void *context, const struct xs_identity *who, const struct xs_plain *plain,
    const struct xs_fault *fault)
{
	struct seen *seen = context;

	assert_true(seen->count < 8);
	seen->uids[seen->count] = who->uid;
	seen->first[seen->count++] = plain != NULL ? plain->text[0] : '?';
	if (plain == NULL)
		assert_string_not_equal(fault->text, "");
	return seen->stop_after == seen->count ? 42 : 0;
}

static void
test_each_visits_in_the_order_of_the_uids(void **state)
{
	static const uid_t uids[] = {1000, 0, 4294967294u, 99, 100};
	struct seen seen = {0}, one = {.stop_after = 1};
	struct state *s = *state;

	assert_int_equal(do_init(s), 0);
	assert_int_equal(do_each(s, see, &seen), 0);
	assert_int_equal(seen.count, 0);
	for (size_t i = 0; i < 5; i++) {
		char name[2] = {(char)('a' + i), '\0'};
		struct xs_identity who = {name, uids[i]};

		assert_int_equal(do_create(s, who, name), 0);
	}
	assert_int_equal(do_each(s, see, &seen), 0);
	assert_int_equal(seen.count, 5);
	assert_memory_equal(seen.first, "bdeac", 5);
	assert_int_equal(seen.uids[4], 4294967294u);
	assert_int_equal(do_each(s, see, &one), 42);
	assert_int_equal(one.count, 1);
}

static void
test_each_shows_what_does_not_open(void **state)
{
	struct xs_keyring newer, both;
	struct seen seen = {0};
	struct state *s = *state;

	fill_ring(&newer, 2, 99);
	both = s->keys;
	both.keys[both.count++] = newer.keys[0];
	s->store.keys = &newer;
	assert_int_equal(do_init(s), 0);
	assert_int_equal(do_create(s, bob, "b"), 0);
	s->store.keys = &both;
	assert_int_equal(do_create(s, alice, "a"), 0);
	s->store.keys = &newer;
	assert_int_equal(do_each(s, see, &seen), 0);
	assert_int_equal(seen.count, 2);
	assert_memory_equal(seen.first, "?b", 2);
	s->store.keys = &s->keys; /* which lacks the marker's key */
	assert_int_equal(do_each(s, see, &seen), XS_E_STATE);
}

static int
no_random(void *context, void *buffer, size_t size)
{
	(void)context;
	(void)buffer;
	(void)size;
	return XS_E_INTERNAL;
}

static void
test_without_random_bytes_nothing_is_written(void **state)
{
	struct xs_env broken = xs_env_system;
	struct state *s = *state;

	broken.random = broken.nonce = no_random;
	s->store.env = &broken;
	assert_int_equal(do_init(s), XS_E_COMMIT);
	s->store.env = &xs_env_system;
	assert_int_equal(do_init(s), 0);
	assert_int_equal(do_create(s, alice, "a"), 0);
	s->store.env = &broken;
	assert_int_equal(do_begin(s, alice), 0);
	assert_int_equal(do_commit(s, "b"), XS_E_COMMIT);
	assert_int_equal(do_create(s, bob, "b"), XS_E_COMMIT);
	assert_holds(s, alice, "a");
	assert_reads(s, bob, XS_E_NORECORD);
}

static void
test_memory_fails_the_commit_it_was_told_to(void **state)
{
	struct state *s = *state;

	assert_int_equal(do_init(s), 0);
	assert_int_equal(do_create(s, alice, "a"), 0);
	xs_store_memory_fail(&s->store, 2);
	assert_int_equal(do_begin(s, alice), 0);
	assert_int_equal(do_commit(s, "b"), 0);
	assert_int_equal(do_begin(s, alice), 0);
	assert_int_equal(do_commit(s, "c"), XS_E_COMMIT);
	assert_holds(s, alice, "b");
	assert_int_equal(do_begin(s, alice), 0);
	assert_int_equal(do_commit(s, "d"), 0);
	assert_holds(s, alice, "d");
}

static void
test_closing_what_was_never_opened_is_harmless(void **state)
{
	struct xs_store store = {0};

	(void)state;
	xs_store_close(&store);
}

static void
test_name_has_its_record_whatever_the_uid(void **state)
{
	const struct xs_identity twin = {"twin", 1000}, away = {"alice", 7};
	struct state *s = *state;

	assert_int_equal(do_init(s), 0);
	assert_int_equal(do_create(s, alice, "a"), 0);
	assert_int_equal(do_create(s, alice, "b"), XS_E_EXISTS);
	assert_int_equal(do_create(s, away, "b"), XS_E_EXISTS);
	assert_holds(s, away, "a");
	assert_reads(s, twin, XS_E_NORECORD);
	assert_int_equal(do_create(s, twin, "t"), 0);
	assert_holds(s, alice, "a");
	assert_holds(s, twin, "t");
}

static int
see_name(void *context, const struct xs_identity *who,
    const struct xs_plain *plain, const struct xs_fault *fault)
{
	struct seen *seen = context;

	assert_non_null(plain);
	assert_string_equal(fault->text, "");
	assert_int_equal(who->uid, (uid_t)-1);
	assert_int_equal(plain->length, strlen(who->name));
	assert_memory_equal(plain->text, who->name, plain->length);
	seen->first[seen->count++] = who->name[0];
	return seen->stop_after == seen->count ? 42 : 0;
}

static void
test_each_visits_in_the_order_of_the_names(void **state)
{
	static const char *const names[] = {
	    "b", "\xc3\xa9t\xc3\xa9", "a b'c", "B", "c\\d"};
	struct seen seen = {0}, one = {.stop_after = 1};
	struct state *s = *state;

	assert_int_equal(do_init(s), 0);
	assert_int_equal(do_each(s, see_name, &seen), 0);
	assert_int_equal(seen.count, 0);
	for (size_t i = 0; i < 5; i++) {
		struct xs_identity who = {names[i], 1000};

		assert_int_equal(do_create(s, who, names[i]), 0);
	}
	assert_int_equal(do_each(s, see_name, &seen), 0);
	assert_int_equal(seen.count, 5);
	assert_memory_equal(seen.first, "Babc\xc3", 5);
	assert_int_equal(do_each(s, see_name, &one), 42);
	assert_int_equal(one.count, 1);
}

static void
test_moved_record_is_under_the_new_name_alone(void **state)
{
	const struct xs_identity carol = {"carol", 1000};
	struct state *s = *state;

	assert_int_equal(do_init(s), 0);
	assert_int_equal(do_move(s, alice, carol, "x"), XS_E_NORECORD);
	assert_int_equal(do_create(s, alice, "a"), 0);
	assert_int_equal(do_create(s, bob, "b"), 0);
	assert_int_equal(do_move(s, alice, bob, "x"), XS_E_EXISTS);
	assert_holds(s, alice, "a");
	assert_holds(s, bob, "b");
	assert_int_equal(do_move(s, alice, carol, "c"), 0);
	assert_reads(s, alice, XS_E_NORECORD);
	assert_holds(s, carol, "c");
	/* A second call ends what was begun, and rewrites nothing. */
	assert_int_equal(do_move(s, alice, carol, "d"), 0);
	assert_holds(s, carol, "c");
	assert_int_equal(do_move(s, carol, carol, "e"), 0);
	assert_holds(s, carol, "e");
}

#define POSTGRESQL(test) ON(test, postgresql_backend, "postgresql")
#define ON_ALL(test) ON_BOTH(test), POSTGRESQL(test)

static void (*const postgresql_backend)(struct state *) = open_postgresql;

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    ON_ALL(test_store_never_initialised_proves_nothing),
	    ON_ALL(test_init_again_changes_nothing),
	    ON_ALL(test_created_record_is_read_back),
	    ON_BOTH(test_second_create_is_refused_and_leaves_nothing),
	    ON_ALL(test_commit_replaces_and_abort_does_not),
	    ON_ALL(test_transactions_out_of_turn_are_refused),
	    ON_ALL(test_close_aborts_an_open_transaction),
	    ON_ALL(test_begin_without_a_record_opens_nothing),
	    ON_ALL(test_texts_of_every_length_that_fits_come_back),
	    ON_ALL(test_removed_record_is_provably_gone),
	    ON_ALL(test_without_the_key_nothing_opens),
	    ON_ALL(test_commit_under_a_new_key_replaces_the_old_one),
	    ON_BOTH(test_each_visits_in_the_order_of_the_uids),
	    ON_BOTH(test_each_shows_what_does_not_open),
	    ON_ALL(test_without_random_bytes_nothing_is_written),
	    ON(test_memory_fails_the_commit_it_was_told_to, memory_backend,
		"memory"),
	    POSTGRESQL(test_name_has_its_record_whatever_the_uid),
	    POSTGRESQL(test_each_visits_in_the_order_of_the_names),
	    POSTGRESQL(test_moved_record_is_under_the_new_name_alone),
	    cmocka_unit_test(test_closing_what_was_never_opened_is_harmless),
	};

	return cmocka_run_group_tests(tests, start_group, stop_group);
}
