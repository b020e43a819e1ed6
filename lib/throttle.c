/* SPDX-License-Identifier: BSD-3-Clause */
#include "throttle.h"

#include <stdbool.h>
#include <string.h>

/* Any time may stand in a record or come from a clock: never overflow. */
static int64_t
after(int64_t time, uint64_t seconds)
{
	int64_t sum;

	if (seconds > INT64_MAX ||
	    __builtin_add_overflow(time, (int64_t)seconds, &sum))
		return INT64_MAX;
	return sum;
}

/* How long the next attempt waits after that many failures in a row. */
static uint64_t
wait_after(const struct xs_throttle *throttle, uint32_t failures)
{
	uint64_t wait = throttle->wait;
	uint32_t doublings;

	if (failures < throttle->free)
		return 0;
	for (doublings = failures - throttle->free;
	     doublings > 0 && wait > 0 && wait < throttle->wait_max;
	     doublings--)
		wait *= 2;
	return wait < throttle->wait_max ? wait : throttle->wait_max;
}

/*
 * Whole seconds until one unit is back. Rounded up, so that a budget that
 * does not divide the period gives back a little late, never early
 * (test_budget_refills_at_whole_units).
 */
static uint64_t
refill_unit(const struct xs_throttle *throttle, enum xs_side side)
{
	uint64_t budget = throttle->budget[side];

	if (budget == 0)
		return XS_BUDGET_PERIOD;
	return (XS_BUDGET_PERIOD + budget - 1) / budget;
}

static bool
settle_wait(struct xs_side_count *count, const struct xs_throttle *throttle,
    int64_t now)
{
	int64_t latest = after(now, wait_after(throttle, count->failures));

	if (count->not_before <= latest)
		return false;
	count->not_before = latest;
	return true;
}

static bool
settle_budget(struct xs_budget *budget, const struct xs_throttle *throttle,
    enum xs_side side, int64_t now)
{
	uint64_t unit = refill_unit(throttle, side);
	uint64_t units;

	if (budget->spent > throttle->budget[side])
		budget->spent = throttle->budget[side];
	if (budget->since > now) {
		bool counts = budget->spent > 0;

		budget->since = now;
		return counts;
	}
	/* Unsigned: the distance of two int64_t may be more than one holds. */
	units = ((uint64_t)now - (uint64_t)budget->since) / unit;
	if (units >= budget->spent) {
		budget->spent = 0;
		budget->since = 0;
	} else {
		budget->spent -= (uint32_t)units;
		budget->since += (int64_t)(units * unit);
	}
	return false;
}

bool
xs_throttle_settle(
    struct xs_account *account, const struct xs_throttle *throttle, int64_t now)
{
	bool moved = false;
	int method, side;

	for (side = 0; side < XS_SIDES; side++) {
		for (method = 0; method < XS_METHODS; method++)
			moved |=
			    settle_wait(&account->methods[method].side[side],
				throttle, now);
		moved |= settle_budget(
		    &account->budgets[side], throttle, (enum xs_side)side, now);
	}
	return moved;
}

enum xs_gate
xs_throttle_gate(const struct xs_account *account,
    const struct xs_throttle *throttle, enum xs_method method,
    enum xs_side side, int64_t now, int64_t *until)
{
	const struct xs_method_count *count = &account->methods[method];
	const struct xs_budget *budget = &account->budgets[side];
	int64_t next = count->side[side].not_before;
	bool empty = budget->spent >= throttle->budget[side];

	if (count->disabled)
		return XS_GATE_DISABLED;
	if (empty) {
		int64_t refill =
		    after(budget->since, refill_unit(throttle, side));

		if (refill > next)
			next = refill;
	}
	if (!empty && next <= now)
		return XS_GATE_OPEN;
	*until = next;
	return XS_GATE_WAITING;
}

void
xs_throttle_charge(struct xs_account *account,
    const struct xs_throttle *throttle, enum xs_method method,
    enum xs_side side, int64_t now)
{
	struct xs_method_count *count = &account->methods[method];
	struct xs_side_count *mine = &count->side[side];
	struct xs_budget *budget = &account->budgets[side];
	uint64_t wait;

	if (mine->failures < UINT32_MAX)
		mine->failures++;
	wait = wait_after(throttle, mine->failures);
	mine->not_before = wait > 0 ? after(now, wait) : 0;

	if (count->stop < UINT32_MAX)
		count->stop++;
	if (count->stop >= throttle->stop) {
		count->disabled = true;
		xs_account_forget_places(account);
	}

	if (budget->spent == 0)
		budget->since = now;
	if (budget->spent < UINT32_MAX)
		budget->spent++;
}

static void
give_back(struct xs_budget *budget, unsigned charged)
{
	if (charged < budget->spent) {
		budget->spent -= charged;
	} else {
		budget->spent = 0;
		budget->since = 0;
	}
}

void
xs_throttle_success(struct xs_account *account, enum xs_method method,
    enum xs_side side, const unsigned charged[XS_SIDES])
{
	struct xs_method_count *count = &account->methods[method];
	int each;

	memset(&count->side[side], 0, sizeof(count->side[side]));
	count->stop = 0;
	count->disabled = false;
	for (each = 0; each < XS_SIDES; each++)
		give_back(&account->budgets[each], charged[each]);
}

void
xs_throttle_disable(struct xs_account *account, enum xs_method method)
{
	account->methods[method].disabled = true;
	account->methods[method].stop = 0;
}

bool
xs_throttle_is_kept_off(const struct xs_account *account, enum xs_method method)
{
	const struct xs_method_count *count = &account->methods[method];

	return count->disabled && count->stop == 0;
}

void
xs_throttle_clear_method(struct xs_account *account, enum xs_method method)
{
	memset(&account->methods[method], 0, sizeof(account->methods[method]));
}

void
xs_throttle_clear_budgets(struct xs_account *account)
{
	memset(account->budgets, 0, sizeof(account->budgets));
}
