/* SPDX-License-Identifier: BSD-3-Clause */
/* A server that is slow, gone, or gone at the wrong moment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "tests/postgresql.h"
#include "tests/postgresql_standby.h"
#include "tests/store_ops.h"

static void
with_alice(struct state *s)
{
	assert_int_equal(do_init(s), 0);
	assert_int_equal(do_create(s, alice, "a"), 0);
	xs_store_rest(&s->store);
}

/* The other end of the store's connection. */
static pid_t
backend(void)
{
	return atoi(sql("SELECT pid FROM pg_stat_activity"
			" WHERE application_name = 'pam_xsuite'"));
}

static void
assert_read_fails(struct state *s, const char *why)
{
	struct xs_fault fault = {""};
	struct xs_plain plain;

	assert_int_equal(
	    s->store.ops->read(&s->store, &alice, &plain, &fault), XS_E_STATE);
	if (strstr(fault.text, why) == NULL)
		fail_msg("%s", fault.text);
}

static void
assert_commit_fails(struct state *s, const char *why)
{
	struct xs_plain plain = text_of("lost");
	struct xs_fault fault = {""};

	assert_int_equal(
	    s->store.ops->commit(&s->store, &plain, &fault), XS_E_COMMIT);
	if (strstr(fault.text, why) == NULL)
		fail_msg("%s", fault.text);
}

static void
test_server_that_is_stopped_is_not_waited_for(void **state)
{
	struct state *s = *state;

	with_alice(s);
	kill(server.pid, SIGSTOP);
	assert_read_fails(s, "no connection within the time");
	assert_int_equal(do_begin(s, alice), XS_E_STATE);
	kill(server.pid, SIGCONT);
	assert_holds(s, alice, "a");
}

static void
test_answer_that_does_not_come_is_a_refusal(void **state)
{
	struct state *s = *state;
	pid_t pid;

	with_alice(s);
	assert_int_equal(do_begin(s, alice), 0);
	pid = backend();
	kill(pid, SIGSTOP);
	assert_commit_fails(s, "no answer within the time");
	/* It goes on by itself, but nobody asked for it again. */
	kill(pid, SIGCONT);
	kill(pid, SIGTERM);
	assert_int_equal(do_commit(s, "again"), XS_E_INTERNAL);
}

static void
test_connection_that_has_died_is_made_anew(void **state)
{
	struct state *s = *state;

	with_alice(s);
	for (int i = 0; i < 3; i++) {
		assert_holds(s, alice, "a");
		sql("SELECT pg_terminate_backend(pid, 5000) FROM"
		    " pg_stat_activity WHERE application_name = 'pam_xsuite'");
	}
	assert_int_equal(do_begin(s, alice), 0);
	assert_int_equal(do_commit(s, "b"), 0);
	/* But not in the middle. */
	assert_int_equal(do_begin(s, alice), 0);
	kill(backend(), SIGTERM);
	assert_commit_fails(s, "record of alice: ");
	assert_holds(s, alice, "b");
}

/* Between the store and the server: what the client says COMMIT with. */
struct proxy {
	char dir[64];
	bool forward; /* the COMMIT reaches the server */
	int listener;
	int commits[2]; /* a pipe: a byte for each that was seen */
};

static int
connect_server(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/.s.PGSQL.5432",
	    server.dir);
	return connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0
	    ? fd
	    : -1;
}

/* One way of one connection. 1: a COMMIT went by (forwarded or not). */
static int
pass(struct proxy *proxy, int from, int to, bool client, bool *open)
{
	static char bytes[65536];
	ssize_t n = read(from, bytes, sizeof(bytes));
	bool commit = client && n > 0 && memmem(bytes, (size_t)n, "COMMIT", 7);

	*open = n > 0;
	if (commit && write(proxy->commits[1], "c", 1) != 1)
		return -1;
	if (n > 0 && (!commit || proxy->forward) &&
	    write(to, bytes, (size_t)n) != n)
		return -1;
	return commit;
}

static void
serve(struct proxy *proxy, int client)
{
	int upstream = connect_server();
	bool open = upstream >= 0, committing = false;

	while (open) {
		struct pollfd fds[] = {{.fd = client, .events = POLLIN},
		    {.fd = upstream, .events = POLLIN}};

		(void)poll(fds, 2, -1);
		if (committing)
			break; /* the answer is there, and goes no further */
		if (fds[0].revents != 0)
			committing =
			    pass(proxy, client, upstream, true, &open) == 1;
		else
			(void)pass(proxy, upstream, client, false, &open);
		if (committing && !proxy->forward)
			break;
	}
	close(upstream);
}

static int
run_proxy(void *context)
{
	struct proxy *proxy = context;

	for (;;) {
		int client = accept(proxy->listener, NULL, NULL);

		CHILD_CHECK(client >= 0);
		serve(proxy, client);
		close(client);
	}
}

static pid_t
start_proxy(struct proxy *proxy, const struct state *s)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(proxy->dir, sizeof(proxy->dir), "%s", s->dir);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/.s.PGSQL.5432",
	    proxy->dir);
	proxy->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(
	    bind(proxy->listener, (struct sockaddr *)&address, sizeof(address)),
	    0);
	assert_int_equal(listen(proxy->listener, 8), 0);
	assert_int_equal(pipe2(proxy->commits, O_CLOEXEC | O_NONBLOCK), 0);
	return start_child(run_proxy, proxy);
}

static void
lose_commit(struct state *s, bool forward)
{
	struct proxy proxy = {.forward = forward};
	char conninfo[120], seen[8];
	pid_t pid;

	with_alice(s);
	pid = start_proxy(&proxy, s);
	xs_store_close(&s->store);
	snprintf(conninfo, sizeof(conninfo),
	    "host=%s user=postgres dbname=postgres", proxy.dir);
	open_with(s, conninfo);
	assert_holds(s, alice, "a");
	assert_int_equal(do_begin(s, alice), 0);
	assert_commit_fails(s, "the connection was lost");
	assert_int_equal(do_commit(s, "again"), XS_E_INTERNAL);
	assert_int_equal(read(proxy.commits[0], seen, sizeof(seen)), 1);
	assert_holds(s, alice, forward ? "lost" : "a");
	kill(pid, SIGKILL);
	(void)wait_for(pid);
	close(proxy.listener);
	close(proxy.commits[0]);
	close(proxy.commits[1]);
}

static void
test_lost_answer_to_commit_is_a_refusal(void **state)
{
	lose_commit(*state, true);
}

static void
test_lost_commit_is_a_refusal_and_not_tried_again(void **state)
{
	lose_commit(*state, false);
}

static void
test_commit_without_a_standby_is_refused_in_time(void **state)
{
	struct state *s = *state;

	with_alice(s);
	lose_standby(true);
	assert_int_equal(do_begin(s, alice), 0);
	assert_commit_fails(s, "no answer within the time");
	assert_int_equal(do_create(s, bob, "b"), XS_E_STATE);
	lose_standby(false);
	assert_reads(s, bob, XS_E_NORECORD);
}

static void
test_absence_needs_the_standby(void **state)
{
	struct state *s = *state;

	with_alice(s);
	lose_standby(true);
	assert_reads(s, bob, XS_E_STATE);
	assert_holds(s, alice, "a");
	lose_standby(false);
	assert_reads(s, bob, XS_E_NORECORD);
}

static void
give_up_on_the_standby(struct state *s)
{
	pid_t pid;

	lose_standby(true);
	assert_int_equal(do_begin(s, alice), 0);
	pid = start_child(cancel_wait, NULL);
	assert_commit_fails(s, "is not known");
	assert_int_equal(wait_for(pid), 0);
	/* Nor is it believed that somebody has no record. */
	pid = start_child(cancel_wait, NULL);
	assert_reads(s, bob, XS_E_STATE);
	assert_int_equal(wait_for(pid), 0);
	lose_standby(false);
	assert_holds(s, alice, "lost");
}

static void
test_commit_that_gave_up_on_the_standby_is_refused(void **state)
{
	struct state *s = *state;

	with_alice(s);
	give_up_on_the_standby(s);
}

/* Whoever logs in as the role can store that for it. */
static void
test_commit_that_gave_up_is_refused_where_warnings_are_off(void **state)
{
	struct state *s = *state;

	with_alice(s);
	sql("ALTER ROLE postgres SET client_min_messages = error");
	give_up_on_the_standby(s);
	sql("ALTER ROLE postgres RESET client_min_messages");
}

/* What is said to be gone would be back on the server that takes over. */
static void
test_removal_that_gave_up_on_the_standby_is_not_sure(void **state)
{
	struct state *s = *state;
	pid_t pid;

	with_alice(s);
	lose_standby(true);
	pid = start_child(cancel_wait, NULL);
	assert_int_equal(do_remove(s, alice), XS_E_COMMIT);
	assert_int_equal(wait_for(pid), 0);
	lose_standby(false);
	assert_reads(s, alice, XS_E_NORECORD);
}

/* A standby comes back after most of a second. */
static int
end_wait_late(void *context)
{
	PGconn *conn = PQconnectdb(server_conninfo());
	bool waits = false;

	(void)context;
	for (int i = 0; i < 400 && !waits; i++) {
		PGresult *result = PQexec(conn,
		    "SELECT 1 FROM pg_stat_activity WHERE wait_event ="
		    " 'SyncRep' AND application_name = 'pam_xsuite'");

		waits = PQntuples(result) > 0;
		PQclear(result);
		server_sleep(10);
	}
	server_sleep(800);
	PQclear(PQexec(conn, "SET synchronous_commit = local"));
	PQclear(PQexec(conn, "ALTER SYSTEM RESET synchronous_standby_names"));
	PQclear(PQexec(conn, "SELECT pg_reload_conf()"));
	return !waits;
}

/* Not half a second, which is what ending the transaction may take. */
static void
test_begin_waits_for_a_slow_proof_of_absence(void **state)
{
	struct state *s = *state;
	pid_t pid;

	with_alice(s);
	assert_holds(s, alice, "a");
	lose_standby(true);
	pid = start_child(end_wait_late, NULL);
	assert_int_equal(do_begin(s, bob), XS_E_NORECORD);
	assert_int_equal(wait_for(pid), 0);
	lose_standby(false);
}

/* A host that takes connections and says nothing. */
static int
mute_host(const struct state *s)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/.s.PGSQL.5432",
	    s->dir);
	assert_int_equal(
	    bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 8), 0);
	return fd;
}

static void
test_host_that_is_mute_or_gone_gives_way_to_the_next(void **state)
{
	struct state *s = *state;
	char conninfo[200];
	int fd = mute_host(s);

	with_alice(s);
	xs_store_close(&s->store);
	snprintf(conninfo, sizeof(conninfo),
	    "host=%s,/nonexistent,%s user=postgres dbname=postgres", s->dir,
	    server.dir);
	open_with(s, conninfo);
	assert_holds(s, alice, "a");
	assert_int_equal(do_begin(s, alice), 0);
	assert_int_equal(do_commit(s, "b"), 0);
	xs_store_close(&s->store);
	snprintf(conninfo, sizeof(conninfo),
	    "host=%s,/nonexistent user=postgres dbname=postgres", s->dir);
	open_with(s, conninfo);
	assert_read_fails(s, "no connection within the time; /nonexistent: ");
	assert_read_fails(s, ": takes connections, but does not answer");
	close(fd);
	xs_store_rest(&s->store);
	assert_read_fails(s, "/nonexistent");
}

/* It may not know yet what was used up. */
static void
test_host_that_takes_no_changes_is_not_asked(void **state)
{
	struct state *s = *state;

	with_alice(s);
	sql("ALTER ROLE postgres SET default_transaction_read_only = on");
	assert_read_fails(s, "read-only");
	sql("SET default_transaction_read_only = off");
	sql("ALTER ROLE postgres RESET default_transaction_read_only");
	assert_holds(s, alice, "a");
}

static void
open_again(struct state *s)
{
	lose_standby(false);
	open_postgresql(s);
}

static void (*const postgresql_backend)(struct state *) = open_again;

#define P(test) ON(test, postgresql_backend, "postgresql")

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    P(test_server_that_is_stopped_is_not_waited_for),
	    P(test_answer_that_does_not_come_is_a_refusal),
	    P(test_connection_that_has_died_is_made_anew),
	    P(test_lost_answer_to_commit_is_a_refusal),
	    P(test_lost_commit_is_a_refusal_and_not_tried_again),
	    P(test_commit_without_a_standby_is_refused_in_time),
	    P(test_absence_needs_the_standby),
	    P(test_commit_that_gave_up_on_the_standby_is_refused),
	    P(test_removal_that_gave_up_on_the_standby_is_not_sure),
	    P(test_commit_that_gave_up_is_refused_where_warnings_are_off),
	    P(test_begin_waits_for_a_slow_proof_of_absence),
	    P(test_host_that_is_mute_or_gone_gives_way_to_the_next),
	    P(test_host_that_takes_no_changes_is_not_asked),
	};

	return cmocka_run_group_tests(tests, start_group, stop_group);
}
