/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fills a state directory, or a database, with records that are alike:
 *
 *	make_records STATE_DIR KEY_FILE COUNT
 *	make_records PLUGIN_DIR KEY_FILE COUNT CONNINFO
 *
 * for users m0, m1, ... with the uids from 100000 on.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "env.h"
#include "seal.h"
#include "store.h"
#include "store_plugin.h"

#define FIRST_UID 100000

/* As full as that of somebody who uses it every day. */
static void
fill(struct xs_account *account, int64_t now)
{
	account->app.set = true;
	account->app.totp.secret_length = 20;
	memset(account->app.totp.secret, 7, 20);
	account->app.totp.digits = 6;
	account->app.totp.period = 30;
	account->app.made.time = now;
	strcpy(account->app.made.by, "root");
	account->backup.cost = (struct xs_argon2_cost){65536, 3, 1};
	account->backup.format.length = 8;
	account->backup.count = 1;
	memset(account->backup.salt, 1, sizeof account->backup.salt);
	account->backup.made = account->app.made;
	account->latest = account->last_success = now;
	strcpy(account->home, "192.0.2.7");
	for (int i = 0; i < 5; i++)
		xs_account_event(account, now, "enrolled", "", "root");
}

static int
make(struct xs_store *store, unsigned number, int64_t now)
{
	struct xs_account account;
	struct xs_plain plain;
	struct xs_fault fault = {""};
	char name[16];
	const struct xs_identity who = {name, FIRST_UID + number};
	int err;

	snprintf(name, sizeof name, "m%u", number);
	xs_account_init(&account, &who);
	fill(&account, now);
	err = xs_account_write(&account, &plain);
	if (err == 0)
		err = store->ops->create(store, &who, &plain, &fault);
	if (err != 0)
		fprintf(stderr, "%s: %d %s\n", name, err, fault.text);
	return err;
}

int
main(int argc, char **argv)
{
	struct xs_keyring keys = {0};
	struct xs_store store = {0};
	struct xs_fault fault = {""};
	unsigned count = argc >= 4 ? (unsigned)strtoul(argv[3], NULL, 10) : 0;
	int err;

	if (count == 0 || argc > 5)
		return 64;
	err = xs_keyring_load(&keys, argv[2], &fault);
	if (err == 0 && argc == 5)
		err = xs_store_plugin_open(
		    &store, argv[1], argv[4], &keys, &xs_env_system, &fault);
	else if (err == 0)
		err = xs_store_file_open(
		    &store, argv[1], &keys, &xs_env_system, &fault);
	for (unsigned i = 0; err == 0 && i < count; i++)
		err = make(&store, i, xs_env_system.now(xs_env_system.context));
	xs_store_close(&store);
	if (fault.text[0] != '\0')
		fprintf(stderr, "%s\n", fault.text);
	return err == 0 ? 0 : 1;
}
