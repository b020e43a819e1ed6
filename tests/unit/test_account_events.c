/* SPDX-License-Identifier: BSD-3-Clause */
/* Which events a record keeps when there are more than it has room for. */
#include "tests/unit/accounts.h"

#include <stdlib.h>

/* "w7" is to be told when bit 6 is set. */
static void
assert_events(
    const struct xs_account *account, const char *words, uint32_t told)
{
	char have[128] = "";
	uint32_t untold = 0;

	assert_int_equal(account->event_count, XS_EVENTS_MAX);
	for (unsigned i = 0; i < XS_EVENTS_MAX; i++) {
		const char *word = account->events[i].word;

		if (i > 0)
			strcat(have, " ");
		strcat(have, word);
		if ((account->untold.events & 1U << i) != 0)
			untold |= 1U << (atoi(word + 1) - 1);
	}
	assert_string_equal(have, words);
	assert_int_equal(untold, told);
	check_round_trip(account);
}

static void
add_event(struct xs_account *account, unsigned n, bool untold)
{
	char word[16];

	(void)snprintf(word, sizeof(word), "w%u", n);
	xs_account_event(account, T0 + n, word, NULL, NULL);
	if (untold)
		account->untold.events |= 1;
}

static void
test_untold_events_are_not_pushed_out(void **state)
{
	struct xs_account account;
	unsigned i;

	(void)state;
	xs_account_init(&account, &alice);
	for (i = 1; i <= XS_EVENTS_MAX; i++)
		add_event(&account, i, i == 1 || i == 4);
	assert_events(&account, "w10 w9 w8 w7 w6 w5 w4 w3 w2 w1", 1U | 8U);
	add_event(&account, 11, false);
	assert_events(&account, "w11 w10 w9 w8 w7 w6 w5 w4 w3 w1", 1U | 8U);
	add_event(&account, 12, true);
	assert_events(
	    &account, "w12 w11 w10 w9 w8 w7 w6 w5 w4 w1", 1U | 8U | 1U << 11);
	for (i = 13; i <= 30; i++)
		add_event(&account, i, false);
	assert_events(&account, "w30 w29 w28 w27 w26 w25 w24 w12 w4 w1",
	    1U | 8U | 1U << 11);
	/* Told: it goes as it would have gone. */
	account.untold.events &= ~(1U << (XS_EVENTS_MAX - 1));
	add_event(&account, 31, false);
	assert_events(
	    &account, "w31 w30 w29 w28 w27 w26 w25 w24 w12 w4", 8U | 1U << 11);
}

static void
test_newest_event_stays_when_all_are_untold(void **state)
{
	struct xs_account account;
	unsigned i;

	(void)state;
	xs_account_init(&account, &alice);
	for (i = 1; i <= XS_EVENTS_MAX; i++)
		add_event(&account, i, true);
	add_event(&account, 11, true);
	assert_events(&account, "w11 w10 w9 w8 w7 w6 w5 w4 w3 w2", 0x7feU);
	/* The one that is there to be seen alone gives way to the next. */
	add_event(&account, 12, false);
	assert_events(&account, "w12 w11 w10 w9 w8 w7 w6 w5 w4 w3", 0x7fcU);
	add_event(&account, 13, true);
	assert_events(&account, "w13 w11 w10 w9 w8 w7 w6 w5 w4 w3", 0x17fcU);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_untold_events_are_not_pushed_out),
	    cmocka_unit_test(test_newest_event_stays_when_all_are_untold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
