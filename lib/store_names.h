/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The entry of a user's name: an empty file names/NAME beside each record,
 * made before it and removed after it. It is what proves that a missing
 * record was never there, and what create, remove and move lock first.
 */
#ifndef XS_STORE_NAMES_H
#define XS_STORE_NAMES_H

#include <stdbool.h>

#include "fault.h"
#include "file.h"
#include "shield.h"

#define XS_NAME_FILE_MAX 255 /* bytes, NAME_MAX of every file system */

/*
 * The file name of a user's name: A-Z a-z 0-9 _ - and a '.' that does not
 * lead stand for themselves, every other byte is %XX. Returns 0, or
 * XS_E_INVALID for no name at all or one that gets too long.
 */
int xs_name_encode(const char *name, char encoded[XS_NAME_FILE_MAX + 1])
    __attribute__((warn_unused_result));

/* A locked entry; a lock that is all zero with fd -1 is not held. */
struct xs_name_lock {
	int fd;
	bool made; /* by xs_name_lock_make, so it may take it away again */
	char encoded[XS_NAME_FILE_MAX + 1];
	struct xs_shield shield;
};

/* Returns 0, XS_E_NORECORD when there is no entry, XS_E_STATE, XS_E_BUSY. */
int xs_name_lock(struct xs_name_lock *lock, const struct xs_dir *names,
    const char *name, unsigned timeout_ms, struct xs_fault *fault)
    __attribute__((warn_unused_result));

/* The same, making the entry durable where there is none. */
int xs_name_lock_make(struct xs_name_lock *lock, const struct xs_dir *names,
    const char *name, unsigned timeout_ms, struct xs_fault *fault)
    __attribute__((warn_unused_result));

/* Removes the locked entry, durably. Returns 0 or XS_E_COMMIT. */
int xs_name_remove(struct xs_name_lock *lock, const struct xs_dir *names,
    struct xs_fault *fault);

void xs_name_unlock(struct xs_name_lock *lock);

/* Whether there is an entry: 1 or 0, or XS_E_STATE. */
int xs_name_exists(const struct xs_dir *names, const char *name,
    struct xs_fault *fault) __attribute__((warn_unused_result));

#endif
