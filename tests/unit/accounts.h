/* SPDX-License-Identifier: BSD-3-Clause */
/* Accounts to try things with: random ones, the fullest one, and Alice's. */
#ifndef TESTS_ACCOUNTS_H
#define TESTS_ACCOUNTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "account.h"

#define T0 1763640000
#define TIME_MAX 253402300799
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct xs_identity alice = {"alice", 1000};

/* splitmix64: the same accounts in every run. */
static uint64_t
next_random(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static unsigned
below(uint64_t *seed, unsigned limit)
{
	return (unsigned)(next_random(seed) % limit);
}

static inline void
fill_bytes(uint64_t *seed, void *out, size_t size)
{
	uint8_t *byte = out;

	while (size-- > 0)
		*byte++ = (uint8_t)next_random(seed);
}

/* Any bytes but NUL, least to size - 1 of them. */
static inline void
fill_text(uint64_t *seed, char *out, size_t size, unsigned least)
{
	size_t length = least + below(seed, (unsigned)(size - least));

	memset(out, 0, size);
	while (length-- > 0)
		out[length] = (char)(1 + below(seed, 255));
}

static inline void
fill_chars(uint64_t *seed, char *out, size_t size, const char *chars)
{
	size_t length = below(seed, (unsigned)size);

	memset(out, 0, size);
	while (length-- > 0)
		out[length] = chars[below(seed, (unsigned)strlen(chars))];
}

static int64_t
any_time(uint64_t *seed)
{
	static const int64_t ends[] = {0, 1, TIME_MAX, TIME_MAX - 1};

	if (below(seed, 4) == 0)
		return ends[below(seed, COUNT(ends))];
	return (int64_t)(next_random(seed) % TIME_MAX);
}

static inline void
fill_times(uint64_t *seed, int64_t *times, unsigned max)
{
	unsigned count = below(seed, max + 1);
	unsigned i;

	for (i = 0; i < count; i++)
		times[i] = 1 + any_time(seed) / 2;
}

static inline void
fill_address(uint64_t *seed, char out[XS_ADDRESS_MAX])
{
	fill_chars(seed, out, XS_ADDRESS_MAX, "0123456789abcdef:.%");
}

static inline void
fill_made(uint64_t *seed, struct xs_made *made)
{
	made->time = any_time(seed);
	fill_text(seed, made->by, sizeof(made->by), 0);
}

static inline void
fill_app(uint64_t *seed, struct xs_app *app)
{
	app->set = true;
	app->totp.secret_length = 10 + below(seed, XS_TOTP_SECRET_MAX - 9);
	fill_bytes(seed, app->totp.secret, app->totp.secret_length);
	app->totp.algorithm = (enum xs_totp_algorithm)below(seed, 3);
	app->totp.digits = 6 + below(seed, 3);
	app->totp.period = 15 + below(seed, 46);
	app->last_step = next_random(seed) >> below(seed, 64);
	fill_made(seed, &app->made);
}

static inline void
fill_format(uint64_t *seed, struct xs_code_format *format)
{
	static const char *const names[] = {"digits:8", "digits:10",
	    "digits:12", "digits:16", "digits:20", "base32:13", "base32:16"};

	assert_true(
	    xs_code_format_parse(names[below(seed, COUNT(names))], format));
}

static inline void
fill_backup(uint64_t *seed, struct xs_backup *backup)
{
	unsigned i;

	backup->cost.memory = 65536 + below(seed, 900000);
	backup->cost.time = 3 + below(seed, 14);
	backup->cost.lanes = 1 + below(seed, 16);
	fill_bytes(seed, backup->salt, sizeof(backup->salt));
	fill_format(seed, &backup->format);
	backup->count = below(seed, XS_CODES_MAX + 1);
	for (i = 0; i < backup->count; i++)
		fill_bytes(seed, backup->hashes[i], XS_HASH_SIZE);
	fill_made(seed, &backup->made);
	if (below(seed, 2) == 0)
		return;
	backup->helpdesk.set = true;
	fill_format(seed, &backup->helpdesk.format);
	fill_bytes(seed, backup->helpdesk.hash, XS_HASH_SIZE);
	backup->helpdesk.expires = any_time(seed);
	fill_made(seed, &backup->helpdesk.made);
}

static inline void
fill_counters(uint64_t *seed, struct xs_account *account)
{
	int method, side;

	for (method = 0; method < XS_METHODS; method++) {
		struct xs_method_count *count = &account->methods[method];

		count->disabled = below(seed, 2);
		count->stop = (uint32_t)next_random(seed);
		for (side = 0; side < XS_SIDES; side++) {
			count->side[side].failures =
			    (uint32_t)next_random(seed);
			count->side[side].not_before = any_time(seed);
		}
	}
	for (side = 0; side < XS_SIDES; side++) {
		account->budgets[side].spent = (uint32_t)next_random(seed);
		account->budgets[side].since = any_time(seed);
	}
}

static inline void
fill_lists(uint64_t *seed, struct xs_account *account)
{
	unsigned i;

	account->place_count = below(seed, XS_PLACES_MAX + 1);
	for (i = 0; i < account->place_count; i++) {
		fill_address(seed, account->places[i].from);
		account->places[i].made = any_time(seed);
	}
	account->event_count = below(seed, XS_EVENTS_MAX + 1);
	for (i = 0; i < account->event_count; i++) {
		struct xs_event *event = &account->events[i];

		event->time = any_time(seed);
		fill_chars(seed, event->word, sizeof(event->word), "aAzZ09._");
		fill_address(seed, event->from);
		fill_text(seed, event->by, sizeof(event->by), 0);
	}
	account->mail_count = below(seed, XS_MAILS_MAX + 1);
	for (i = 0; i < account->mail_count; i++)
		fill_text(
		    seed, account->mails[i], sizeof(account->mails[i]), 1);
}

static inline void
fill_account(uint64_t *seed, struct xs_account *account)
{
	memset(account, 0, sizeof(*account));
	fill_text(seed, account->name, sizeof(account->name), 1);
	account->uid = (uid_t)(next_random(seed) % UINT32_MAX);
	fill_bytes(seed, account->enrolment, sizeof(account->enrolment));
	account->latest = any_time(seed);
	account->default_method = (int)below(seed, XS_METHODS + 1) - 1;
	fill_chars(seed, account->language, sizeof(account->language), "nlEN_");
	if (below(seed, 4) > 0)
		fill_app(seed, &account->app);
	if (below(seed, 2) > 0)
		(void)snprintf(account->phone.number, XS_PHONE_MAX, "+%llu",
		    1 + next_random(seed) % 999999999999999ULL);
	if (below(seed, 2) > 0)
		fill_made(seed, &account->phone.made);
	fill_times(seed, account->phone.changes, XS_PHONE_CHANGES_MAX);
	if (below(seed, 4) > 0)
		fill_backup(seed, &account->backup);
	fill_counters(seed, account);
	if (below(seed, 2) > 0) {
		account->history.count = (uint32_t)next_random(seed);
		account->history.first = any_time(seed);
		account->history.last = any_time(seed);
		fill_address(seed, account->history.from);
	}
	fill_address(seed, account->home);
	account->last_success = any_time(seed);
	fill_times(seed, account->sends, XS_SENDS_MAX);
	fill_times(seed, account->notices, XS_SENDS_MAX);
	account->unconfirmed.time = any_time(seed);
	fill_address(seed, account->unconfirmed.from);
	account->untold.events = below(seed, 1U << XS_EVENTS_MAX);
	account->untold.tries = (uint32_t)next_random(seed);
	account->untold.next = any_time(seed);
	fill_lists(seed, account);
}

static inline void
fill_longest_lists(struct xs_account *account,
    const char address[XS_ADDRESS_MAX], const struct xs_made *made)
{
	unsigned i;

	account->place_count = XS_PLACES_MAX;
	for (i = 0; i < XS_PLACES_MAX; i++) {
		memcpy(account->places[i].from, address, XS_ADDRESS_MAX);
		account->places[i].made = TIME_MAX;
	}
	account->event_count = XS_EVENTS_MAX;
	for (i = 0; i < XS_EVENTS_MAX; i++) {
		struct xs_event *event = &account->events[i];

		event->time = TIME_MAX;
		memset(event->word, 'w', sizeof(event->word) - 1);
		memcpy(event->from, address, XS_ADDRESS_MAX);
		memcpy(event->by, made->by, sizeof(event->by));
	}
	account->mail_count = XS_MAILS_MAX;
	for (i = 0; i < XS_MAILS_MAX; i++)
		memset(account->mails[i], ' ', XS_MAIL_MAX - 1);
}

static inline void
fill_longest(struct xs_account *account)
{
	struct xs_made made;
	int64_t *times[] = {account->sends, account->notices};
	char address[XS_ADDRESS_MAX];
	unsigned i, j;

	/* Padding too is compared: no compound literals here. */
	memset(&made, 0, sizeof(made));
	made.time = TIME_MAX;
	memset(made.by, '%', sizeof(made.by) - 1);
	memset(address, 'f', sizeof(address));
	address[sizeof(address) - 1] = '\0';

	memset(account, 0, sizeof(*account));
	memset(account->name, 0xff, sizeof(account->name) - 1);
	account->uid = UINT32_MAX - 1;
	memset(account->enrolment, 0xff, sizeof(account->enrolment));
	account->latest = account->last_success = TIME_MAX;
	account->default_method = XS_BACKUP;
	strcpy(account->language, "nl_NL.x");
	account->app.set = true;
	account->app.made = made;
	memset(account->app.totp.secret, 0xff, XS_TOTP_SECRET_MAX);
	account->app.totp.secret_length = XS_TOTP_SECRET_MAX;
	account->app.totp.algorithm = XS_SHA512;
	account->app.totp.digits = 8;
	account->app.totp.period = 60;
	account->app.last_step = UINT64_MAX;
	strcpy(account->phone.number, "+999999999999999");
	account->phone.made = made;
	for (i = 0; i < XS_PHONE_CHANGES_MAX; i++)
		account->phone.changes[i] = TIME_MAX;
	account->backup.cost = (struct xs_argon2_cost){1048576, 16, 16};
	memset(account->backup.salt, 0xff, XS_SALT_SIZE);
	account->backup.format = (struct xs_code_format){XS_CODE_DIGITS, 20};
	account->backup.count = XS_CODES_MAX;
	memset(account->backup.hashes, 0xff, sizeof(account->backup.hashes));
	account->backup.made = made;
	account->backup.helpdesk.set = true;
	account->backup.helpdesk.format = account->backup.format;
	account->backup.helpdesk.expires = TIME_MAX;
	account->backup.helpdesk.made = made;
	memset(account->backup.helpdesk.hash, 0xff, XS_HASH_SIZE);
	for (i = 0; i < XS_METHODS; i++) {
		account->methods[i].disabled = true;
		account->methods[i].stop = UINT32_MAX;
		for (j = 0; j < XS_SIDES; j++) {
			account->methods[i].side[j].failures = UINT32_MAX;
			account->methods[i].side[j].not_before = TIME_MAX;
		}
	}
	for (i = 0; i < XS_SIDES; i++) {
		account->budgets[i].spent = UINT32_MAX;
		account->budgets[i].since = TIME_MAX;
	}
	account->history.count = UINT32_MAX;
	account->history.first = account->history.last = TIME_MAX;
	memcpy(account->history.from, address, sizeof(address));
	memcpy(account->home, address, sizeof(address));
	for (i = 0; i < COUNT(times); i++)
		for (j = 0; j < XS_SENDS_MAX; j++)
			times[i][j] = TIME_MAX;
	account->unconfirmed.time = TIME_MAX;
	memcpy(account->unconfirmed.from, address, sizeof(address));
	account->untold.events = (1U << XS_EVENTS_MAX) - 1;
	account->untold.tries = UINT32_MAX;
	account->untold.next = TIME_MAX;
	fill_longest_lists(account, address, &made);
}

/* A person as there are many. */
static inline void
make_alice(struct xs_account *account)
{
	xs_account_init(account, &alice);
	memcpy(account->enrolment, "enrolled", 8);
	account->latest = T0 + 500;
	account->default_method = XS_APP;
	strcpy(account->language, "nl");
	account->app.set = true;
	memcpy(account->app.totp.secret, "12345678901234567890", 20);
	account->app.totp.secret_length = 20;
	account->app.totp.digits = 6;
	account->app.totp.period = 30;
	account->app.last_step = 58788000;
	account->app.made.time = T0;
	strcpy(account->app.made.by, "alice");
	strcpy(account->phone.number, "+31612345678");
	account->phone.made.time = T0;
	account->phone.changes[0] = T0;
	account->backup.cost = (struct xs_argon2_cost){65536, 3, 1};
	memcpy(account->backup.salt, "saltsaltsaltsalt", XS_SALT_SIZE);
	account->backup.format = (struct xs_code_format){XS_CODE_DIGITS, 8};
	account->backup.count = 1;
	memcpy(account->backup.hashes[0], "hashhashhashhashhashhashhashhash",
	    XS_HASH_SIZE);
	account->backup.made.time = T0;
	strcpy(account->backup.made.by, "Zo\xc3\xab 100%");
	account->methods[XS_SMS].disabled = true;
	account->methods[XS_APP].side[XS_OTHER].failures = 5;
	account->methods[XS_APP].side[XS_OTHER].not_before = T0 + 30;
	account->budgets[XS_OTHER].spent = 5;
	account->budgets[XS_OTHER].since = T0;
	account->sends[0] = T0 + 2;
	account->sends[1] = T0 + 1;
	strcpy(account->home, "2001:db8:1:2::");
	xs_account_event(account, T0, "enrolled", "2001:db8:1:2::7", "uid 0");
	account->mail_count = 1;
	strcpy(account->mails[0], "alice@example.org");
}

static inline void
check_round_trip(const struct xs_account *account)
{
	struct xs_plain plain;
	struct xs_account again;
	struct xs_fault fault = {""};

	assert_int_equal(xs_account_write(account, &plain), 0);
	if (xs_account_read(&again, &plain, &fault) != 0)
		fail_msg("%s", fault.text);
	assert_memory_equal(&again, account, sizeof(again));
}

#endif
