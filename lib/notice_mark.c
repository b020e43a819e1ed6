/* SPDX-License-Identifier: BSD-3-Clause */
/* Which events are still to be told, and when: marks in the record. */
#include "notice.h"

#include "notice_text.h"

void
xs_notice_event(const struct xs_config *config, struct xs_account *account,
    int64_t now, const char *word, const char *from, const char *by)
{
	xs_account_event(account, now, word, from, by);
	if (!xs_notice_is_offered(config) ||
	    xs_notice_kind_find(account->events[0].word) == NULL)
		return;
	account->untold.events |= 1;
	account->untold.tries = 0;
	account->untold.next = 0;
}

/*
 * After the try in the conversation that made the event the next one tries
 * again, whenever that is; after that ever later.
 */
static int64_t
wait_after(uint32_t tries)
{
	static const int64_t waits[] = {0, 0, 60, 10L * 60, XS_NOTICE_WAIT_MAX};
	const uint32_t last = sizeof(waits) / sizeof(waits[0]) - 1;

	return waits[tries < last ? tries : last];
}

bool
xs_notice_claim(
    const struct xs_config *config, struct xs_account *account, int64_t now)
{
	struct xs_untold *untold = &account->untold;

	if (untold->events == 0 || !xs_notice_is_offered(config))
		return false;
	/* A clock that was set back makes nobody wait longer. */
	if (untold->next > now && untold->next - now <= XS_NOTICE_WAIT_MAX)
		return false;
	if (untold->tries < UINT32_MAX)
		untold->tries++;
	untold->next = now + wait_after(untold->tries);
	return true;
}
