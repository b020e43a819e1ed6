/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Schema, roles and marker.
 *
 * Three group roles without login, for the administrator to grant: xsuite_host
 * to the hosts where people log in, which may read and replace a single row
 * whose name they know; xsuite_enrol besides, where not_enrolled = enrol lets
 * a login make its record; xsuite_admin for xsuite-admin. Where the engine has
 * functions that run with their owner's rights, a host has no right on the
 * tables themselves, and can neither list nor delete nor make rows, nor put an
 * older one back.
 */
#include <string.h>

#include "store_backend.h"
#include "store_postgresql.h"

#define OF_OWNER " SECURITY DEFINER SET search_path = pg_catalog, pg_temp"
#define ROWS " RETURNS TABLE (version bigint, record bytea) LANGUAGE sql"

/* All or nothing, with BEGIN in front and COMMIT behind. */
static const char *const tables[] = {
    "CREATE SCHEMA xsuite",
    ("CREATE TABLE xsuite.record (name text COLLATE \"C\" PRIMARY KEY,"
     " version bigint NOT NULL, record bytea NOT NULL)"),
    ("CREATE TABLE xsuite.marker (name text COLLATE \"C\" PRIMARY KEY,"
     " version bigint NOT NULL, record bytea NOT NULL)"),
    "GRANT USAGE ON SCHEMA xsuite TO xsuite_host, xsuite_enrol, xsuite_admin",
    ("GRANT SELECT, INSERT, UPDATE, DELETE ON xsuite.record, xsuite.marker"
     " TO xsuite_admin"),
};

/*
 * What is stored is ciphertext, which no compression makes smaller, and fits
 * a page: it stays in its row. Room in the page lets an update stay there,
 * and leave the index alone.
 */
static const char *const storage[] = {
    "ALTER TABLE xsuite.record ALTER COLUMN record SET STORAGE EXTERNAL",
    ("ALTER TABLE xsuite.record SET"
     " (fillfactor = 70, toast_tuple_target = 8160)"),
};

static const char *const functions[] = {
    ("CREATE FUNCTION xsuite.load(text)" ROWS " STABLE" OF_OWNER
     " AS $$SELECT r.version, r.record FROM xsuite.record r"
     " WHERE r.name = $1$$"),
    ("CREATE FUNCTION xsuite.hold(text)" ROWS " VOLATILE" OF_OWNER
     " AS $$SELECT r.version, r.record FROM xsuite.record r"
     " WHERE r.name = $1 FOR UPDATE$$"),
    ("CREATE FUNCTION xsuite.replace(text, bigint, bytea, bytea)"
     " RETURNS TABLE (version bigint) LANGUAGE sql VOLATILE" OF_OWNER
     " AS $$UPDATE xsuite.record r SET version = r.version + 1, record = $4"
     " WHERE r.name = $1 AND r.version = $2 AND r.record = $3"
     " RETURNING r.version$$"),
    ("CREATE FUNCTION xsuite.load_marker()" ROWS " STABLE" OF_OWNER
     " AS $$SELECT m.version, m.record FROM xsuite.marker m"
     " WHERE m.name = '.store'$$"),
    ("CREATE FUNCTION xsuite.add(text, bytea, bigint)"
     " RETURNS TABLE (version bigint) LANGUAGE sql VOLATILE" OF_OWNER
     " AS $$INSERT INTO xsuite.record AS r (name, version, record)"
     " SELECT $1, 1, $2 FROM (SELECT 1 FROM xsuite.marker m"
     " WHERE m.name = '.store' AND m.version = $3 FOR SHARE) marker"
     " ON CONFLICT (name) DO NOTHING RETURNING r.version$$"),
    ("REVOKE ALL ON FUNCTION xsuite.load(text), xsuite.hold(text),"
     " xsuite.replace(text, bigint, bytea, bytea), xsuite.load_marker(),"
     " xsuite.add(text, bytea, bigint) FROM PUBLIC"),
    ("GRANT EXECUTE ON FUNCTION xsuite.load(text), xsuite.hold(text),"
     " xsuite.replace(text, bigint, bytea, bytea), xsuite.load_marker()"
     " TO xsuite_host, xsuite_enrol, xsuite_admin"),
    ("GRANT EXECUTE ON FUNCTION xsuite.add(text, bytea, bigint)"
     " TO xsuite_enrol, xsuite_admin"),
};

/*
 * Instead of the functions. A host can then list the rows and put an older one
 * back; but give none another name, which would leave its owner without one
 * (test_store_postgresql: test_host_without_functions_renames_no_row).
 */
static const char *const columns[] = {
    "GRANT SELECT ON xsuite.record, xsuite.marker TO xsuite_host, xsuite_enrol",
    ("GRANT UPDATE (version, record) ON xsuite.record"
     " TO xsuite_host, xsuite_enrol"),
    /* to lock its row while a record is added */
    "GRANT UPDATE (name) ON xsuite.marker TO xsuite_enrol",
    "GRANT INSERT ON xsuite.record TO xsuite_enrol",
};

/* And where rights are those of whole tables: a name can be changed, too. */
static const char *const grants[] = {
    "GRANT SELECT, UPDATE ON xsuite.record TO xsuite_host, xsuite_enrol",
    "GRANT SELECT ON xsuite.marker TO xsuite_host, xsuite_enrol",
    /* to lock its row while a record is added */
    "GRANT UPDATE ON xsuite.marker TO xsuite_enrol",
    "GRANT INSERT ON xsuite.record TO xsuite_enrol",
};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define BATCH_MAX 20

/* The statements in one transaction. */
static int
run_all(struct xs_pg *pg, const char *const *list, size_t count,
    struct xs_fault *fault)
{
	struct xs_pg_query queries[BATCH_MAX] = {{.sql = "BEGIN"}};
	unsigned n = 1;
	int r;

	for (size_t i = 0; i < count; i++)
		queries[n++].sql = list[i];
	queries[n++].sql = "COMMIT";
	if ((r = xs_pg_connect(pg, fault)) != 0 ||
	    (r = xs_pg_run(pg, queries, n, fault)) != 0)
		return r;
	xs_pg_clear(queries, n);
	return 0;
}

/* Whether the query finds a row: 1, 0, or an error. */
static int
finds(
    struct xs_pg *pg, const char *sql, const char *name, struct xs_fault *fault)
{
	struct xs_pg_query query = {
	    .sql = sql, .count = 1, .values = {{name, 0}}};
	int r;

	if ((r = xs_pg_connect(pg, fault)) != 0 ||
	    (r = xs_pg_run(pg, &query, 1, fault)) != 0)
		return r;
	r = PQntuples(query.result) > 0;
	xs_pg_clear(&query, 1);
	return r;
}

static int
make_role(struct xs_pg *pg, const char *role, const char *create,
    struct xs_fault *fault)
{
	int r =
	    finds(pg, "SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = $1",
		role, fault);

	if (r != 0)
		return r < 0 ? r : 0;
	r = run_all(pg, &create, 1, fault);
	/* duplicate_object, unique_violation: another init was quicker */
	if (r != 0 &&
	    (strcmp(pg->state, "42710") == 0 ||
		strcmp(pg->state, "23505") == 0))
		return 0;
	return r;
}

static int
make_roles(struct xs_pg *pg, struct xs_fault *fault)
{
	static const struct {
		const char *name, *create;
	} roles[] = {
	    {"xsuite_host", "CREATE ROLE xsuite_host NOLOGIN"},
	    {"xsuite_enrol", "CREATE ROLE xsuite_enrol NOLOGIN"},
	    {"xsuite_admin", "CREATE ROLE xsuite_admin NOLOGIN"},
	};
	int r = 0;

	for (size_t i = 0; i < COUNT(roles) && r == 0; i++)
		r = make_role(pg, roles[i].name, roles[i].create, fault);
	return r;
}

/* Not this engine's: a syntax, a parameter, a function that it lacks. */
static bool
is_lacking(const struct xs_pg *pg)
{
	static const char *const states[] = {
	    "42601", "0A000", "22023", "42704", "42883", "42P16"};

	for (size_t i = 0; i < COUNT(states); i++) {
		if (strcmp(pg->state, states[i]) == 0)
			return true;
	}
	return false;
}

/*
 * All of it in one transaction, so that there is no half of it: as PostgreSQL
 * has it; without what concerns its pages; without functions; without rights
 * on columns.
 */
static int
make_objects(struct xs_pg *pg, struct xs_fault *fault)
{
	static const struct part {
		const char *const *list;
		size_t count;
	} ways[][3] = {
	    {{tables, COUNT(tables)}, {storage, COUNT(storage)},
		{functions, COUNT(functions)}},
	    {{tables, COUNT(tables)}, {functions, COUNT(functions)}},
	    {{tables, COUNT(tables)}, {columns, COUNT(columns)}},
	    {{tables, COUNT(tables)}, {grants, COUNT(grants)}},
	};
	int r = XS_E_STATE;

	for (size_t way = 0; way < COUNT(ways); way++) {
		const char *list[BATCH_MAX];
		size_t n = 0;

		for (size_t part = 0; part < COUNT(ways[0]); part++) {
			for (size_t i = 0; i < ways[way][part].count; i++)
				list[n++] = ways[way][part].list[i];
		}
		r = run_all(pg, list, n, fault);
		if (r == 0 || !is_lacking(pg))
			break;
	}
	return r;
}

static int
make_schema(struct xs_pg *pg, struct xs_fault *fault)
{
	int r = finds(pg,
	    "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1",
	    "xsuite", fault);

	if (r != 0)
		return r < 0 ? r : 0;
	if ((r = make_roles(pg, fault)) != 0)
		return r;
	r = make_objects(pg, fault);
	/* duplicate_schema, unique_violation: another init was quicker */
	if (r != 0 &&
	    (strcmp(pg->state, "42P06") == 0 ||
		strcmp(pg->state, "23505") == 0))
		r = 0;
	return r;
}

static int
add_marker(struct xs_store *store, struct xs_fault *fault)
{
	struct xs_pg *pg = store->private;
	struct xs_pg_query queries[] = {XS_PG_BEGIN, XS_PG_SETTINGS,
	    {.sql = "INSERT INTO xsuite.marker (name, version, record)"
		    " VALUES ('.store', 1, $1) ON CONFLICT (name) DO NOTHING",
		.count = 1},
	    XS_PG_COMMIT};
	uint8_t sealed[XS_SLOT_SIZE];
	struct xs_plain marker;
	size_t size;
	int r;

	if ((r = xs_marker_make(store->env, &marker, fault)) != 0 ||
	    (r = xs_pg_row_seal(store, XS_MARKER_KEY, 1, 0, &marker, sealed,
		 &size, fault)) != 0)
		return r;
	queries[2].values[0] = (struct xs_pg_value){sealed, size};
	if ((r = xs_pg_run(pg, queries, 4, fault)) != 0)
		return r;
	if (!xs_pg_is_committed(pg, queries[3].result))
		r = xs_fault_set(fault, XS_E_COMMIT,
		    "postgresql: whether the marker was committed everywhere "
		    "is not known");
	xs_pg_clear(queries, 4);
	return r;
}

/* XS_E_EXISTS or XS_E_NORECORD: is there a marker? */
static int
look_for_marker(struct xs_store *store, struct xs_fault *fault)
{
	int r = finds(store->private,
	    "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1",
	    "xsuite", fault);

	if (r == 1)
		r = xs_pg_has_marker(store, fault);
	if (r < 0)
		return r;
	return xs_fault_set(fault, r == 1 ? XS_E_EXISTS : XS_E_NORECORD,
	    "postgresql: the marker is %s", r == 1 ? "there" : "not there");
}

/*
 * A host's role may make nothing, and finds that everything is there
 * (test_store_postgresql: test_host_reads_and_replaces_one_row_and_no_more).
 */
int
xs_pg_init(struct xs_store *store, struct xs_fault *fault)
{
	struct xs_pg *pg = store->private;
	int r;

	if ((r = xs_pg_begin_operation(store, fault)) != 0)
		return r;
	if (xs_pg_keys(store)->count == 0)
		return look_for_marker(store, fault);
	if ((r = make_schema(pg, fault)) != 0)
		return r;
	if ((r = xs_pg_has_marker(store, fault)) == 0)
		r = add_marker(store, fault);
	if (r < 0)
		return r;
	/* Whoever made it: it has to be one that proves something. */
	xs_pg_start(pg, XS_PG_STEP_MS);
	r = xs_pg_prove_absent(store, "", fault);
	return r == XS_E_NORECORD ? 0 : r;
}
