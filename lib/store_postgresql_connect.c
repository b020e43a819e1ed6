/* SPDX-License-Identifier: BSD-3-Clause */
/* A connection to the host that takes changes, within the deadline. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <resolv.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "file.h"
#include "store_postgresql.h"

/* A host that has not answered for so long gets company: the next one. */
#define STAGGER_MS 400

void
xs_pg_calm_enter(struct xs_pg *pg)
{
	locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);

	pg->environment = environ;
	environ = pg->no_environment;
	pg->locale = c != (locale_t)0 ? uselocale(c) : (locale_t)0;
}

void
xs_pg_calm_leave(struct xs_pg *pg)
{
	locale_t c;

	if (pg->locale != (locale_t)0) {
		c = uselocale(pg->locale);
		freelocale(c);
	}
	environ = pg->environment;
}

static int64_t
now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void
xs_pg_start(struct xs_pg *pg, int64_t milliseconds)
{
	pg->deadline = now_ms() + milliseconds;
}

int
xs_pg_left(const struct xs_pg *pg)
{
	int64_t left = pg->deadline - now_ms();

	return left > 0 ? (int)left : 0;
}

/* One host that is being connected to. */
struct attempt {
	PGconn *conn; /* NULL: not begun, or failed */
	PostgresPollingStatusType next;
};

struct attempts {
	unsigned begun;
	int64_t begun_at; /* the last of them */
	struct attempt of[XS_PG_HOSTS_MAX];
	struct xs_fault why;
};

/* The first line of what libpq says, after what was said before. */
static void
note(struct attempts *attempts, const char *host, const char *text)
{
	char before[sizeof(attempts->why.text)];

	memcpy(before, attempts->why.text, sizeof(before));
	(void)xs_fault_set(&attempts->why, 0, "%s%s%s: %.*s", before,
	    before[0] != '\0' ? "; " : "", host, (int)strcspn(text, "\n"),
	    text);
}

/*
 * The password is in a file that nobody but us can read: judged by what was
 * opened, and libpq opens the same.
 */
static int
open_passfile(const char *path, int *ret_fd, struct xs_fault *fault)
{
	const struct xs_file_want want = {O_RDONLY, 0600, -1};
	struct xs_fault why = {""};
	struct xs_dir dir;
	const char *name;
	int r;

	if ((r = xs_dir_open_parent(&dir, path, &name, &why)) == 0) {
		r = xs_file_open(&dir, name, &want, ret_fd, &why);
		xs_dir_close(&dir);
	}
	if (r != 0)
		return xs_fault_set(
		    fault, XS_E_STATE, "postgresql: passfile: %s", why.text);
	return 0;
}

static PGconn *
start_host(const struct xs_pg_target *target, unsigned i, const char *passfile)
{
	const char *keyword[XS_PG_WORDS_MAX + 5];
	const char *value[XS_PG_WORDS_MAX + 5];
	unsigned n = 4;

	keyword[0] = "host";
	value[0] = target->host[i];
	keyword[1] = "hostaddr";
	value[1] = target->address[i];
	keyword[2] = "port";
	value[2] = target->port[i];
	keyword[3] = "passfile";
	value[3] = passfile;
	for (unsigned w = 0; w < target->words; w++, n++) {
		keyword[n] = target->keyword[w];
		value[n] = target->value[w];
	}
	keyword[n] = value[n] = NULL;
	return PQconnectStartParams(keyword, value, 0);
}

/* Whether the attempt has ended well; one that has failed is cleared away. */
static bool
go_on(struct xs_pg *pg, struct attempts *attempts, unsigned i)
{
	struct attempt *attempt = &attempts->of[i];

	if (PQstatus(attempt->conn) == CONNECTION_BAD)
		attempt->next = PGRES_POLLING_FAILED;
	else
		attempt->next = PQconnectPoll(attempt->conn);
	if (attempt->next == PGRES_POLLING_OK)
		return true;
	if (attempt->next == PGRES_POLLING_FAILED) {
		note(attempts, pg->target.host[i],
		    PQerrorMessage(attempt->conn));
		PQfinish(attempt->conn);
		attempt->conn = NULL;
	}
	return false;
}

/*
 * libpq looks a name up and waits for the answer. It gets one question to each
 * name server and a second for it: with the usual two and five, a network that
 * is cut would keep a login for ten seconds and more
 * (test_store_postgresql_name: test_mute_name_server_is_given_up_soon).
 */
struct patience {
	int retrans, retry;
};

static void
hurry(struct patience *usual)
{
	if ((_res.options & RES_INIT) == 0)
		(void)res_init();
	*usual = (struct patience){_res.retrans, _res.retry};
	_res.retrans = _res.retry = 1;
}

static void
calm_down(const struct patience *usual)
{
	_res.retrans = usual->retrans;
	_res.retry = usual->retry;
}

static int
begin_next(struct xs_pg *pg, struct attempts *attempts, struct xs_fault *fault)
{
	char passfile[32] = "/dev/null/none";
	const unsigned i = attempts->begun++;
	struct patience usual;
	int fd = -1, r;

	if (pg->target.passfile != NULL) {
		r = open_passfile(pg->target.passfile, &fd, fault);
		if (r != 0)
			return r;
		(void)snprintf(
		    passfile, sizeof(passfile), "/proc/self/fd/%d", fd);
	}
	hurry(&usual);
	attempts->of[i].conn = start_host(&pg->target, i, passfile);
	calm_down(&usual);
	attempts->of[i].next = PGRES_POLLING_WRITING;
	if (fd >= 0)
		(void)close(fd);
	attempts->begun_at = now_ms();
	if (attempts->of[i].conn == NULL)
		return xs_fault_set(fault, XS_E_NOMEM, "out of memory");
	/* It has no socket then to wait for. */
	if (PQstatus(attempts->of[i].conn) == CONNECTION_BAD)
		(void)go_on(pg, attempts, i);
	return 0;
}

static unsigned
pending(const struct attempts *attempts)
{
	unsigned n = 0;

	for (unsigned i = 0; i < attempts->begun; i++)
		n += attempts->of[i].conn != NULL;
	return n;
}

/* Sleeps until one of them can go on, or the next is due. */
static void
wait_for_any(struct xs_pg *pg, const struct attempts *attempts,
    struct pollfd fds[XS_PG_HOSTS_MAX])
{
	int64_t due = attempts->begun_at + STAGGER_MS - now_ms();
	int left = xs_pg_left(pg);

	for (unsigned i = 0; i < attempts->begun; i++) {
		const struct attempt *attempt = &attempts->of[i];

		fds[i].fd =
		    attempt->conn != NULL ? PQsocket(attempt->conn) : -1;
		fds[i].events =
		    attempt->next == PGRES_POLLING_READING ? POLLIN : POLLOUT;
		fds[i].revents = 0;
	}
	if (attempts->begun < pg->target.count && due < left)
		left = due > 0 ? (int)due : 0;
	xs_pg_calm_leave(pg);
	(void)poll(fds, attempts->begun, left);
	xs_pg_calm_enter(pg);
}

/* What libpq would print, or that what was committed is not all durable. */
static void
take_notice(void *context, const PGresult *notice)
{
	const char *severity =
	    PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
	struct xs_pg *pg = context;

	if (severity == NULL || strcmp(severity, "WARNING") == 0)
		pg->warned = true;
}

static int
take(struct xs_pg *pg, struct attempts *attempts, unsigned i)
{
	PGconn *conn = attempts->of[i].conn;

	(void)PQsetNoticeReceiver(conn, take_notice, pg);
	if (PQsetnonblocking(conn, 1) != 0 || PQenterPipelineMode(conn) != 1) {
		note(attempts, pg->target.host[i], PQerrorMessage(conn));
		return XS_E_STATE;
	}
	pg->conn = conn;
	attempts->of[i].conn = NULL;
	return 0;
}

/* The time is over: which of them keeps silent, and since when. */
static int
give_up(struct xs_pg *pg, struct attempts *attempts, struct xs_fault *fault)
{
	for (unsigned i = 0; i < attempts->begun; i++) {
		const PGconn *conn = attempts->of[i].conn;

		if (conn == NULL)
			continue;
		note(attempts, pg->target.host[i],
		    PQstatus(conn) == CONNECTION_STARTED
			? "does not answer"
			: "takes connections, but does not answer");
	}
	return xs_fault_set(fault, XS_E_STATE,
	    "postgresql: no connection within the time; %s",
	    attempts->why.text);
}

/*
 * Hosts in their order, the next one when all before it have failed or are
 * slow; the first that is there and takes changes is it. libpq by itself
 * would stay with a host that does not answer.
 */
static int
connect_any(struct xs_pg *pg, struct attempts *attempts, struct xs_fault *fault)
{
	struct pollfd fds[XS_PG_HOSTS_MAX];
	int r;

	for (;;) {
		if (attempts->begun < pg->target.count &&
		    (pending(attempts) == 0 ||
			now_ms() >= attempts->begun_at + STAGGER_MS)) {
			if ((r = begin_next(pg, attempts, fault)) != 0)
				return r;
			if (pending(attempts) == 0)
				continue;
		} else if (pending(attempts) == 0) {
			return xs_fault_set(fault, XS_E_STATE, "postgresql: %s",
			    attempts->why.text);
		}
		wait_for_any(pg, attempts, fds);
		for (unsigned i = 0; i < attempts->begun; i++) {
			if (fds[i].fd < 0 || fds[i].revents == 0)
				continue;
			if (go_on(pg, attempts, i))
				return take(pg, attempts, i);
		}
		if (xs_pg_left(pg) == 0)
			return give_up(pg, attempts, fault);
	}
}

/* Has the server, or something on the way, ended it since it was used? */
static bool
is_alive(struct xs_pg *pg)
{
	struct pollfd fd = {.fd = PQsocket(pg->conn), .events = POLLIN};

	/* Nothing is outstanding: what comes unasked is a farewell. */
	return PQstatus(pg->conn) == CONNECTION_OK && poll(&fd, 1, 0) == 0;
}

int
xs_pg_connect(struct xs_pg *pg, struct xs_fault *fault)
{
	struct attempts attempts = {.begun = 0};
	int r;

	pg->state[0] = '\0';
	if (pg->conn != NULL && is_alive(pg))
		return 0;
	xs_pg_drop(pg);
	xs_pg_calm_enter(pg);
	r = connect_any(pg, &attempts, fault);
	for (unsigned i = 0; i < attempts.begun; i++)
		PQfinish(attempts.of[i].conn);
	xs_pg_calm_leave(pg);
	return r;
}

void
xs_pg_drop(struct xs_pg *pg)
{
	if (pg->conn == NULL)
		return;
	xs_pg_calm_enter(pg);
	PQfinish(pg->conn);
	xs_pg_calm_leave(pg);
	pg->conn = NULL;
}
