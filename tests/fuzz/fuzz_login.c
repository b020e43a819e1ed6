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
	MUST(report->reason == NULL || report->reason[0] != '\0');
}

/*
 * Takes a notice, or not. Nothing is locked while it is told, and it holds
 * no code, typed or shown, dead or alive.
 */
static int
world_tell(void *context, const char *text, size_t length, unsigned patience_ms,
    struct xs_fault *fault)
{
	static struct xs_plain plain;
	struct talk *talk = context;
	struct world *world = talk->world;

	MUST(strlen(text) == length && strncmp(text, "event=", 6) == 0);
	MUST(patience_ms > 0 && patience_ms <= XS_NOTICE_PATIENCE_MS);
	MUST(world->memory->begin(&world->store, &alice, &plain, NULL) == 0);
	world->memory->abort(&world->store);
	for (unsigned i = 0; i < talk->successors; i++)
		must_not_hold(text, talk->successor[i]);
	for (unsigned i = 0; i < world->owns; i++)
		must_not_hold(text, world->own[i]);
	must_not_show_typed(talk, text);
	if (strncmp(text, "event=backup-used\n", 18) == 0 ||
	    strncmp(text, "event=helpdesk-code-used\n", 25) == 0)
		talk->told_of_use = true;
	return world->told == 0 ? 0 : xs_fault_set(fault, world->told, "no");
}

static unsigned
failures(struct world *world)
{
	static struct xs_plain plain;
	static struct xs_account account;
	unsigned sum = 0;

	if (!world->enrolled)
		return 0;
	MUST(world->memory->read(
		 &world->store, &alice, &plain, &world->fault) == 0);
	MUST(xs_account_read(&account, &plain, &world->fault) == 0);
	for (unsigned i = 0; i < XS_METHODS; i++)
		sum += account.methods[i].stop +
		    account.methods[i].side[XS_OWN].failures +
		    account.methods[i].side[XS_OTHER].failures;
	return sum;
}

/*
 * enforce = log: nobody is asked, and nothing is charged or used up. Waits
 * that cannot be are settled, as by whoever reads.
 */
static void
run_preview(struct world *world, const struct xs_login *login)
{
	unsigned before = failures(world);

	(void)!xs_login_preview(login);
	MUST(world->talk->questions == 0 && failures(world) == before);
}

/* Nobody was asked: a code was right from there, and nothing since. */
static void
must_be_remembered_rightly(
    const struct talk *talk, unsigned remember, int64_t seen_at)
{
	const struct world *world = talk->world;

	MUST(talk->is_account && world->enrolled && talk->questions == 0);
	MUST(talk->verify.remote && remember > 0 && seen_at >= 0);
	MUST(seen_at <= world->now && world->now - seen_at < remember);
}

static void
run_login(struct world *world)
{
	static const char *const places[] = {"192.0.2.7", "2001:db8::1"};
	struct talk talk = {.world = world, .below = world->talk};
	struct xs_person person = {
	    .ask = world_ask, .close = world_close, .context = &talk};
	unsigned choice = take_byte(&world->in);
	const struct xs_notifier notifier = {world_tell, &talk};
	struct xs_login login = {.verify = &talk.verify,
	    .person = &person,
	    .notifier =
		world->config.notify_command[0] != '\0' ? &notifier : NULL,
	    .report = world_report,
	    .context = &talk};
	enum xs_outcome outcome = XS_OUT_REFUSED;
	enum xs_method method = XS_METHODS;
	unsigned remember = choice & 8 ? 3600 : 0, place = choice / 64 % 2;

	world->config.remember = remember;
	login.is_account = talk.is_account = choice % 16 != 1;
	talk.verify = (struct xs_verify){.store = &world->store,
	    .config = &world->config,
	    .env = &world->env,
	    .who = alice,
	    .remote = choice & 16,
	    .caller = choice & 32 ? 1000 : 1001,
	    .fault = &world->fault};
	if (talk.verify.remote)
		strcpy(talk.verify.address, places[place]);
	world->talk = &talk;
	if (choice & 128)
		run_preview(world, &login);
	else if (xs_login_run(&login, &outcome, &method) != 0)
		MUST(outcome == XS_OUT_REFUSED && method == XS_METHODS);
	world->talk = talk.below;
	if (outcome == XS_OUT_REMEMBERED)
		must_be_remembered_rightly(
		    &talk, remember, world->seen_at[place]);
	if (outcome == XS_OUT_GRANTED) {
		must_be_granted_rightly(&talk, method);
		/* A talk within this one may have changed the option. */
		if (method != XS_APP)
			world->seen_at[0] = world->seen_at[1] = -1;
		else if (talk.verify.remote && world->config.remember > 0)
			world->seen_at[place] = world->now;
	}
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
