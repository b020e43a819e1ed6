/* SPDX-License-Identifier: BSD-3-Clause */
/* Per user: arithmetic over an account and a time. */
#include "sms_limit.h"

#include <string.h>

#define HOUR 3600
#define DAY 86400

static int64_t *
times_of(struct xs_account *account, enum xs_sms_kind kind)
{
	return kind == XS_SMS_NOTICE ? account->notices : account->sends;
}

static bool
settle(int64_t *times, size_t count, int64_t now)
{
	bool moved = false;

	for (size_t i = 0; i < count; i++) {
		if (times[i] <= now)
			continue;
		times[i] = now;
		moved = true;
	}
	return moved;
}

bool
xs_sms_settle(struct xs_account *account, int64_t now)
{
	bool moved = settle(account->sends, XS_SENDS_MAX, now);

	moved |= settle(account->notices, XS_SENDS_MAX, now);
	moved |= settle(account->phone.changes, XS_PHONE_CHANGES_MAX, now);
	return moved;
}

/*
 * At most count in any span of that length. The times are the newest first,
 * so the count-th of them says when there is room again.
 */
static void
limit(const int64_t *times, unsigned count, int64_t span, int64_t *until)
{
	int64_t time = times[count - 1];

	if (time != 0 && time + span > *until)
		*until = time + span;
}

bool
xs_sms_gate(const struct xs_account *account, const struct xs_config *config,
    enum xs_sms_kind kind, int64_t now, int64_t *until)
{
	const int64_t *times =
	    kind == XS_SMS_NOTICE ? account->notices : account->sends;
	int64_t next = now;

	limit(times, 1, config->sms_cooldown, &next);
	limit(times, config->sms_per_hour, HOUR, &next);
	limit(times, config->sms_per_day, DAY, &next);
	if (next <= now)
		return true;
	*until = next;
	return false;
}

static void
put_in_front(int64_t *times, size_t count, int64_t now)
{
	memmove(&times[1], &times[0], (count - 1) * sizeof(times[0]));
	times[0] = now;
}

void
xs_sms_charge(struct xs_account *account, enum xs_sms_kind kind, int64_t now)
{
	put_in_front(times_of(account, kind), XS_SENDS_MAX, now);
}

bool
xs_sms_change_gate(
    const struct xs_account *account, int64_t now, int64_t *until)
{
	int64_t next = now;

	limit(account->phone.changes, XS_PHONE_CHANGES_MAX, DAY, &next);
	if (next <= now)
		return true;
	*until = next;
	return false;
}

void
xs_sms_change_charge(struct xs_account *account, int64_t now)
{
	put_in_front(account->phone.changes, XS_PHONE_CHANGES_MAX, now);
}
