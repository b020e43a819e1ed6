/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The two-step dialogue: which question comes next.
 *
 * It asks through dialog, decides through verify, and tells the edge what to
 * log through a callback. Everything starts as refused.
 */
#ifndef XS_LOGIN_H
#define XS_LOGIN_H

#include <stdbool.h>
#include <stdint.h>

#include "account.h"
#include "dialog.h"
#include "notice.h"
#include "report.h"
#include "sms.h"
#include "verify.h"

struct xs_login {
	struct xs_verify *verify;
	const struct xs_person *person;
	bool is_account;                    /* the system knows this name */
	const struct xs_sender *sender;     /* NULL: no texts from here */
	const struct xs_notifier *notifier; /* NULL: no notices from here */
	xs_report_event *report;
	void *context;
};

/* What is told as the method of a login that needed none. */
#define XS_REMEMBERED "remembered"

enum xs_outcome {
	XS_OUT_REFUSED = 0,
	XS_OUT_WAITING, /* every way in waits or is switched off */
	XS_OUT_PASSED,  /* not enrolled, and the policy lets it pass */
	XS_OUT_GRANTED = 0x6b29,
	XS_OUT_REMEMBERED = 0x14d6, /* let in, and no code was asked for */
};

/*
 * Runs one login. Returns 0 with the outcome (and, when granted, the method;
 * when remembered, the one that would have been asked for), or a negative
 * xs_err, which is a refusal too.
 */
int xs_login_run(const struct xs_login *login, enum xs_outcome *outcome,
    enum xs_method *method) __attribute__((warn_unused_result));

/*
 * enforce = log: asks nothing, reports what would have happened
 * ("would-ask", "would-accept", "would-pass", "would-refuse"). Returns as
 * xs_login_run.
 */
int xs_login_preview(const struct xs_login *login)
    __attribute__((warn_unused_result));

#endif
