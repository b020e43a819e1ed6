/* SPDX-License-Identifier: BSD-3-Clause */
/* What the option may say, and what is not heard: environment, home. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/postgresql.h"
#include "tests/store_ops.h"

static void (*const postgresql_backend)(struct state *) = open_postgresql;

#define OPTION(words) "host=/run/x user=u dbname=d " words

static void
test_option_refuses_what_is_unknown_or_weakens(void **state)
{
	static const struct {
		const char *option, *named;
	} cases[] = {
	    {"user=u dbname=d", "host: is missing"},
	    {"host=/run/x dbname=d", "user: is missing"},
	    {"host=/run/x user=u", "dbname: is missing"},
	    {"hostaddr=127.0.0.1 user=u dbname=d", "host: is missing"},
	    {OPTION("password=secret7"), "password: "},
	    {OPTION("password=''"), "password: "},
	    {OPTION("service=x"), "service: the path of a file"},
	    {OPTION("options=-csynchronous_commit=off"), "options: "},
	    {OPTION("sslmode=prefer"), "sslmode: "},
	    {OPTION("sslmode=allow"), "sslmode: "},
	    {OPTION("sslmode=nonsense"), "sslmode: "},
	    {OPTION("sslmode=verify"), "sslmode: "},
	    {OPTION("sslmode=verify-ca"), "sslrootcert: "},
	    {OPTION("target_session_attrs=any"), "target_session_attrs: "},
	    {OPTION("target_session_attrs=standby"), "target_session_attrs: "},
	    {OPTION("target_session_attrs=read-only"), "target_session_"},
	    {OPTION("target_session_attrs=prefer-standby"), "target_session_"},
	    {OPTION("gssencmode=prefer"), "gssencmode: "},
	    {OPTION("krbsrvname=x"), "krbsrvname: "},
	    {OPTION("connect_timeout=60"), "connect_timeout: "},
	    {OPTION("sslpassword=secret7"), "sslpassword: "},
	    {OPTION("replication=true"), "replication: "},
	    {OPTION("client_encoding=LATIN1"), "client_encoding: "},
	    {OPTION("fallback_application_name=x"), "fallback_"},
	    {OPTION("nonsense=secret7"), "connection: "},
	    {"secret7", "connection: "},
	    {"postgresql://u:secret7@h/d", "password: "},
	    {"host=,b user=u dbname=d", "host: "},
	    {"host=a,b hostaddr=127.0.0.1 user=u dbname=d", "hostaddr: "},
	    {"host=a,b port=1,2,3 user=u dbname=d", "port: "},
	    {"host=a,b,c,d,e,f,g,h,i user=u dbname=d", "host: "},
	    {"host=@x user=u dbname=d", "host: "},
	    {"host=/tmp user=u dbname=d", "/tmp: "},
	};
	struct state *s = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct xs_store store = {.ops = NULL};
		struct xs_fault fault = {""};
		int r = xs_store_plugin_open(&store, build_dir(),
		    cases[i].option, &s->keys, &xs_env_system, &fault);

		if (r != XS_E_CONFIG ||
		    strstr(fault.text, cases[i].named) == NULL ||
		    strncmp(fault.text, "postgresql: ", 12) != 0)
			fail_msg("%s: %d %s", cases[i].option, r, fault.text);
		assert_null(store.ops);
		assert_null(strstr(fault.text, "secret7"));
	}
}

static void
test_option_takes_what_it_should(void **state)
{
	static const char *const options[] = {OPTION(""),
	    "postgresql://u@h:1/d?sslmode=require",
	    "host=a,b,c hostaddr=127.0.0.1,::1,127.0.0.2 port=1,2,3 user=u"
	    " dbname=d sslmode=verify-ca sslrootcert=/x sslcert=/c sslkey=/k",
	    "host=a user=u dbname=d sslrootcert=system sslcrl=/x"
	    " target_session_attrs=primary channel_binding=require"
	    " tcp_user_timeout=1000 keepalives_idle=1 application_name=x"
	    " requirepeer=postgres passfile=/x sslmode=disable"};
	struct state *s = *state;

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		xs_store_close(&s->store);
		open_with(s, options[i]);
		assert_string_equal(s->store.ops->name, "postgresql");
		assert_true(s->store.ops->by_name);
	}
}

static int
open_service(struct state *s, const char *text, mode_t mode, const char *more,
    struct xs_fault *fault)
{
	struct path path = in_dir(s, "service");
	char option[600];

	write_file(path.text, text, strlen(text));
	assert_int_equal(chmod(path.text, mode), 0);
	snprintf(option, sizeof(option), "service=%s %s", path.text, more);
	xs_store_close(&s->store);
	fault->text[0] = '\0';
	return xs_store_plugin_open(
	    &s->store, build_dir(), option, &s->keys, &xs_env_system, fault);
}

static void
test_service_is_a_file_of_ours(void **state)
{
	static const char *const bad[] = {"host=/run/x\nuser=u\n",
	    "nonsense=x\n", "password=secret7\n", "service=/x\n",
	    "sslmode=prefer\nhost=/run/x\nuser=u\ndbname=d\n", "host\n"};
	struct state *s = *state;
	struct xs_fault fault;
	struct xs_plain plain;
	char text[200];

	assert_int_equal(do_init(s), 0);
	snprintf(text, sizeof(text),
	    "# the fleet's\n[any]\n\nhost=%s\nuser=evil\ndbname=postgres",
	    server.dir);
	assert_int_equal(
	    open_service(s, text, 0644, "user=postgres", &fault), 0);
	assert_int_equal(s->store.ops->read(&s->store, &alice, &plain, &fault),
	    XS_E_NORECORD);
	assert_int_equal(
	    open_service(s, text, 0664, "user=postgres", &fault), XS_E_CONFIG);
	assert_int_equal(
	    open_service(s, text, 0646, "user=postgres", &fault), XS_E_CONFIG);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (open_service(s, bad[i], 0600, "", &fault) != XS_E_CONFIG ||
		    strstr(fault.text, "secret7") != NULL)
			fail_msg("%s: %s", bad[i], fault.text);
	}
	assert_null(s->store.ops);
}

/* Every variable that libpq 15 reads, to its harm. */
static void
poison(const struct state *s)
{
	static const char *const pairs[] = {"PGHOST", "/nonexistent",
	    "PGHOSTADDR", "192.0.2.1", "PGPORT", "1", "PGDATABASE", "evil",
	    "PGUSER", "evil", "PGPASSWORD", "evil", "PGOPTIONS",
	    "-c synchronous_commit=off -c search_path=evil", "PGAPPNAME",
	    "evil", "PGSSLMODE", "require", "PGREQUIRESSL", "1",
	    "PGSSLCOMPRESSION", "x", "PGREQUIREPEER", "nobody", "PGGSSENCMODE",
	    "require", "PGKRBSRVNAME", "evil", "PGGSSLIB", "x",
	    "PGCONNECT_TIMEOUT", "x", "PGCLIENTENCODING", "SJIS",
	    "PGTARGETSESSIONATTRS", "standby", "PGCHANNELBINDING", "require",
	    "PGDATESTYLE", "evil", "PGTZ", "evil", "PGGEQO", "evil",
	    "PGSSLMINPROTOCOLVERSION", "TLSv1.3", "PGSSLSNI", "x", "PGSERVICE",
	    "evil", "LANGUAGE", "nl", NULL};
	static const char *const places[] = {"HOME", "PGSERVICEFILE",
	    "PGPASSFILE", "PGSYSCONFDIR", "PGLOCALEDIR", "PGSSLROOTCERT",
	    "PGSSLCERT", "PGSSLKEY", "PGSSLCRL", "PGSSLCRLDIR", NULL};

	for (int i = 0; pairs[i] != NULL; i += 2)
		setenv(pairs[i], pairs[i + 1], 1);
	for (int i = 0; places[i] != NULL; i++)
		setenv(places[i], s->dir, 1);
}

static void
whole_life(struct state *s)
{
	struct xs_fault fault = {""};

	if (s->store.ops->init(&s->store, &fault) != 0)
		fail_msg("%s", fault.text);
	assert_reads(s, alice, XS_E_NORECORD);
	assert_int_equal(do_create(s, alice, "a"), 0);
	xs_store_rest(&s->store);
	assert_int_equal(do_begin(s, alice), 0);
	assert_int_equal(do_commit(s, "b"), 0);
	assert_holds(s, alice, "b");
	assert_int_equal(do_remove(s, alice), 0);
}

static void
test_environment_is_neither_heard_nor_changed(void **state)
{
	struct state *s = *state;
	char **kept = environ, **now;
	size_t count = 0, after = 0;

	poison(s);
	now = environ;
	while (environ[count] != NULL)
		count++;
	xs_store_close(&s->store);
	open_postgresql(s);
	whole_life(s);
	assert_ptr_equal(environ, now);
	while (environ[after] != NULL)
		after++;
	assert_int_equal(after, count);
	assert_string_equal(getenv("PGTZ"), "evil");
	clearenv();
	(void)kept;
}

/* A service that is not there is an error of libpq's. */
static void
test_each_variable_alone_is_not_heard(void **state)
{
	static const char *const alone[] = {"PGSERVICE=evil", "PGTZ=evil",
	    "PGDATESTYLE=evil", "PGOPTIONS=-c evil", "PGREQUIREPEER=nobody",
	    "PGCLIENTENCODING=evil", "PGGSSENCMODE=evil", "PGSSLSNI=evil",
	    "PGSSLMAXPROTOCOLVERSION=evil", "PGCONNECT_TIMEOUT=evil"};
	struct state *s = *state;
	char text[64];

	assert_int_equal(do_init(s), 0);
	for (size_t i = 0; i < sizeof(alone) / sizeof(alone[0]); i++) {
		strcpy(text, alone[i]);
		putenv(text);
		xs_store_rest(&s->store);
		assert_reads(s, alice, XS_E_NORECORD);
		clearenv();
	}
}

/* Web may log in with its password only; the rest as before. */
static void
use_passwords(bool on)
{
	const char *hba = on ? "local all web scram-sha-256\n"
			       "local all all trust\n"
			     : "local all all trust\n";
	char path[64], conninfo[120];
	bool let_in = on;
	int fd;

	snprintf(path, sizeof(path), "%s/data/pg_hba.conf", server.dir);
	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, hba, strlen(hba)), strlen(hba));
	close(fd);
	sql("SELECT pg_reload_conf()");
	/* The server reads it in its own time. */
	snprintf(conninfo, sizeof(conninfo), "host=%s user=web dbname=postgres",
	    server.dir);
	for (int i = 0; i < 600 && let_in == on; i++) {
		PGconn *conn = PQconnectdb(conninfo);

		let_in = PQstatus(conn) == CONNECTION_OK;
		PQfinish(conn);
		server_sleep(10);
	}
	assert_int_equal(let_in, !on);
}

static int
read_as_web(struct state *s, const char *passfile, struct xs_fault *fault)
{
	struct xs_plain plain;
	char conninfo[600];

	xs_store_close(&s->store);
	snprintf(conninfo, sizeof(conninfo),
	    "host=%s user=web dbname=postgres%s%s", server.dir,
	    passfile != NULL ? " passfile=" : "",
	    passfile != NULL ? passfile : "");
	open_with(s, conninfo);
	fault->text[0] = '\0';
	return s->store.ops->read(&s->store, &alice, &plain, fault);
}

static void
write_pass(const struct path *path, const char *word, mode_t mode)
{
	char line[200];

	snprintf(line, sizeof(line), "*:*:*:web:%s\n", word);
	write_file(path->text, line, strlen(line));
	assert_int_equal(chmod(path->text, mode), 0);
}

static void
test_password_comes_from_a_file_of_ours_alone(void **state)
{
	static const mode_t open_modes[] = {0640, 0604, 0660, 0700};
	struct state *s = *state;
	struct path file = in_dir(s, "pass"), link = in_dir(s, "link");
	struct xs_fault fault;

	assert_int_equal(do_init(s), 0);
	sql("DROP ROLE IF EXISTS web");
	sql("CREATE ROLE web LOGIN PASSWORD 'rightsecret7'");
	sql("GRANT xsuite_host TO web");
	use_passwords(true);
	write_pass(&file, "rightsecret7", 0600);
	assert_int_equal(read_as_web(s, file.text, &fault), XS_E_NORECORD);
	chmod(file.text, 0400);
	assert_int_equal(read_as_web(s, file.text, &fault), XS_E_NORECORD);
	for (size_t i = 0; i < 4; i++) {
		chmod(file.text, open_modes[i]);
		assert_int_equal(read_as_web(s, file.text, &fault), XS_E_STATE);
		assert_non_null(strstr(fault.text, "passfile: "));
	}
	chmod(file.text, 0600);
	assert_int_equal(symlink(file.text, link.text), 0);
	assert_int_equal(read_as_web(s, link.text, &fault), XS_E_STATE);
	if (getuid() == 0) {
		assert_int_equal(chown(file.text, 12345, 0), 0);
		assert_int_equal(read_as_web(s, file.text, &fault), XS_E_STATE);
		assert_int_equal(chown(file.text, 0, 0), 0);
	}
	assert_int_equal(
	    read_as_web(s, "/nonexistent/pass", &fault), XS_E_STATE);
	write_pass(&file, "wrongsecret7", 0600);
	assert_int_equal(read_as_web(s, file.text, &fault), XS_E_STATE);
	assert_non_null(strstr(fault.text, "password authentication failed"));
	assert_null(strstr(fault.text, "secret7"));
	setenv("PGPASSWORD", "rightsecret7", 1);
	setenv("PGPASSFILE", file.text, 1);
	assert_int_equal(read_as_web(s, NULL, &fault), XS_E_STATE);
	clearenv();
	use_passwords(false);
}

#define P(test) ON(test, postgresql_backend, "postgresql")

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    P(test_option_refuses_what_is_unknown_or_weakens),
	    P(test_option_takes_what_it_should),
	    P(test_service_is_a_file_of_ours),
	    P(test_environment_is_neither_heard_nor_changed),
	    P(test_each_variable_alone_is_not_heard),
	    P(test_password_comes_from_a_file_of_ours_alone),
	};

	return cmocka_run_group_tests(tests, start_group, stop_group);
}
