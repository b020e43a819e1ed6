/* SPDX-License-Identifier: BSD-3-Clause */
/* Who the server on the other end is: TLS, unless it is said otherwise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "tests/postgresql.h"
#include "tests/store_ops.h"

static void (*const postgresql_backend)(struct state *) = open_postgresql;

/* An authority, and a certificate of the server's for db.example. */
static const char make_certificates[] =
    "cd %s && ec='ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes' && {"
    " openssl req -x509 -newkey $ec -keyout ca.key -out ca.pem"
    " -subj /CN=ca -days 2 &&"
    " openssl req -newkey $ec -keyout tls.key -out tls.csr"
    " -subj /CN=db.example &&"
    " echo subjectAltName=DNS:db.example > tls.ext &&"
    " openssl x509 -req -in tls.csr -CA ca.pem -CAkey ca.key"
    " -CAcreateserial -extfile tls.ext -days 2 -out tls.pem &&"
    " chown --reference=data tls.* && chmod 600 tls.key &&"
    " printf '%%s\\n' ssl=on ssl_cert_file=\"'$PWD/tls.pem'\""
    " ssl_key_file=\"'$PWD/tls.key'\" >> data/postgresql.conf; }"
    " > openssl.log 2>&1";

static int
free_port(void)
{
	struct sockaddr_in address = {
	    .sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t size = sizeof(address);

	assert_int_equal(
	    bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(
	    getsockname(fd, (struct sockaddr *)&address, &size), 0);
	close(fd);
	return ntohs(address.sin_port);
}

static int
start_with_tls(void **state)
{
	char command[2000];

	(void)state;
	server_make();
	snprintf(command, sizeof(command), make_certificates, server.dir);
	/* Of the test's own words. NOLINTNEXTLINE(cert-env33-c) */
	assert_int_equal(system(command), 0);
	server.port = free_port();
	server_run();
	return 0;
}

static int
read_over_tls(struct state *s, const char *host, const char *words,
    struct xs_fault *fault)
{
	struct xs_plain plain;
	char conninfo[600];

	xs_store_close(&s->store);
	snprintf(conninfo, sizeof(conninfo),
	    "host=%s hostaddr=127.0.0.1 port=%d user=postgres dbname=postgres"
	    " %s",
	    host, server.port, words);
	open_with(s, conninfo);
	fault->text[0] = '\0';
	return s->store.ops->read(&s->store, &alice, &plain, fault);
}

static void
assert_refuses(
    struct state *s, const char *host, const char *words, const char *why)
{
	struct xs_fault fault;

	if (read_over_tls(s, host, words, &fault) != XS_E_STATE ||
	    strstr(fault.text, why) == NULL)
		fail_msg("%s %s: %s", host, words, fault.text);
}

static void
assert_takes(struct state *s, const char *host, const char *words)
{
	struct xs_fault fault;

	if (read_over_tls(s, host, words, &fault) != XS_E_NORECORD)
		fail_msg("%s %s: %s", host, words, fault.text);
}

static const char *
with_ca(const char *words)
{
	static char text[200];

	snprintf(
	    text, sizeof(text), "sslrootcert=%s/ca.pem %s", server.dir, words);
	return text;
}

static void
test_server_is_verified_in_full_by_default(void **state)
{
	struct state *s = *state;

	assert_int_equal(do_init(s), 0);
	assert_takes(s, "db.example", with_ca(""));
	assert_string_equal(
	    sql("SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity"
		" USING (pid) WHERE ssl AND application_name = 'pam_xsuite'"),
	    "1");
	assert_refuses(s, "db.example", "", "certificate verify failed");
	assert_refuses(
	    s, "db.example", "sslrootcert=system", "certificate verify failed");
	assert_refuses(
	    s, "other.example", with_ca(""), "does not match host name");
	assert_refuses(s, "127.0.0.1", with_ca(""), "does not match");
	/* An authority that is not there is not "none asked for". */
	assert_refuses(
	    s, "db.example", "sslrootcert=/nonexistent", "root certificate");
}

static void
test_less_has_to_be_asked_for(void **state)
{
	struct state *s = *state;

	assert_int_equal(do_init(s), 0);
	assert_takes(s, "other.example", with_ca("sslmode=verify-ca"));
	assert_takes(s, "other.example", "sslmode=disable");
	assert_refuses(s, "other.example", "sslmode=verify-ca sslrootcert=/x",
	    "root certificate");
}

/* It says: no TLS here. So would somebody in between. */
static void
test_server_without_tls_is_not_talked_to(void **state)
{
	struct state *s = *state;
	struct xs_fault fault;

	assert_int_equal(do_init(s), 0);
	sql("ALTER SYSTEM SET ssl = off");
	sql("SELECT pg_reload_conf()");
	for (int i = 0; i < 600; i++) {
		if (read_over_tls(s, "db.example", with_ca(""), &fault) !=
		    XS_E_NORECORD)
			break;
		server_sleep(10);
	}
	assert_refuses(
	    s, "db.example", with_ca(""), "server does not support SSL");
	assert_refuses(
	    s, "db.example", "sslmode=require", "does not support SSL");
	sql("ALTER SYSTEM RESET ssl");
	sql("SELECT pg_reload_conf()");
	for (int i = 0; i < 600; i++) {
		if (read_over_tls(s, "db.example", with_ca(""), &fault) ==
		    XS_E_NORECORD)
			break;
		server_sleep(10);
	}
}

/* What libpq takes from HOME when it is not told otherwise. */
static void
test_files_of_the_callers_home_are_not_used(void **state)
{
	static const char *const names[] = {
	    "postgresql.crt", "postgresql.key", "root.crl", "root.crt"};
	struct state *s = *state;
	struct path path = in_dir(s, ".postgresql");

	assert_int_equal(do_init(s), 0);
	assert_int_equal(mkdir(path.text, 0700), 0);
	for (size_t i = 0; i < 4; i++) {
		char name[64];

		snprintf(name, sizeof(name), ".postgresql/%s", names[i]);
		write_file(in_dir(s, name).text, "nonsense\n", 9);
	}
	setenv("HOME", s->dir, 1);
	assert_takes(s, "db.example", with_ca(""));
	unsetenv("HOME");
}

static void
test_step_of_a_login_goes_through_tls(void **state)
{
	struct state *s = *state;
	struct xs_fault fault;

	assert_int_equal(do_init(s), 0);
	assert_int_equal(do_create(s, alice, "a"), 0);
	assert_int_equal(
	    read_over_tls(s, "db.example", with_ca(""), &fault), 0);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(do_begin(s, alice), 0);
		assert_int_equal(do_commit(s, i % 2 ? "a" : "b"), 0);
	}
	assert_holds(s, alice, "a");
}

#define P(test) ON(test, postgresql_backend, "postgresql")

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    P(test_server_is_verified_in_full_by_default),
	    P(test_less_has_to_be_asked_for),
	    P(test_server_without_tls_is_not_talked_to),
	    P(test_files_of_the_callers_home_are_not_used),
	    P(test_step_of_a_login_goes_through_tls),
	};

	return cmocka_run_group_tests(tests, start_with_tls, stop_group);
}
