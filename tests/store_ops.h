/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A test that runs on every backend, and the operations of a store with
 * everything but their result asserted. Included after <cmocka.h>.
 */
#ifndef XS_TESTS_STORE_OPS_H
#define XS_TESTS_STORE_OPS_H

#include "tests/state.h"

__attribute__((unused)) static const struct xs_identity alice = {"alice", 1000};
__attribute__((unused)) static const struct xs_identity bob = {"bob", 1001};

__attribute__((unused)) static void
open_file(struct state *s)
{
	struct path path = in_dir(s, "state");

	assert_int_equal(xs_store_file_open(&s->store, path.text, &s->keys,
			     &xs_env_system, NULL),
	    0);
}

__attribute__((unused)) static void
open_memory(struct state *s)
{
	assert_int_equal(
	    xs_store_memory_open(&s->store, &s->keys, &xs_env_system), 0);
}

__attribute__((unused)) static int
setup(void **state)
{
	void (*open_store)(struct state *) =
	    *(void (**)(struct state *)) * state;
	struct state *s = calloc(1, sizeof(*s));

	make_dir(s);
	open_store(s);
	*state = s;
	return 0;
}

__attribute__((unused)) static int
teardown(void **state)
{
	struct state *s = *state;

	xs_store_close(&s->store);
	remove_tree(s->dir);
	assert_int_equal(count_fds(), s->fds);
	free(s);
	return 0;
}

/* The operations, with their store in front. */
__attribute__((unused)) static int
do_init(struct state *s)
{
	struct xs_fault fault;

	return s->store.ops->init(&s->store, &fault);
}

__attribute__((unused)) static int
do_create(struct state *s, struct xs_identity who, const char *text)
{
	struct xs_plain plain = text_of(text);
	struct xs_fault fault;

	return s->store.ops->create(&s->store, &who, &plain, &fault);
}

__attribute__((unused)) static int
do_remove(struct state *s, struct xs_identity who)
{
	struct xs_fault fault;

	return s->store.ops->remove(&s->store, &who, &fault);
}

__attribute__((unused)) static int
do_move(struct state *s, struct xs_identity from, struct xs_identity to,
    const char *text)
{
	struct xs_plain plain = text_of(text);
	struct xs_fault fault;

	return s->store.ops->move(
	    &s->store, &from, &to, rewrite_to, &plain, &fault);
}

__attribute__((unused)) static int
do_begin(struct state *s, struct xs_identity who)
{
	struct xs_plain plain;
	struct xs_fault fault;

	return s->store.ops->begin(&s->store, &who, &plain, &fault);
}

__attribute__((unused)) static int
do_commit(struct state *s, const char *text)
{
	struct xs_plain plain = text_of(text);
	struct xs_fault fault;

	return s->store.ops->commit(&s->store, &plain, &fault);
}

/* The result of a read; a failed one has to leave the output alone. */
__attribute__((unused)) static int
do_read(struct state *s, struct xs_identity who, struct xs_plain *plain)
{
	static struct xs_plain before;
	struct xs_fault fault = {""};
	int r;

	memset(plain, 0x5a, sizeof(*plain));
	before = *plain;
	r = s->store.ops->read(&s->store, &who, plain, &fault);
	if (r != 0) {
		assert_memory_equal(plain, &before, sizeof(before));
		assert_string_not_equal(fault.text, "");
	}
	return r;
}

__attribute__((unused)) static void
assert_holds(struct state *s, struct xs_identity who, const char *text)
{
	struct xs_plain plain;

	assert_int_equal(do_read(s, who, &plain), 0);
	assert_true(is_text(&plain, text));
}

__attribute__((unused)) static void
assert_reads(struct state *s, struct xs_identity who, int result)
{
	struct xs_plain plain;

	assert_int_equal(do_read(s, who, &plain), result);
}

__attribute__((unused)) static int
visit_none(void *context, const struct xs_identity *who,
    const struct xs_plain *plain, const struct xs_fault *fault)
{
	(void)context;
	(void)who;
	(void)plain;
	(void)fault;
	return 0;
}

__attribute__((unused)) static int
do_each(struct state *s, xs_store_visit *visit, void *context)
{
	struct xs_fault fault;

	return s->store.ops->each(&s->store, visit, context, &fault);
}

static void (*const file_backend)(struct state *) = open_file;
static void (*const memory_backend)(struct state *) = open_memory;

#define ON(test, backend, name)                         \
	{                                               \
		name ": " #test, test, setup, teardown, \
		    (void *)(uintptr_t)&backend         \
	}
#define ON_BOTH(test) \
	ON(test, file_backend, "file"), ON(test, memory_backend, "memory")

#endif
