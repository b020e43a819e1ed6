/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * More than authenticate: one handle, its phases called one by one as an
 * application does, each with the answers that its person gives then.
 */
#ifndef TESTS_MODULE_PHASES_H
#define TESTS_MODULE_PHASES_H

#include <security/pam_appl.h>

#include "base32.h"
#include "tests/module/host.h"

#define SCAN "@scan" /* the code of the app whose key was shown last */

/* Asks for the password, as pam_unix does where it may read them. */
#define PASSWORD_RIGHT \
	"auth requisite pam_exec.so quiet expose_authtok /bin/true\n"
#define PASSWORD_WRONG "pam_exec.so quiet expose_authtok /bin/false\n"

struct phases {
	struct world *world;
	pam_handle_t *pamh;
	const char *const *answers;
	struct xs_totp totp; /* of the key that was shown */
	char scanned[16];    /* the code that was last made with it */
	unsigned prompts, errors, infos;
	void (*prompt)(struct phases *phases); /* before it is answered */
	char seen[SEEN_MAX];
};

static inline void
phases_read_key(struct phases *phases, const char *text)
{
	const char *key = strstr(text, "\nKey: ");
	char line[128];
	size_t length = 0;

	if (key == NULL)
		return;
	(void)snprintf(line, sizeof(line), "%s", key + 6);
	line[strcspn(line, "\n")] = '\0';
	phases->totp = (struct xs_totp){.digits = 6, .period = 30};
	if (xs_base32_decode(line, phases->totp.secret,
		sizeof(phases->totp.secret), &length) == 0)
		phases->totp.secret_length = (unsigned)length;
}

static inline char *
phases_answer(struct phases *phases, const char *text)
{
	static const char title[] = "Your new backup code:\n\n    ";
	const char *script = *phases->answers, *shown = strstr(text, title);
	char code[16] = "";

	if (script == NULL)
		return NULL;
	phases->answers++;
	if (strcmp(script, RIGHT) == 0)
		app_code(phases->world, code);
	else if (strcmp(script, NEW) == 0 && shown != NULL)
		(void)snprintf(
		    code, sizeof(code), "%.9s", shown + strlen(title));
	else if (strcmp(script, SCAN) == 0 &&
	    xs_totp_code(&phases->totp, xs_totp_step(&phases->totp, time(NULL)),
		code) != 0)
		return NULL;
	if (strcmp(script, SCAN) == 0)
		(void)snprintf(
		    phases->scanned, sizeof(phases->scanned), "%s", code);
	return strdup(code[0] != '\0' ? code : script);
}

static inline int
phases_converse(int count, const struct pam_message **messages,
    struct pam_response **reply, void *context)
{
	struct phases *phases = context;
	int style = messages[0]->msg_style;

	(void)count;
	append(phases->seen, messages[0]->msg);
	phases_read_key(phases, messages[0]->msg);
	*reply = calloc(1, sizeof(**reply));
	if (*reply == NULL)
		return PAM_BUF_ERR;
	if (style == PAM_ERROR_MSG || style == PAM_TEXT_INFO) {
		*(style == PAM_ERROR_MSG ? &phases->errors : &phases->infos) +=
		    1;
		return PAM_SUCCESS;
	}
	phases->prompts++;
	if (phases->prompt != NULL)
		phases->prompt(phases);
	(*reply)->resp = phases_answer(phases, messages[0]->msg);
	if ((*reply)->resp != NULL)
		return PAM_SUCCESS;
	free(*reply);
	*reply = NULL;
	return PAM_CONV_ERR;
}

/* Begins with this stack; "%s" in it is the module and its configuration. */
static inline void
phases_begin(struct phases *phases, struct world *world, const char *stack)
{
	const struct pam_conv conv = {phases_converse, phases};
	const char *rest = stack, *mark;
	char text[16384] = "";
	size_t n = 0;

	while ((mark = strstr(rest, "%s")) != NULL) {
		n += (size_t)snprintf(text + n, sizeof(text) - n,
		    "%.*s%s config=%s/xsuite.conf fail_delay=0",
		    (int)(mark - rest), rest, module_path(), world->dir);
		rest = mark + 2;
	}
	(void)snprintf(text + n, sizeof(text) - n, "%s", rest);
	write_file(world->dir, "service", text);
	memset(phases, 0, sizeof(*phases));
	memset(the_outcome(), 0, sizeof(*the_outcome()));
	phases->world = world;
	assert_int_equal(pam_start_confdir("service", world->user, &conv,
			     world->dir, &phases->pamh),
	    PAM_SUCCESS);
}

static inline void
phases_end(struct phases *phases)
{
	assert_int_equal(pam_end(phases->pamh, PAM_SUCCESS), PAM_SUCCESS);
}

/* The next phase has these answers, and what was seen before is forgotten. */
static inline void
phases_next(struct phases *phases, const char *const *answers)
{
	phases->answers = answers;
	phases->prompts = phases->errors = phases->infos = 0;
	phases->seen[0] = '\0';
	memset(the_outcome(), 0, sizeof(*the_outcome()));
}

#define SAY(...) ((const char *const[]){__VA_ARGS__, NULL})
#define SILENCE ((const char *const[]){NULL})

static inline int
authenticate(struct phases *phases, const char *const *answers)
{
	phases_next(phases, answers);
	return pam_authenticate(phases->pamh, 0);
}

static inline int
account(struct phases *phases, int flags, const char *const *answers)
{
	phases_next(phases, answers);
	return pam_acct_mgmt(phases->pamh, flags);
}

static inline int
settings(struct phases *phases, const char *const *answers)
{
	phases_next(phases, answers);
	return pam_chauthtok(phases->pamh, 0);
}

static inline void
assert_seen(const struct phases *phases, const char *words)
{
	if (strstr(phases->seen, words) == NULL)
		fail_msg("\"%s\" is not in: %s", words, phases->seen);
}

static inline void
assert_logged(const char *words)
{
	if (strstr(the_outcome()->log, words) == NULL)
		fail_msg("\"%s\" is not in: %s", words, the_outcome()->log);
}

/* Nothing was asked and nothing shown. */
static inline void
assert_unasked(const struct phases *phases)
{
	if (phases->prompts + phases->errors + phases->infos != 0)
		fail_msg("seen: %s", phases->seen);
}

static inline bool
has_record(struct world *world)
{
	struct xs_fault fault;
	struct xs_plain plain;

	return world->store.ops->read(
		   &world->store, &world->who, &plain, &fault) == 0;
}

static inline void
remove_record(struct world *world)
{
	struct xs_fault fault;

	assert_int_equal(
	    world->store.ops->remove(&world->store, &world->who, &fault), 0);
}

/* Somebody who is an account here, and not the world's person. */
static inline const char *
somebody_else(const struct world *world)
{
	return strcmp(world->user, "daemon") == 0 ? "bin" : "daemon";
}

/* So many days from today, as in enrol_by; today's lasts until midnight. */
static inline const char *
day_from_now(int days)
{
	static char text[16];
	time_t then = time(NULL) + days * 86400L;
	struct tm tm;

	assert_non_null(gmtime_r(&then, &tm));
	assert_true(strftime(text, sizeof(text), "%Y-%m-%d", &tm) > 0);
	return text;
}

#endif
