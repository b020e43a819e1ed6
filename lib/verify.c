/* SPDX-License-Identifier: BSD-3-Clause */
#include "verify.h"

#include <stdio.h>
#include <string.h>

#include "notice.h"
#include "place.h"
#include "sms_limit.h"
#include "verify_step.h"

/*
 * The record text in hand becomes an account of who. Nobody is handed the
 * secrets of another (test_verify: test_record_of_another_is_not_handed_out).
 */
static int
open_account(struct xs_verify *verify, const struct xs_plain *plain,
    struct xs_account *account)
{
	struct xs_account found;
	int r = xs_account_read(&found, plain, verify->fault);

	/* Hosts that share a store may know the name by different uids. */
	if (r == 0 && verify->store->ops->by_name)
		found.uid = verify->who.uid;
	if (r == 0)
		r = xs_account_check_owner(&found, &verify->who, verify->fault);
	if (r == 0)
		*account = found;
	xs_account_wipe(&found);
	return r;
}

/* True if a time that lay ahead was moved, and must be written down. */
static bool
settle(const struct xs_verify *verify, struct xs_account *account, int64_t now)
{
	bool moved =
	    xs_throttle_settle(account, &verify->config->throttle, now);

	return xs_sms_settle(account, now) || moved;
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

bool
xs_verify_is_remembered(
    const struct xs_verify *verify, const struct xs_account *account)
{
	return verify->remote &&
	    xs_place_holds(account, verify->config->remember, verify->address,
		verify->env->now(verify->env->context));
}

enum xs_gate
xs_verify_gate(const struct xs_verify *verify, const struct xs_account *account,
    enum xs_method method, int64_t *until)
{
	return xs_throttle_gate(account, &verify->config->throttle, method,
	    xs_verify_side(verify, account),
	    verify->env->now(verify->env->context), until);
}

int
xs_step_begin(
    struct xs_verify *verify, struct xs_account *account, int64_t *now)
{
	struct xs_plain plain;
	struct xs_store *store = verify->store;
	int r = store->ops->begin(store, &verify->who, &plain, verify->fault);

	/* The record was there at the first prompt: its absence is a fault. */
	if (r == XS_E_NORECORD) {
		(void)xs_fault_set(verify->fault, XS_E_STATE,
		    "the record went away during the conversation");
		r = XS_E_STATE;
	}
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
	(void)settle(verify, account, *now);
	if (*now > account->latest)
		account->latest = *now;
	return 0;
}

int
xs_step_record(struct xs_verify *verify, const struct xs_account *account)
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
 * A backup code was right in an earlier conversation, and its successor never
 * confirmed: this one tells (test_notice_again: test_unconfirmed_is_told_next).
 */
static void
note_unconfirmed(struct xs_verify *verify, struct xs_account *account)
{
	if (account->unconfirmed.time == 0 || verify->unconfirmed)
		return;
	xs_notice_event(verify->config, account, account->unconfirmed.time,
	    "backup-unconfirmed", account->unconfirmed.from, "");
	memset(&account->unconfirmed, 0, sizeof(account->unconfirmed));
}

int
xs_step_commit(struct xs_verify *verify, struct xs_account *account)
{
	bool untold = false;
	int r;

	note_unconfirmed(verify, account);
	/* Without time to tell it would be no try (test_notice:
	 * test_used_up_patience_is_no_try). */
	if (verify->notice_ms < XS_NOTICE_PATIENCE_MS)
		untold = xs_notice_claim(verify->config, account,
		    verify->env->now(verify->env->context));
	r = xs_step_record(verify, account);
	if (r == 0 && untold)
		verify->untold = true;
	return r;
}

/*
 * A wait that was stored too far ahead starts anew, once: that must be
 * written down, or it would start anew at every look. Best effort; what is
 * not written is put right at the next attempt. Who only looks tells no
 * notice (test_notice_again: test_looking_withholds_no_notice).
 */
static void
keep_settled(struct xs_verify *verify)
{
	struct xs_account account;
	struct xs_fault *fault = verify->fault;
	int64_t now;

	verify->fault = NULL; /* nobody waits for the outcome */
	if (xs_step_begin(verify, &account, &now) == 0)
		(void)xs_step_record(verify, &account);
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
	if (r == 0 && settle(verify, account, env->now(env->context)) &&
	    !xs_verify_is_remembered(verify, account))
		keep_settled(verify);
	return r;
}

/*
 * The method's failures in a row on this side: a success elsewhere, of the
 * owner's, does not make a stranger's count begin anew
 * (test_notice: test_failures_count_on_their_side).
 */
static void
note_failures(struct xs_verify *verify, struct xs_account *account,
    enum xs_method method, int64_t now)
{
	static const uint32_t told[] = {5, 20, 50, 100};
	uint32_t failures = account->methods[method]
				.side[xs_verify_side(verify, account)]
				.failures;
	char word[XS_EVENT_WORD_MAX];

	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
		if (failures != told[i])
			continue;
		(void)snprintf(word, sizeof(word), "%s-failures-%u",
		    xs_method_name(method), failures);
		xs_notice_event(
		    verify->config, account, now, word, verify->address, "");
	}
}

/*
 * Who goes on guessing may do so from a remembered address, too: a right code
 * in between remembers one no longer than until the next wrong one
 * (test_remember: test_guesses_that_go_on_end_it_again).
 */
static void
end_places(const struct xs_verify *verify, struct xs_account *account,
    enum xs_method method)
{
	enum xs_side side = xs_verify_side(verify, account);

	if (account->methods[method].side[side].failures >= XS_PLACE_FAILURES)
		xs_account_forget_places(account);
}

static void
note_stop(struct xs_verify *verify, struct xs_account *account,
    enum xs_method method, int64_t now)
{
	char word[XS_EVENT_WORD_MAX];

	(void)snprintf(
	    word, sizeof(word), "%s-disabled", xs_method_name(method));
	xs_notice_event(
	    verify->config, account, now, word, verify->address, "");
}

void
xs_step_charge(struct xs_verify *verify, struct xs_account *account,
    enum xs_method method, int64_t now)
{
	struct xs_history *history = &account->history;
	bool was_disabled = account->methods[method].disabled;

	xs_throttle_charge(account, &verify->config->throttle, method,
	    xs_verify_side(verify, account), now);
	end_places(verify, account, method);
	note_failures(verify, account, method, now);
	if (!was_disabled && account->methods[method].disabled)
		note_stop(verify, account, method, now);
	if (history->count == 0)
		history->first = now;
	if (history->count < UINT32_MAX)
		history->count++;
	history->last = now;
	(void)snprintf(
	    history->from, sizeof(history->from), "%s", verify->address);
}

void
xs_step_succeed(struct xs_verify *verify, struct xs_account *account,
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

void
xs_step_remember(
    const struct xs_verify *verify, struct xs_account *account, int64_t now)
{
	if (verify->remote)
		xs_place_keep(
		    account, verify->config->remember, verify->address, now);
}

bool
xs_step_is_barred(struct xs_verify *verify, const struct xs_account *account,
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
		xs_step_succeed(verify, account, XS_APP, now);
		xs_step_remember(verify, account, now);
		return XS_RIGHT;
	case XS_TOTP_DEAD:
		return XS_USED;
	case XS_TOTP_NONE:
		break;
	}
	xs_step_charge(verify, account, XS_APP, now);
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
	int r = xs_step_begin(verify, &now_account, &now);

	if (r != 0)
		return r;
	if (xs_step_is_barred(verify, &now_account, XS_APP, &found)) {
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
	r = xs_step_commit(verify, &now_account);
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
