/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The inside of the file store, for its parts (store_file.c: read and
 * commit; _change.c, _move.c, _each.c) and for its tests.
 */
#ifndef XS_STORE_FILE_H
#define XS_STORE_FILE_H

#include "file.h"
#include "shield.h"
#include "store.h"
#include "store_names.h"
#include "store_slots.h"

/* The record that was read last: who reads it means to lock it soon. */
struct xs_store_held {
	int fd; /* open as a commit needs it, not locked; -1: none */
	uid_t uid;
	struct xs_file_id id;
};

/* store->private */
struct xs_store_file {
	char *path; /* the state directory, without a '/' at its end */
	unsigned lock_timeout_ms;
	struct xs_keyring fresh; /* read again since it was opened, or empty */
	bool hold;               /* xs_store_file_hold */
	struct xs_store_held held;
	/* The open transaction; fd -1: none. */
	int fd;
	struct xs_shield shield;
	uid_t uid;
	struct xs_slots slots;
};

/* The directories that an operation works in, open. */
struct xs_store_dirs {
	struct xs_dir users;
	struct xs_dir names;
};

/* Returns 0 or XS_E_STATE; on failure nothing is open. */
int xs_store_dirs_open(struct xs_store_dirs *dirs,
    const struct xs_store_file *file, struct xs_fault *fault)
    __attribute__((warn_unused_result));

void xs_store_dirs_close(struct xs_store_dirs *dirs);

/* The host keys as they were read last. */
const struct xs_keyring *xs_store_keys(const struct xs_store *store);

/* Reads them again, if they came from a file. Returns 0 or XS_E_STATE. */
int xs_store_keys_again(const struct xs_store *store, struct xs_fault *fault)
    __attribute__((warn_unused_result));

/* What users/KEY must be; flags as for open. */
struct xs_file_want xs_store_record_want(int flags);

/* Reads both slots of an open users/KEY and opens the valid one. */
int xs_store_slots_load(const struct xs_store *store,
    const struct xs_dir *users, const char *key, int fd, struct xs_slots *slots,
    struct xs_plain *plain, struct xs_fault *fault)
    __attribute__((warn_unused_result));

/*
 * Loads users/KEY without its lock, and once more under it before it
 * refuses. XS_E_NORECORD: there is no such file, which proves nothing yet.
 */
int xs_store_record_read(const struct xs_store *store,
    const struct xs_dir *users, const char *key, struct xs_plain *plain,
    struct xs_fault *fault) __attribute__((warn_unused_result));

/*
 * Loads users/KEY as xs_store_record_read does; for a login it stays open.
 *
 * A login reads the record, asks, and locks it: the second way through the
 * directories would be as long as the first. What is held is used after the
 * prompt only if its path still leads to it, and it is still ours alone
 * (test_store_held: test_record_*).
 */
int xs_store_hold(const struct xs_store *store, const struct xs_dir *users,
    uid_t uid, struct xs_plain *plain, struct xs_fault *fault)
    __attribute__((warn_unused_result));

/*
 * Locks and loads what is held for the uid: the open transaction. Returns
 * XS_E_NORECORD when nothing is, or not the file that is there now.
 */
int xs_store_begin_held(struct xs_store *store, uid_t uid,
    struct xs_plain *plain, struct xs_fault *fault)
    __attribute__((warn_unused_result));

void xs_store_let_go(struct xs_store_file *file);

/* XS_E_NORECORD when the marker opens, so that absence means something. */
int xs_store_marker_check(const struct xs_store *store,
    const struct xs_dir *users, struct xs_fault *fault)
    __attribute__((warn_unused_result));

/*
 * Locks the marker and looks at it: 0 when it is right. While it is locked
 * nothing is created and nothing moves, so a rekey can tell that it has come
 * to an end. It is locked before names and records.
 */
int xs_store_marker_lock(const struct xs_store *store,
    const struct xs_dir *users, struct xs_shield *shield, int *ret_fd,
    struct xs_fault *fault) __attribute__((warn_unused_result));

/* Whether there is anything of that name in users: 1 or 0, or XS_E_STATE. */
int xs_store_record_exists(const struct xs_dir *users, const char *key,
    struct xs_fault *fault) __attribute__((warn_unused_result));

/* XS_E_INTERNAL when a transaction is open on the handle. */
int xs_store_refuse_open(const struct xs_store *store, struct xs_fault *fault)
    __attribute__((warn_unused_result));

/* One slot of fd, with the former bytes put back when it fails. */
int xs_store_slot_write(int fd, const struct xs_slots *slots,
    const uint8_t slot[XS_SLOT_SIZE], struct xs_fault *fault)
    __attribute__((warn_unused_result));

/* The uids of all records, in their order; free(uids->list). */
struct xs_uids {
	uid_t *list;
	size_t count, room;
};

int xs_store_uids(const struct xs_dir *users, struct xs_uids *uids,
    struct xs_fault *fault) __attribute__((warn_unused_result));

/* Members of the ops. */
int xs_store_file_init(struct xs_store *store, struct xs_fault *fault);
int xs_store_file_create(struct xs_store *store, const struct xs_identity *who,
    const struct xs_plain *plain, struct xs_fault *fault);
int xs_store_file_remove(struct xs_store *store, const struct xs_identity *who,
    struct xs_fault *fault);
int xs_store_file_move(struct xs_store *store, const struct xs_identity *from,
    const struct xs_identity *to, xs_store_rewrite *rewrite, void *context,
    struct xs_fault *fault);
int xs_store_file_each(struct xs_store *store, xs_store_visit *visit,
    void *context, struct xs_fault *fault);

#endif
