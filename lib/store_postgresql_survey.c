/* SPDX-License-Identifier: BSD-3-Clause */
/* What the server, the role and the connection are, in one round trip. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "store_postgresql.h"
#include "store_survey.h"

#define SETTING(name) "pg_catalog.current_setting('" name "')"

/* All of it as text. sync_state is hidden from who may not see it. */
/* clang-format off */
static const char survey_sql[] =
    "SELECT "
    SETTING("server_version_num") ", "
    SETTING("synchronous_commit") ", "
    SETTING("synchronous_standby_names") ", "
    SETTING("fsync") ", "
    SETTING("full_page_writes") ", "
    SETTING("max_connections")
    ", (extract(epoch FROM "
    "pg_catalog.clock_timestamp())::bigint)::text, r.rolsuper::text, "
    "pg_catalog.has_table_privilege(t.oid, 'SELECT')::text, "
    "(pg_catalog.has_table_privilege(t.oid, 'DELETE') OR "
    "pg_catalog.has_table_privilege(t.oid, 'TRUNCATE'))::text, "
    "pg_catalog.pg_has_role(t.relowner, 'USAGE')::text, "
    "pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE')::text, "
    "(SELECT count(*) FROM pg_catalog.pg_stat_replication)::text, "
    "(SELECT count(*) FROM pg_catalog.pg_stat_replication WHERE "
    "sync_state IN ('sync', 'quorum'))::text, "
    "(SELECT count(*) FROM pg_catalog.pg_db_role_setting s, "
    "pg_catalog.unnest(s.setconfig) AS c(setting) WHERE s.setrole = r.oid "
    "AND s.setdatabase IN (0, (SELECT d.oid FROM pg_catalog.pg_database d "
    "WHERE d.datname = pg_catalog.current_database())) "
    "AND c.setting NOT LIKE 'synchronous_commit=%')::text "
    "FROM pg_catalog.pg_roles r, pg_catalog.pg_class t JOIN "
    "pg_catalog.pg_namespace n ON n.oid = t.relnamespace "
    "WHERE r.rolname = current_user AND n.nspname = 'xsuite' "
    "AND t.relname = 'record'";
/* clang-format on */

static const char default_sql[] = "SELECT " SETTING("synchronous_commit");

static void
put_text(char *out, size_t size, const PGresult *result, int column)
{
	(void)snprintf(out, size, "%s", PQgetvalue(result, 0, column));
}

/* Digits, as the server writes a count; 0 for anything else. */
static int64_t
get_number(const PGresult *result, int column)
{
	const char *text = PQgetvalue(result, 0, column);
	int64_t value = 0;

	for (; *text >= '0' && *text <= '9'; text++)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, *text - '0', &value))
			return 0;
	return *text == '\0' ? value : 0;
}

/* "true" of a boolean cast to text, "on" of a setting. */
static bool
is_true(const PGresult *result, int column)
{
	const char *text = PQgetvalue(result, 0, column);

	return strcmp(text, "true") == 0 || strcmp(text, "on") == 0;
}

static void
take_answer(const PGresult *result, struct xs_store_survey *survey)
{
	survey->version = (unsigned)get_number(result, 0);
	put_text(
	    survey->own_durability, sizeof(survey->own_durability), result, 1);
	put_text(
	    survey->standby_names, sizeof(survey->standby_names), result, 2);
	survey->fsync = is_true(result, 3);
	survey->full_page_writes = is_true(result, 4);
	survey->connections = (unsigned)get_number(result, 5);
	survey->clock = get_number(result, 6);
	survey->superuser = is_true(result, 7);
	survey->may_list = is_true(result, 8);
	survey->may_delete = is_true(result, 9);
	survey->owns = is_true(result, 10);
	survey->sees_standbys = is_true(result, 11);
	survey->standbys = (unsigned)get_number(result, 12);
	survey->sync_standbys = (unsigned)get_number(result, 13);
	survey->role_settings = (unsigned)get_number(result, 14);
}

static bool
is_looked_up(const struct xs_pg_target *target, unsigned i)
{
	uint8_t address[16];

	return target->host[i][0] != '/' && target->address[i][0] == '\0' &&
	    inet_pton(AF_INET, target->host[i], address) != 1 &&
	    inet_pton(AF_INET6, target->host[i], address) != 1;
}

static void
take_target(const struct xs_pg_target *target, struct xs_store_survey *survey)
{
	size_t used = 0;

	for (unsigned i = 0; i < target->count; i++) {
		size_t room = sizeof(survey->lookups) - used;
		int n;

		if (!is_looked_up(target, i))
			continue;
		n = snprintf(survey->lookups + used, room, "%s%s",
		    used > 0 ? "," : "", target->host[i]);
		if (n < 0 || (size_t)n >= room)
			break;
		used += (size_t)n;
	}
	for (unsigned i = 0; i < target->words; i++) {
		if (strcmp(target->keyword[i], "sslmode") == 0)
			(void)snprintf(survey->sslmode, sizeof(survey->sslmode),
			    "%s", target->value[i]);
	}
}

static void
take_connection(PGconn *conn, struct xs_store_survey *survey)
{
	const char *host = PQhost(conn);

	survey->socket = host != NULL && host[0] == '/';
	survey->tls = PQsslInUse(conn) == 1;
	(void)snprintf(survey->server, sizeof(survey->server), "%s",
	    host != NULL ? host : "");
}

int
xs_pg_survey(struct xs_store *store, struct xs_store_survey *survey,
    struct xs_fault *fault)
{
	struct xs_pg *pg = store->private;
	struct xs_pg_query queries[] = {XS_PG_BEGIN, {.sql = default_sql},
	    XS_PG_SETTINGS, {.sql = survey_sql}, {.sql = "ROLLBACK"}};
	struct xs_store_survey found = {.server = ""};
	int r;

	if ((r = xs_pg_begin_operation(store, fault)) != 0 ||
	    (r = xs_pg_connect(pg, fault)) != 0 ||
	    (r = xs_pg_run(pg, queries, 5, fault)) != 0)
		return r;
	take_target(&pg->target, &found);
	take_connection(pg->conn, &found);
	put_text(
	    found.durability, sizeof(found.durability), queries[1].result, 0);
	if (PQntuples(queries[3].result) == 1)
		take_answer(queries[3].result, &found);
	else
		r = xs_fault_set(fault, XS_E_STATE,
		    "postgresql: %s: there is no table xsuite.record",
		    found.server);
	xs_pg_clear(queries, 5);
	if (r == 0)
		*survey = found;
	return r;
}
