/* SPDX-License-Identifier: BSD-3-Clause */
#include "verify.h"

#include <stdio.h>
#include <string.h>

/* The record text in hand becomes an account of who, settled at now. */
static int
open_account(struct xs_verify *verify, const struct xs_plain *plain,
    struct xs_account *account)
{
	int r = xs_account_read(account, plain, verify->fault);

	if (r == 0)
		r = xs_account_check_owner(
		    account, &verify->who, verify->fault);
	return r;
}

enum xs_side
xs_verify_side(const struct xs_verify *verify, const struct xs_account *account)
{
	char place[XS_ADDRESS_MAX];

	if (!verify->remote)
		return verify->caller == 0 || verify->caller == account->uid
		    ? XS_OWN
		    : XS_OTHER;
	if (account->home[0] == '\0' ||
	    !xs_address_normalise(verify->address, place))
		return XS_OTHER;
	return strcmp(place, account->home) == 0 ? XS_OWN : XS_OTHER;
}

enum xs_gate
xs_verify_gate(const struct xs_verify *verify, const struct xs_account *account,
    enum xs_method method, int64_t *until)
{
	return xs_throttle_gate(account, &verify->config->throttle, method,
	    xs_verify_side(verify, account),
	    verify->env->now(verify->env->context), until);
}

/*
 * Locks and loads. 0 with the transaction open; an error without one.
 * *now is the time read under the lock.
 */
static int
begin(struct xs_verify *verify, struct xs_account *account, int64_t *now)
{
	struct xs_plain plain;
	struct xs_store *store = verify->store;
	int r = store->ops->begin(store, &verify->who, &plain, verify->fault);

	/* The record was there at the first prompt: its absence is a fault. */
	if (r == XS_E_NORECORD)
		return xs_fault_set(verify->fault, XS_E_STATE,
		    "the record went away during the conversation");
	if (r != 0)
		return r;
	r = open_account(verify, &plain, account);
	xs_plain_wipe(&plain);
	if (r != 0) {
		store->ops->abort(store);
		return r;
	}
	/* The clock is read under the lock, so times in a record only rise. */
	*now = verify->env->now(verify->env->context);
	(void)xs_throttle_settle(account, &verify->config->throttle, *now);
	if (*now > account->latest)
		account->latest = *now;
	return 0;
}

static int
commit(struct xs_verify *verify, const struct xs_account *account)
{
	struct xs_plain plain;
	int r = xs_account_write(account, &plain);

	if (r != 0) {
		verify->store->ops->abort(verify->store);
		return xs_fault_set(
		    verify->fault, r, "the record could not be written out");
	}
	r = verify->store->ops->commit(verify->store, &plain, verify->fault);
	xs_plain_wipe(&plain);
	return r;
}

/*
 * A wait that was stored too far ahead starts anew, once: that must be
 * written down, or it would start anew at every look. Best effort; what is
 * not written is put right at the next attempt.
 */
static void
keep_settled(struct xs_verify *verify)
{
	struct xs_account account;
	struct xs_fault *fault = verify->fault;
	int64_t now;

	verify->fault = NULL; /* nobody waits for the outcome */
	if (begin(verify, &account, &now) == 0)
		(void)commit(verify, &account);
	verify->fault = fault;
	xs_account_wipe(&account);
}

int
xs_verify_load(struct xs_verify *verify, struct xs_account *account)
{
	const struct xs_env *env = verify->env;
	struct xs_plain plain;
	int r = verify->store->ops->read(
	    verify->store, &verify->who, &plain, verify->fault);

	if (r != 0)
		return r;
	r = open_account(verify, &plain, account);
	xs_plain_wipe(&plain);
	if (r == 0 &&
	    xs_throttle_settle(
		account, &verify->config->throttle, env->now(env->context)))
		keep_settled(verify);
	return r;
}

/* Charges an attempt in the record in hand; the caller commits. */
static void
charge(struct xs_verify *verify, struct xs_account *account,
    enum xs_method method, int64_t now)
{
	struct xs_history *history = &account->history;

	xs_throttle_charge(account, &verify->config->throttle, method,
	    xs_verify_side(verify, account), now);
	if (history->count == 0)
		history->first = now;
	if (history->count < UINT32_MAX)
		history->count++;
	history->last = now;
	(void)snprintf(
	    history->from, sizeof(history->from), "%s", verify->address);
}

/* A success in the record in hand; the caller commits, then grants. */
static void
succeed(struct xs_verify *verify, struct xs_account *account,
    enum xs_method method, int64_t now)
{
	char place[XS_ADDRESS_MAX];

	xs_throttle_success(
	    account, method, xs_verify_side(verify, account), verify->charged);
	memset(&account->history, 0, sizeof(account->history));
	account->last_success = now;
	if (verify->remote && xs_address_normalise(verify->address, place))
		memcpy(account->home, place, sizeof(account->home));
}

/* True, with the verdict, when the method cannot be tried now. */
static bool
is_barred(struct xs_verify *verify, const struct xs_account *account,
    enum xs_method method, enum xs_verdict *verdict)
{
	int64_t until;
	enum xs_gate gate = xs_verify_gate(verify, account, method, &until);

	if (gate == XS_GATE_OPEN)
		return false;
	*verdict = gate == XS_GATE_DISABLED ? XS_DISABLED : XS_WAITING;
	return true;
}

/* Changes the record in hand as the match asks, and names the verdict. */
static enum xs_verdict
judge_app(struct xs_verify *verify, struct xs_account *account,
    enum xs_totp_match match, uint64_t step, int64_t now)
{
	switch (match) {
	case XS_TOTP_LIVE:
		account->app.last_step = step;
		succeed(verify, account, XS_APP, now);
		return XS_RIGHT;
	case XS_TOTP_DEAD:
		return XS_USED;
	case XS_TOTP_NONE:
		break;
	}
	charge(verify, account, XS_APP, now);
	return XS_WRONG;
}

int
xs_verify_app(struct xs_verify *verify, const char *code,
    struct xs_account *account, enum xs_verdict *verdict)
{
	struct xs_account now_account;
	enum xs_totp_match match = XS_TOTP_NONE;
	enum xs_verdict found = XS_WRONG;
	enum xs_side side;
	uint64_t step = 0;
	int64_t now;
	int r = begin(verify, &now_account, &now);

	if (r != 0)
		return r;
	if (is_barred(verify, &now_account, XS_APP, &found)) {
		verify->store->ops->abort(verify->store);
		goto done;
	}
	side = xs_verify_side(verify, &now_account);
	if (now_account.app.set)
		r = xs_totp_match(&now_account.app.totp, now,
		    verify->config->app_window, now_account.app.last_step, code,
		    &match, &step);
	if (r != 0) {
		verify->store->ops->abort(verify->store);
		(void)xs_fault_set(verify->fault, r, "HMAC failed");
		goto out;
	}
	found = judge_app(verify, &now_account, match, step, now);
	/*
	 * A dead step's code is committed too, though nothing is charged:
	 * right, wrong and used make the same system calls.
	 */
	r = commit(verify, &now_account);
	if (r != 0)
		goto out;
	if (found == XS_WRONG)
		verify->charged[side]++;
done:
	*account = now_account;
	*verdict = found;
out:
	xs_account_wipe(&now_account);
	return r;
}

void
xs_successor_wipe(struct xs_successor *successor)
{
	explicit_bzero(successor, sizeof(*successor));
}

/* Makes and hashes the code that will follow the one that was right. */
static int
make_successor(struct xs_verify *verify, const struct xs_account *account,
    const uint8_t old_hash[XS_HASH_SIZE], struct xs_successor *out)
{
	const struct xs_config *config = verify->config;
	const struct xs_env *env = verify->env;
	struct xs_successor next = {.format = config->backup_format};
	int r = xs_code_make(&next.format, env, next.code);

	if (r == 0)
		r = env->random(
		    env->context, next.fresh.salt, sizeof(next.fresh.salt));
	next.fresh.cost = config->argon2;
	if (r == 0)
		r = xs_code_hash(&next.fresh.cost, next.fresh.salt, next.code,
		    next.fresh.hashes[0]);
	if (r != 0) {
		(void)xs_fault_set(
		    verify->fault, r, "no new backup code could be made");
		goto out;
	}
	next.fresh.format = next.format;
	next.fresh.count = 1;
	(void)snprintf(next.fresh.made.by, sizeof(next.fresh.made.by), "%s",
	    verify->who.name);
	memcpy(next.enrolment, account->enrolment, sizeof(next.enrolment));
	memcpy(next.old_salt, account->backup.salt, sizeof(next.old_salt));
	memcpy(next.old_hash, old_hash, sizeof(next.old_hash));
	next.reached_stop = account->methods[XS_BACKUP].disabled;
	*out = next;
out:
	xs_successor_wipe(&next);
	return r;
}

/* Is hash that of a live code of this record? All are always compared. */
static bool
is_live_hash(const struct xs_account *account, const uint8_t *hash, int64_t now,
    bool *expired)
{
	const struct xs_backup *backup = &account->backup;
	bool live = false;

	*expired = false;
	for (unsigned i = 0; i < backup->count; i++)
		live |= xs_hash_equal(hash, backup->hashes[i]);
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
	int r = begin(verify, account, &now);

	if (r != 0)
		return r;
	*is_open = !is_barred(verify, account, XS_BACKUP, barred);
	if (!*is_open) {
		verify->store->ops->abort(verify->store);
		return 0;
	}
	side = xs_verify_side(verify, account);
	charge(verify, account, XS_BACKUP, now);
	r = commit(verify, account);
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
	if (live)
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

int
xs_verify_backup(struct xs_verify *verify, const char *typed,
    struct xs_account *account, struct xs_successor *successor,
    enum xs_verdict *verdict)
{
	struct xs_account now_account;
	struct xs_argon2_slot slot;
	enum xs_verdict found = XS_WRONG;
	bool is_open = false;
	/* The slot comes first: who finds all busy is not charged. */
	int r = take_slot(verify, &slot, xs_argon2_pool_of(verify->caller));

	if (r != 0)
		return r;
	r = charge_backup(verify, &now_account, &found, &is_open);
	if (r == 0 && is_open)
		r = judge_backup(
		    verify, typed, &now_account, successor, &found);
	xs_argon2_slot_give(&slot);
	if (r == 0) {
		*account = now_account;
		*verdict = found;
	}
	xs_account_wipe(&now_account);
	return r;
}

/* Is the entry that was right still there, unused and unexpired? */
static bool
is_still_valid(const struct xs_account *account,
    const struct xs_successor *successor, int64_t now)
{
	bool expired;

	return memcmp(account->enrolment, successor->enrolment,
		   sizeof(account->enrolment)) == 0 &&
	    memcmp(account->backup.salt, successor->old_salt,
		sizeof(account->backup.salt)) == 0 &&
	    (!account->methods[XS_BACKUP].disabled ||
		successor->reached_stop) &&
	    is_live_hash(account, successor->old_hash, now, &expired);
}

int
xs_verify_confirm(struct xs_verify *verify,
    const struct xs_successor *successor, struct xs_account *account,
    enum xs_verdict *verdict)
{
	struct xs_account now_account;
	int64_t now;
	int r = begin(verify, &now_account, &now);

	if (r != 0)
		return r;
	if (!is_still_valid(&now_account, successor, now)) {
		verify->store->ops->abort(verify->store);
		*verdict = XS_USED;
		goto out;
	}
	now_account.backup = successor->fresh;
	now_account.backup.made.time = now;
	succeed(verify, &now_account, XS_BACKUP, now);
	xs_account_event(&now_account, now, "backup-used", verify->address, "");
	r = commit(verify, &now_account);
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
