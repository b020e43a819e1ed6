/* SPDX-License-Identifier: BSD-3-Clause */
/* One login through libpam, with an answer that was prepared. */
#ifndef BENCH_LOGIN_H
#define BENCH_LOGIN_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <security/pam_appl.h>

#define CODE_ROOM 64

struct bench_login {
	const char *confdir, *service, *user;
	char answer[CODE_ROOM];
	char shown[CODE_ROOM]; /* the new backup code of the last prompt */
	char last[256];        /* the last prompt, for who is not let in */
	unsigned prompts;
	/* Called when the answer to a prompt is about to be given. */
	void (*answering)(unsigned prompt);
	/* Called when the next prompt comes. */
	void (*asked)(unsigned prompt);
};

/* A shown code stands on a line of its own, four blanks in front. */
static inline void
bench_read_shown(struct bench_login *login, const char *text)
{
	const char *line = strstr(text, "\n    ");
	size_t n = 0;

	if (line == NULL)
		return;
	for (line += 5; *line != '\0' && *line != '\n'; line++)
		if (*line != ' ' && n < CODE_ROOM - 1)
			login->shown[n++] = *line;
	login->shown[n] = '\0';
}

/* The first prompt gets the answer, the second the code that it shows. */
static inline int
bench_converse(int count, const struct pam_message **messages,
    struct pam_response **out, void *context)
{
	struct bench_login *login = context;
	struct pam_response *replies = calloc((size_t)count, sizeof(*replies));

	if (replies == NULL)
		return PAM_BUF_ERR;
	for (int i = 0; i < count; i++) {
		int style = messages[i]->msg_style;

		if (style != PAM_PROMPT_ECHO_ON && style != PAM_PROMPT_ECHO_OFF)
			continue;
		login->prompts++;
		(void)snprintf(
		    login->last, sizeof(login->last), "%s", messages[i]->msg);
		if (login->asked != NULL)
			login->asked(login->prompts);
		bench_read_shown(login, messages[i]->msg);
		if (login->prompts > 2) {
			free(replies);
			return PAM_CONV_ERR;
		}
		replies[i].resp =
		    strdup(login->prompts == 1 ? login->answer : login->shown);
		if (login->answering != NULL)
			login->answering(login->prompts);
	}
	*out = replies;
	return PAM_SUCCESS;
}

/* Stands for libpam's sleep after a failure: nobody waits here. */
static inline void
bench_no_delay(int result, unsigned microseconds, void *context)
{
	(void)result, (void)microseconds, (void)context;
}

static inline int
bench_log_in(struct bench_login *login)
{
	const struct pam_conv conv = {bench_converse, login};
	void (*no_delay)(int, unsigned, void *) = bench_no_delay;
	pam_handle_t *pamh = NULL;
	const void *item;
	int r;

	login->prompts = 0;
	r = pam_start_confdir(
	    login->service, login->user, &conv, login->confdir, &pamh);
	if (r != PAM_SUCCESS)
		return r;
	memcpy(&item, &no_delay, sizeof(item));
	(void)pam_set_item(pamh, PAM_FAIL_DELAY, item);
	r = pam_authenticate(pamh, 0);
	(void)pam_end(pamh, r);
	return r;
}

#endif
