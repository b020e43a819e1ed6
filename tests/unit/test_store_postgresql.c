/* SPDX-License-Identifier: BSD-3-Clause */
/* What the rows, the rights and the settings of the shared store hold off. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/postgresql.h"
#include "tests/store_ops.h"

static void (*const postgresql_backend)(struct state *) = open_postgresql;

static int
do_read_fault(struct state *s, struct xs_identity who, struct xs_fault *fault)
{
	struct xs_plain plain;

	fault->text[0] = '\0';
	return s->store.ops->read(&s->store, &who, &plain, fault);
}

static void
two_records(struct state *s)
{
	assert_int_equal(do_init(s), 0);
	assert_int_equal(do_create(s, alice, "a"), 0);
	assert_int_equal(do_create(s, bob, "b"), 0);
	assert_int_equal(do_begin(s, alice), 0);
	assert_int_equal(do_commit(s, "a2"), 0);
}

static void
test_row_that_was_tampered_with_is_refused(void **state)
{
	static const char *const damage[] = {
	    /* another's record under the name, moved or copied */
	    "DELETE FROM xsuite.record WHERE name = 'alice';"
	    "UPDATE xsuite.record SET name = 'alice'",
	    "UPDATE xsuite.record SET (version, record) = (SELECT version,"
	    " record FROM xsuite.record WHERE name = 'bob')"
	    " WHERE name = 'alice'",
	    /* an older or a newer version claimed */
	    "UPDATE xsuite.record SET version = 1",
	    "UPDATE xsuite.record SET version = version + 1",
	    "UPDATE xsuite.record SET version = -version",
	    "UPDATE xsuite.record SET version = 1, record ="
	    " set_byte(record, 23, 1)",
	    /* a bit of the ciphertext, of the nonce, of the unused bytes */
	    "UPDATE xsuite.record SET record = set_byte(record, 65, 0)",
	    "UPDATE xsuite.record SET record = set_byte(record, 24,"
	    " 255 - get_byte(record, 24))",
	    "UPDATE xsuite.record SET record = set_byte(record, 255, 1)",
	    "UPDATE xsuite.record SET record = record || '\\x01'",
	    "UPDATE xsuite.record SET record = substr(record, 1, 80)",
	    "UPDATE xsuite.record SET record = substr(record, 1, 63)",
	    "UPDATE xsuite.record SET record = ''",
	    "UPDATE xsuite.record SET record = decode(repeat('00', 9000),"
	    " 'hex')",
	    "UPDATE xsuite.record SET (version, record) = (SELECT version,"
	    " record FROM xsuite.marker) WHERE name = 'alice'"};
	struct state *s = *state;
	struct xs_fault fault;

	two_records(s);
	sql("CREATE TABLE xsuite.kept AS TABLE xsuite.record");
	for (size_t i = 0; i < sizeof(damage) / sizeof(damage[0]); i++) {
		sql(damage[i]);
		if (do_read_fault(s, alice, &fault) != XS_E_STATE ||
		    strstr(fault.text, "record of alice: ") == NULL)
			fail_msg("%s: %s", damage[i], fault.text);
		if (do_begin(s, alice) != XS_E_STATE)
			fail_msg("%s: begins", damage[i]);
		sql("TRUNCATE xsuite.record");
		sql("INSERT INTO xsuite.record TABLE xsuite.kept");
		assert_holds(s, alice, "a2");
	}
}

/* "alice does not open" and then "bob opens" are 1 and 2. */
static int
see_open(void *context, const struct xs_identity *who,
    const struct xs_plain *plain, const struct xs_fault *fault)
{
	int *seen = context;

	assert_string_equal(who->name, *seen == 0 ? "alice" : "bob");
	assert_int_equal(plain == NULL, *seen == 0);
	assert_int_equal(fault->text[0] == '\0', plain != NULL);
	(*seen)++;
	return 0;
}

static void
test_each_shows_what_does_not_open(void **state)
{
	struct state *s = *state;
	int seen = 0;

	two_records(s);
	sql("UPDATE xsuite.record SET version = 7 WHERE name = 'alice'");
	assert_int_equal(do_each(s, see_open, &seen), 0);
	assert_int_equal(seen, 2);
}

static void
test_absence_is_proved_by_the_marker_alone(void **state)
{
	static const char *const damage[] = {"DELETE FROM xsuite.marker",
	    "UPDATE xsuite.marker SET version = 2",
	    ("UPDATE xsuite.marker SET (version, record) = (SELECT version,"
	     " record FROM xsuite.record WHERE name = 'bob')"),
	    "UPDATE xsuite.marker SET name = 'other'",
	    "DROP SCHEMA xsuite CASCADE"};
	const struct xs_identity carol = {"carol", 1002};
	struct state *s = *state;

	two_records(s);
	assert_reads(s, carol, XS_E_NORECORD);
	sql("CREATE TEMP TABLE kept AS TABLE xsuite.marker");
	for (size_t i = 0; i < sizeof(damage) / sizeof(damage[0]); i++) {
		sql(damage[i]);
		assert_reads(s, carol, XS_E_STATE);
		assert_int_equal(do_begin(s, carol), XS_E_STATE);
		assert_int_equal(do_create(s, carol, "c"), XS_E_STATE);
		assert_int_equal(do_remove(s, carol), XS_E_STATE);
		assert_int_equal(do_each(s, visit_none, NULL), XS_E_STATE);
		if (i + 1 == sizeof(damage) / sizeof(damage[0]))
			break;
		sql("TRUNCATE xsuite.marker");
		sql("INSERT INTO xsuite.marker TABLE kept");
		assert_reads(s, carol, XS_E_NORECORD);
	}
	sql("DROP TABLE kept");
}

/* Whoever he is, a user's record does not pass for the marker. */
static void
test_user_named_like_the_marker_has_a_record(void **state)
{
	const struct xs_identity marker = {".store", 1000};
	struct state *s = *state;

	assert_int_equal(do_init(s), 0);
	assert_reads(s, marker, XS_E_NORECORD);
	assert_int_equal(do_create(s, marker, "m"), 0);
	assert_holds(s, marker, "m");
	assert_reads(s, alice, XS_E_NORECORD);
	sql("UPDATE xsuite.marker SET (version, record) ="
	    " (SELECT version, record FROM xsuite.record)");
	assert_reads(s, alice, XS_E_STATE);
}

static void
open_as(struct state *s, const char *user)
{
	char conninfo[160];

	xs_store_close(&s->store);
	snprintf(conninfo, sizeof(conninfo), "host=%s dbname=postgres user=%s",
	    server.dir, user);
	open_with(s, conninfo);
}

static void
make_user(const char *name, const char *group)
{
	char text[200];

	snprintf(text, sizeof(text),
	    "DO $$BEGIN CREATE ROLE %s LOGIN; EXCEPTION WHEN duplicate_object"
	    " THEN NULL; END$$; GRANT %s TO %s",
	    name, group, name);
	sql(text);
}

static void
test_host_reads_and_replaces_one_row_and_no_more(void **state)
{
	static const char *const forbidden[] = {"TABLE xsuite.record",
	    "SELECT count(*) FROM xsuite.record", "DELETE FROM xsuite.record",
	    "UPDATE xsuite.record SET version = 1",
	    "INSERT INTO xsuite.record VALUES ('x', 1, '')",
	    "TABLE xsuite.marker", "DELETE FROM xsuite.marker",
	    "SELECT * FROM xsuite.add('x', '', 1)", "CREATE TABLE xsuite.x ()",
	    "TRUNCATE xsuite.record"};
	struct state *s = *state;
	char conninfo[160];
	PGconn *conn;

	two_records(s);
	make_user("web", "xsuite_host");
	open_as(s, "web");
	assert_int_equal(do_init(s), 0);
	assert_holds(s, alice, "a2");
	assert_int_equal(do_begin(s, alice), 0);
	assert_int_equal(do_commit(s, "a3"), 0);
	assert_holds(s, alice, "a3");
	assert_reads(s, (struct xs_identity){"x", 1}, XS_E_NORECORD);
	assert_int_equal(
	    do_create(s, (struct xs_identity){"x", 1}, "x"), XS_E_COMMIT);
	assert_int_equal(do_remove(s, alice), XS_E_STATE);
	assert_int_equal(do_each(s, visit_none, NULL), XS_E_STATE);
	snprintf(conninfo, sizeof(conninfo), "host=%s dbname=postgres user=web",
	    server.dir);
	conn = PQconnectdb(conninfo);
	for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
		PGresult *result = PQexec(conn, forbidden[i]);
		const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);

		if (code == NULL || strcmp(code, "42501") != 0)
			fail_msg("%s: %s", forbidden[i], code ? code : "works");
		PQclear(result);
	}
	PQfinish(conn);
	assert_string_equal(sql("SELECT count(*) FROM xsuite.record"), "2");
}

static void
test_host_that_enrols_makes_rows_and_no_more(void **state)
{
	struct state *s = *state;

	assert_int_equal(do_init(s), 0);
	make_user("portal", "xsuite_enrol");
	open_as(s, "portal");
	assert_int_equal(do_create(s, alice, "a"), 0);
	assert_int_equal(do_create(s, alice, "b"), XS_E_EXISTS);
	assert_int_equal(do_begin(s, alice), 0);
	assert_int_equal(do_commit(s, "a2"), 0);
	assert_int_equal(do_remove(s, alice), XS_E_STATE);
	assert_int_equal(do_each(s, visit_none, NULL), XS_E_STATE);
	make_user("keeper", "xsuite_admin");
	open_as(s, "keeper");
	assert_int_equal(do_each(s, visit_none, NULL), 0);
	assert_int_equal(do_init(s), 0);
	assert_int_equal(do_remove(s, alice), 0);
	assert_reads(s, alice, XS_E_NORECORD);
}

/* CockroachDB and the like: rights on the tables, and statements. */
static void
test_engine_without_functions_is_used_by_statements(void **state)
{
	struct state *s = *state;

	two_records(s);
	sql("DROP FUNCTION xsuite.load, xsuite.hold, xsuite.replace,"
	    " xsuite.load_marker, xsuite.add");
	for (int i = 0; i < 3; i++) {
		open_as(s, "postgres");
		if (i == 0)
			assert_holds(s, alice, "a2");
		if (i == 1)
			assert_reads(
			    s, (struct xs_identity){"no", 1}, XS_E_NORECORD);
		assert_int_equal(do_begin(s, alice), 0);
		assert_int_equal(do_commit(s, "a2"), 0);
	}
	assert_int_equal(do_remove(s, bob), 0);
	assert_int_equal(do_create(s, bob, "b2"), 0);
	assert_int_equal(do_create(s, bob, "b3"), XS_E_EXISTS);
	assert_holds(s, bob, "b2");
}

/* As role; "": it was done, else the SQLSTATE. */
static const char *
try_as(const char *role, const char *text)
{
	static char state[6];
	char conninfo[160];
	PGresult *result;
	const char *code;
	PGconn *conn;

	snprintf(conninfo, sizeof(conninfo), "host=%s dbname=postgres user=%s",
	    server.dir, role);
	conn = PQconnectdb(conninfo);
	result = PQexec(conn, text);
	code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	snprintf(state, sizeof(state), "%s", code != NULL ? code : "");
	PQclear(result);
	PQfinish(conn);
	return state;
}

/* Until it is dropped the server refuses to run what looks like that. */
static void
lack(const char *pattern)
{
	char text[600];

	snprintf(text, sizeof(text),
	    "CREATE FUNCTION lack() RETURNS event_trigger LANGUAGE plpgsql AS"
	    " $$BEGIN IF current_query() LIKE '%s' THEN RAISE EXCEPTION"
	    " 'not here' USING ERRCODE = 'feature_not_supported'; END IF;"
	    " END$$; CREATE EVENT TRIGGER lack ON ddl_command_start"
	    " EXECUTE FUNCTION lack()",
	    pattern);
	sql(text);
}

/* init on such a server, and what its two roles of logins then do. */
static void
use_engine_that_lacks(struct state *s, const char *pattern)
{
	lack(pattern);
	assert_int_equal(do_init(s), 0);
	sql("DROP EVENT TRIGGER lack; DROP FUNCTION lack");
	make_user("portal", "xsuite_enrol");
	open_as(s, "portal");
	assert_int_equal(do_create(s, alice, "a"), 0);
	assert_int_equal(do_create(s, alice, "a"), XS_E_EXISTS);
	make_user("web", "xsuite_host");
	open_as(s, "web");
	assert_int_equal(do_init(s), 0);
	assert_int_equal(do_begin(s, alice), 0);
	assert_int_equal(do_commit(s, "a2"), 0);
	assert_holds(s, alice, "a2");
	assert_reads(s, bob, XS_E_NORECORD);
	assert_int_equal(do_create(s, bob, "b"), XS_E_COMMIT);
	assert_int_equal(do_remove(s, alice), XS_E_STATE);
	assert_string_equal(
	    try_as("web", "UPDATE xsuite.marker SET name = 'x'"), "42501");
}

static void
test_host_without_functions_renames_no_row(void **state)
{
	use_engine_that_lacks(*state, "CREATE FUNCTION xsuite%");
	for (int i = 0; i < 2; i++) {
		const char *role = i == 0 ? "web" : "portal";

		assert_string_equal(
		    try_as(role, "UPDATE xsuite.record SET name = 'x'"),
		    "42501");
		assert_string_equal(
		    try_as(role, "DELETE FROM xsuite.record"), "42501");
		assert_string_equal(
		    try_as(role, "UPDATE xsuite.marker SET record = ''"),
		    "42501");
	}
}

static void
test_engine_without_rights_on_columns_is_used(void **state)
{
	use_engine_that_lacks(*state,
	    "CREATE FUNCTION xsuite%' OR current_query() LIKE"
	    " '%UPDATE (version%");
}

static void
test_row_that_is_held_is_waited_for_and_then_busy(void **state)
{
	struct state *s = *state;
	struct xs_fault fault;

	two_records(s);
	sql("BEGIN");
	sql("SELECT 1 FROM xsuite.record WHERE name = 'alice' FOR UPDATE");
	assert_int_equal(do_begin(s, alice), XS_E_BUSY);
	assert_int_equal(do_begin(s, bob), 0);
	assert_int_equal(do_commit(s, "b2"), 0);
	assert_int_equal(do_read_fault(s, alice, &fault), 0);
	sql("ROLLBACK");
	assert_int_equal(do_begin(s, alice), 0);
	assert_int_equal(do_commit(s, "a3"), 0);
	assert_int_equal(do_begin(s, alice), 0);
	s->store.ops->abort(&s->store);
	sql("SELECT 1 FROM xsuite.record FOR SHARE NOWAIT");
}

/* Written by another way while we held it: only a superuser's trigger can. */
static void
test_row_changed_under_the_lock_is_not_overwritten(void **state)
{
	struct state *s = *state;

	two_records(s);
	sql("CREATE FUNCTION xsuite.skip() RETURNS trigger LANGUAGE plpgsql AS"
	    " $$BEGIN RETURN NULL; END$$");
	sql("CREATE TRIGGER skip BEFORE UPDATE ON xsuite.record FOR EACH ROW"
	    " EXECUTE FUNCTION xsuite.skip()");
	assert_int_equal(do_begin(s, alice), 0);
	assert_int_equal(do_commit(s, "a3"), XS_E_COMMIT);
	assert_holds(s, alice, "a2");
}

/* One commit's setting, as a trigger in it sees it. */
static const char *
setting_in_commit(struct state *s, const char *name)
{
	char text[300];

	snprintf(text, sizeof(text),
	    "CREATE OR REPLACE FUNCTION xsuite.seen() RETURNS trigger"
	    " LANGUAGE plpgsql AS $$BEGIN"
	    " INSERT INTO xsuite.settings VALUES (current_setting('%s'));"
	    " RETURN NEW; END$$",
	    name);
	sql(text);
	sql("TRUNCATE xsuite.settings");
	assert_int_equal(do_begin(s, alice), 0);
	assert_int_equal(do_commit(s, "a"), 0);
	return sql("SELECT value FROM xsuite.settings");
}

static void
test_commits_are_synchronous_whatever_the_server_says(void **state)
{
	static const char *const weak[] = {
	    "off", "local", "remote_write", "on"};
	struct state *s = *state;
	char text[100];

	two_records(s);
	sql("CREATE TABLE xsuite.settings (value text)");
	sql("CREATE FUNCTION xsuite.seen() RETURNS trigger LANGUAGE plpgsql AS"
	    " $$BEGIN RETURN NEW; END$$");
	sql("CREATE TRIGGER seen BEFORE UPDATE ON xsuite.record FOR EACH ROW"
	    " EXECUTE FUNCTION xsuite.seen()");
	make_user("lax", "xsuite_admin");
	for (size_t i = 0; i < sizeof(weak) / sizeof(weak[0]); i++) {
		snprintf(text, sizeof(text),
		    "ALTER ROLE lax SET synchronous_commit = %s", weak[i]);
		sql(text);
		sql("GRANT ALL ON xsuite.settings TO lax");
		open_as(s, "lax");
		assert_string_equal(
		    setting_in_commit(s, "synchronous_commit"), "on");
	}
	sql("ALTER ROLE lax SET synchronous_commit = remote_apply");
	open_as(s, "lax");
	assert_string_equal(
	    setting_in_commit(s, "synchronous_commit"), "remote_apply");
	assert_string_equal(
	    setting_in_commit(s, "idle_in_transaction_session_timeout"), "5s");
	sql("ALTER ROLE lax RESET synchronous_commit");
}

/* A row's size tells the database's people little. */
static void
test_size_of_a_row_is_rounded(void **state)
{
	struct state *s = *state;

	two_records(s);
	assert_string_equal(sql("SELECT string_agg(DISTINCT"
				" length(record)::text, ' ')"
				" FROM xsuite.record"),
	    "256");
}

static void
test_rest_lets_go_of_the_connection(void **state)
{
	static const char count[] =
	    "SELECT count(*) FROM pg_stat_activity WHERE application_name ="
	    " 'pam_xsuite'";
	struct state *s = *state;

	two_records(s);
	assert_string_equal(sql(count), "1");
	xs_store_rest(&s->store);
	for (int i = 0; i < 200 && strcmp(sql(count), "0") != 0; i++)
		server_sleep(20);
	assert_string_equal(sql(count), "0");
	assert_holds(s, alice, "a2");
	assert_int_equal(do_begin(s, alice), 0);
	xs_store_rest(&s->store); /* not while a row is held */
	assert_int_equal(do_commit(s, "a3"), 0);
	assert_holds(s, alice, "a3");
}

#define P(test) ON(test, postgresql_backend, "postgresql")

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    P(test_row_that_was_tampered_with_is_refused),
	    P(test_each_shows_what_does_not_open),
	    P(test_absence_is_proved_by_the_marker_alone),
	    P(test_user_named_like_the_marker_has_a_record),
	    P(test_host_reads_and_replaces_one_row_and_no_more),
	    P(test_host_that_enrols_makes_rows_and_no_more),
	    P(test_engine_without_functions_is_used_by_statements),
	    P(test_host_without_functions_renames_no_row),
	    P(test_engine_without_rights_on_columns_is_used),
	    P(test_row_that_is_held_is_waited_for_and_then_busy),
	    P(test_row_changed_under_the_lock_is_not_overwritten),
	    P(test_commits_are_synchronous_whatever_the_server_says),
	    P(test_size_of_a_row_is_rounded),
	    P(test_rest_lets_go_of_the_connection),
	};

	return cmocka_run_group_tests(tests, start_group, stop_group);
}
