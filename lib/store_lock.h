/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Opening a directory's entry with its own lock held.
 *
 * A file is its own lock, so it may have been removed or replaced by the
 * time the lock is had: then the entry of that name is opened anew.
 */
#ifndef XS_STORE_LOCK_H
#define XS_STORE_LOCK_H

#include "fault.h"
#include "file.h"
#include "shield.h"

/*
 * Opens, locks, and raises the shield. On success the caller ends both with
 * xs_entry_unlock. Returns 0, XS_E_NORECORD when there is no such entry,
 * XS_E_STATE, or XS_E_BUSY, the fault naming who holds the lock.
 */
int xs_entry_lock(const struct xs_dir *dir, const char *name,
    const struct xs_file_want *want, unsigned timeout_ms,
    struct xs_shield *shield, int *ret_fd, struct xs_fault *fault)
    __attribute__((warn_unused_result));

/*
 * The same for a file that was opened and found right before, as it says in
 * *id: path must still lead to it. XS_E_NORECORD when that is no longer so,
 * or fd not that file any more: nothing is locked then. The fd stays the
 * caller's to close unless it succeeds.
 */
int xs_entry_lock_again(const char *path, const struct xs_file_want *want,
    unsigned timeout_ms, const struct xs_file_id *id, struct xs_shield *shield,
    int fd, struct xs_fault *fault) __attribute__((warn_unused_result));

/* Unlocks, lowers the shield, closes and sets *fd to -1; -1 is left alone. */
void xs_entry_unlock(struct xs_shield *shield, int *fd);

#endif
