/* SPDX-License-Identifier: BSD-3-Clause */
/* Names, and records that change theirs: on each backend. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/store_ops.h"

static void
test_name_without_its_record_is_a_mismatch(void **state)
{
	const struct xs_identity changed = {"alice", 2000};
	struct state *s = *state;

	assert_int_equal(do_init(s), 0);
	assert_int_equal(do_create(s, alice, "a"), 0);
	assert_reads(s, changed, XS_E_MISMATCH);
	assert_int_equal(do_begin(s, changed), XS_E_MISMATCH);
	assert_int_equal(do_remove(s, changed), 0);
	assert_reads(s, changed, XS_E_NORECORD);
	assert_holds(s, alice, "a");
}

static void
test_create_takes_over_a_name_left_alone(void **state)
{
	const struct xs_identity changed = {"alice", 2000};
	struct state *s = *state;

	assert_int_equal(do_init(s), 0);
	assert_int_equal(do_create(s, alice, "a"), 0);
	assert_int_equal(do_create(s, changed, "b"), 0);
	assert_holds(s, changed, "b");
}

static void
test_strange_names_are_names_like_others(void **state)
{
	static const char *const names[] = {".", "..", ".store", "a/b",
	    "../users/1", "a%2Fb", "a b", "A", "a", "\xc3\xbc", "a.b", "-rf",
	    "a\nb", "DOMAIN\\user", "user@example.org", "$x"};
	const size_t count = sizeof(names) / sizeof(names[0]);
	struct state *s = *state;
	char text[16];

	assert_int_equal(do_init(s), 0);
	for (size_t i = 0; i < count; i++) {
		struct xs_identity who = {names[i], (uid_t)(3000 + i)};
		struct xs_identity other = {names[i], 9};

		snprintf(text, sizeof(text), "%zu", i);
		assert_reads(s, other, XS_E_NORECORD);
		assert_int_equal(do_create(s, who, text), 0);
		assert_reads(s, other, XS_E_MISMATCH);
	}
	for (size_t i = 0; i < count; i++) {
		struct xs_identity who = {names[i], (uid_t)(3000 + i)};

		snprintf(text, sizeof(text), "%zu", i);
		assert_holds(s, who, text);
		assert_int_equal(do_remove(s, who), 0);
		assert_reads(s, who, XS_E_NORECORD);
	}
}

static void
test_name_too_long_for_a_file_is_invalid(void **state)
{
	char fits[256], longer[257], encoded[87];
	struct xs_identity who = {fits, 5};
	struct state *s = *state;

	memset(fits, 'x', sizeof(fits));
	fits[255] = '\0';
	memset(longer, 'x', sizeof(longer));
	longer[256] = '\0';
	memset(encoded, '/', sizeof(encoded)); /* 86 of them take 258 bytes */
	encoded[86] = '\0';
	assert_int_equal(do_init(s), 0);
	assert_int_equal(do_create(s, who, "a"), 0);
	assert_holds(s, who, "a");
	for (int i = 0; i < 3; i++) {
		struct xs_identity too_long = {i == 0 ? longer
			: i == 1                      ? encoded
						      : "",
		    6};

		assert_int_equal(do_create(s, too_long, "a"), XS_E_INVALID);
		assert_int_equal(do_move(s, who, too_long, "a"), XS_E_INVALID);
		assert_reads(s, too_long, XS_E_NORECORD);
		assert_int_equal(do_remove(s, too_long), XS_E_NORECORD);
	}
	assert_holds(s, who, "a");
}

static void
test_uid_that_means_nobody_is_invalid(void **state)
{
	const struct xs_identity nobody = {"x", (uid_t)-1};
	struct state *s = *state;

	assert_int_equal(do_init(s), 0);
	assert_int_equal(do_create(s, alice, "a"), 0);
	assert_int_equal(do_create(s, nobody, "a"), XS_E_INVALID);
	assert_int_equal(do_move(s, alice, nobody, "a"), XS_E_INVALID);
	assert_holds(s, alice, "a");
}

static void
test_move_to_another_uid(void **state)
{
	const struct xs_identity to = {"alice", 500};
	struct state *s = *state;

	assert_int_equal(do_init(s), 0);
	assert_int_equal(do_create(s, alice, "uid 1000"), 0);
	assert_int_equal(do_move(s, alice, to, "uid 500"), 0);
	assert_holds(s, to, "uid 500");
	assert_reads(s, alice, XS_E_MISMATCH);
	assert_int_equal(do_move(s, alice, to, "uid 500"), 0);
	assert_holds(s, to, "uid 500");
	assert_int_equal(do_begin(s, to), 0);
	assert_int_equal(do_commit(s, "later"), 0);
	assert_holds(s, to, "later");
	assert_int_equal(do_begin(s, to), 0);
	assert_int_equal(do_commit(s, "later still"), 0);
	assert_holds(s, to, "later still");
}

/* What a login committed after the administrator looked is not undone. */
static int
append_mark(void *context, struct xs_plain *plain, struct xs_fault *fault)
{
	(void)fault;
	if (context == NULL)
		return XS_E_STATE;
	plain->text[plain->length++] = '!';
	return 0;
}

static void
test_move_rewrites_what_is_there_now(void **state)
{
	struct state *s = *state;
	const struct xs_identity to = {"alice", 500};
	struct xs_plain seen;

	assert_int_equal(do_init(s), 0);
	assert_int_equal(do_create(s, alice, "seen"), 0);
	assert_int_equal(do_read(s, alice, &seen), 0);
	assert_int_equal(do_begin(s, alice), 0);
	assert_int_equal(do_commit(s, "used"), 0);
	assert_int_equal(
	    s->store.ops->move(&s->store, &alice, &to, append_mark, NULL, NULL),
	    XS_E_STATE);
	assert_holds(s, alice, "used");
	assert_int_equal(
	    s->store.ops->move(&s->store, &alice, &to, append_mark, s, NULL),
	    0);
	assert_holds(s, to, "used!");
}

static void
test_move_to_another_name(void **state)
{
	const struct xs_identity to = {"alicia", 1000}, gone = {"alice", 9};
	struct state *s = *state;

	assert_int_equal(do_init(s), 0);
	assert_int_equal(do_create(s, alice, "name alice"), 0);
	assert_int_equal(do_move(s, alice, to, "name alicia"), 0);
	assert_holds(s, to, "name alicia");
	assert_reads(s, gone, XS_E_NORECORD);
	assert_int_equal(do_move(s, alice, to, "name alicia"), 0);
	assert_holds(s, to, "name alicia");
}

static void
test_move_to_another_name_and_uid(void **state)
{
	const struct xs_identity to = {"aaron", 2}, gone = {"alice", 1000};
	struct state *s = *state;

	assert_int_equal(do_init(s), 0);
	assert_int_equal(do_create(s, alice, "a"), 0);
	assert_int_equal(do_move(s, alice, to, "b"), 0);
	assert_holds(s, to, "b");
	assert_reads(s, gone, XS_E_NORECORD);
}

static void
test_move_onto_another_record_is_refused(void **state)
{
	const struct xs_identity to = {"carol", 1001}, carol = {"carol", 3};
	struct state *s = *state;

	assert_int_equal(do_init(s), 0);
	assert_int_equal(do_create(s, alice, "a"), 0);
	assert_int_equal(do_create(s, bob, "b"), 0);
	assert_int_equal(do_move(s, alice, to, "c"), XS_E_EXISTS);
	assert_holds(s, alice, "a");
	assert_holds(s, bob, "b");
	assert_reads(s, carol, XS_E_NORECORD);
}

static void
test_move_of_nothing_is_refused(void **state)
{
	const struct xs_identity renamed = {"alicia", 1000};
	struct state *s = *state;

	assert_int_equal(do_init(s), 0);
	assert_int_equal(do_move(s, alice, bob, "a"), XS_E_NORECORD);
	assert_int_equal(do_move(s, alice, renamed, "a"), XS_E_NORECORD);
	assert_reads(s, bob, XS_E_NORECORD);
	assert_reads(s, renamed, XS_E_NORECORD);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    ON_BOTH(test_name_without_its_record_is_a_mismatch),
	    ON_BOTH(test_create_takes_over_a_name_left_alone),
	    ON_BOTH(test_strange_names_are_names_like_others),
	    ON_BOTH(test_name_too_long_for_a_file_is_invalid),
	    ON_BOTH(test_uid_that_means_nobody_is_invalid),
	    ON_BOTH(test_move_to_another_uid),
	    ON_BOTH(test_move_rewrites_what_is_there_now),
	    ON_BOTH(test_move_to_another_name),
	    ON_BOTH(test_move_to_another_name_and_uid),
	    ON_BOTH(test_move_onto_another_record_is_refused),
	    ON_BOTH(test_move_of_nothing_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
