/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fills a state directory with the records of others, by the store's own
 * hand but with one sync at the end instead of some for each:
 *
 *	bench_fill STATE_DIR KEY_FILE COUNT
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "account.h"
#include "env.h"
#include "seal.h"
#include "store.h"

#define FIRST_UID 1000000

/* Takes the place of libc's. */
int
fsync(int fd)
{
	(void)fd;
	return 0;
}

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
	account->backup.made = account->app.made;
	account->latest = account->last_success = now;
}

static int
make(struct xs_store *store, unsigned number, struct xs_fault *fault)
{
	struct xs_account account;
	struct xs_plain plain;
	char name[16];
	const struct xs_identity who = {name, FIRST_UID + number};
	int r;

	(void)snprintf(name, sizeof(name), "m%u", number);
	xs_account_init(&account, &who);
	fill(&account, xs_env_system.now(xs_env_system.context));
	r = xs_account_write(&account, &plain);
	if (r == 0)
		r = store->ops->create(store, &who, &plain, fault);
	return r;
}

static int
sync_disk(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = fd < 0 ? -1 : syncfs(fd);

	if (fd >= 0)
		(void)close(fd);
	return r;
}

int
main(int argc, char **argv)
{
	struct xs_keyring keys = {0};
	struct xs_store store = {0};
	struct xs_fault fault = {""};
	unsigned count = argc == 4 ? (unsigned)strtoul(argv[3], NULL, 10) : 0;
	int r;

	if (count == 0)
		return 64;
	r = xs_keyring_load(&keys, argv[2], &fault);
	if (r == 0)
		r = xs_store_file_open(
		    &store, argv[1], &keys, &xs_env_system, &fault);
	for (unsigned i = 0; r == 0 && i < count; i++)
		r = make(&store, i, &fault);
	xs_store_close(&store);
	if (r == 0)
		r = sync_disk(argv[1]);
	if (r != 0)
		fprintf(stderr, "bench_fill: %s\n", fault.text);
	return r == 0 ? 0 : 1;
}
