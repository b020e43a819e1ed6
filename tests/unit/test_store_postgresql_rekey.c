/* SPDX-License-Identifier: BSD-3-Clause */
/* A new host key, while other hosts still have the former one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/postgresql.h"
#include "tests/store_ops.h"

static void (*const postgresql_backend)(struct state *) = open_postgresql;

static const struct xs_identity carol = {"carol", 1002};

/* The three states of a key file: one key; a second behind it; turned. */
struct rings {
	struct xs_keyring old, prepared, turned, new;
};

static struct rings
make_rings(const struct state *s)
{
	struct rings rings = {.old = s->keys};

	fill_ring(&rings.new, 2, 99);
	rings.prepared = rings.old;
	rings.prepared.keys[rings.prepared.count++] = rings.new.keys[0];
	rings.turned = rings.new;
	rings.turned.keys[rings.turned.count++] = rings.old.keys[0];
	return rings;
}

struct told {
	struct xs_resealing job;
	unsigned settled;
	char last[32];
};

static void
tell(void *context, const struct xs_identity *who, const struct xs_fault *fault)
{
	struct told *told = context;

	assert_string_not_equal(fault->text, "");
	snprintf(told->last, sizeof(told->last), "%s", who->name);
}

static int
settle(void *context, struct xs_fault *fault)
{
	struct told *told = context;

	(void)fault;
	told->settled++;
	return 0;
}

static int
reseal(struct state *s, const struct xs_keyring *ring, struct told *told)
{
	struct xs_fault fault;

	*told = (struct told){
	    .job = {.tell = tell, .settled = settle, .context = told}};
	s->store.keys = ring;
	return s->store.ops->reseal(&s->store, &told->job, &fault);
}

static int
commit_with(struct state *s, const struct xs_keyring *ring,
    struct xs_identity who, const char *text)
{
	int r;

	s->store.keys = ring;
	r = do_begin(s, who);
	return r != 0 ? r : do_commit(s, text);
}

/* More than a page of them. */
static void
make_many(struct state *s)
{
	assert_int_equal(do_init(s), 0);
	for (int i = 0; i < 450; i++) {
		char name[16];
		const struct xs_identity who = {name, 1};

		snprintf(name, sizeof(name), "user%03d", i);
		assert_int_equal(do_create(s, who, name), 0);
	}
}

static void
test_reseal_leaves_nothing_that_needs_the_old_key(void **state)
{
	struct state *s = *state;
	struct rings rings = make_rings(s);
	struct told told;

	make_many(s);
	assert_int_equal(reseal(s, &rings.turned, &told), 0);
	assert_int_equal(told.job.resealed, 450);
	assert_int_equal(told.job.left, 0);
	assert_int_equal(told.settled, 1);
	s->store.keys = &rings.new;
	assert_holds(s, (struct xs_identity){"user000", 1}, "user000");
	assert_holds(s, (struct xs_identity){"user449", 1}, "user449");
	assert_reads(s, alice, XS_E_NORECORD);
	assert_int_equal(do_each(s, visit_none, NULL), 0);
	/* Again: nothing is written. */
	assert_int_equal(reseal(s, &rings.new, &told), 0);
	assert_int_equal(told.job.resealed, 0);
	assert_string_equal(sql("SELECT max(version) FROM xsuite.record"), "2");
}

static void
test_reseal_tells_what_it_could_not_do(void **state)
{
	struct state *s = *state;
	struct rings rings = make_rings(s);
	struct told told;

	assert_int_equal(do_init(s), 0);
	assert_int_equal(do_create(s, alice, "a"), 0);
	assert_int_equal(do_create(s, bob, "b"), 0);
	sql("UPDATE xsuite.record SET record = set_byte(record, 65, 0)"
	    " WHERE name = 'alice'");
	assert_int_equal(reseal(s, &rings.turned, &told), XS_E_STATE);
	assert_int_equal(told.job.resealed, 1);
	assert_int_equal(told.job.left, 1);
	assert_int_equal(told.settled, 0);
	assert_string_equal(told.last, "alice");
	s->store.keys = &rings.new;
	assert_holds(s, bob, "b");
}

/* Its own file still has the old key first, and the new one behind it. */
static void
test_host_that_lags_behind_puts_no_row_back(void **state)
{
	struct state *s = *state;
	struct rings rings = make_rings(s);
	struct told told;

	assert_int_equal(do_init(s), 0);
	assert_int_equal(do_create(s, alice, "a"), 0);
	assert_int_equal(reseal(s, &rings.turned, &told), 0);
	assert_int_equal(commit_with(s, &rings.prepared, alice, "a2"), 0);
	assert_int_equal(do_create(s, bob, "b"), 0);
	assert_int_equal(do_move(s, alice, carol, "c"), 0);
	s->store.keys = &rings.new;
	assert_holds(s, carol, "c");
	assert_holds(s, bob, "b");
	/* One that has not heard of the new key opens nothing of it. */
	assert_int_equal(commit_with(s, &rings.old, carol, "x"), XS_E_STATE);
	assert_int_equal(do_create(s, alice, "x"), XS_E_STATE);
	s->store.keys = &rings.new;
	assert_holds(s, carol, "c");
}

/* What is under a later key than ours is not done, whoever says so. */
static void
test_reseal_with_a_former_key_settles_nothing(void **state)
{
	struct state *s = *state;
	struct rings rings = make_rings(s);
	struct told told;

	assert_int_equal(do_init(s), 0);
	assert_int_equal(do_create(s, alice, "a"), 0);
	assert_int_equal(reseal(s, &rings.turned, &told), 0);
	assert_int_equal(reseal(s, &rings.prepared, &told), XS_E_STATE);
	assert_int_equal(told.settled, 0);
	assert_int_equal(told.job.left, 1);
	s->store.keys = &rings.new;
	assert_holds(s, alice, "a");
}

/* Its absence was looked at with the former marker; it adds nothing then. */
static void
test_record_is_added_under_the_marker_that_was_seen(void **state)
{
	struct state *s = *state;

	assert_int_equal(do_init(s), 0);
	assert_string_equal(
	    sql("SELECT count(*) FROM xsuite.add('x', '', 2)"), "0");
	assert_string_equal(
	    sql("SELECT count(*) FROM xsuite.add('x', '', 1)"), "1");
	assert_string_equal(
	    sql("SELECT count(*) FROM xsuite.add('x', '', 1)"), "0");
}

#define P(test) ON(test, postgresql_backend, "postgresql")

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    P(test_reseal_leaves_nothing_that_needs_the_old_key),
	    P(test_reseal_tells_what_it_could_not_do),
	    P(test_host_that_lags_behind_puts_no_row_back),
	    P(test_reseal_with_a_former_key_settles_nothing),
	    P(test_record_is_added_under_the_marker_that_was_seen),
	};

	return cmocka_run_group_tests(tests, start_group, stop_group);
}
