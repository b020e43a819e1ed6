/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The process between a host and a program that is run for it. Only
 * lib/child*.c include this.
 */
#ifndef XS_CHILD_KEEPER_H
#define XS_CHILD_KEEPER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "child.h"

/* All that is looked up or allocated, before there is a second process. */
struct xs_child_job {
	const struct xs_child *child;
	int64_t deadline; /* CLOCK_MONOTONIC, ms */
	int64_t patience; /* the host's, likewise */
	int report;       /* the pipe's end to write to; not below 3 */
	bool become;      /* another user: */
	uid_t uid;
	gid_t gid;
	size_t group_count;
	gid_t *groups;
};

enum xs_child_stage {
	XS_CHILD_NONE = 0,
	/* Of the keeper, and its last word: */
	XS_CHILD_ENDED, /* value: as of waitpid */
	XS_CHILD_LATE,
	XS_CHILD_NOT_STARTED, /* value: errno */
	/* Of the program before it is one, value: errno: */
	XS_CHILD_NOT_USER,
	XS_CHILD_NOT_EXECUTED,
};

/* One goes through the pipe whole. */
struct xs_child_report {
	uint32_t stage;
	int32_t value;
};

int64_t xs_child_clock(void);

/*
 * fork(2) without what a C library does around it: no handlers of the host's
 * run, and no lock of a thread that is not there any more is waited for. The
 * child may call what a signal handler may, and no more.
 */
pid_t xs_child_fork(int exit_signal);

/* With all signals blocked, in the process that xs_child_fork(0) made. */
__attribute__((noreturn)) void xs_child_keep(const struct xs_child_job *job);

/* The same in a process of its own, which is not the host's child. */
__attribute__((noreturn)) void xs_child_keep_apart(
    const struct xs_child_job *job);

#endif
