/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A PostgreSQL server of a test's own, on a socket in a directory of its own,
 * and a store on it. Included after <cmocka.h>.
 */
#ifndef XS_TESTS_POSTGRESQL_H
#define XS_TESTS_POSTGRESQL_H

#include <glob.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <time.h>

#include "store_plugin.h"
#include "tests/state.h"

static struct {
	char dir[32]; /* its socket, and its data in data/ */
	int port;     /* 0: on its socket alone, as 5432 */
	pid_t pid;
	PGconn *conn; /* of the test itself, as a superuser */
} server;

/* The newest server that is installed. */
static void
server_program(const char *name, char out[200])
{
	glob_t found;

	assert_int_equal(
	    glob("/usr/lib/postgresql/*/bin/initdb", 0, NULL, &found), 0);
	snprintf(out, 200, "%s", found.gl_pathv[found.gl_pathc - 1]);
	strcpy(strrchr(out, '/') + 1, name);
	globfree(&found);
}

/* The server refuses to run as root. */
static void
become_postgres(void)
{
	const struct passwd *entry = getpwnam("postgres");

	if (getuid() == 0 &&
	    (entry == NULL ||
		setresgid(entry->pw_gid, entry->pw_gid, entry->pw_gid) != 0 ||
		setresuid(entry->pw_uid, entry->pw_uid, entry->pw_uid) != 0))
		_exit(1);
	if (prctl(PR_SET_PDEATHSIG, SIGQUIT) != 0)
		_exit(1);
}

/* Runs it with its words in the server's log. */
static pid_t
server_spawn(const char *const argv[])
{
	pid_t pid = fork();
	char log[64];
	int fd;

	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	snprintf(log, sizeof(log), "%s/log", server.dir);
	become_postgres();
	fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (fd < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0 || chdir("/") != 0)
		_exit(1);
	clearenv();
	execv(argv[0], (char **)(uintptr_t)argv);
	_exit(1);
}

static const char *
server_conninfo(void)
{
	static char text[120];

	snprintf(text, sizeof(text),
	    "host=%s port=%d user=postgres dbname=postgres", server.dir,
	    server.port > 0 ? server.port : 5432);
	return text;
}

static void
server_sleep(long milliseconds)
{
	nanosleep(&(struct timespec){0, milliseconds * 1000000}, NULL);
}

/* The directory, and a database in it that is not running yet. */
__attribute__((unused)) static void
server_make(void)
{
	const struct passwd *entry = getpwnam("postgres");
	char initdb[200], data[64];

	memset(&server, 0, sizeof(server));
	strcpy(server.dir, "/tmp/xs-pg-XXXXXX");
	assert_non_null(mkdtemp(server.dir));
	snprintf(data, sizeof(data), "%s/data", server.dir);
	if (getuid() == 0) {
		assert_non_null(entry);
		assert_int_equal(
		    chown(server.dir, entry->pw_uid, entry->pw_gid), 0);
	}
	server_program("initdb", initdb);
	assert_int_equal(wait_for(server_spawn((const char *[]){initdb, "-D",
			     data, "-A", "trust", "-U", "postgres", "--no-sync",
			     "-E", "UTF8", "--locale=C", NULL})),
	    0);
}

__attribute__((unused)) static void
server_run(void)
{
	char postgres[200], data[64], port[16];

	server_program("postgres", postgres);
	snprintf(data, sizeof(data), "%s/data", server.dir);
	snprintf(
	    port, sizeof(port), "%d", server.port > 0 ? server.port : 5432);
	server.pid = server_spawn((const char *[]){postgres, "-D", data, "-k",
	    server.dir, "-h", server.port > 0 ? "127.0.0.1" : "", "-p", port,
	    "-F", "-c", "shared_buffers=16MB", "-c", "autovacuum=off", NULL});
	for (int i = 0; i < 600; i++) {
		server.conn = PQconnectdb(server_conninfo());
		if (PQstatus(server.conn) == CONNECTION_OK)
			return;
		PQfinish(server.conn);
		server_sleep(50);
	}
	fail_msg("the server does not come up: see %s/log", server.dir);
}

__attribute__((unused)) static void
server_start(void)
{
	server_make();
	server_run();
}

__attribute__((unused)) static void
server_stop(void)
{
	PQfinish(server.conn);
	kill(server.pid, SIGCONT);
	kill(server.pid, SIGQUIT);
	(void)wait_for(server.pid);
	remove_tree(server.dir);
}

static void
ignore_notice(void *context, const char *text)
{
	(void)context;
	(void)text;
}

/* Runs it as the superuser. Returns its first value, or "". */
__attribute__((unused)) static const char *
sql(const char *text)
{
	static char value[200];
	PGresult *result;

	PQsetNoticeProcessor(server.conn, ignore_notice, NULL);
	result = PQexec(server.conn, text);
	if (PQresultStatus(result) != PGRES_COMMAND_OK &&
	    PQresultStatus(result) != PGRES_TUPLES_OK)
		fail_msg("%s: %s", text, PQresultErrorMessage(result));
	snprintf(value, sizeof(value), "%s",
	    PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "");
	PQclear(result);
	return value;
}

/* build/, from a program in build/tests/unit. */
__attribute__((unused)) static const char *
build_dir(void)
{
	static char path[400];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	assert_true(n > 0);
	path[n] = '\0';
	for (int i = 0; i < 3; i++)
		*strrchr(path, '/') = '\0';
	return path;
}

__attribute__((unused)) static void
open_with(struct state *s, const char *conninfo)
{
	struct xs_fault fault = {""};

	if (xs_store_plugin_open(&s->store, build_dir(), conninfo, &s->keys,
		&xs_env_system, &fault) != 0)
		fail_msg("%s", fault.text);
}

/* On a database without anything of ours. */
__attribute__((unused)) static void
open_postgresql(struct state *s)
{
	sql("DROP SCHEMA IF EXISTS xsuite CASCADE");
	open_with(s, server_conninfo());
}

__attribute__((unused)) static int
start_group(void **state)
{
	(void)state;
	server_start();
	return 0;
}

__attribute__((unused)) static int
stop_group(void **state)
{
	(void)state;
	server_stop();
	return 0;
}

#endif
