/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A host with one account in a memory store, and what must be true of every
 * conversation there, kept apart from what the record says: which code of
 * the app is dead, which backup code lives.
 */
#ifndef XS_TESTS_LOGIN_WORLD_H
#define XS_TESTS_LOGIN_WORLD_H

#include <sys/stat.h>
#include <unistd.h>

#include "account.h"
#include "config.h"
#include "fuzz.h"
#include "login.h"

#define NOON 1795348320
#define LAST 253402300799 /* the last second of the year 9999 */

struct world {
	struct input in;
	int64_t now;
	uint64_t seed;
	bool no_random;
	struct xs_env env;
	struct xs_keyring keys;
	struct xs_config config;
	struct xs_store store;
	const struct xs_store_ops *memory; /* behind the store's */
	struct xs_fault fault;
	bool enrolled;
	struct xs_totp totp;
	uint64_t dead; /* this step of the app and all before it */
	char live[2][XS_CODE_MAX + 1]; /* own code, helpdesk's; "": none */
	char used[XS_CODE_MAX + 1];
	int64_t helpdesk_until;
	int64_t seen_at[2]; /* last app code from each address; -1: forgotten */
	struct talk *talk;  /* that goes on; a second one may lie below it */
};

struct talk {
	struct talk *below;
	struct world *world;
	struct xs_verify verify;
	bool is_account;
	bool commit_failed; /* since the first question */
	unsigned questions;
	char typed[XS_QUESTIONS_MAX + 1][XS_CODE_SHOWN_MAX + 1]; /* digits */
	char last[80]; /* what was typed last, without blanks and hyphens */
	char right[XS_CODE_MAX + 1];     /* a backup code that lived then */
	char successor[XS_CODE_MAX + 1]; /* as shown */
};

static char world_dir[] = "/tmp/xs-fuzz-XXXXXX";

static inline int64_t
world_now(void *context)
{
	return ((struct world *)context)->now;
}

static inline int
world_random(void *context, void *buffer, size_t size)
{
	struct world *world = context;

	for (size_t i = 0; i < size; i++) {
		world->seed = world->seed * 6364136223846793005u + 1442695;
		((uint8_t *)buffer)[i] = (uint8_t)(world->seed >> 56);
	}
	return world->no_random ? XS_E_INTERNAL : 0;
}

static inline void
strip(const char *typed, char *out, size_t size)
{
	size_t n = 0;

	for (; *typed != '\0' && n + 1 < size; typed++)
		if (*typed != ' ' && *typed != '-')
			out[n++] = *typed;
	out[n] = '\0';
}

static inline void
keep(char *to, size_t size, const char *from)
{
	size_t length = strlen(from);

	MUST(length < size);
	memcpy(to, from, length + 1);
}

/* Neither whole nor in groups of four; the successor alone is shown. */
static inline void
must_not_show_typed(const struct talk *talk, const char *text)
{
	char grouped[XS_CODE_SHOWN_MAX + 1];

	for (unsigned i = 0; i < XS_QUESTIONS_MAX; i++) {
		if (talk->typed[i][0] == '\0' ||
		    strcmp(talk->typed[i], talk->successor) == 0)
			continue;
		MUST(strstr(text, talk->typed[i]) == NULL);
		xs_code_show(talk->typed[i], grouped);
		MUST(strstr(text, grouped) == NULL);
	}
}

static inline void
must_be_a_fair_question(struct talk *talk, const char *text)
{
	static const char title[] = "Your new backup code:\n\n    ";
	static const char end[] = "Press Enter to end: ";
	const char *shown = strstr(text, title);
	char line[XS_CODE_SHOWN_MAX + 1];

	MUST(++talk->questions <= XS_QUESTIONS_MAX);
	if (talk->commit_failed)
		MUST(strlen(text) >= sizeof(end) - 1 &&
		    strcmp(text + strlen(text) - sizeof(end) + 1, end) == 0);
	if (shown != NULL) {
		MUST(talk->right[0] != '\0');
		(void)snprintf(line, sizeof(line), "%s", shown + strlen(title));
		line[strcspn(line, "\n")] = '\0';
		strip(line, talk->successor, sizeof(talk->successor));
	}
	must_not_show_typed(talk, text);
}

/* What the oracle has to know of an answer. */
static inline void
note_answer(struct talk *talk, const char *typed)
{
	struct world *world = talk->world;

	strip(typed, talk->last, sizeof(talk->last));
	if (strlen(talk->last) >= 6 && strlen(talk->last) <= XS_CODE_MAX &&
	    talk->last[strspn(talk->last, "0123456789")] == '\0')
		keep(talk->typed[talk->questions - 1], sizeof(talk->typed[0]),
		    talk->last);
	for (unsigned i = 0; i < 2; i++)
		if (talk->last[0] != '\0' &&
		    strcasecmp(talk->last, world->live[i]) == 0)
			keep(talk->right, sizeof(talk->right), world->live[i]);
}

/* The newest step whose code was typed and may be accepted now, or 0. */
static inline uint64_t
live_step(const struct talk *talk)
{
	const struct world *world = talk->world;
	uint64_t step = xs_totp_step(&world->totp, world->now) + 1;
	char code[XS_TOTP_DIGITS_MAX + 1];

	for (unsigned i = 0; i < 3 && step > world->dead; i++, step--) {
		MUST(xs_totp_code(&world->totp, step, code) == 0);
		if (strcmp(code, talk->last) == 0)
			return step;
	}
	return 0;
}

static inline void
must_be_granted_rightly(struct talk *talk, enum xs_method method)
{
	struct world *world = talk->world;
	bool helpdesk = strcmp(talk->right, world->live[1]) == 0;

	MUST(talk->is_account && world->enrolled && !talk->commit_failed);
	MUST((world->config.methods & 1u << method) != 0);
	if (method == XS_APP) {
		MUST(live_step(talk) != 0);
		world->dead = live_step(talk);
		return;
	}
	MUST(method == XS_BACKUP && talk->right[0] != '\0');
	MUST(helpdesk || strcmp(talk->right, world->live[0]) == 0);
	MUST(!helpdesk || world->now <= world->helpdesk_until);
	MUST(talk->successor[0] != '\0' &&
	    strcasecmp(talk->last, talk->successor) == 0);
	keep(world->used, sizeof(world->used), talk->right);
	keep(world->live[0], sizeof(world->live[0]), talk->successor);
	world->live[1][0] = '\0';
}

/* The record tells the same as the oracle. */
static inline void
must_agree(struct world *world, const struct xs_identity *who)
{
	static struct xs_plain plain;
	static struct xs_account account;

	MUST(world->memory->read(&world->store, who, &plain, &world->fault) ==
	    0);
	MUST(xs_account_read(&account, &plain, &world->fault) == 0);
	MUST(account.app.last_step == world->dead);
	MUST(account.backup.count == (world->live[0][0] != '\0'));
	MUST(account.backup.helpdesk.set == (world->live[1][0] != '\0'));
}

#endif
