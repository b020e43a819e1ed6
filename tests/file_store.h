/* SPDX-License-Identifier: BSD-3-Clause */
/* A file store with a record of alice in it. Included after <cmocka.h>. */
#ifndef XS_TESTS_FILE_STORE_H
#define XS_TESTS_FILE_STORE_H

#include "store_file.h"
#include "tests/state.h"

__attribute__((unused)) static const struct xs_identity alice = {"alice", 1000};
__attribute__((unused)) static const struct xs_identity bob = {"bob", 1001};

__attribute__((unused)) static struct xs_store_file *
inside(struct state *s)
{
	return s->store.private;
}

__attribute__((unused)) static void
open_store(struct state *s)
{
	struct path path = in_dir(s, "state//");

	assert_int_equal(xs_store_file_open(&s->store, path.text, &s->keys,
			     &xs_env_system, NULL),
	    0);
	inside(s)->lock_timeout_ms = 20;
}

__attribute__((unused)) static int
create(struct state *s, struct xs_identity who, const char *text)
{
	struct xs_plain plain = text_of(text);

	return s->store.ops->create(&s->store, &who, &plain, NULL);
}

__attribute__((unused)) static int
setup(void **state)
{
	struct state *s = calloc(1, sizeof(*s));

	make_dir(s);
	open_store(s);
	assert_int_equal(s->store.ops->init(&s->store, NULL), 0);
	assert_int_equal(create(s, alice, "a"), 0);
	alarm(60); /* a FIFO would be waited for without end */
	*state = s;
	return 0;
}

__attribute__((unused)) static int
teardown(void **state)
{
	struct state *s = *state;

	alarm(0);
	xs_store_close(&s->store);
	remove_tree(s->dir);
	assert_int_equal(count_fds(), s->fds);
	free(s);
	return 0;
}

__attribute__((unused)) static int
commit(struct state *s, struct xs_identity who, const char *text)
{
	struct xs_plain plain;
	int r = s->store.ops->begin(&s->store, &who, &plain, NULL);

	if (r != 0)
		return r;
	plain = text_of(text);
	return s->store.ops->commit(&s->store, &plain, NULL);
}

__attribute__((unused)) static int
read_who(struct state *s, struct xs_identity who, struct xs_fault *fault)
{
	struct xs_plain plain;

	return s->store.ops->read(&s->store, &who, &plain, fault);
}

__attribute__((unused)) static void
assert_holds(struct state *s, struct xs_identity who, const char *text)
{
	struct xs_plain plain;

	assert_int_equal(s->store.ops->read(&s->store, &who, &plain, NULL), 0);
	assert_true(is_text(&plain, text));
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

#endif
