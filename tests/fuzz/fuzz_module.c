/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The whole module, with a libpam of our own, on a file store: every phase in
 * any order, a person who types anything, a clock that jumps, memory that runs
 * out. Whoever is let in has had a code used up for it.
 */
#include <fcntl.h>

#include "module_world.h"

/* ---- The person ---- */

static const char *
shown_after(const char *text, const char *title, char *out, size_t size)
{
	const char *at = strstr(text, title);

	if (at == NULL)
		return NULL;
	(void)snprintf(out, size, "%s", at + strlen(title));
	out[strcspn(out, "\n")] = '\0';
	return out;
}

/* What the app would show for the key in the prompt. */
static void
read_key(struct world *world, const char *text)
{
	char line[128];
	struct xs_totp totp = {.digits = 6, .period = 30};

	if (shown_after(text, "Key: ", line, sizeof(line)) == NULL ||
	    xs_base32_decode(line, totp.secret, sizeof(totp.secret),
		&totp.secret_length) != 0)
		return;
	world->fresh = totp;
}

static void
make_answer(struct world *world, unsigned kind, char *out, size_t size)
{
	static const char *const fixed[] = {
	    "", "0", "1", "2", "3", "4", "5", "6", "7", "k", "a", "111111"};
	uint64_t step = xs_totp_step(&world->totp, world->now) + 8;
	char code[XS_TOTP_DIGITS_MAX + 1] = "";
	long kept = countdown;

	countdown = -1;
	if (kind < 16)
		MUST(xs_totp_code(&world->totp, step - kind, code) == 0);
	if (kind == 28 && world->fresh.secret_length > 0)
		MUST(xs_totp_code(&world->fresh,
			 xs_totp_step(&world->fresh, world->now), code) == 0);
	(void)snprintf(out, size, "%s",
	    kind < 16 || kind == 28 ? code
		: kind < 28         ? fixed[kind - 16]
		: kind == 29        ? "12345678"
		: kind == 30        ? "12345679"
				    : world->shown);
	if (kind >= 32)
		take_text(&world->in, out, size);
	countdown = kept;
}

static void
happen(struct world *world, unsigned what)
{
	static const int64_t jumps[] = {
	    1, 29, 30, 31, 600, 86400, -1, -30, -7200, -86400};

	if (what < sizeof(jumps) / sizeof(jumps[0]))
		world->now += jumps[what];
	else
		limit_memory(world);
}

static int
answer(struct world *world, struct pam_response **reply)
{
	unsigned kind;

	while ((kind = take_byte(&world->in)) >= 64 && world->in.left > 0)
		happen(world, kind % 16);
	world->broke = world->in.left == 0 || kind == 63 || kind == 62;
	if (world->in.left == 0 || kind == 63)
		return PAM_CONV_ERR;
	*reply = __real_calloc(1, sizeof(**reply));
	MUST(*reply != NULL);
	if (kind == 62) /* Ctrl-D in login and su */
		return PAM_SUCCESS;
	make_answer(world, kind, world->typed, sizeof(world->typed));
	(*reply)->resp = strdup(world->typed);
	MUST((*reply)->resp != NULL);
	return PAM_SUCCESS;
}

/* One message a call; a question is echoed. */
static int
converse(int count, const struct pam_message **messages,
    struct pam_response **reply, void *context)
{
	struct world *world = context;
	long kept = countdown;
	int r;

	MUST(count == 1 && messages[0]->msg != NULL);
	if (messages[0]->msg_style != PAM_PROMPT_ECHO_ON) {
		MUST(messages[0]->msg_style == PAM_ERROR_MSG ||
		    messages[0]->msg_style == PAM_TEXT_INFO);
		return PAM_SUCCESS;
	}
	MUST(!world->broke);
	world->questions++;
	countdown = -1;
	(void)shown_after(
	    messages[0]->msg, "\n\n    ", world->shown, sizeof(world->shown));
	read_key(world, messages[0]->msg);
	r = answer(world, reply);
	if (countdown < 0)
		countdown = kept;
	return r;
}

/* ---- The phases ---- */

static void
must_be_a_result(int result)
{
	MUST(result == PAM_SUCCESS || result == PAM_IGNORE ||
	    result == PAM_AUTH_ERR || result == PAM_MAXTRIES ||
	    result == PAM_AUTHINFO_UNAVAIL || result == PAM_CONV_ERR ||
	    result == PAM_BUF_ERR || result == PAM_SERVICE_ERR ||
	    result == PAM_PERM_DENIED);
}

/* One code that was live is dead now, and it was typed. */
static void
must_be_consumed(struct world *world, const struct xs_account *before,
    const struct xs_account *after)
{
	char code[XS_TOTP_DIGITS_MAX + 1];

	if (after->app.last_step > before->app.last_step) {
		MUST(xs_totp_code(
			 &before->app.totp, after->app.last_step, code) == 0);
		MUST(strcmp(world->typed, code) == 0);
		world->app_at = world->now;
		return;
	}
	MUST(before->backup.count > 0);
	if (before->backup.count == 1)
		MUST(strcmp(world->typed, world->shown) == 0 &&
		    memcmp(before->backup.salt, after->backup.salt,
			XS_SALT_SIZE) != 0);
	else
		MUST(after->backup.count == before->backup.count - 1);
}

static bool
is_same_state(const struct xs_account *a, const struct xs_account *b)
{
	return a->app.last_step == b->app.last_step &&
	    memcmp(&a->app.totp, &b->app.totp, sizeof(a->app.totp)) == 0 &&
	    memcmp(&a->backup, &b->backup, sizeof(a->backup)) == 0 &&
	    strcmp(a->phone.number, b->phone.number) == 0;
}

/* By an address that was remembered: no question, and it was not long ago. */
static void
must_be_remembered(const struct world *world, const struct pam_handle *pam)
{
	MUST(strcmp(pam->method, "XSUITE_METHOD=remembered") == 0 ||
	    pam->method[0] == '\0');
	MUST(world->questions == 0 && world->remember > 0);
	MUST(world->app_at > 0 && pam->items[PAM_RHOST] != NULL);
	MUST(world->now - world->app_at < (int64_t)world->remember);
}

static void
authenticate(struct world *world, struct pam_handle *pam, int flags)
{
	static struct xs_account before, after;
	bool there = load(world, &before), still;
	int result;

	world->questions = 0;
	world->broke = false;
	world->password = pam->items[PAM_AUTHTOK] != NULL;
	pam->items[PAM_OLDAUTHTOK] = NULL;
	result = call(world, pam, pam_sm_authenticate, flags);
	must_be_a_result(result);
	MUST(result != PAM_PERM_DENIED);
	still = load(world, &after);
	MUST(still == there);
	world->proved = PROVED_NOTHING;
	if (result == PAM_SUCCESS) {
		MUST(there && !world->broke && pam->user != NULL &&
		    !world->log_only);
		if (is_same_state(&before, &after)) {
			must_be_remembered(world, pam);
			return;
		}
		must_be_consumed(world, &before, &after);
		world->proved = PROVED_SECOND;
	}
	if (result == PAM_IGNORE) {
		MUST(world->log_only || (!there && !world->refuse));
		world->proved = PROVED_NO_RECORD;
	}
	if (result != PAM_SUCCESS && there)
		MUST(is_same_state(&before, &after));
}

/* A record is made, or an app set up, by whom authenticate let through. */
static void
account(struct world *world, struct pam_handle *pam, int flags)
{
	static struct xs_account before, after;
	bool there = load(world, &before), now;
	int result;

	world->broke = false;
	result = call(world, pam, pam_sm_acct_mgmt, flags);

	must_be_a_result(result);
	MUST(result != PAM_IGNORE && result != PAM_AUTH_ERR);
	now = load(world, &after);
	MUST(now || !there);
	if (now && !there)
		MUST(world->proved == PROVED_NO_RECORD);
	if (now && there && world->proved != PROVED_SECOND)
		MUST(is_same_state(&before, &after));
}

/* The settings are those of whom a code, or the password, let in. */
static void
chauthtok(struct world *world, struct pam_handle *pam, int flags)
{
	static struct xs_account before, after;
	bool there = load(world, &before), now;
	int result;

	world->settings = true;
	world->broke = false;
	result = call(world, pam, pam_sm_chauthtok, flags);
	world->settings = false;
	must_be_a_result(result);
	MUST(result != PAM_IGNORE);
	now = load(world, &after);
	MUST(now || !there);
	if (world->proved == PROVED_NOTHING ||
	    (flags & PAM_PRELIM_CHECK) != 0 ||
	    (world->proved == PROVED_NO_RECORD && !world->password))
		MUST(
		    now == there && (!there || is_same_state(&before, &after)));
	if (world->proved == PROVED_NOTHING)
		MUST(result != PAM_SUCCESS);
	if (now)
		world->totp = after.app.totp;
}

static void
step(struct world *world, struct pam_handle *pam)
{
	static const char *const settings[] = {NULL, "app", "phone", "default",
	    "backup", "language", "explain", "status", "nonsense"};
	unsigned what = take_byte(&world->in);
	int flags = what & 16 ? PAM_SILENT : 0;

	if (what & 32)
		limit_memory(world);
	switch (what % 8) {
	case 0:
	case 1:
	case 2:
		authenticate(world, pam, flags);
		break;
	case 3:
		account(world, pam, flags);
		break;
	case 4:
	case 5:
		pam->setting = settings[take_byte(&world->in) % 9];
		chauthtok(world, pam,
		    flags |
			(what & 64 ? PAM_PRELIM_CHECK : PAM_UPDATE_AUTHTOK));
		break;
	case 6:
		happen(world, what / 16);
		break;
	default:
		pam->items[PAM_AUTHTOK] = what & 64 ? "password" : NULL;
		pam->items[PAM_RHOST] = what & 128 ? "192.0.2.7" : NULL;
	}
	countdown = -1;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct world world;
	struct pam_handle pam = {.user = "alice"};
	int lowest = open("/dev/null", O_RDONLY | O_CLOEXEC), again;

	MUST(close(lowest) == 0);
	make_world(&world, data, size);
	pam.conv = (struct pam_conv){converse, &world};
	pam.items[PAM_SERVICE] = "fuzz";
	if (world.is_stranger)
		pam.user = "nobody-here";
	while (world.in.left > 0)
		step(&world, &pam);
	drop_data(&pam);
	again = open("/dev/null", O_RDONLY | O_CLOEXEC);
	MUST(again == lowest && close(again) == 0);
	return 0;
}
