/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The inside of the PostgreSQL store, a plug-in (store_plugin.h).
 *
 * One connection per handle, opened by the operation that needs it. libpq is
 * never waited for: every operation has a deadline of its own, from its
 * beginning, whatever the server, the network or the standbys do.
 */
#ifndef XS_STORE_POSTGRESQL_H
#define XS_STORE_POSTGRESQL_H

#include <libpq-fe.h>
#include <locale.h>

#include "shield.h"
#include "store.h"

#define XS_PG_HOSTS_MAX 8
#define XS_PG_WORDS_MAX 40
/* One step of a conversation, from its beginning to the commit's answer. */
#define XS_PG_STEP_MS 5000
/* What of it may pass until the record is held; the rest is the commit's. */
#define XS_PG_HOLD_MS 4000

/* The option, taken apart; what libpq gets, a host at a time. */
struct xs_pg_target {
	PQconninfoOption *options; /* owns the values */
	char *lists[3];            /* own hosts, addresses, ports */
	unsigned count;
	const char *host[XS_PG_HOSTS_MAX];
	const char *address[XS_PG_HOSTS_MAX];
	const char *port[XS_PG_HOSTS_MAX];
	const char *passfile; /* or NULL */
	/* For all hosts alike, ended by NULL. */
	unsigned words;
	const char *keyword[XS_PG_WORDS_MAX];
	const char *value[XS_PG_WORDS_MAX];
};

/*
 * Reads the option and refuses what libpq does not take, what would weaken
 * the connection unasked, and passwords. Returns 0, XS_E_CONFIG, XS_E_NOMEM.
 */
int xs_pg_target_read(struct xs_pg_target *target, const char *conninfo,
    struct xs_fault *fault) __attribute__((warn_unused_result));

void xs_pg_target_free(struct xs_pg_target *target);

/* The statements on a table, where functions of ours are and where not. */
struct xs_pg_table {
	const char *load;    /* $1 name: version, record */
	const char *hold;    /* the same, the row locked */
	const char *replace; /* $1 name, $2 version, $3 old, $4 new record */
};

/* store->private */
struct xs_pg {
	struct xs_pg_target target;
	struct xs_keyring fresh; /* read again since it was opened, or empty */
	PGconn *conn;            /* or NULL */
	int64_t deadline;        /* of the operation, CLOCK_MONOTONIC, ms */
	bool wordless;           /* the server can write no message */
	bool direct;             /* and has none of our functions */
	bool warned;             /* a warning came with the last batch */
	uint64_t marker_version; /* as the marker was when absence was proved */
	uint32_t marker_key_id;
	char state[6]; /* SQLSTATE of the last batch's error, or "" */
	/* While libpq runs: what it must not see (store_postgresql_connect.c).
	 */
	char **environment;
	char *no_environment[1]; /* NULL: an empty one */
	locale_t locale;
	/* The open transaction; table NULL: none. */
	const struct xs_pg_table *table;
	struct xs_shield shield;
	char key[XS_RECORD_KEY_MAX];
	uint32_t key_id; /* that the row is sealed with */
	uint64_t version;
	size_t size;
	uint8_t bytes[XS_SLOT_SIZE]; /* the row's record as it was read */
};

/*
 * libpq must not see the caller's environment (PGHOST, PGPASSWORD, HOME with
 * its .pgpass, PGLOCALEDIR: sudo's caller sets them), and its messages are to
 * be English. Between the two calls the environment is empty.
 */
void xs_pg_calm_enter(struct xs_pg *pg);
void xs_pg_calm_leave(struct xs_pg *pg);

/* Sets the deadline of what begins now. */
void xs_pg_start(struct xs_pg *pg, int64_t milliseconds);

/* Milliseconds until the deadline, 0 when it is past. */
int xs_pg_left(const struct xs_pg *pg);

/*
 * A connection that is fit for use: the one there is, or a new one. Returns 0
 * or XS_E_STATE.
 */
int xs_pg_connect(struct xs_pg *pg, struct xs_fault *fault)
    __attribute__((warn_unused_result));

void xs_pg_drop(struct xs_pg *pg);

/* A parameter: text ended by NUL when size is 0, else bytes. */
struct xs_pg_value {
	const void *bytes;
	size_t size;
};

#define XS_PG_VALUES_MAX 5

struct xs_pg_query {
	const char *sql;
	int count;
	struct xs_pg_value values[XS_PG_VALUES_MAX];
	PGresult *result; /* of the query; PQclear */
};

/*
 * Sends the queries in one go and takes their results (binary). Returns 0 when
 * all of them succeeded. Else the connection is gone, so whatever was begun on
 * it is rolled back, or its outcome unknown: XS_E_BUSY when a lock was waited
 * for too long, or else XS_E_STATE; state has the server's reason, if any.
 */
int xs_pg_run(struct xs_pg *pg, struct xs_pg_query *queries, unsigned count,
    struct xs_fault *fault) __attribute__((warn_unused_result));

void xs_pg_clear(struct xs_pg_query *queries, unsigned count);

/* The statements in front of every change. */
#define XS_PG_BEGIN                                                      \
	{                                                                \
		.sql = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE" \
	}
#define XS_PG_SETTINGS                    \
	{                                 \
		.sql = xs_pg_settings_sql \
	}
#define XS_PG_COMMIT            \
	{                       \
		.sql = "COMMIT" \
	}
extern const char xs_pg_settings_sql[];

/* True if it is the answer to COMMIT that says that all of it is durable. */
bool xs_pg_is_committed(const struct xs_pg *pg, const PGresult *result);

/* The host keys as they were read last; and read again. */
const struct xs_keyring *xs_pg_keys(const struct xs_store *store);
int xs_pg_keys_again(const struct xs_store *store, struct xs_fault *fault)
    __attribute__((warn_unused_result));

/* A row (version, record from column on), as it came. Bytes are result's. */
struct xs_pg_row {
	uint64_t version;
	const uint8_t *bytes;
	size_t size;
	uint32_t key_id;
};

/* Returns 0 or XS_E_STATE: it is no row of ours. */
int xs_pg_row_get(const PGresult *result, int row, int column,
    struct xs_pg_row *found, struct xs_fault *fault)
    __attribute__((warn_unused_result));

/* Opens a row's record. Returns 0 or XS_E_STATE. */
int xs_pg_row_open(const struct xs_store *store, const struct xs_pg_row *row,
    const char *key, struct xs_plain *plain, struct xs_fault *fault)
    __attribute__((warn_unused_result));

/*
 * Seals a text as the version of that key, with our current host key, or with
 * the one of id at_least if that is a later one. *size is what of bytes is
 * used. Returns 0 or XS_E_COMMIT.
 */
int xs_pg_row_seal(const struct xs_store *store, const char *key,
    uint64_t version, uint32_t at_least, const struct xs_plain *plain,
    uint8_t bytes[XS_SLOT_SIZE], size_t *size, struct xs_fault *fault)
    __attribute__((warn_unused_result));

/* The users' records; the marker's table. */
const struct xs_pg_table *xs_pg_records(const struct xs_pg *pg);
extern const struct xs_pg_table xs_pg_markers;

/* A decimal number as a parameter. */
struct xs_pg_number {
	char text[24];
};
struct xs_pg_number xs_pg_number(uint64_t value);

/*
 * Begins a transaction with the row of key locked, opened into plain; *there
 * false: there is none, and nothing is open. Then xs_pg_replace or xs_pg_end.
 */
int xs_pg_hold(struct xs_store *store, const struct xs_pg_table *table,
    const char *key, struct xs_plain *plain, bool *there,
    struct xs_fault *fault) __attribute__((warn_unused_result));

/* Commits; new_key NULL: the row keeps its name. Returns 0 or XS_E_COMMIT,
 * or XS_E_EXISTS when there is a row of the new name. */
int xs_pg_replace(struct xs_store *store, const char *new_key,
    const struct xs_plain *plain, struct xs_fault *fault)
    __attribute__((warn_unused_result));

void xs_pg_end(struct xs_store *store);

/* Is there a marker, whatever has sealed it? 1, 0, or an error. */
int xs_pg_has_marker(struct xs_store *store, struct xs_fault *fault)
    __attribute__((warn_unused_result));

/* XS_E_NORECORD when it is proved that there is no record of that name. */
int xs_pg_prove_absent(struct xs_store *store, const char *name,
    struct xs_fault *fault) __attribute__((warn_unused_result));

/* XS_E_INTERNAL when a transaction is open; else the operation begins. */
int xs_pg_begin_operation(struct xs_store *store, struct xs_fault *fault)
    __attribute__((warn_unused_result));

/* XS_E_INVALID for a name that cannot be a key. */
int xs_pg_check_name(const char *name, struct xs_fault *fault)
    __attribute__((warn_unused_result));

/* Members of the ops. */
int xs_pg_init(struct xs_store *store, struct xs_fault *fault);
int xs_pg_create(struct xs_store *store, const struct xs_identity *who,
    const struct xs_plain *plain, struct xs_fault *fault);
int xs_pg_remove(struct xs_store *store, const struct xs_identity *who,
    struct xs_fault *fault);
int xs_pg_move(struct xs_store *store, const struct xs_identity *from,
    const struct xs_identity *to, xs_store_rewrite *rewrite, void *context,
    struct xs_fault *fault);
int xs_pg_each(struct xs_store *store, xs_store_visit *visit, void *context,
    struct xs_fault *fault);
int xs_pg_reseal(
    struct xs_store *store, struct xs_resealing *job, struct xs_fault *fault);
int xs_pg_survey(struct xs_store *store, struct xs_store_survey *survey,
    struct xs_fault *fault);

#endif
