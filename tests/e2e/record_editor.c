/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Makes a record what no command makes of it: record_editor NAME UID
 * [latest=SECONDS-FROM-NOW] [used=SECONDS-FROM-NOW] [disable=METHOD]. The
 * host's own key and state.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "account.h"
#include "env.h"
#include "seal.h"
#include "store.h"

static void
must(int r, const struct xs_fault *fault)
{
	if (r == 0)
		return;
	fprintf(stderr, "record_editor: %s\n", fault->text);
	exit(1);
}

static void
edit(struct xs_account *account, const char *word)
{
	static const char *const names[XS_METHODS] = {"app", "sms", "backup"};

	if (strncmp(word, "latest=", 7) == 0)
		account->latest = (int64_t)time(NULL) + atol(word + 7);
	if (strncmp(word, "used=", 5) == 0)
		account->app.last_step = xs_totp_step(
		    &account->app.totp, (int64_t)time(NULL) + atol(word + 5));
	for (int i = 0; i < XS_METHODS; i++) {
		if (strncmp(word, "disable=", 8) == 0 &&
		    strcmp(word + 8, names[i]) == 0)
			account->methods[i].disabled = true;
	}
}

int
main(int argc, char **argv)
{
	static struct xs_account account;
	static struct xs_plain plain;
	struct xs_fault fault = {""};
	struct xs_store store = {0};
	struct xs_keyring keys;
	struct xs_identity who;

	if (argc < 3)
		return 64;
	who.name = argv[1];
	who.uid = (uid_t)strtoul(argv[2], NULL, 10);
	must(xs_keyring_load(&keys, "/etc/xsuite/host.key", &fault), &fault);
	must(xs_store_file_open(
		 &store, "/var/lib/xsuite", &keys, &xs_env_system, &fault),
	    &fault);
	must(store.ops->begin(&store, &who, &plain, &fault), &fault);
	must(xs_account_read(&account, &plain, &fault), &fault);
	for (int i = 3; i < argc; i++)
		edit(&account, argv[i]);
	must(xs_account_write(&account, &plain), &fault);
	must(store.ops->commit(&store, &plain, &fault), &fault);
	xs_store_close(&store);
	return 0;
}
