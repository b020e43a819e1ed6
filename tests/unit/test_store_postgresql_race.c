/* SPDX-License-Identifier: BSD-3-Clause */
/* A record that comes into being between two looks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/postgresql.h"
#include "tests/store_ops.h"

static void (*const postgresql_backend)(struct state *) = open_postgresql;

/* Every other look finds nothing: the record is there a moment later. */
static void
be_late(void)
{
	(void)sql("CREATE SEQUENCE xsuite.looks");
	(void)sql(
	    "CREATE OR REPLACE FUNCTION xsuite.load(text)"
	    " RETURNS TABLE (version bigint, record bytea) LANGUAGE sql"
	    " VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp"
	    " AS $$SELECT r.version, r.record FROM xsuite.record r WHERE"
	    " r.name = $1 AND nextval('xsuite.looks') % 2 = 0$$");
}

/* Who has a record now is not let pass for having had none just before. */
static void
test_record_that_came_into_being_is_not_absent(void **state)
{
	struct state *s = *state;
	struct xs_fault fault = {""};
	struct xs_plain plain;

	assert_int_equal(do_init(s), 0);
	assert_int_equal(do_create(s, alice, "a"), 0);
	be_late();
	assert_int_equal(
	    s->store.ops->read(&s->store, &alice, &plain, &fault), XS_E_BUSY);
	assert_string_equal(fault.text, "the record came into being just now");
	/* And who has none is proved to have none. */
	assert_int_equal(
	    s->store.ops->read(&s->store, &bob, &plain, &fault), XS_E_NORECORD);
}

#define P(test) ON(test, postgresql_backend, "postgresql")

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    P(test_record_that_came_into_being_is_not_absent),
	};

	return cmocka_run_group_tests(tests, start_group, stop_group);
}
