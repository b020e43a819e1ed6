/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Logins after and within each other: codes right, wrong, old and not yet
 * valid, a clock that jumps, commits that fail. login_world.h holds them to
 * account.
 */
#include "login_script.h"

static const struct xs_identity alice = {"alice", 1000};

static void
world_close(void *context, const char *text)
{
	must_not_show_typed(context, text);
}

static void
world_report(void *context, const struct xs_report *report)
{
	(void)context;
	MUST(report->word != NULL);
}

static void
run_login(struct world *world)
{
	static const char *const places[] = {"192.0.2.7", "2001:db8::1"};
	struct talk talk = {.world = world, .below = world->talk};
	struct xs_person person = {
	    .ask = world_ask, .close = world_close, .context = &talk};
	unsigned choice = take_byte(&world->in);
	struct xs_login login = {.verify = &talk.verify,
	    .person = &person,
	    .report = world_report,
	    .context = &talk};
	enum xs_outcome outcome = XS_OUT_REFUSED;
	enum xs_method method = XS_METHODS;

	login.is_account = talk.is_account = choice % 16 != 1;
	talk.verify = (struct xs_verify){.store = &world->store,
	    .config = &world->config,
	    .env = &world->env,
	    .who = alice,
	    .remote = choice & 16,
	    .caller = choice & 32 ? 1000 : 1001,
	    .fault = &world->fault};
	if (talk.verify.remote)
		strcpy(talk.verify.address, places[choice / 64 % 2]);
	world->talk = &talk;
	if (xs_login_run(&login, &outcome, &method) != 0)
		MUST(outcome == XS_OUT_REFUSED && method == XS_METHODS);
	world->talk = talk.below;
	if (outcome == XS_OUT_GRANTED)
		must_be_granted_rightly(&talk, method);
	if (outcome == XS_OUT_PASSED)
		MUST(talk.is_account && !world->enrolled);
	if (world->enrolled)
		must_agree(world, &alice);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct xs_store_ops ops;
	struct world *world = calloc(1, sizeof(*world));

	MUST(world != NULL);
	world->in = (struct input){data, size};
	make_world(world, &ops, &alice);
	while (world->in.left > 0)
		run_login(world);
	xs_store_close(&world->store);
	free(world);
	return 0;
}
