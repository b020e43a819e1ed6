/* SPDX-License-Identifier: BSD-3-Clause */
/* Rows come into being, go, get another name; all of them in turn. */
#include <stdio.h>
#include <string.h>

#include "store_backend.h"
#include "store_postgresql.h"

/* Rows fetched at a time by a walk. */
#define PAGE "200"

/*
 * Only while the marker is as it was: a rekey changes it first, so that a
 * record sealed with the former key either is there when it looks for such,
 * or never will be.
 */
#define ADD                                                                 \
	"INSERT INTO xsuite.record (name, version, record)"                 \
	" SELECT $1::text, 1, $2::bytea FROM (SELECT 1 FROM xsuite.marker"  \
	" WHERE name = '.store' AND version = $3::bigint FOR SHARE) marker" \
	" ON CONFLICT (name) DO NOTHING RETURNING version"

static int
add_row(struct xs_store *store, const char *name, const struct xs_plain *plain,
    struct xs_fault *fault)
{
	struct xs_pg *pg = store->private;
	struct xs_pg_number marker = xs_pg_number(pg->marker_version);
	struct xs_pg_query queries[] = {XS_PG_BEGIN, XS_PG_SETTINGS,
	    {.sql = pg->direct ? ADD
			       : "SELECT version FROM xsuite.add($1, $2, $3)",
		.count = 3},
	    XS_PG_COMMIT};
	uint8_t sealed[XS_SLOT_SIZE];
	size_t size;
	int r = xs_pg_row_seal(
	    store, name, 1, pg->marker_key_id, plain, sealed, &size, fault);

	if (r != 0)
		return r;
	queries[2].values[0] = (struct xs_pg_value){name, 0};
	queries[2].values[1] = (struct xs_pg_value){sealed, size};
	queries[2].values[2] = (struct xs_pg_value){marker.text, 0};
	if ((r = xs_pg_run(pg, queries, 4, fault)) != 0)
		return XS_E_COMMIT;
	if (PQntuples(queries[2].result) == 0)
		r = xs_fault_set(fault, XS_E_EXISTS,
		    "postgresql: there is a record of %s already", name);
	else if (!xs_pg_is_committed(pg, queries[3].result))
		r = xs_fault_set(fault, XS_E_COMMIT,
		    "postgresql: whether the record of %s was committed "
		    "everywhere is not known",
		    name);
	xs_pg_clear(queries, 4);
	return r;
}

static int
create_once(struct xs_store *store, const char *name,
    const struct xs_plain *plain, struct xs_fault *fault)
{
	struct xs_pg *pg = store->private;
	/* Not into another database than the one that init has made. */
	int r = xs_pg_prove_absent(store, name, fault);

	if (r == XS_E_BUSY)
		return xs_fault_set(fault, XS_E_EXISTS,
		    "postgresql: there is a record of %s already", name);
	if (r != XS_E_NORECORD)
		return r;
	if ((r = xs_pg_connect(pg, fault)) != 0)
		return r;
	return add_row(store, name, plain, fault);
}

int
xs_pg_create(struct xs_store *store, const struct xs_identity *who,
    const struct xs_plain *plain, struct xs_fault *fault)
{
	int r;

	if ((r = xs_pg_check_name(who->name, fault)) != 0 ||
	    (r = xs_pg_begin_operation(store, fault)) != 0)
		return r;
	r = create_once(store, who->name, plain, fault);
	/* Nothing was added: a record, or a marker that has changed? */
	if (r == XS_E_EXISTS)
		r = create_once(store, who->name, plain, fault);
	return r;
}

int
xs_pg_remove(struct xs_store *store, const struct xs_identity *who,
    struct xs_fault *fault)
{
	struct xs_pg *pg = store->private;
	struct xs_pg_query queries[] = {XS_PG_BEGIN, XS_PG_SETTINGS,
	    {.sql = "DELETE FROM xsuite.record WHERE name = $1"
		    " RETURNING version",
		.count = 1,
		.values = {{who->name, 0}}},
	    XS_PG_COMMIT};
	bool gone;
	int r;

	if ((r = xs_pg_check_name(who->name, fault)) != 0 ||
	    (r = xs_pg_begin_operation(store, fault)) != 0 ||
	    (r = xs_pg_connect(pg, fault)) != 0 ||
	    (r = xs_pg_run(pg, queries, 4, fault)) != 0)
		return r;
	gone = PQntuples(queries[2].result) > 0;
	if (!xs_pg_is_committed(pg, queries[3].result))
		r = xs_fault_set(fault, XS_E_COMMIT,
		    "postgresql: whether the record of %s was removed "
		    "everywhere is not known",
		    who->name);
	xs_pg_clear(queries, 4);
	return r == 0 && !gone ? xs_pg_prove_absent(store, who->name, fault)
			       : r;
}

int
xs_pg_move(struct xs_store *store, const struct xs_identity *from,
    const struct xs_identity *to, xs_store_rewrite *rewrite, void *context,
    struct xs_fault *fault)
{
	struct xs_pg *pg = store->private;
	struct xs_plain plain;
	int r;

	if ((r = xs_pg_check_name(to->name, fault)) != 0)
		return r;
	r = store->ops->begin(store, from, &plain, fault);
	if (r == XS_E_NORECORD && strcmp(from->name, to->name) != 0) {
		/* Moved by an earlier call, whose answer was lost? */
		r = store->ops->read(store, to, &plain, fault);
		if (r == 0)
			xs_plain_wipe(&plain);
		return r;
	}
	if (r != 0)
		return r;
	if ((r = rewrite(context, &plain, fault)) != 0)
		xs_pg_end(store);
	else
		r = xs_pg_replace(store,
		    strcmp(pg->key, to->name) == 0 ? NULL : to->name, &plain,
		    fault);
	xs_plain_wipe(&plain);
	return r;
}

/* What is done with each row of a walk; name is the row's. */
typedef int walk_row(struct xs_store *store, void *context, const char *name,
    const PGresult *result, int row);

/*
 * All rows in the order of the names, a page at a time, so that neither memory
 * nor a transaction grows with them, and the visit may use the connection.
 */
static int
walk(struct xs_store *store, walk_row *each, void *context,
    struct xs_fault *fault)
{
	struct xs_pg *pg = store->private;
	char last[XS_RECORD_KEY_MAX] = "";
	struct xs_pg_query page = {
	    .sql = "SELECT name, version, record FROM xsuite.record"
		   " WHERE name > $1 ORDER BY name LIMIT " PAGE,
	    .count = 1,
	    .values = {{last, 0}}};
	int r = 0, rows = 1;

	while (r == 0 && rows > 0) {
		xs_pg_start(pg, XS_PG_STEP_MS);
		if ((r = xs_pg_connect(pg, fault)) != 0 ||
		    (r = xs_pg_run(pg, &page, 1, fault)) != 0)
			return r;
		rows = PQntuples(page.result);
		for (int row = 0; row < rows && r == 0; row++) {
			const char *name = PQgetvalue(page.result, row, 0);

			if ((r = xs_pg_check_name(name, fault)) != 0)
				break;
			(void)snprintf(last, sizeof(last), "%s", name);
			r = each(store, context, last, page.result, row);
		}
		xs_pg_clear(&page, 1);
	}
	return r;
}

struct visiting {
	xs_store_visit *visit;
	void *context;
};

static int
visit_row(struct xs_store *store, void *context, const char *name,
    const PGresult *result, int row)
{
	const struct visiting *visiting = context;
	const struct xs_identity who = {name, (uid_t)-1};
	struct xs_fault why = {""};
	struct xs_pg_row found;
	struct xs_plain plain;
	int r = xs_pg_row_get(result, row, 1, &found, &why);

	if (r == 0)
		r = xs_pg_row_open(store, &found, name, &plain, &why);
	r = visiting->visit(
	    visiting->context, &who, r == 0 ? &plain : NULL, &why);
	xs_plain_wipe(&plain);
	return r;
}

int
xs_pg_each(struct xs_store *store, xs_store_visit *visit, void *context,
    struct xs_fault *fault)
{
	struct visiting visiting = {visit, context};
	int r = xs_pg_begin_operation(store, fault);

	/* A name that no row has: is this the database at all? */
	if (r == 0)
		r = xs_pg_prove_absent(store, "", fault);
	return r == XS_E_NORECORD ? walk(store, visit_row, &visiting, fault)
				  : r;
}

struct resealing {
	struct xs_resealing *job;
	bool last; /* what is left now is told */
};

/* One row under its lock: the same text, sealed with the current key. */
static int
reseal_row(struct xs_store *store, const struct xs_pg_table *table,
    const char *key, struct xs_fault *fault)
{
	struct xs_pg *pg = store->private;
	struct xs_plain plain;
	bool there;
	int r;

	xs_pg_start(pg, XS_PG_STEP_MS);
	r = xs_pg_hold(store, table, key, &plain, &there, fault);
	if (r != 0 || !there)
		return r;
	r = xs_pg_replace(store, NULL, &plain, fault);
	xs_plain_wipe(&plain);
	return r;
}

static int
reseal_if_needed(struct xs_store *store, void *context, const char *name,
    const PGresult *result, int row)
{
	struct xs_pg *pg = store->private;
	const struct xs_identity who = {name, (uid_t)-1};
	struct resealing *resealing = context;
	struct xs_fault why = {""};
	struct xs_pg_row found;
	uint32_t current = xs_pg_keys(store)->keys[0].id;
	int r = xs_pg_row_get(result, row, 1, &found, &why);

	if (r == 0 && found.key_id == current)
		return 0;
	if (r == 0 && found.key_id > current)
		r = xs_fault_set(&why, XS_E_STATE,
		    "sealed with a later key than the current one");
	if (r == 0)
		r = reseal_row(store, xs_pg_records(pg), name, &why);
	if (r == 0) {
		resealing->job->resealed++;
	} else if (resealing->last) {
		resealing->job->left++;
		resealing->job->tell(resealing->job->context, &who, &why);
	}
	return 0;
}

int
xs_pg_reseal(
    struct xs_store *store, struct xs_resealing *job, struct xs_fault *fault)
{
	struct resealing resealing = {.job = job, .last = false};
	int r;

	job->resealed = job->left = 0;
	if ((r = xs_pg_begin_operation(store, fault)) != 0 ||
	    (r = xs_pg_keys_again(store, fault)) != 0)
		return r;
	r = xs_pg_prove_absent(store, "", fault);
	if (r == XS_E_NORECORD)
		r = reseal_row(store, &xs_pg_markers, XS_MARKER_KEY, fault);
	/* Twice: what another host wrote meanwhile with the former key. */
	for (int i = 0; i < 2 && r == 0; i++) {
		resealing.last = i == 1;
		r = walk(store, reseal_if_needed, &resealing, fault);
	}
	if (r == 0 && job->left > 0)
		r = xs_fault_set(fault, XS_E_STATE,
		    "%lu records are not resealed; the old keys stay",
		    job->left);
	return r == 0 ? job->settled(job->context, fault) : r;
}
