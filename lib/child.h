/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs a program and waits for it, inside a process that is not ours.
 *
 * The host may ignore SIGCHLD, reap every child it hears of, have threads,
 * block signals, or be set-user-id and started by an enemy. So its signals
 * and children are left alone: a keeper process, which the host gets no
 * SIGCHLD for and no plain wait() sees, starts the program, ends it and all
 * that it left behind, and tells the result through a pipe.
 *
 * The program has a session of its own; the text as its standard input;
 * /dev/null as its output; no other descriptor; PATH as its environment;
 * / as its directory; umask 077; every signal at its default and none
 * blocked. Where the effective uid is 0 it runs as the given user, with his
 * groups, without capabilities, and with none of the caller's limits and
 * priorities (tests/unit/test_child.c).
 */
#ifndef XS_CHILD_H
#define XS_CHILD_H

#include <stddef.h>

#include "fault.h"

#define XS_CHILD_TEXT_MAX 4096 /* bytes: what any pipe takes at once */
#define XS_CHILD_ARGS_MAX 7    /* with argv[0] */
#define XS_CHILD_GRACE_MS 800  /* after the deadline, for ending it all */

struct xs_child {
	const char *const
	    *argv;        /* argv[0] is an absolute path; ends with NULL */
	const char *user; /* never one of uid 0 */
	const char *text; /* its standard input */
	size_t length;    /* at most XS_CHILD_TEXT_MAX */
	unsigned timeout_ms;
	/* How long the host waits for its end; 0: as long as it takes. */
	unsigned patience_ms;
};

/*
 * Returns 0 when the program ended with status 0 within the time; else
 * XS_E_PROGRAM, the fault telling whether it is missing, cannot be executed,
 * failed or was killed at the deadline, or why it was not started at all.
 * Takes at most timeout_ms + XS_CHILD_GRACE_MS after the user was looked up.
 * With patience at most that long: then XS_E_BUSY, and what becomes of the
 * program, up to its own deadline, nobody here learns; not even its end is
 * left for the host to be waited for. What the program leaves behind may then
 * go on up to the deadline, too, but for that nobody waits.
 */
int xs_child_run(const struct xs_child *child, struct xs_fault *fault)
    __attribute__((warn_unused_result));

#endif
