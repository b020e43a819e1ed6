/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One conversation of pam_driver: answers what the stack asks from a prepared
 * list and tells, in lines of JSON, what was said and how it ended.
 */
#ifndef TESTS_PAM_TALK_H
#define TESTS_PAM_TALK_H

#include <security/pam_appl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base32.h"
#include "totp.h"

#define PERSONS_MAX 128
#define ANSWERS_MAX 64
#define HUGE_REPLY (10 * 1024 * 1024)

/* What a prompt gets after the last answer. */
enum reply {
	REPLY_ERROR,
	REPLY_NO_ARRAY,
	REPLY_NO_TEXT,
	REPLY_HUGE,
	REPLY_EMPTY,
	REPLY_KILL
};
enum barrier { BARRIER_NONE, BARRIER_FIRST, BARRIER_ALL };

struct person {
	const char *user;
	const char *answers[ANSWERS_MAX];
	size_t count;
	unsigned times;
	pid_t host; /* whose namespaces; 0: this process's */
};

struct plan {
	const char *service, *confdir, *rhost;
	const char *setting; /* of pam_chauthtok, "" for all; NULL: not run */
	int flags;
	long real_uid;
	long file_size;
	const char *habit; /* pam_habit.h; NULL: none */
	enum reply at_end;
	enum barrier barrier;
	struct person persons[PERSONS_MAX];
	size_t persons_count;
};

struct talk {
	const struct plan *plan;
	const struct person *person;
	size_t next;
	unsigned prompts;
	int gate; /* -1: no barrier */
	FILE *out;
	char newest[64];  /* the code of the last prompt that showed one */
	char scanned[32]; /* what the app shows whose key was shown last */
	char read[32];    /* the digits that a file began with */
};

static const char *const reply_names[] = {
    "error", "no-array", "no-text", "huge", "empty", "kill"};

static inline void
print_json(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			fprintf(out, "\\u%04x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

#define NAMED(result)           \
	{                       \
		result, #result \
	}

static inline const char *
result_name(int result)
{
	static const struct {
		int result;
		const char *name;
	} names[] = {NAMED(PAM_SUCCESS), NAMED(PAM_AUTH_ERR),
	    NAMED(PAM_MAXTRIES), NAMED(PAM_AUTHINFO_UNAVAIL),
	    NAMED(PAM_CONV_ERR), NAMED(PAM_BUF_ERR), NAMED(PAM_SERVICE_ERR),
	    NAMED(PAM_USER_UNKNOWN), NAMED(PAM_PERM_DENIED),
	    NAMED(PAM_MODULE_UNKNOWN), NAMED(PAM_SYSTEM_ERR), NAMED(PAM_IGNORE),
	    NAMED(PAM_ABORT)};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].result == result)
			return names[i].name;
	return "other";
}

/* A shown code stands on a line of its own, four blanks in front. */
static inline void
remember_code(struct talk *talk, const char *text)
{
	const char *line = strstr(text, "\n    ");
	size_t n = 0;

	if (line == NULL)
		return;
	for (line += 5; *line != '\0' && *line != '\n'; line++)
		if (*line != ' ' && n < sizeof(talk->newest) - 1)
			talk->newest[n++] = *line;
	talk->newest[n] = '\0';
}

/* The key of a new app stands behind a word that begins its line. */
static inline void
scan_key(struct talk *talk, const char *text)
{
	struct xs_totp totp = {.digits = 6, .period = 30};
	const char *line = strstr(text, "\nKey: ");
	char key[128];
	size_t length = 0;

	if (line == NULL)
		return;
	snprintf(key, sizeof(key), "%s", line + strlen("\nKey: "));
	key[strcspn(key, "\n")] = '\0';
	if (xs_base32_decode(key, totp.secret, sizeof(totp.secret), &length) !=
	    0)
		return;
	totp.secret_length = (unsigned)length;
	if (xs_totp_code(
		&totp, xs_totp_step(&totp, time(NULL)), talk->scanned) != 0)
		talk->scanned[0] = '\0';
}

static inline void
wait_at_barrier(struct talk *talk)
{
	char byte = 'p';

	if (talk->gate < 0)
		return;
	if (talk->plan->barrier == BARRIER_FIRST && talk->prompts > 1)
		return;
	if (write(talk->gate, &byte, 1) != 1 || read(talk->gate, &byte, 1) != 1)
		_exit(70);
}

static inline char *
huge_reply(void)
{
	char *text = malloc(HUGE_REPLY + 1);

	if (text != NULL) {
		memset(text, '1', HUGE_REPLY);
		text[HUGE_REPLY] = '\0';
	}
	return text;
}

/* The code of the text that came last, where a sender has left it. */
static inline const char *
read_code(struct talk *talk, const char *path)
{
	FILE *file = fopen(path, "re");

	talk->read[0] = '\0';
	if (file != NULL && fgets(talk->read, sizeof(talk->read), file) == NULL)
		talk->read[0] = '\0';
	if (file != NULL)
		fclose(file);
	talk->read[strspn(talk->read, "0123456789")] = '\0';
	return talk->read;
}

static inline const char *
next_answer(struct talk *talk)
{
	const char *text;

	if (talk->next >= talk->person->count)
		return NULL;
	text = talk->person->answers[talk->next++];
	if (strcmp(text, "@scan") == 0)
		return talk->scanned;
	if (strncmp(text, "@file:", strlen("@file:")) == 0)
		return read_code(talk, text + strlen("@file:"));
	return strcmp(text, "@new") == 0 ? talk->newest : text;
}

/* When the answers have run out, what --at-end says. */
static inline int
answer_prompt(struct talk *talk, struct pam_response *reply)
{
	const char *text;

	talk->prompts++;
	wait_at_barrier(talk);
	text = next_answer(talk);
	if (text != NULL) {
		reply->resp = strdup(text);
		return PAM_SUCCESS;
	}
	switch (talk->plan->at_end) {
	case REPLY_EMPTY:
		reply->resp = strdup("");
		return PAM_SUCCESS;
	case REPLY_HUGE:
		reply->resp = huge_reply();
		return PAM_SUCCESS;
	case REPLY_NO_TEXT:
		return PAM_SUCCESS;
	case REPLY_KILL:
		fflush(talk->out);
		kill(getpid(), SIGKILL);
		return PAM_CONV_ERR;
	default:
		return PAM_CONV_ERR;
	}
}

static inline const char *
style_name(int style)
{
	switch (style) {
	case PAM_PROMPT_ECHO_OFF:
		return "prompt-hidden";
	case PAM_PROMPT_ECHO_ON:
		return "prompt";
	case PAM_ERROR_MSG:
		return "error";
	case PAM_TEXT_INFO:
		return "info";
	default:
		return "other";
	}
}

static inline void
free_replies(struct pam_response *replies, int count)
{
	for (int i = 0; i < count; i++)
		free(replies[i].resp);
	free(replies);
}

static inline int
converse(int count, const struct pam_message **messages,
    struct pam_response **out, void *data)
{
	struct talk *talk = data;
	struct pam_response *replies = calloc((size_t)count, sizeof(*replies));
	int r = replies != NULL ? PAM_SUCCESS : PAM_BUF_ERR;
	bool at_end = talk->next >= talk->person->count;

	for (int i = 0; i < count && r == PAM_SUCCESS; i++) {
		int style = messages[i]->msg_style;

		fprintf(talk->out,
		    "{\"say\":\"%s\",\"of\":%d,\"text\":", style_name(style),
		    count);
		print_json(talk->out, messages[i]->msg);
		fprintf(talk->out, "}\n");
		remember_code(talk, messages[i]->msg);
		scan_key(talk, messages[i]->msg);
		if (style != PAM_PROMPT_ECHO_ON && style != PAM_PROMPT_ECHO_OFF)
			continue;
		if (talk->plan->at_end == REPLY_NO_ARRAY && at_end) {
			free(replies);
			*out = NULL;
			return PAM_SUCCESS;
		}
		r = answer_prompt(talk, &replies[i]);
	}
	if (r == PAM_SUCCESS)
		*out = replies;
	else if (replies != NULL)
		free_replies(replies, count);
	return r;
}

static inline void
report(FILE *out, const char *what, int result)
{
	fprintf(out, "{\"result\":\"%s\",\"name\":\"%s\",\"code\":%d}\n", what,
	    result_name(result), result);
}

/* As the program xsuite, for one of its words. */
static inline void
run_settings(struct talk *talk, pam_handle_t *pamh)
{
	char variable[64];

	if (talk->plan->setting[0] != '\0') {
		snprintf(variable, sizeof(variable), "XSUITE_SETTING=%s",
		    talk->plan->setting);
		pam_putenv(pamh, variable);
	}
	report(talk->out, "chauthtok", pam_chauthtok(pamh, talk->plan->flags));
}

static inline void
run_stack(struct talk *talk)
{
	const struct plan *plan = talk->plan;
	const struct pam_conv conv = {converse, talk};
	pam_handle_t *pamh = NULL;
	const char *method;
	int r;

	r = pam_start_confdir(
	    plan->service, talk->person->user, &conv, plan->confdir, &pamh);
	if (r != PAM_SUCCESS) {
		report(talk->out, "start", r);
		return;
	}
	if (plan->rhost != NULL)
		pam_set_item(pamh, PAM_RHOST, plan->rhost);
	r = pam_authenticate(pamh, plan->flags);
	report(talk->out, "authenticate", r);
	if (r == PAM_SUCCESS) {
		r = pam_acct_mgmt(pamh, plan->flags);
		report(talk->out, "acct_mgmt", r);
		r = pam_setcred(pamh, PAM_ESTABLISH_CRED | plan->flags);
		report(talk->out, "setcred", r);
		method = pam_getenv(pamh, "XSUITE_METHOD");
		if (method != NULL) {
			fprintf(talk->out, "{\"method\":");
			print_json(talk->out, method);
			fprintf(talk->out, "}\n");
		}
		if (plan->setting != NULL)
			run_settings(talk, pamh);
	}
	pam_end(pamh, r);
}

#endif
