/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <security/pam_ext.h>
#include <security/pam_modules.h>

#include "file.h"
#include "group.h"
#include "policy.h"
#include "session.h"

#define NSS_BUFFER_MAX (1024UL * 1024) /* bytes of one account's entry */

/* 0 with is_account set or not; XS_E_STATE when the directory errs. */
static int
look_up(struct xs_session *session, const char *user)
{
	struct passwd entry, *found = NULL;
	size_t size = 1024;
	int err = ERANGE;

	while (err == ERANGE && size <= NSS_BUFFER_MAX) {
		free(session->nss_buffer);
		size *= 4;
		session->nss_buffer = malloc(size);
		if (session->nss_buffer == NULL)
			return xs_fault_set(&session->fault, XS_E_NOMEM,
			    "no memory for the account's entry");
		err =
		    getpwnam_r(user, &entry, session->nss_buffer, size, &found);
	}
	if (found != NULL) {
		session->is_account = true;
		session->name = entry.pw_name;
		session->uid = entry.pw_uid;
		session->gid = entry.pw_gid;
		return 0;
	}
	if (err == 0 || err == ENOENT || err == ESRCH)
		return 0;
	return xs_fault_set(&session->fault, XS_E_STATE,
	    "the account could not be looked up: %s", xs_errno_text(err));
}

int
xs_session_identify(struct xs_session *session)
{
	const char *user = NULL;
	const void *item = NULL;
	char place[XS_ADDRESS_MAX];

	if (pam_get_user(session->pamh, &user, NULL) != PAM_SUCCESS)
		return XS_E_CONV;
	/*
	 * A copy: the application may set the item while it asks a question,
	 * and so free the string (test_items: test_rhost_is_what_it_was_*).
	 */
	if (pam_get_item(session->pamh, PAM_RHOST, &item) == PAM_SUCCESS &&
	    item != NULL)
		(void)snprintf(session->rhost, sizeof(session->rhost), "%s",
		    (const char *)item);
	/* A name that only resolves to an address proves nothing. */
	if (xs_address_normalise(session->rhost, place))
		(void)snprintf(session->address, sizeof(session->address),
		    "%.*s", (int)sizeof(session->address) - 1, session->rhost);
	if (user == NULL || user[0] == '\0')
		return 0;
	return look_up(session, user);
}

static int
is_member(
    void *context, const char *group, bool *member, struct xs_fault *fault)
{
	const struct xs_session *session = context;

	return xs_group_has(group, session->name, session->gid, member, fault);
}

int
xs_session_apply_policy(struct xs_session *session, const char **exempt)
{
	const struct xs_subject subject = {.name = session->name,
	    .address = session->address,
	    .is_member = is_member,
	    .context = session};
	struct xs_policy policy;
	int r;

	r = xs_policy_decide(
	    &session->config, &subject, &policy, &session->fault);
	if (r != 0)
		return r;
	session->config.not_enrolled = policy.not_enrolled;
	*exempt = policy.exempt;
	return 0;
}
