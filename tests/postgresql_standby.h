/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A server whose standby is lost, so that its commits wait; and somebody who
 * ends the wait. Included after "tests/postgresql.h".
 */
#ifndef XS_TESTS_POSTGRESQL_STANDBY_H
#define XS_TESTS_POSTGRESQL_STANDBY_H

/* A commit of our own, to see whether it waits. */
static PGconn *canary;

static bool
canary_waits(void)
{
	char text[120];

	if (!PQisBusy(canary)) {
		PQclear(PQgetResult(canary));
		(void)PQsendQuery(canary,
		    "SELECT pg_logical_emit_message(true, 'canary', '')");
	}
	(void)PQconsumeInput(canary);
	snprintf(text, sizeof(text),
	    "SELECT 1 FROM pg_stat_activity WHERE pid = %d"
	    " AND wait_event = 'SyncRep'",
	    PQbackendPID(canary));
	return sql(text)[0] == '1';
}

/*
 * As if a standby were needed, and none is there; and no more. Each time until
 * the server acts on it.
 */
static void
lose_standby(bool lost)
{
	if (lost == (canary != NULL))
		return;
	sql("SET synchronous_commit = local");
	sql(lost ? "ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (none)'"
		 : "ALTER SYSTEM RESET synchronous_standby_names");
	sql("SELECT pg_reload_conf()");
	if (lost) {
		canary = PQconnectdb(server_conninfo());
		for (int i = 0; i < 1000 && !canary_waits(); i++)
			server_sleep(10);
		assert_true(canary_waits());
	} else {
		while (PQisBusy(canary))
			(void)PQconsumeInput(canary);
		PQfinish(canary);
		canary = NULL;
	}
}

/* Somebody ends the wait; the server then says COMMIT, with a warning. */
static int
cancel_wait(void *context)
{
	PGconn *conn = PQconnectdb(server_conninfo());

	(void)context;
	for (int i = 0; i < 400; i++) {
		PGresult *result = PQexec(conn,
		    "SELECT 1 FROM (SELECT pg_cancel_backend(pid) FROM"
		    " pg_stat_activity WHERE wait_event = 'SyncRep'"
		    " AND application_name = 'pam_xsuite') x");
		bool done = PQntuples(result) > 0;

		PQclear(result);
		if (done)
			return 0;
		server_sleep(10);
	}
	return 1;
}

#endif
