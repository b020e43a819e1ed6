/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files and directories that nobody but us can have made or changed.
 *
 * Everything is opened relative to a directory's descriptor, without
 * following symbolic links and without waiting (a FIFO must not hold up a
 * login), and judged by fstat on what was opened. "Ours" is: owned by root
 * or by the effective user.
 */
#ifndef XS_FILE_H
#define XS_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "fault.h"
#include "shield.h"

/* An open directory; fd -1: closed. */
struct xs_dir {
	int fd;
	char path[400]; /* for faults, cut when it is longer */
};

/* The description of an errno value, in English whatever the locale. */
const char *xs_errno_text(int error);

/*
 * Opens a directory below another one (NULL: name is a path). Refused: what
 * is no directory, not ours, on a network file system, or has one of the
 * mode bits in forbidden.
 * Returns 0, XS_E_NORECORD when there is no such entry, or XS_E_STATE.
 */
int xs_dir_open(struct xs_dir *dir, const struct xs_dir *above,
    const char *name, mode_t forbidden, struct xs_fault *fault)
    __attribute__((warn_unused_result));

/*
 * Opens the directory that the last part of path stands in, whatever it is
 * like; *ret_name is that last part, inside path. Returns 0 or XS_E_STATE.
 */
int xs_dir_open_parent(struct xs_dir *dir, const char *path,
    const char **ret_name, struct xs_fault *fault)
    __attribute__((warn_unused_result));

/*
 * Makes the directory, 0700, durable, unless the name is there. Returns 0
 * or XS_E_COMMIT.
 */
int xs_dir_make(const struct xs_dir *above, const char *name,
    struct xs_fault *fault) __attribute__((warn_unused_result));

/*
 * The same judgement of a directory that nothing is asked of yet: it is not
 * opened, and its file system not looked at.
 */
int xs_dir_judge(const struct xs_dir *above, const char *name, mode_t forbidden,
    struct xs_fault *fault) __attribute__((warn_unused_result));

void xs_dir_close(struct xs_dir *dir);

/* Makes the directory's entries durable. Returns 0 or XS_E_COMMIT. */
int xs_dir_sync(const struct xs_dir *dir, struct xs_fault *fault)
    __attribute__((warn_unused_result));

/* What xs_file_open demands besides a regular file of ours with one link. */
struct xs_file_want {
	int flags;      /* O_RDONLY or O_RDWR | O_DSYNC */
	mode_t allowed; /* the mode bits that may be set */
	off_t size;     /* -1: any */
};

/* Returns 0, XS_E_NORECORD when there is no such entry, or XS_E_STATE. */
int xs_file_open(const struct xs_dir *dir, const char *name,
    const struct xs_file_want *want, int *ret_fd, struct xs_fault *fault)
    __attribute__((warn_unused_result));

/* Which file it is, as long as it is open. */
struct xs_file_id {
	dev_t device;
	ino_t inode;
};

/* The same, and tells which file that is. */
int xs_file_open_id(const struct xs_dir *dir, const char *name,
    const struct xs_file_want *want, int *ret_fd, struct xs_file_id *id,
    struct xs_fault *fault) __attribute__((warn_unused_result));

/* Is fd that file, and not another that got its number? */
bool xs_file_is(int fd, const struct xs_file_id *id);

/*
 * Does the path lead to that file, which still is what want demands? 1; 0
 * when it leads to another or to none; XS_E_STATE.
 */
int xs_file_is_at(const char *path, const struct xs_file_want *want,
    const struct xs_file_id *id, struct xs_fault *fault)
    __attribute__((warn_unused_result));

/*
 * Whether the entry name of the directory is still the file open as fd:
 * 1 or 0, or XS_E_STATE.
 */
int xs_file_is_entry(const struct xs_dir *dir, const char *name, int fd,
    struct xs_fault *fault) __attribute__((warn_unused_result));

/*
 * A new file with the given bytes: written without a name, locked, synced,
 * then linked under its name, then the directory is synced, all of it behind
 * a shield. Whatever fails, nothing is left behind.
 * Returns 0, XS_E_EXISTS, XS_E_COMMIT.
 */
int xs_file_create(const struct xs_dir *dir, const char *name,
    const void *bytes, size_t size, mode_t mode, struct xs_fault *fault)
    __attribute__((warn_unused_result));

/* The same, and it stays open and locked, with the shield up. */
int xs_file_create_locked(const struct xs_dir *dir, const char *name,
    const void *bytes, size_t size, mode_t mode, struct xs_shield *shield,
    int *ret_fd, struct xs_fault *fault) __attribute__((warn_unused_result));

#endif
