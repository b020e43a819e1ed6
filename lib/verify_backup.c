/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>

#include "backup.h"
#include "notice.h"
#include "verify.h"
#include "verify_step.h"

void
xs_successor_wipe(struct xs_successor *successor)
{
	explicit_bzero(successor, sizeof(*successor));
}

/* What ties a successor to the entry that was right. */
static void
name_old(struct xs_successor *next, const struct xs_account *account,
    const uint8_t old_hash[XS_HASH_SIZE])
{
	memcpy(next->enrolment, account->enrolment, sizeof(next->enrolment));
	memcpy(next->old_salt, account->backup.salt, sizeof(next->old_salt));
	memcpy(next->old_hash, old_hash, sizeof(next->old_hash));
	next->reached_stop = account->methods[XS_BACKUP].disabled;
}

/* Makes and hashes the codes that will follow the one that was right. */
static int
make_successor(struct xs_verify *verify, const struct xs_account *account,
    const uint8_t old_hash[XS_HASH_SIZE], struct xs_successor *out)
{
	struct xs_successor next = {0};
	int r = xs_backup_make(verify->config, verify->env, verify->who.name,
	    &next.fresh, next.codes);

	if (r == 0) {
		next.count = next.fresh.count;
		next.format = next.fresh.format;
		name_old(&next, account, old_hash);
		*out = next;
	} else {
		(void)xs_fault_set(
		    verify->fault, r, "no new backup code could be made");
	}
	xs_successor_wipe(&next);
	return r;
}

/* Which own code has that hash, -1 for none. All are always compared. */
static int
find_own(const struct xs_backup *backup, const uint8_t *hash)
{
	int found = -1;

	for (unsigned i = 0; i < backup->count; i++)
		if (xs_hash_equal(hash, backup->hashes[i]))
			found = (int)i;
	return found;
}

/* Is hash that of a live code of this record? */
static bool
is_live_hash(const struct xs_account *account, const uint8_t *hash, int64_t now,
    bool *expired)
{
	const struct xs_backup *backup = &account->backup;
	bool live = find_own(backup, hash) >= 0;

	*expired = false;
	if (backup->helpdesk.set &&
	    xs_hash_equal(hash, backup->helpdesk.hash)) {
		if (xs_account_helpdesk_valid(account, now))
			live = true;
		else
			*expired = true;
	}
	return live;
}

/* The code in the form that was hashed: own form first, then helpdesk's. */
static bool
read_backup(const struct xs_backup *backup, const char *typed,
    char code[XS_CODE_MAX + 1])
{
	if (backup->count > 0 && xs_code_read(&backup->format, typed, code))
		return true;
	return backup->helpdesk.set &&
	    xs_code_read(&backup->helpdesk.format, typed, code);
}

/* Durably charges one backup attempt before anything is computed. */
static int
charge_backup(struct xs_verify *verify, struct xs_account *account,
    enum xs_verdict *barred, bool *is_open)
{
	enum xs_side side;
	int64_t now;
	int r = xs_step_begin(verify, account, &now);

	if (r != 0)
		return r;
	*is_open = !xs_step_is_barred(verify, account, XS_BACKUP, barred);
	if (!*is_open) {
		verify->store->ops->abort(verify->store);
		return 0;
	}
	side = xs_verify_side(verify, account);
	xs_step_charge(verify, account, XS_BACKUP, now);
	r = xs_step_commit(verify, account);
	if (r == 0)
		verify->charged[side]++;
	return r;
}

/* The slow part, in a slot: hashes the typed code and judges the hash. */
static int
judge_backup(struct xs_verify *verify, const char *typed,
    const struct xs_account *account, struct xs_successor *successor,
    enum xs_verdict *verdict)
{
	uint8_t hash[XS_HASH_SIZE];
	char code[XS_CODE_MAX + 1];
	bool expired, live;
	int r;

	if (!read_backup(&account->backup, typed, code)) {
		*verdict = XS_WRONG;
		return 0;
	}
	r = xs_code_hash(
	    &account->backup.cost, account->backup.salt, code, hash);
	if (r != 0) {
		(void)xs_fault_set(verify->fault, r, "Argon2 failed");
		goto out;
	}
	live = is_live_hash(
	    account, hash, verify->env->now(verify->env->context), &expired);
	name_old(successor, account, hash);
	/* While others of a set are left, nothing follows the one used. */
	if (live &&
	    (account->backup.count <= 1 ||
		find_own(&account->backup, hash) < 0))
		r = make_successor(verify, account, hash, successor);
	if (r == 0)
		*verdict = live ? XS_UNCONFIRMED
		    : expired   ? XS_EXPIRED
				: XS_WRONG;
out:
	explicit_bzero(hash, sizeof(hash));
	explicit_bzero(code, sizeof(code));
	return r;
}

static int
take_slot(struct xs_verify *verify, struct xs_argon2_slot *slot,
    enum xs_argon2_pool pool)
{
	char host_dir[XS_OPTION_MAX + 8];

	(void)snprintf(
	    host_dir, sizeof(host_dir), "%s/host", verify->config->state_dir);
	return xs_argon2_slot_take(
	    slot, host_dir, pool, XS_ARGON2_WAIT_MS, verify->fault);
}

/*
 * Not by this attempt's own charge; unless an administrator did so since
 * (test_verify: test_confirm_after_stop_and_disable_is_refused).
 */
static bool
is_switched_off(
    const struct xs_account *account, const struct xs_successor *successor)
{
	if (!account->methods[XS_BACKUP].disabled)
		return false;
	return !successor->reached_stop ||
	    xs_throttle_is_kept_off(account, XS_BACKUP);
}

/*
 * Is the entry that was right still there, unused and unexpired? XS_RIGHT, or
 * why not: XS_DISABLED, XS_EXPIRED, XS_USED.
 */
static enum xs_verdict
judge_old(const struct xs_account *account,
    const struct xs_successor *successor, int64_t now)
{
	bool expired;

	if (memcmp(account->enrolment, successor->enrolment,
		sizeof(account->enrolment)) != 0 ||
	    memcmp(account->backup.salt, successor->old_salt,
		sizeof(account->backup.salt)) != 0)
		return XS_USED;
	if (is_switched_off(account, successor))
		return XS_DISABLED;
	if (is_live_hash(account, successor->old_hash, now, &expired))
		return XS_RIGHT;
	return expired ? XS_EXPIRED : XS_USED;
}

/* Takes one code out of the set; the others stay. */
static void
drop_code(struct xs_backup *backup, unsigned at)
{
	backup->count--;
	memmove(backup->hashes[at], backup->hashes[at + 1],
	    (size_t)(backup->count - at) * XS_HASH_SIZE);
	memset(backup->hashes[backup->count], 0, XS_HASH_SIZE);
}

/* Uses up one code of the set in hand, if it is still there. */
static int
use_up(struct xs_verify *verify, const struct xs_successor *old,
    struct xs_account *account, int64_t now, enum xs_verdict *verdict)
{
	int at = find_own(&account->backup, old->old_hash);

	*verdict = XS_WRONG; /* another session was quicker */
	if (at < 0 || judge_old(account, old, now) != XS_RIGHT)
		return 0;
	if (account->backup.count == 1)
		return xs_fault_set(verify->fault, XS_E_BUSY,
		    "the set of backup codes shrank in the meantime");
	drop_code(&account->backup, (unsigned)at);
	xs_step_succeed(verify, account, XS_BACKUP, now);
	xs_notice_event(
	    verify->config, account, now, "backup-used", verify->address, "");
	*verdict = XS_RIGHT;
	return 0;
}

/*
 * That it was right, for the next conversation to tell if this one is ended
 * before its successor is confirmed.
 */
static void
note_right(struct xs_verify *verify, const struct xs_successor *old,
    struct xs_account *account, int64_t now)
{
	if (judge_old(account, old, now) != XS_RIGHT)
		return;
	account->unconfirmed.time = now;
	(void)snprintf(account->unconfirmed.from,
	    sizeof(account->unconfirmed.from), "%s", verify->address);
	verify->unconfirmed = true;
}

/*
 * The second step: of a set it uses up the code that was right, else it notes
 * that one was. A wrong one changes nothing and is committed all the same, so
 * that a commit that fails tells nobody which it was (test_verify_set:
 * test_set_answers_alike_when_commits_fail; test_verify:
 * test_code_answers_alike_when_commits_fail).
 */
static int
settle(struct xs_verify *verify, const struct xs_successor *old,
    struct xs_account *account, enum xs_verdict *verdict)
{
	enum xs_verdict found = *verdict;
	int64_t now;
	int r = xs_step_begin(verify, account, &now);

	if (r != 0)
		return r;
	if (found == XS_UNCONFIRMED && old->count > 0)
		note_right(verify, old, account, now);
	else if (found == XS_UNCONFIRMED)
		r = use_up(verify, old, account, now, &found);
	if (r != 0) {
		verify->store->ops->abort(verify->store);
		return r;
	}
	r = xs_step_commit(verify, account);
	if (r == 0)
		*verdict = found;
	return r;
}

/*
 * Where nobody is told, a single code is written down once, when it is
 * confirmed (test_strace: test_backup_login_writes_twice). Which it is must
 * not depend on the code's being right.
 */
static bool
has_second_step(const struct xs_verify *verify,
    const struct xs_account *account, const struct xs_successor *successor)
{
	return xs_notice_is_offered(verify->config) ||
	    (account->backup.count > 1 && successor->count == 0);
}

int
xs_verify_backup(struct xs_verify *verify, const char *typed,
    struct xs_account *account, struct xs_successor *successor,
    enum xs_verdict *verdict)
{
	struct xs_account now_account;
	struct xs_argon2_slot slot;
	enum xs_verdict found = XS_WRONG;
	bool is_open = false;
	int r;

	memset(successor, 0, sizeof(*successor));
	/* The slot comes first: who finds all busy is not charged. */
	r = take_slot(verify, &slot, xs_argon2_pool_of(verify->caller));
	if (r != 0)
		return r;
	r = charge_backup(verify, &now_account, &found, &is_open);
	if (r == 0 && is_open)
		r = judge_backup(
		    verify, typed, &now_account, successor, &found);
	xs_argon2_slot_give(&slot);
	if (r == 0 && is_open &&
	    has_second_step(verify, &now_account, successor))
		r = settle(verify, successor, &now_account, &found);
	if (r == 0) {
		*account = now_account;
		*verdict = found;
	}
	xs_account_wipe(&now_account);
	return r;
}

/* Whose code it was that let in, the user's own or the helpdesk's. */
static void
note_use(const struct xs_verify *verify, const struct xs_successor *successor,
    struct xs_account *account, int64_t now)
{
	bool own = find_own(&account->backup, successor->old_hash) >= 0;

	xs_notice_event(verify->config, account, now,
	    own ? "backup-used" : "helpdesk-code-used", verify->address,
	    own ? "" : account->backup.helpdesk.made.by);
}

int
xs_verify_confirm(struct xs_verify *verify,
    const struct xs_successor *successor, struct xs_account *account,
    enum xs_verdict *verdict)
{
	struct xs_account now_account;
	enum xs_verdict found;
	int64_t now;
	int r = xs_step_begin(verify, &now_account, &now);

	if (r != 0)
		return r;
	found = judge_old(&now_account, successor, now);
	if (found != XS_RIGHT) {
		verify->store->ops->abort(verify->store);
		*verdict = found;
		goto out;
	}
	note_use(verify, successor, &now_account, now);
	now_account.backup = successor->fresh;
	now_account.backup.made.time = now;
	memset(&now_account.unconfirmed, 0, sizeof(now_account.unconfirmed));
	xs_step_succeed(verify, &now_account, XS_BACKUP, now);
	r = xs_step_commit(verify, &now_account);
	if (r != 0)
		goto out;
	*account = now_account;
	*verdict = XS_RIGHT;
out:
	xs_account_wipe(&now_account);
	return r;
}

int
xs_verify_nobody(struct xs_verify *verify)
{
	static const uint8_t salt[XS_SALT_SIZE];
	uint8_t hash[XS_HASH_SIZE];
	struct xs_argon2_slot slot;
	int r = take_slot(verify, &slot, XS_POOL_NOBODY);

	if (r != 0)
		return r;
	r = xs_code_hash(&verify->config->argon2, salt, "00000000", hash);
	xs_argon2_slot_give(&slot);
	explicit_bzero(hash, sizeof(hash));
	if (r != 0)
		(void)xs_fault_set(verify->fault, r, "Argon2 failed");
	return r;
}
