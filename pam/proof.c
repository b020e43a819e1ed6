/* SPDX-License-Identifier: BSD-3-Clause */
#include "proof.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <security/pam_modules.h>

#define KEY "pam_xsuite_proof"

struct kept {
	struct xs_proof proof;
	uid_t uid;
	char name[XS_NAME_MAX];
};

static void
discard(pam_handle_t *pamh, void *data, int status)
{
	(void)pamh, (void)status;
	free(data);
}

void
xs_proof_keep(struct xs_session *session, const struct xs_proof *proof)
{
	struct kept *kept = NULL;

	if (proof->kind != XS_PROOF_NONE &&
	    strlen(session->name) < sizeof(kept->name))
		kept = calloc(1, sizeof(*kept));
	if (kept != NULL) {
		kept->proof = *proof;
		kept->uid = session->uid;
		(void)snprintf(
		    kept->name, sizeof(kept->name), "%s", session->name);
	}
	/* NULL takes the former one's place, too. */
	if (pam_set_data(session->pamh, KEY, kept, discard) != PAM_SUCCESS)
		free(kept);
}

struct xs_proof
xs_proof_recall(const struct xs_session *session)
{
	const struct xs_proof nothing = {.kind = XS_PROOF_NONE};
	const void *data = NULL;
	const struct kept *kept;

	if (pam_get_data(session->pamh, KEY, &data) != PAM_SUCCESS ||
	    data == NULL)
		return nothing;
	kept = data;
	if (!session->is_account || kept->uid != session->uid ||
	    strcmp(kept->name, session->name) != 0)
		return nothing;
	return kept->proof;
}

bool
xs_proof_password_asked(const struct xs_session *session)
{
	const void *item = NULL;

	return pam_get_item(session->pamh, PAM_AUTHTOK, &item) == PAM_SUCCESS &&
	    item != NULL;
}
