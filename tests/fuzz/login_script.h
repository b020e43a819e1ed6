/* SPDX-License-Identifier: BSD-3-Clause */
/* What a person types in a login_world, and what happens meanwhile. */
#ifndef XS_TESTS_LOGIN_SCRIPT_H
#define XS_TESTS_LOGIN_SCRIPT_H

#include "login_setup.h"

static void run_login(struct world *world);

/* What is not an answer: the clock, the disk, another login meanwhile. */
static inline void
happen(struct world *world, unsigned what)
{
	static const int64_t jumps[] = {1, 29, 30, 31, 600, 3600, 86400,
	    30 * 86400, 400 * 86400, -1, -30, -90, -7200, -86400};

	if (what < sizeof(jumps) / sizeof(jumps[0]))
		world->now += jumps[what];
	else if (what < 20)
		xs_store_memory_fail(&world->store, what - 13);
	else if (what == 20)
		world->no_random = !world->no_random;
	else if (what == 21)
		world->now = (int64_t)take_number(&world->in, 5);
	else if (world->talk->below == NULL)
		run_login(world);
	if (world->now < 0 || world->now > LAST)
		world->now = NOON;
}

static inline void
make_answer(struct talk *talk, unsigned kind, char *typed, size_t size)
{
	static const char *const fixed[] = {"", "", "0", "1", "2", "111111"};
	struct world *world = talk->world;
	const char *const backups[] = {world->own[0], world->helpdesk,
	    world->used, talk->successor[0], world->own[1], world->own[2],
	    talk->successor[1], fixed[5]};
	uint64_t step = xs_totp_step(&world->totp, world->now) + 8;
	const char *code = fixed[kind % 6];
	char app[XS_TOTP_DIGITS_MAX + 1];

	if (kind < 16) {
		MUST(xs_totp_code(&world->totp, step - kind, app) == 0);
		code = app;
	}
	if (kind >= 24 && kind < 32)
		code = backups[kind % 8];
	if (kind >= 32)
		take_text(&world->in, typed, size);
	else
		(void)snprintf(typed, size, "%s", code);
}

static inline int
world_ask(void *context, const char *text, struct xs_answer *answer)
{
	struct talk *talk = context;
	struct input *in = &talk->world->in;
	unsigned kind;
	char typed[80];

	must_be_a_fair_question(talk, text);
	while ((kind = take_byte(in)) >= 64 && in->left > 0)
		happen(talk->world, kind % 24);
	if (in->left == 0)
		return XS_E_CONV;
	make_answer(talk, kind, typed, sizeof(typed));
	note_answer(talk, typed);
	xs_answer_set(answer, typed);
	return 0;
}

#endif
