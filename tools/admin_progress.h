/* SPDX-License-Identifier: BSD-3-Clause */
/* A bar on the terminal, for work on all records. */
#ifndef XS_ADMIN_PROGRESS_H
#define XS_ADMIN_PROGRESS_H

#include "admin.h"

struct admin_progress {
	bool on;
	bool drawn;
	unsigned done;
	unsigned total; /* 0: not known */
	int64_t next;   /* when to draw, in ms of a clock of its own */
};

/* rows: the answer goes to standard output while the work is done. */
void admin_progress_begin(
    struct admin_progress *progress, const struct xs_config *config, bool rows);

/* One record more. */
void admin_progress_step(struct admin_progress *progress);

/* Takes the bar off the line: before anything is said, and at the end. */
void admin_progress_clear(struct admin_progress *progress);

#endif
