/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where records live: lock, load, commit.
 *
 * A store knows the bytes of records and whose they are, not what they mean.
 * It seals what it writes and opens what it reads (seal.h). One transaction
 * at a time is open on a handle; a handle belongs to one thread.
 */
#ifndef XS_STORE_H
#define XS_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "env.h"
#include "fault.h"
#include "seal.h"

/* One slot of the file store; a multiple of 4096 (doc/state-format.md). */
#define XS_SLOT_SIZE 8192
#define XS_PLAIN_MAX (XS_SLOT_SIZE - XS_SEAL_HEADER_SIZE - XS_SEAL_TAG_SIZE)
#define XS_STORE_LOCK_TIMEOUT_MS 5000

/* The account a record belongs to; name is getpwnam's spelling. */
struct xs_identity {
	const char *name;
	uid_t uid;
};

/* A record's text, opened. Wipe with xs_plain_wipe. */
struct xs_plain {
	size_t length;
	char text[XS_PLAIN_MAX];
};

void xs_plain_wipe(struct xs_plain *plain);

struct xs_store;

/*
 * Called by each: return non-zero to end the walk with that value. who is what
 * the store knows of the record without opening it: the uid, and name NULL; or
 * (by_name) the name, and uid (uid_t)-1.
 */
typedef int xs_store_visit(void *context, const struct xs_identity *who,
    const struct xs_plain *plain, const struct xs_fault *fault);

struct xs_resealing;
struct xs_store_survey;

/*
 * Called by move with the record that is there, under its lock: changes the
 * text in place. Anything but 0 ends the move and changes nothing.
 */
typedef int xs_store_rewrite(
    void *context, struct xs_plain *plain, struct xs_fault *fault);

/*
 * A backend. Every function returns 0 or a negative xs_err with the fault
 * filled in, and leaves its output untouched on failure. All members but
 * rest and survey are required.
 */
struct xs_store_ops {
	const char *name;
	/*
	 * Hosts share the store: a record belongs to a name, and the uid in
	 * it, which is that of the host that wrote it last, says nothing.
	 */
	bool by_name;
	/* Frees what the backend holds; an open transaction is aborted. */
	void (*close)(struct xs_store *store);
	/*
	 * Makes directories (or the table) and the sealed marker where they
	 * are missing. Changes nothing that is there. With an empty keyring
	 * (by_name alone) it makes nothing and tells whether a marker is
	 * there, that some key has sealed: XS_E_EXISTS or XS_E_NORECORD.
	 */
	int (*init)(struct xs_store *store, struct xs_fault *fault);
	/*
	 * Loads without a lock. XS_E_NORECORD only when it is proved (the
	 * marker opens, and neither the record nor the name's entry is there);
	 * XS_E_MISMATCH: the name's entry without a record under this uid.
	 */
	int (*read)(struct xs_store *store, const struct xs_identity *who,
	    struct xs_plain *plain, struct xs_fault *fault);
	/*
	 * Locks the record (bounded, XS_E_BUSY) and loads it. After success
	 * exactly one commit or abort follows, soon: the shield is up.
	 * Without a record it fails as read does; after a prompt that, too,
	 * is a refusal and never "no record".
	 */
	int (*begin)(struct xs_store *store, const struct xs_identity *who,
	    struct xs_plain *plain, struct xs_fault *fault);
	/*
	 * Makes the new text durable and unlocks, in any case. Anything but 0
	 * (XS_E_COMMIT) means: the former record is still the valid one.
	 */
	int (*commit)(struct xs_store *store, const struct xs_plain *plain,
	    struct xs_fault *fault);
	/* Unlocks and changes nothing. Without a transaction: does nothing. */
	void (*abort)(struct xs_store *store);
	/* A new record; XS_E_EXISTS if there is one under this uid. */
	int (*create)(struct xs_store *store, const struct xs_identity *who,
	    const struct xs_plain *plain, struct xs_fault *fault);
	/*
	 * Removes record and name's entry, the lock held; whatever of the two
	 * is there (mends a name without its record). XS_E_NORECORD when
	 * neither is.
	 */
	int (*remove)(struct xs_store *store, const struct xs_identity *who,
	    struct xs_fault *fault);
	/*
	 * Gives the record of one identity to another (uid or name changed).
	 * Its text is rewritten under the lock, so that no login's commit is
	 * undone. Safe against a kill at any point: run again it ends what was
	 * begun (and then rewrites nothing, if that was done).
	 */
	int (*move)(struct xs_store *store, const struct xs_identity *from,
	    const struct xs_identity *to, xs_store_rewrite *rewrite,
	    void *context, struct xs_fault *fault);
	/*
	 * Visits every record in the order of the uids (by_name: of the
	 * names). One that does not open is visited with plain NULL and its
	 * fault. The visit may use the store.
	 */
	int (*each)(struct xs_store *store, xs_store_visit *visit,
	    void *context, struct xs_fault *fault);
	/*
	 * Seals marker and records anew with the current key, while logins go
	 * on, then calls settled. Ended at any instruction, all records open,
	 * and the next call goes on. Returns 0; XS_E_STATE when records are
	 * left.
	 */
	int (*reseal)(struct xs_store *store, struct xs_resealing *job,
	    struct xs_fault *fault);
	/* See xs_store_rest; NULL: it holds nothing. */
	void (*rest)(struct xs_store *store);
	/* What there is to be known of a store that hosts share; or NULL. */
	int (*survey)(struct xs_store *store, struct xs_store_survey *survey,
	    struct xs_fault *fault);
};

struct xs_store {
	const struct xs_store_ops *ops;
	const struct xs_keyring *keys;
	const struct xs_env *env;
	void *private; /* the backend's own */
};

struct xs_config;

/*
 * Opens the store that the options name. The file store needs nothing to be
 * there yet; the other one is a plug-in (store_plugin.h), loaded from
 * pam_xsuite/ beside the module, and connects at its first use. keys and env
 * must outlive it. Returns 0, XS_E_NOMEM or XS_E_CONFIG.
 */
int xs_store_open(struct xs_store *store, const struct xs_config *config,
    const struct xs_keyring *keys, const struct xs_env *env,
    struct xs_fault *fault) __attribute__((warn_unused_result));

/*
 * Opens the file store below state_dir (which need not be there yet; reading
 * then fails). keys and env must outlive it. Returns 0 or XS_E_NOMEM.
 */
int xs_store_file_open(struct xs_store *store, const char *state_dir,
    const struct xs_keyring *keys, const struct xs_env *env,
    struct xs_fault *fault) __attribute__((warn_unused_result));

/*
 * From now on who reads a record means to lock it soon, as a login does: what
 * read opened stays open until begin or close. Another store than that of
 * files does nothing.
 */
void xs_store_file_hold(struct xs_store *store);

/* A rekey. The counts are filled in, whatever it returns. */
struct xs_resealing {
	unsigned long resealed; /* records that were */
	unsigned long left;     /* that were not, each of them told */
	void (*tell)(void *context, const struct xs_identity *who,
	    const struct xs_fault *fault);
	/* Nothing is left that needs another key; what it returns counts. */
	int (*settled)(void *context, struct xs_fault *fault);
	void *context;
};

/*
 * reseal of the file store: both slots of each, each under its own lock;
 * settled is called while nothing can be created.
 */
int xs_store_file_reseal(struct xs_store *store, struct xs_resealing *job,
    struct xs_fault *fault) __attribute__((warn_unused_result));

/*
 * A store in memory with the same behaviour, for tests.
 * xs_store_memory_fail makes the n-th commit or create from now (1: the next)
 * fail.
 */
int xs_store_memory_open(struct xs_store *store, const struct xs_keyring *keys,
    const struct xs_env *env) __attribute__((warn_unused_result));
void xs_store_memory_fail(struct xs_store *store, unsigned nth);

/*
 * Nothing will be asked of it for a while, because a person thinks or a
 * program is waited for: lets go of what others wait for, such as a
 * connection. The next operation has it again. That of files has nothing to
 * let go of, and keeps what it holds open (xs_store_file_hold).
 */
void xs_store_rest(struct xs_store *store);

/* Closes; a store that was never opened (all zero) is left alone. */
void xs_store_close(struct xs_store *store);

#endif
