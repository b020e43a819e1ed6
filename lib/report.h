/* SPDX-License-Identifier: BSD-3-Clause */
/* What the dialogues tell the edge, which writes the log. */
#ifndef XS_REPORT_H
#define XS_REPORT_H

#include <stdint.h>

/* One thing that happened, for one log line. */
struct xs_report {
	const char *word;    /* "accepted", "refused", "changed", ... */
	const char *method;  /* NULL: none in particular */
	const char *setting; /* NULL, or what was changed: "app", "backup" */
	const char *reason;  /* NULL, or "wrong", "used", "waiting", ... */
	uint32_t failures;   /* of the method on this side, 0: not told */
	int64_t until;       /* of a wait or a term, 0: none */
	const char *what;    /* NULL, or what a fault says */
};

#define XS_LOG_VALUE_MAX 300 /* bytes of one escaped value */

/*
 * A value as it stands in a log line: printable ASCII but space, quote,
 * backslash and '='; the rest as \xHH; cut at the size. Returns out.
 */
const char *xs_log_value(const char *value, char out[XS_LOG_VALUE_MAX]);

typedef void xs_report_event(void *context, const struct xs_report *report);

#endif
