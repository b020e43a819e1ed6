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
	unsigned owns; /* own codes that live */
	char own[XS_CODES_MAX][XS_CODE_MAX + 1];
	char helpdesk[XS_CODE_MAX + 1]; /* "": none */
	char used[XS_CODE_MAX + 1];
	int64_t helpdesk_until;
	int64_t seen_at[2]; /* last app code from each address; -1: forgotten */
	struct talk *talk;  /* that goes on; a second one may lie below it */
	int told;           /* what the notifier answers: 0, or an error */
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
	char right[XS_CODE_MAX + 1]; /* a backup code that lived then */
	unsigned successors;
	char successor[XS_CODES_MAX][XS_CODE_MAX + 1]; /* as shown */
	bool told_of_use; /* a notice said that a backup code let in */
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

static inline bool
is_successor(const struct talk *talk, const char *code)
{
	bool found = false;

	for (unsigned i = 0; i < talk->successors; i++)
		found |= strcasecmp(code, talk->successor[i]) == 0;
	return found;
}

/* Which own code it is, or their number. */
static inline unsigned
find_own(const struct world *world, const char *code)
{
	unsigned i = 0;

	while (i < world->owns && strcasecmp(code, world->own[i]) != 0)
		i++;
	return i;
}

/* Neither whole nor in groups of four. */
static inline void
must_not_hold(const char *text, const char *code)
{
	char grouped[XS_CODE_SHOWN_MAX + 1];

	MUST(strstr(text, code) == NULL);
	xs_code_show(code, grouped);
	MUST(strstr(text, grouped) == NULL);
}

/* The successors alone are shown. */
static inline void
must_not_show_typed(const struct talk *talk, const char *text)
{
	for (unsigned i = 0; i < XS_QUESTIONS_MAX; i++)
		if (talk->typed[i][0] != '\0' &&
		    !is_successor(talk, talk->typed[i]))
			must_not_hold(text, talk->typed[i]);
}

/* Lines that are indented by four, behind the title. */
static inline void
read_successors(struct talk *talk, const char *text)
{
	const char *shown = strstr(text, "Your new backup code");
	char line[XS_CODE_SHOWN_MAX + 1];

	if (shown == NULL || (shown = strstr(shown, "\n\n    ")) == NULL)
		return;
	MUST(talk->right[0] != '\0');
	talk->successors = 0;
	for (shown++; strncmp(shown, "\n    ", 5) == 0;
	     shown += strcspn(shown, "\n")) {
		shown += 5;
		MUST(talk->successors < talk->verify.config->backup_codes);
		(void)snprintf(line, sizeof(line), "%s", shown);
		line[strcspn(line, "\n")] = '\0';
		strip(line, talk->successor[talk->successors++],
		    sizeof(talk->successor[0]));
	}
	MUST(talk->successors == talk->verify.config->backup_codes);
}

static inline void
must_be_a_fair_question(struct talk *talk, const char *text)
{
	static const char end[] = "Press Enter to end: ";

	MUST(++talk->questions <= XS_QUESTIONS_MAX);
	if (talk->commit_failed)
		MUST(strlen(text) >= sizeof(end) - 1 &&
		    strcmp(text + strlen(text) - sizeof(end) + 1, end) == 0);
	read_successors(talk, text);
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
	/* A successor is shown for one code, whatever is typed instead of it.
	 */
	if (talk->last[0] == '\0' || talk->successors > 0)
		return;
	if (find_own(world, talk->last) < world->owns)
		keep(talk->right, sizeof(talk->right),
		    world->own[find_own(world, talk->last)]);
	if (strcasecmp(talk->last, world->helpdesk) == 0)
		keep(talk->right, sizeof(talk->right), world->helpdesk);
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

/* The last of its set, or the helpdesk's: its successors take all places. */
static inline void
follow(struct talk *talk)
{
	struct world *world = talk->world;
	bool helpdesk = strcmp(talk->right, world->helpdesk) == 0;

	MUST(is_successor(talk, talk->last));
	MUST(helpdesk ? world->now <= world->helpdesk_until : world->owns == 1);
	world->owns = talk->successors;
	memcpy(world->own, talk->successor, sizeof(world->own));
	world->helpdesk[0] = '\0';
}

static inline void
use_up(struct talk *talk)
{
	struct world *world = talk->world;
	unsigned at = find_own(world, talk->right);

	MUST(world->owns > 1 && strcasecmp(talk->last, talk->right) == 0);
	MUST(at < world->owns);
	memmove(world->own[at], world->own[at + 1],
	    (--world->owns - at) * sizeof(world->own[0]));
}

static inline void
must_be_granted_rightly(struct talk *talk, enum xs_method method)
{
	struct world *world = talk->world;

	MUST(talk->is_account && world->enrolled && !talk->commit_failed);
	MUST((world->config.methods & 1u << method) != 0);
	if (method == XS_APP) {
		MUST(live_step(talk) != 0);
		world->dead = live_step(talk);
		return;
	}
	MUST(method == XS_BACKUP && talk->right[0] != '\0');
	MUST(find_own(world, talk->right) < world->owns ||
	    strcmp(talk->right, world->helpdesk) == 0);
	MUST(talk->told_of_use || world->config.notify_command[0] == '\0');
	keep(world->used, sizeof(world->used), talk->right);
	if (talk->successors > 0)
		follow(talk);
	else
		use_up(talk);
}

static inline void
must_be_a_hash(const struct xs_backup *backup, const char *code,
    const uint8_t hash[XS_HASH_SIZE])
{
	uint8_t wanted[XS_HASH_SIZE];

	MUST(xs_code_hash(&backup->cost, backup->salt, code, wanted) == 0);
	MUST(memcmp(wanted, hash, XS_HASH_SIZE) == 0);
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
	MUST(account.backup.count == world->owns);
	for (unsigned i = 0; i < world->owns; i++)
		must_be_a_hash(
		    &account.backup, world->own[i], account.backup.hashes[i]);
	MUST(account.backup.helpdesk.set == (world->helpdesk[0] != '\0'));
	if (account.backup.helpdesk.set)
		must_be_a_hash(&account.backup, world->helpdesk,
		    account.backup.helpdesk.hash);
}

#endif
