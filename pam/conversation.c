/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "session.h"

static void
wipe_reply(struct pam_response *reply)
{
	if (reply == NULL)
		return;
	if (reply->resp != NULL) {
		explicit_bzero(reply->resp, strlen(reply->resp));
		free(reply->resp);
	}
	free(reply);
}

/* Always one message a call: arrays of several differ between systems. */
static int
converse(struct xs_session *session, int style, const char *text,
    struct pam_response **reply)
{
	const struct pam_message message = {.msg_style = style, .msg = text};
	const struct pam_message *messages[] = {&message};
	const void *item = NULL;
	const struct pam_conv *conv;

	*reply = NULL;
	if (pam_get_item(session->pamh, PAM_CONV, &item) != PAM_SUCCESS ||
	    item == NULL)
		return XS_E_CONV;
	conv = item;
	if (conv->conv == NULL)
		return XS_E_CONV;
	xs_store_rest(&session->store);
	switch (conv->conv(1, messages, reply, conv->appdata_ptr)) {
	case PAM_SUCCESS:
		return 0;
	case PAM_BUF_ERR:
		*reply = NULL;
		return XS_E_NOMEM;
	default:
		/* What a failing application left in reply is not ours. */
		*reply = NULL;
		return XS_E_CONV;
	}
}

/*
 * ECHO_ON: the codes work once, and sshd's "password" method, which would
 * answer a hidden prompt with the login password, fails cleanly
 * (test_sshd: test_method_password_is_refused_and_not_charged).
 */
static int
ask(void *context, const char *text, struct xs_answer *answer)
{
	struct pam_response *reply;
	int r = converse(context, PAM_PROMPT_ECHO_ON, text, &reply);

	if (r != 0)
		return r;
	/* login and su answer Ctrl-D with success and no text. */
	if (reply == NULL || reply->resp == NULL)
		r = XS_E_CONV;
	else
		xs_answer_set(answer, reply->resp);
	wipe_reply(reply);
	return r;
}

/* Text without a question. PAM_SILENT drops it. */
static void
show(struct xs_session *session, int style, const char *text)
{
	struct pam_response *reply;

	if (session->silent)
		return;
	(void)converse(session, style, text, &reply);
	wipe_reply(reply);
}

static void
close_with(void *context, const char *text)
{
	show(context, PAM_ERROR_MSG, text);
}

static void
tell(void *context, const char *text)
{
	show(context, PAM_TEXT_INFO, text);
}

struct xs_person
xs_session_person(struct xs_session *session)
{
	return (struct xs_person){
	    .ask = ask, .close = close_with, .tell = tell, .context = session};
}
