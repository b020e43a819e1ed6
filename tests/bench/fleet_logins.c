/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Many clients of one database at once:
 *
 *	fleet_logins module CLIENTS COUNT CONFDIR SERVICE
 *	fleet_logins bare CLIENTS COUNT CONNINFO BYTES CONNECTIONS
 *
 * COUNT logins in all, each of another of the users m0, m1, ... with the app
 * code of the secret that make_records gives everybody; or, beside that, as
 * many times so many connections, one after the other, and over the last one
 * conditional UPDATE of a row with a record of so many bytes. Prints the
 * nanoseconds that it took from the first to the last, then those of each.
 * Each client begins with one that is not measured, of a user after those.
 */
#include <libpq-fe.h>
#include <security/pam_appl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "totp.h"

#define RECORD_MAX 16384

/* One login; where says where, number whose. */
typedef bool dealing(char *const *where, unsigned number);

struct clients {
	dealing *deal;
	char *const *where;
	unsigned clients, count;
	int64_t *took;
};

static int64_t
clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* What the app of m0 and the like shows. */
static void
app_code(char *code)
{
	struct xs_totp totp = {.secret_length = 20, .digits = 6, .period = 30};

	memset(totp.secret, 7, 20);
	if (xs_totp_code(&totp, xs_totp_step(&totp, time(NULL)), code) != 0)
		exit(70);
}

static int
converse(int count, const struct pam_message **messages,
    struct pam_response **out, void *context)
{
	struct pam_response *replies = calloc((size_t)count, sizeof(*replies));
	unsigned *prompts = context;
	char code[32];

	if (replies == NULL || count != 1)
		return PAM_CONV_ERR;
	if (messages[0]->msg_style == PAM_PROMPT_ECHO_ON) {
		if ((*prompts)++ > 0) {
			fprintf(stderr, "%s\n", messages[0]->msg);
			free(replies);
			return PAM_CONV_ERR;
		}
		app_code(code);
		replies[0].resp = strdup(code);
	}
	*out = replies;
	return PAM_SUCCESS;
}

static bool
log_in(char *const *where, unsigned number)
{
	unsigned prompts = 0;
	const struct pam_conv conv = {converse, &prompts};
	pam_handle_t *pamh = NULL;
	char user[32];
	int r;

	snprintf(user, sizeof(user), "m%u", number);
	r = pam_start_confdir(where[1], user, &conv, where[0], &pamh);
	if (r == PAM_SUCCESS)
		r = pam_authenticate(pamh, 0);
	if (r != PAM_SUCCESS)
		fprintf(stderr, "%s: %d\n", user, r);
	pam_end(pamh, r);
	return r == PAM_SUCCESS;
}

static bool
update(char *const *where, unsigned number)
{
	static const char text[] =
	    "UPDATE bare SET version = version + 1, record = $2 "
	    "WHERE name = $1 AND version < 1000000000";
	static char record[RECORD_MAX];
	char user[32];
	const char *const values[] = {user, record};
	const int lengths[] = {0, atoi(where[1])};
	const int formats[] = {0, 1};
	PGconn *conn;
	PGresult *result;
	bool done;

	for (int n = atoi(where[2]); n > 1; n--)
		PQfinish(PQconnectdb(where[0]));
	conn = PQconnectdb(where[0]);

	snprintf(user, sizeof(user), "m%u", number);
	memset(record, 1 + (int)(clock_ns() % 255), sizeof(record));
	result = PQexecParams(conn, text, 2, NULL, values, lengths, formats, 0);
	done = PQresultStatus(result) == PGRES_COMMAND_OK &&
	    strcmp(PQcmdTuples(result), "1") == 0;
	if (!done)
		fprintf(stderr, "%s", PQerrorMessage(conn));
	PQclear(result);
	PQfinish(conn);
	return done;
}

/* Has dealt once, so that all that is loaded is there, and then waits. */
static void
run_client(const struct clients *all, unsigned client, int ready, int gate)
{
	char byte = 'r';

	if (!all->deal(all->where, all->count + client) ||
	    write(ready, &byte, 1) != 1 || read(gate, &byte, 1) != 0)
		_exit(1);
	for (unsigned n = client; n < all->count; n += all->clients) {
		int64_t begun = clock_ns();

		if (!all->deal(all->where, n))
			_exit(1);
		all->took[n] = clock_ns() - begun;
	}
	_exit(0);
}

static void
start_clients(const struct clients *all, const int *ready, const int *gate)
{
	char byte;

	for (unsigned c = 0; c < all->clients; c++) {
		if (fork() != 0)
			continue;
		close(ready[0]);
		close(gate[1]);
		run_client(all, c, ready[1], gate[0]);
	}
	close(ready[1]);
	for (unsigned c = 0; c < all->clients; c++)
		if (read(ready[0], &byte, 1) != 1)
			exit(1);
}

static int
run(struct clients *all)
{
	int ready[2], gate[2], status, bad = 0;
	int64_t begun;

	all->took = mmap(NULL, all->count * sizeof(*all->took),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (all->took == MAP_FAILED || pipe(ready) != 0 || pipe(gate) != 0)
		return 71;
	start_clients(all, ready, gate);
	begun = clock_ns();
	close(gate[1]);
	while (wait(&status) > 0)
		bad |= status;
	printf("%lld\n", (long long)(clock_ns() - begun));
	for (unsigned n = 0; n < all->count; n++)
		printf("%lld\n", (long long)all->took[n]);
	return bad == 0 ? 0 : 1;
}

int
main(int argc, char **argv)
{
	struct clients all = {0};

	if (argc != 6 && argc != 7)
		return 64;
	all.deal = argc == 6 ? log_in : update;
	all.clients = (unsigned)atoi(argv[2]);
	all.count = (unsigned)atoi(argv[3]);
	all.where = argv + 4;
	if (all.clients == 0 || all.count == 0 ||
	    (all.deal == update && (unsigned)atoi(argv[5]) > RECORD_MAX))
		return 64;
	return run(&all);
}
