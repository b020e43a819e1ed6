/* SPDX-License-Identifier: BSD-3-Clause */
#include "session.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "env.h"

int
xs_session_open(struct xs_session *session)
{
	int r = xs_keyring_load(
	    &session->keys, session->config.key_file, &session->fault);

	if (r != 0)
		return r;
	r = xs_store_open(&session->store, &session->config, &session->keys,
	    &xs_env_system, &session->fault);
	if (r == 0)
		xs_store_file_hold(&session->store);
	return r;
}

void
xs_session_close(struct xs_session *session)
{
	xs_store_close(&session->store);
	xs_keyring_wipe(&session->keys);
	free(session->nss_buffer);
}

struct xs_verify
xs_session_verify(struct xs_session *session)
{
	struct xs_verify verify = {.store = &session->store,
	    .config = &session->config,
	    .env = &xs_env_system,
	    .who = {.name = session->name, .uid = session->uid},
	    .remote = session->rhost[0] != '\0',
	    .caller = getuid(),
	    .fault = &session->fault};

	memcpy(verify.address, session->address, sizeof(verify.address));
	return verify;
}

const struct xs_notifier *
xs_session_notifier(struct xs_session *session)
{
	if (!xs_notice_is_offered(&session->config))
		return NULL;
	session->notifier = xs_notice_notifier(&session->config);
	return &session->notifier;
}

const struct xs_sender *
xs_session_sender(struct xs_session *session)
{
	if (!xs_sms_is_offered(&session->config))
		return NULL;
	session->sender = xs_sms_sender(&session->config);
	return &session->sender;
}
