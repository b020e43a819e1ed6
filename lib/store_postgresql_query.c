/* SPDX-License-Identifier: BSD-3-Clause */
/* Queries sent in one go, and their results, within the deadline. */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "store_postgresql.h"

/*
 * At least "on": a standby's disk has it when the answer comes, where there
 * is one. The server ends what a host that died in between has begun; the
 * other two are the server's own word before our deadline passes. A commit
 * that gives up on its standbys is told by a warning alone, which the server,
 * the database or the role may be set not to send.
 */
const char xs_pg_settings_sql[] =
    "SELECT pg_catalog.set_config('synchronous_commit',"
    " CASE pg_catalog.current_setting('synchronous_commit')"
    " WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, true),"
    " pg_catalog.set_config('client_min_messages', 'warning', true),"
    " pg_catalog.set_config("
    "'idle_in_transaction_session_timeout', '5000', true),"
    " pg_catalog.set_config('lock_timeout', '3500', true),"
    " pg_catalog.set_config('statement_timeout', '4500', true)";

struct xs_pg_number
xs_pg_number(uint64_t value)
{
	struct xs_pg_number number;

	(void)snprintf(number.text, sizeof(number.text), "%" PRIu64, value);
	return number;
}

static bool
send_query(struct xs_pg *pg, const struct xs_pg_query *query)
{
	const char *values[XS_PG_VALUES_MAX];
	int lengths[XS_PG_VALUES_MAX], formats[XS_PG_VALUES_MAX];

	for (int i = 0; i < query->count; i++) {
		values[i] = query->values[i].bytes;
		lengths[i] = (int)query->values[i].size;
		formats[i] = query->values[i].size > 0;
	}
	return PQsendQueryParams(pg->conn, query->sql, query->count, NULL,
		   values, lengths, formats, 1) == 1;
}

/* Waits until the connection has moved. False: lost, or the time is over. */
static bool
wait_for_more(struct xs_pg *pg)
{
	int flushed = PQflush(pg->conn), n;
	struct pollfd fd = {.fd = PQsocket(pg->conn),
	    .events = flushed == 1 ? POLLIN | POLLOUT : POLLIN};

	if (flushed < 0)
		return false;
	xs_pg_calm_leave(pg);
	n = poll(&fd, 1, xs_pg_left(pg));
	xs_pg_calm_enter(pg);
	if (n == 0 || xs_pg_left(pg) == 0)
		return false;
	return (fd.revents & ~POLLOUT) == 0 || PQconsumeInput(pg->conn) == 1;
}

/* The next result, NULL when there is none; false: it did not come. */
static bool
next_result(struct xs_pg *pg, PGresult **result)
{
	while (PQisBusy(pg->conn)) {
		if (!wait_for_more(pg))
			return false;
	}
	*result = PQgetResult(pg->conn);
	return true;
}

static bool
has_failed(const PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);

	return status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK;
}

/* What went wrong: the server's own words, or that it has none. */
static int
explain(struct xs_pg *pg, const PGresult *result, struct xs_fault *fault)
{
	const char *state = NULL, *text = NULL;
	bool late = xs_pg_left(pg) == 0;

	if (result != NULL) {
		state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
		text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	}
	if (state != NULL)
		(void)snprintf(pg->state, sizeof(pg->state), "%s", state);
	if (state == NULL || text == NULL)
		return xs_fault_set(fault, XS_E_STATE, "postgresql: %s: %s",
		    PQhost(pg->conn),
		    late ? "no answer within the time"
			 : "the connection was lost");
	return xs_fault_set(fault,
	    strcmp(state, "55P03") == 0 || strcmp(state, "40001") == 0 ||
		    strcmp(state, "40P01") == 0
		? XS_E_BUSY
		: XS_E_STATE,
	    "postgresql: %s: %s (%s)", PQhost(pg->conn), text, state);
}

/* One query's results: its own, and the NULL behind it. */
static int
take_result(struct xs_pg *pg, struct xs_pg_query *query, struct xs_fault *fault)
{
	PGresult *end = NULL;

	if (!next_result(pg, &query->result) || query->result == NULL)
		return explain(pg, NULL, fault);
	if (has_failed(query->result))
		return explain(pg, query->result, fault);
	if (!next_result(pg, &end))
		return explain(pg, NULL, fault);
	if (end == NULL)
		return 0;
	PQclear(end);
	return xs_fault_set(
	    fault, XS_E_STATE, "postgresql: one result too many");
}

static int
run(struct xs_pg *pg, struct xs_pg_query *queries, unsigned count,
    struct xs_fault *fault)
{
	PGresult *end = NULL;
	bool ended;
	int r;

	for (unsigned i = 0; i < count; i++) {
		if (!send_query(pg, &queries[i]))
			return explain(pg, NULL, fault);
	}
	if (PQpipelineSync(pg->conn) != 1)
		return explain(pg, NULL, fault);
	for (unsigned i = 0; i < count; i++) {
		if ((r = take_result(pg, &queries[i], fault)) != 0)
			return r;
	}
	if (!next_result(pg, &end))
		return explain(pg, NULL, fault);
	ended = PQresultStatus(end) == PGRES_PIPELINE_SYNC;
	PQclear(end);
	return ended ? 0 : explain(pg, NULL, fault);
}

int
xs_pg_run(struct xs_pg *pg, struct xs_pg_query *queries, unsigned count,
    struct xs_fault *fault)
{
	int r;

	for (unsigned i = 0; i < count; i++)
		queries[i].result = NULL;
	pg->state[0] = '\0';
	pg->warned = false;
	xs_pg_calm_enter(pg);
	r = run(pg, queries, count, fault);
	xs_pg_calm_leave(pg);
	if (r != 0) {
		xs_pg_clear(queries, count);
		xs_pg_drop(pg);
	}
	return r;
}

void
xs_pg_clear(struct xs_pg_query *queries, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		PQclear(queries[i].result);
		queries[i].result = NULL;
	}
}

/*
 * A commit that was told to wait no longer for the standbys says COMMIT, and
 * warns that they may not have it (test_store_postgresql_lost:
 * test_commit_that_gave_up_on_the_standby_is_refused,
 * test_commit_that_gave_up_is_refused_where_warnings_are_off).
 */
bool
xs_pg_is_committed(const struct xs_pg *pg, const PGresult *result)
{
	/* cmdStatus wants no const, and changes nothing. */
	PGresult *answer = (PGresult *)(uintptr_t)result;

	return !pg->warned && PQresultStatus(result) == PGRES_COMMAND_OK &&
	    strcmp(PQcmdStatus(answer), "COMMIT") == 0;
}
