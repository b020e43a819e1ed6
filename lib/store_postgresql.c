/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Records as rows of a PostgreSQL database that hosts share.
 *
 * What a login relies on:
 *  - the row is locked, looked at and replaced in one transaction on one
 *    connection; whatever is not a plain COMMIT is a refusal, never tried
 *    again, never looked up (test_store_postgresql_lost:
 *    test_lost_answer_to_commit_is_a_refusal);
 *  - a record is sealed for its name and version: a row changed, put back or
 *    given another name does not open (test_store_postgresql:
 *    test_row_that_was_tampered_with_is_refused);
 *  - "no record" is said by a server that can still commit, and whose marker
 *    opens: not by a primary that was replaced and does not know it
 *    (test_store_postgresql_lost: test_absence_needs_the_standby).
 */
#include "store_postgresql.h"

#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "store_backend.h"
#include "store_plugin.h"

/* The functions that init makes, which a login host may call. */
static const struct xs_pg_table by_function = {
    .load = "SELECT version, record FROM xsuite.load($1)",
    .hold = "SELECT version, record FROM xsuite.hold($1)",
    .replace = "SELECT version FROM xsuite.replace($1, $2, $3, $4)",
};

/* Where the engine has no functions; and for the marker, which admins hold. */
#define DIRECT(table)                                                          \
	{                                                                      \
		.load = "SELECT version, record FROM xsuite." table            \
			" WHERE name = $1",                                    \
		.hold = "SELECT version, record FROM xsuite." table            \
			" WHERE name = $1 FOR UPDATE",                         \
		.replace = "UPDATE xsuite." table                              \
			   " SET version = version + 1, record = $4"           \
			   " WHERE name = $1 AND version = $2 AND record = $3" \
			   " RETURNING version",                               \
	}

static const struct xs_pg_table by_table = DIRECT("record");
const struct xs_pg_table xs_pg_markers = DIRECT("marker");

const struct xs_pg_table *
xs_pg_records(const struct xs_pg *pg)
{
	return pg->direct ? &by_table : &by_function;
}

int
xs_pg_check_name(const char *name, struct xs_fault *fault)
{
	size_t length = strlen(name);

	if (length > 0 && length < XS_RECORD_KEY_MAX)
		return 0;
	return xs_fault_set(
	    fault, XS_E_INVALID, "the name is empty or too long");
}

int
xs_pg_begin_operation(struct xs_store *store, struct xs_fault *fault)
{
	struct xs_pg *pg = store->private;

	if (pg->table != NULL)
		return xs_fault_set(
		    fault, XS_E_INTERNAL, "a transaction is open already");
	xs_pg_start(pg, XS_PG_STEP_MS);
	return 0;
}

/*
 * The server lacks a function: from now on without the message, and then
 * without ours. True when the queries are worth another try.
 */
static bool
has_no_functions(struct xs_pg *pg)
{
	/* undefined_function; feature_not_supported */
	if (pg->direct ||
	    (strcmp(pg->state, "42883") != 0 &&
		strcmp(pg->state, "0A000") != 0))
		return false;
	pg->direct = pg->wordless;
	pg->wordless = true;
	return true;
}

/* An error of the server's, or of what it sent, in the row's own name. */
static int
name_row(const char *key, int err, const struct xs_fault *why,
    struct xs_fault *fault)
{
	return xs_fault_set(
	    fault, err, "postgresql: record of %s: %s", key, why->text);
}

static int
open_result(const struct xs_store *store, const PGresult *result,
    const char *key, struct xs_plain *plain, struct xs_fault *fault)
{
	struct xs_fault why = {""};
	struct xs_pg_row row;
	int r = xs_pg_row_get(result, 0, 0, &row, &why);

	if (r == 0)
		r = xs_pg_row_open(store, &row, key, plain, &why);
	return r == 0 ? 0 : name_row(key, r, &why, fault);
}

/* Does the marker open? 0: it does. */
static int
check_marker(const struct xs_store *store, const PGresult *result,
    struct xs_fault *fault)
{
	struct xs_pg *pg = store->private;
	struct xs_plain marker;
	struct xs_pg_row row;
	int r;

	if (PQntuples(result) == 0)
		return xs_fault_set(fault, XS_E_STATE,
		    "postgresql: the marker is missing: the database was never "
		    "initialised, or is another one");
	r = open_result(store, result, XS_MARKER_KEY, &marker, fault);
	if (r == 0 && !xs_marker_is_right(&marker))
		r = xs_fault_set(fault, XS_E_STATE,
		    "postgresql: not a marker that is known here");
	if (r != 0 || (r = xs_pg_row_get(result, 0, 0, &row, fault)) != 0)
		return r;
	pg->marker_version = row.version;
	pg->marker_key_id = row.key_id;
	return 0;
}

static const char *
marker_sql(const struct xs_pg *pg)
{
	return pg->direct ? "SELECT version, record FROM xsuite.marker"
			    " WHERE name = '.store'"
			  : "SELECT version, record FROM xsuite.load_marker()";
}

/*
 * In a transaction that writes a message to the log, which nobody reads: its
 * commit waits for the standbys like any other. (A transaction that only has
 * a number does not.)
 */
static int
prove_once(struct xs_store *store, const char *name, struct xs_fault *fault)
{
	struct xs_pg *pg = store->private;
	struct xs_pg_query queries[] = {XS_PG_BEGIN, XS_PG_SETTINGS,
	    {.sql = marker_sql(pg)},
	    {.sql = xs_pg_records(pg)->load, .count = 1, .values = {{name, 0}}},
	    {.sql = pg->wordless
		    ? "SELECT 1"
		    : "SELECT pg_catalog.pg_logical_emit_message(true,"
		      " 'pam_xsuite', '')"},
	    XS_PG_COMMIT};
	int r = xs_pg_run(pg, queries, 6, fault);

	if (r != 0)
		return r;
	if (!xs_pg_is_committed(pg, queries[5].result))
		r = xs_fault_set(fault, XS_E_STATE,
		    "postgresql: the server is not sure of its standbys");
	else
		r = check_marker(store, queries[2].result, fault);
	if (r == 0 && PQntuples(queries[3].result) > 0)
		r = xs_fault_set(
		    fault, XS_E_BUSY, "the record came into being just now");
	if (r == 0)
		r = xs_fault_set(fault, XS_E_NORECORD, "no record");
	xs_pg_clear(queries, 6);
	return r;
}

int
xs_pg_prove_absent(
    struct xs_store *store, const char *name, struct xs_fault *fault)
{
	struct xs_pg *pg = store->private;
	int r;

	do {
		if ((r = xs_pg_connect(pg, fault)) != 0)
			return r;
		r = prove_once(store, name, fault);
	} while (r == XS_E_STATE && has_no_functions(pg));
	return r;
}

int
xs_pg_has_marker(struct xs_store *store, struct xs_fault *fault)
{
	struct xs_pg *pg = store->private;
	struct xs_pg_query query = {.count = 0};
	int r;

	do {
		query.sql = marker_sql(pg);
		if ((r = xs_pg_connect(pg, fault)) != 0)
			return r;
		r = xs_pg_run(pg, &query, 1, fault);
	} while (r == XS_E_STATE && has_no_functions(pg));
	if (r != 0)
		return r;
	r = PQntuples(query.result) > 0;
	xs_pg_clear(&query, 1);
	return r;
}

/* XS_E_NORECORD: there is no such row, which proves nothing yet. */
static int
read_once(struct xs_store *store, const char *name, struct xs_plain *plain,
    struct xs_fault *fault)
{
	struct xs_pg *pg = store->private;
	struct xs_pg_query query = {
	    .sql = xs_pg_records(pg)->load, .count = 1, .values = {{name, 0}}};
	int r;

	if ((r = xs_pg_connect(pg, fault)) != 0 ||
	    (r = xs_pg_run(pg, &query, 1, fault)) != 0)
		return r;
	if (PQntuples(query.result) == 0)
		r = XS_E_NORECORD;
	else
		r = open_result(store, query.result, name, plain, fault);
	xs_pg_clear(&query, 1);
	return r;
}

static int
pg_read(struct xs_store *store, const struct xs_identity *who,
    struct xs_plain *plain, struct xs_fault *fault)
{
	struct xs_pg *pg = store->private;
	int r;

	if ((r = xs_pg_check_name(who->name, fault)) != 0 ||
	    (r = xs_pg_begin_operation(store, fault)) != 0)
		return r;
	do
		r = read_once(store, who->name, plain, fault);
	while (r == XS_E_STATE && has_no_functions(pg));
	if (r == XS_E_NORECORD)
		r = xs_pg_prove_absent(store, who->name, fault);
	return r;
}

/* Keeps what commit compares with. */
static int
keep_row(struct xs_store *store, const struct xs_pg_table *table,
    const char *key, const PGresult *result, struct xs_plain *plain,
    struct xs_fault *fault)
{
	struct xs_pg *pg = store->private;
	struct xs_fault why = {""};
	struct xs_pg_row row;
	int r = xs_pg_row_get(result, 0, 0, &row, &why);

	if (r == 0)
		r = xs_pg_row_open(store, &row, key, plain, &why);
	if (r != 0)
		return name_row(key, r, &why, fault);
	pg->table = table;
	(void)snprintf(pg->key, sizeof(pg->key), "%s", key);
	pg->key_id = row.key_id;
	pg->version = row.version;
	pg->size = row.size;
	memcpy(pg->bytes, row.bytes, row.size);
	return 0;
}

/*
 * Ends what was begun and keeps the connection, if that is quickly done. What
 * the operation goes on with has its own time still
 * (test_store_postgresql_lost: test_begin_waits_for_a_slow_proof_of_absence).
 */
static void
roll_back(struct xs_pg *pg)
{
	struct xs_pg_query query = {.sql = "ROLLBACK"};
	const int64_t deadline = pg->deadline;

	xs_pg_start(pg, 500);
	if (pg->conn != NULL && xs_pg_run(pg, &query, 1, NULL) == 0)
		xs_pg_clear(&query, 1);
	pg->deadline = deadline;
}

int
xs_pg_hold(struct xs_store *store, const struct xs_pg_table *table,
    const char *key, struct xs_plain *plain, bool *there,
    struct xs_fault *fault)
{
	struct xs_pg *pg = store->private;
	struct xs_pg_query queries[] = {XS_PG_BEGIN, XS_PG_SETTINGS,
	    {.sql = table->hold, .count = 1, .values = {{key, 0}}}};
	int r;

	if ((r = xs_pg_connect(pg, fault)) != 0)
		return r;
	/* The row's lock is held between two of our instructions, too. */
	if (xs_shield_raise(&pg->shield) != 0)
		return xs_fault_set(
		    fault, XS_E_INTERNAL, "signals could not be blocked");
	if ((r = xs_pg_run(pg, queries, 3, fault)) != 0)
		goto out;
	*there = PQntuples(queries[2].result) > 0;
	if (*there)
		r = keep_row(
		    store, table, key, queries[2].result, plain, fault);
	xs_pg_clear(queries, 3);
	if (r == 0 && *there)
		return 0;
	roll_back(pg);
out:
	xs_shield_lower(&pg->shield);
	return r;
}

static int
pg_begin(struct xs_store *store, const struct xs_identity *who,
    struct xs_plain *plain, struct xs_fault *fault)
{
	struct xs_pg *pg = store->private;
	bool there = false;
	int r;

	if ((r = xs_pg_check_name(who->name, fault)) != 0 ||
	    (r = xs_pg_begin_operation(store, fault)) != 0)
		return r;
	xs_pg_start(pg, XS_PG_HOLD_MS);
	do
		r = xs_pg_hold(
		    store, xs_pg_records(pg), who->name, plain, &there, fault);
	while (r == XS_E_STATE && has_no_functions(pg));
	if (r == 0 && !there)
		r = xs_pg_prove_absent(store, who->name, fault);
	pg->deadline += XS_PG_STEP_MS - XS_PG_HOLD_MS;
	return r;
}

static const char rename_sql[] =
    "UPDATE xsuite.record SET name = $5, version = version + 1, record = $4"
    " WHERE name = $1 AND version = $2 AND record = $3 RETURNING version";

int
xs_pg_replace(struct xs_store *store, const char *new_key,
    const struct xs_plain *plain, struct xs_fault *fault)
{
	struct xs_pg *pg = store->private;
	const char *key = new_key != NULL ? new_key : pg->key;
	struct xs_pg_number version = xs_pg_number(pg->version);
	uint8_t sealed[XS_SLOT_SIZE];
	struct xs_fault why = {""};
	size_t size;
	struct xs_pg_query queries[] = {
	    {.sql = new_key != NULL ? rename_sql : pg->table->replace,
		.count = new_key != NULL ? 5 : 4},
	    XS_PG_COMMIT};
	int r = xs_pg_row_seal(store, key, pg->version + 1, pg->key_id, plain,
	    sealed, &size, &why);

	if (r != 0) {
		xs_pg_end(store);
		return name_row(key, r, &why, fault);
	}
	queries[0].values[0] = (struct xs_pg_value){pg->key, 0};
	queries[0].values[1] = (struct xs_pg_value){version.text, 0};
	queries[0].values[2] = (struct xs_pg_value){pg->bytes, pg->size};
	queries[0].values[3] = (struct xs_pg_value){sealed, size};
	queries[0].values[4] = (struct xs_pg_value){new_key, 0};
	r = xs_pg_run(pg, queries, 2, &why);
	/* unique_violation: nothing was changed */
	if (r != 0)
		r = strcmp(pg->state, "23505") == 0 ? XS_E_EXISTS : XS_E_COMMIT;
	else if (PQntuples(queries[0].result) != 1)
		r = xs_fault_set(&why, XS_E_COMMIT, "was changed in between");
	else if (!xs_pg_is_committed(pg, queries[1].result))
		r = xs_fault_set(&why, XS_E_COMMIT,
		    "whether it was committed everywhere is not known");
	if (r != 0)
		(void)name_row(key, r, &why, fault);
	xs_pg_clear(queries, 2);
	pg->table = NULL;
	xs_shield_lower(&pg->shield);
	return r;
}

static int
pg_commit(struct xs_store *store, const struct xs_plain *plain,
    struct xs_fault *fault)
{
	const struct xs_pg *pg = store->private;

	if (pg->table == NULL)
		return xs_fault_set(
		    fault, XS_E_INTERNAL, "no transaction is open");
	return xs_pg_replace(store, NULL, plain, fault);
}

void
xs_pg_end(struct xs_store *store)
{
	struct xs_pg *pg = store->private;

	if (pg->table == NULL)
		return;
	pg->table = NULL;
	roll_back(pg);
	xs_shield_lower(&pg->shield);
}

static void
pg_rest(struct xs_store *store)
{
	struct xs_pg *pg = store->private;

	if (pg->table == NULL)
		xs_pg_drop(pg);
}

static void
pg_close(struct xs_store *store)
{
	struct xs_pg *pg = store->private;

	xs_pg_end(store);
	xs_pg_drop(pg);
	xs_keyring_wipe(&pg->fresh);
	xs_pg_target_free(&pg->target);
	free(pg);
}

static const struct xs_store_ops pg_ops = {
    .name = "postgresql",
    .by_name = true,
    .close = pg_close,
    .init = xs_pg_init,
    .read = pg_read,
    .begin = pg_begin,
    .commit = pg_commit,
    .abort = xs_pg_end,
    .create = xs_pg_create,
    .remove = xs_pg_remove,
    .move = xs_pg_move,
    .each = xs_pg_each,
    .reseal = xs_pg_reseal,
    .rest = pg_rest,
    .survey = xs_pg_survey,
};

static int
pg_open(struct xs_store *store, const char *conninfo,
    const struct xs_keyring *keys, const struct xs_env *env,
    struct xs_fault *fault)
{
	struct xs_pg *pg = calloc(1, sizeof(*pg));
	int r;

	if (pg == NULL)
		return xs_fault_set(fault, XS_E_NOMEM, "out of memory");
	xs_pg_calm_enter(pg);
	/* The first message binds libpq's translations to where they are. */
	(void)PQerrorMessage(NULL);
	r = xs_pg_target_read(&pg->target, conninfo, fault);
	xs_pg_calm_leave(pg);
	if (r != 0) {
		free(pg);
		return r;
	}
	*store = (struct xs_store){&pg_ops, keys, env, pg};
	return 0;
}

extern const struct xs_store_plugin xs_store_postgresql;

__attribute__((visibility("default")))
const struct xs_store_plugin xs_store_postgresql = {
    .version = XS_VERSION,
    .shape = XS_STORE_SHAPE,
    .open = pg_open,
};
