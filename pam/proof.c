/* SPDX-License-Identifier: BSD-3-Clause */
#include "proof.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <security/pam_modules.h>

#include "env.h"

#define KEY "pam_xsuite_proof"

#define PASS_SIZE 16 /* bytes of randomness */

/* Where the record is that was asked. No secret: postgresql takes none. */
struct origin {
	int store;
	char state_dir[XS_OPTION_MAX];
	char postgresql[XS_OPTION_MAX];
	char key_file[XS_OPTION_MAX];
};

struct kept {
	struct xs_proof proof;
	char pass[2 * PASS_SIZE + 1]; /* "": not to be recognised */
	uid_t uid;
	char name[XS_NAME_MAX];
	struct origin origin;
	unsigned remember; /* that line's option */
};

static void
discard(pam_handle_t *pamh, void *data, int status)
{
	(void)pamh, (void)status;
	free(data);
}

/*
 * Marks this pass: libpam forgets the item at the end of every
 * pam_authenticate, and nobody else uses it there.
 */
static void
mark_pass(struct xs_session *session, struct kept *kept)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char random[PASS_SIZE];
	char pass[sizeof(kept->pass)];

	/* A mark, and no secret: the kernel's random bytes will do. */
	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return;
	for (size_t i = 0; i < sizeof(random); i++) {
		pass[2 * i] = digits[random[i] >> 4];
		pass[2 * i + 1] = digits[random[i] & 15];
	}
	pass[2 * sizeof(random)] = '\0';
	if (pam_set_item(session->pamh, PAM_OLDAUTHTOK, pass) == PAM_SUCCESS)
		memcpy(kept->pass, pass, sizeof(kept->pass));
}

static void
note_origin(struct origin *origin, const struct xs_config *config)
{
	origin->store = config->store;
	memcpy(origin->state_dir, config->state_dir, sizeof(origin->state_dir));
	memcpy(
	    origin->postgresql, config->postgresql, sizeof(origin->postgresql));
	memcpy(origin->key_file, config->key_file, sizeof(origin->key_file));
}

static bool
is_origin(const struct origin *origin, const struct xs_config *config)
{
	return origin->store == config->store &&
	    strcmp(origin->state_dir, config->state_dir) == 0 &&
	    strcmp(origin->postgresql, config->postgresql) == 0 &&
	    strcmp(origin->key_file, config->key_file) == 0;
}

/* NULL takes the former one's place, too. */
static void
put(struct xs_session *session, struct kept *kept)
{
	if (pam_set_data(session->pamh, KEY, kept, discard) != PAM_SUCCESS)
		free(kept);
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
		kept->proof.made = xs_env_system.uptime(xs_env_system.context);
		kept->uid = session->uid;
		(void)snprintf(
		    kept->name, sizeof(kept->name), "%s", session->name);
		note_origin(&kept->origin, &session->config);
		kept->remember = session->config.remember;
		if (proof->kind != XS_PROOF_NO_RECORD)
			mark_pass(session, kept);
	}
	put(session, kept);
}

/*
 * What is kept for this name and uid, and once the options are read for their
 * store; NULL for any other.
 */
static const struct kept *
find(const struct xs_session *session)
{
	const struct xs_config *config = &session->config;
	const void *data = NULL;
	const struct kept *kept;

	if (!session->is_account ||
	    pam_get_data(session->pamh, KEY, &data) != PAM_SUCCESS ||
	    data == NULL)
		return NULL;
	kept = data;
	if (kept->uid != session->uid || strcmp(kept->name, session->name) != 0)
		return NULL;
	if (config->state_dir[0] != '\0' && !is_origin(&kept->origin, config))
		return NULL;
	return kept;
}

struct xs_proof
xs_proof_recall(const struct xs_session *session)
{
	const struct kept *kept = find(session);

	return kept != NULL ? kept->proof
			    : (struct xs_proof){.kind = XS_PROOF_NONE};
}

void
xs_proof_settle(struct xs_session *session)
{
	const struct kept *former = find(session);
	struct kept *kept = NULL;

	if (former != NULL)
		kept = calloc(1, sizeof(*kept));
	if (kept != NULL) {
		*kept = *former;
		kept->proof.settled = true;
	}
	put(session, kept);
}

/* Would this line have let in, too? */
static bool
answers_for(const struct kept *kept, const struct xs_config *config)
{
	if ((config->methods & 1u << kept->proof.method) == 0)
		return false;
	return kept->proof.kind == XS_PROOF_SECOND ||
	    (kept->proof.kind == XS_PROOF_REMEMBERED &&
		kept->remember <= config->remember);
}

enum xs_proof_kind
xs_proof_of_this_pass(const struct xs_session *session, enum xs_method *method)
{
	const struct kept *kept = find(session);
	const void *item = NULL;

	if (kept == NULL || kept->pass[0] == '\0' ||
	    !answers_for(kept, &session->config) ||
	    pam_get_item(session->pamh, PAM_OLDAUTHTOK, &item) != PAM_SUCCESS ||
	    item == NULL || strcmp(item, kept->pass) != 0)
		return XS_PROOF_NONE;
	*method = kept->proof.method;
	return kept->proof.kind;
}

bool
xs_proof_is_kept(const struct xs_session *session)
{
	const void *data = NULL;

	return pam_get_data(session->pamh, KEY, &data) == PAM_SUCCESS &&
	    data != NULL;
}

bool
xs_proof_password_asked(const struct xs_session *session)
{
	const void *item = NULL;

	return pam_get_item(session->pamh, PAM_AUTHTOK, &item) == PAM_SUCCESS &&
	    item != NULL;
}
