/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the rooms of the PAM edge share: one call of an entry point, from the
 * handle it was given to the store it opened. Nothing below pam_xsuite.c and
 * pam/ knows PAM.
 */
#ifndef XS_SESSION_H
#define XS_SESSION_H

#include <stdbool.h>
#include <sys/types.h>

#include <security/pam_appl.h>

#include "config.h"
#include "dialog.h"
#include "fault.h"
#include "login.h"
#include "notice.h"
#include "report.h"
#include "seal.h"
#include "sms.h"
#include "store.h"
#include "verify.h"

struct xs_session {
	pam_handle_t *pamh;
	bool silent;
	bool is_account;
	const char *name; /* getpwnam's spelling, "" for no account */
	uid_t uid;
	gid_t gid;
	char rhost[XS_LOG_VALUE_MAX]; /* as it was at first; "": none */
	char address[XS_ADDRESS_MAX]; /* rhost when numeric, else "" */
	char *nss_buffer;
	struct xs_config config;
	struct xs_keyring keys;
	struct xs_store store;
	struct xs_sender sender;
	struct xs_notifier notifier;
	struct xs_fault fault;
};

/* Where the person sits: the application's conversation. */
struct xs_person xs_session_person(struct xs_session *session);

/*
 * Finds out who logs in, and from where. Returns 0 with is_account set or
 * not; XS_E_CONV, XS_E_NOMEM; XS_E_STATE when the directory errs.
 */
int xs_session_identify(struct xs_session *session)
    __attribute__((warn_unused_result));

/*
 * What the options say about this account: narrows config.not_enrolled to it;
 * *exempt is NULL, or why it is not asked. Returns 0 or an error.
 */
int xs_session_apply_policy(struct xs_session *session, const char **exempt)
    __attribute__((warn_unused_result));

/* Loads the host key and opens the store. Returns 0 or an error. */
int xs_session_open(struct xs_session *session)
    __attribute__((warn_unused_result));

/* Closes, wipes and frees what the calls above left. */
void xs_session_close(struct xs_session *session);

/* One conversation's dealings with the account's record. */
struct xs_verify xs_session_verify(struct xs_session *session);

/* Who sends texts from here; NULL when they are not offered. */
const struct xs_sender *xs_session_sender(struct xs_session *session);

/* Who tells of what happened; NULL when nobody does. */
const struct xs_notifier *xs_session_notifier(struct xs_session *session);

/* One line about what happened; context is the session. */
void xs_session_report(void *context, const struct xs_report *report);

/* The one line about an error that ended the attempt. */
void xs_session_log_error(struct xs_session *session, int err);

#endif
