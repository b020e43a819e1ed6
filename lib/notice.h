/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Security notices: what the owner of an account should hear of, though it may
 * not have been him who did it.
 *
 * A notice is an event of the record (account.h) that is still to be told. It
 * becomes so in the commit that makes the event, and is told once that is
 * durable; who kills the process in between delays the notice until the next
 * conversation, and prevents nothing (test_notice_again:
 * test_killed_before_it_was_told_is_told_next).
 * No notice holds a code or a secret, and none that cannot be sent keeps
 * anybody out.
 */
#ifndef XS_NOTICE_H
#define XS_NOTICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "account.h"
#include "config.h"
#include "fault.h"
#include "report.h"

struct xs_verify;

#define XS_NOTICE_TEXT_MAX 4096 /* bytes, with NUL; fits XS_CHILD_TEXT_MAX */

/*
 * How long a login waits for all of them together, however many of its codes
 * it tells after (test_notice: test_login_has_one_patience_for_all), and each
 * change of a setting for its own.
 */
#define XS_NOTICE_PATIENCE_MS 3000

#define XS_NOTICE_TRIES 3       /* of what may have arrived nevertheless */
#define XS_NOTICE_WAIT_MAX 3600 /* seconds between two tries, at most */

/* Who tells: passed in, so that tests have an inbox. */
struct xs_notifier {
	/*
	 * Returns 0 when the notice was taken for delivery; XS_E_BUSY when
	 * that was not known within patience_ms, and the program is still at
	 * it; else a negative xs_err. Both with the fault for the log. It takes
	 * no lock, none must be held, and it takes no longer than patience_ms.
	 */
	int (*send)(void *context, const char *text, size_t length,
	    unsigned patience_ms, struct xs_fault *fault);
	void *context;
};

/* The notifier that the options name; config must outlive it. */
struct xs_notifier xs_notice_notifier(const struct xs_config *config);

/* Is there a notify_command? */
bool xs_notice_is_offered(const struct xs_config *config);

/*
 * As xs_account_event; where notices are sent, and there is one for that word,
 * the event is also still to be told. The caller commits.
 */
void xs_notice_event(const struct xs_config *config, struct xs_account *account,
    int64_t now, const char *word, const char *from, const char *by);

/*
 * May the conversation whose commit this record is about to be tell what is
 * still to be told? Counts that as a try, so that nobody can have the same
 * notice sent over and over by ending the process before it is noted that it
 * was (test_notice_again: test_killed_again_and_again_is_told_ever_later).
 * verify.h calls it in the commit of every code that was typed, and of every
 * change; not where nobody tells, or the tries would be used up untold.
 */
bool xs_notice_claim(
    const struct xs_config *config, struct xs_account *account, int64_t now);

/*
 * Where a commit of this conversation left something to tell: tells it, the
 * oldest first, to every address of the record; then one locked step notes
 * what was. Logs each through report ("noticed" or "not-noticed" with the
 * event's word as reason). notifier may be NULL: nothing is told. No lock is
 * held on entry. What could not be told stays to be told; nothing of it
 * reaches the verify's fault.
 */
void xs_notice_tell(struct xs_verify *verify,
    const struct xs_notifier *notifier, xs_report_event *report, void *context);

/*
 * The same from a record in hand that is not there any more, or not to be
 * changed: one event of it, to every address.
 */
void xs_notice_tell_event(const struct xs_account *account,
    const struct xs_event *event, const struct xs_notifier *notifier,
    const char *language, xs_report_event *report, void *context);

/* What a notice is about. All strings are there, "" for none. */
struct xs_notice {
	const char *event; /* the event's word, "address-confirm" ... */
	const char *user;
	const char *host;    /* this host's name */
	const char *address; /* to whom; "": the local mailbox of user */
	const char *language;
	const char *from; /* whence, numeric */
	const char *by;   /* who, if not the user */
	const char *code; /* of address-confirm alone: opens nothing */
	int64_t time;
};

/*
 * The "key=value" lines that the program reads: event, user, host, time
 * (RFC 3339), address, language, rhost and by where there are any, subject,
 * and text once a line of it. Values are one line each; control characters
 * become '?'. Returns its length, or 0 when there is no notice for the event.
 * Wipe it when it holds a code.
 */
size_t xs_notice_write(
    const struct xs_notice *notice, char out[XS_NOTICE_TEXT_MAX]);

#endif
