/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A host in a directory of its own: options, key, state, and one person with
 * an app and a backup code, for the tests that run the module.
 */
#ifndef TESTS_MODULE_WORLD_H
#define TESTS_MODULE_WORLD_H

#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "account.h"
#include "config.h"
#include "seal.h"
#include "store.h"

#define BACKUP_CODE "12345678"
#define RIGHT "@app" /* the script's word for the app's code of now */
#define NEW "@new"   /* the backup code that the prompt shows */

struct world {
	char dir[64];
	char user[256];
	struct xs_keyring keys;
	struct xs_store store;
	struct xs_identity who;
	struct xs_account account;
	/* The conversation: what is answered, and what was seen of it. */
	const char *const *answers;
	int hostility; /* 0: polite */
	unsigned questions;
	unsigned errors;      /* PAM_ERROR_MSG shown */
	unsigned wrong_calls; /* not one message, or not an echoed prompt */
	char seen[32768];
	char method[64]; /* XSUITE_METHOD afterwards */
};

static inline const char *
module_path(void)
{
	static char path[512];
	const char *build = getenv("B") == NULL ? "build" : getenv("B");
	char *absolute = realpath(build, NULL);

	assert_non_null(absolute);
	(void)snprintf(path, sizeof(path), "%s/pam_xsuite.so", absolute);
	free(absolute);
	return path;
}

static inline void
write_file(const char *dir, const char *name, const char *text)
{
	char path[512];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0600), 0);
}

/* The module, and pam_permit behind it: passed over, it would let in. */
static inline void
write_stack(const struct world *world, const char *arguments)
{
	const char *module = module_path();
	char stack[8192];

	(void)snprintf(stack, sizeof(stack),
	    "auth required %s config=%s/xsuite.conf %s\n"
	    "auth required pam_permit.so\n"
	    "account required %s config=%s/xsuite.conf %s\n"
	    "account required pam_permit.so\n"
	    "session required %s\nsession required pam_permit.so\n"
	    "password required %s\npassword required pam_permit.so\n",
	    module, world->dir, arguments, module, world->dir, arguments,
	    module, module);
	write_file(world->dir, "service", stack);
}

static inline void
app_code(const struct world *world, char out[16])
{
	assert_int_equal(
	    xs_totp_code(&world->account.app.totp,
		xs_totp_step(&world->account.app.totp, time(NULL)), out),
	    0);
}

static inline void
save(struct world *world)
{
	struct xs_fault fault;
	struct xs_plain plain, old;
	int r;

	assert_int_equal(xs_account_write(&world->account, &plain), 0);
	r = world->store.ops->create(
	    &world->store, &world->who, &plain, &fault);
	if (r == XS_E_EXISTS) {
		assert_int_equal(world->store.ops->begin(
				     &world->store, &world->who, &old, &fault),
		    0);
		r = world->store.ops->commit(&world->store, &plain, &fault);
	}
	assert_int_equal(r, 0);
}

static inline void
enrol(struct world *world)
{
	struct xs_account *account = &world->account;

	xs_account_init(account, &world->who);
	account->app.set = true;
	account->app.totp.digits = 6;
	account->app.totp.period = 30;
	account->app.totp.secret_length = 20;
	memcpy(account->app.totp.secret, "12345678901234567890", 20);
	account->app.made.time = 1;
	strcpy(account->app.made.by, "root");
	account->backup.cost = (struct xs_argon2_cost){12288, 3, 1};
	account->backup.format = (struct xs_code_format){XS_CODE_DIGITS, 8};
	account->backup.count = 1;
	account->backup.made = account->app.made;
	assert_int_equal(
	    xs_code_hash(&account->backup.cost, account->backup.salt,
		BACKUP_CODE, account->backup.hashes[0]),
	    0);
	save(world);
}

static inline void
open_store(struct world *world)
{
	static const uint8_t key[XS_HOST_KEY_SIZE] = {1, 2, 3};
	struct xs_fault fault;
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/host.key", world->dir);
	assert_int_equal(xs_keyring_create(path, key, &fault), 0);
	assert_int_equal(xs_keyring_load(&world->keys, path, &fault), 0);
	(void)snprintf(path, sizeof(path), "%s/state", world->dir);
	assert_int_equal(xs_store_file_open(&world->store, path, &world->keys,
			     &xs_env_system, &fault),
	    0);
	assert_int_equal(world->store.ops->init(&world->store, &fault), 0);
}

static inline int
setup(void **state)
{
	struct world *world = calloc(1, sizeof(*world));
	struct passwd *self = getpwuid(geteuid());
	char conf[512];

	assert_non_null(world);
	assert_non_null(self);
	(void)snprintf(world->user, sizeof(world->user), "%s", self->pw_name);
	world->who = (struct xs_identity){world->user, self->pw_uid};
	/* Where a synced write costs nothing, if there is such a place. */
	(void)snprintf(world->dir, sizeof(world->dir), "%s/xs-module-XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(world->dir));
	(void)snprintf(conf, sizeof(conf),
	    "state_dir = %s/state\nkey_file = %s/host.key\n"
	    "argon2_memory = 12M\nargon2_time = 3\n",
	    world->dir, world->dir);
	write_file(world->dir, "xsuite.conf", conf);
	/* libpam looks for it, and complains. */
	write_file(world->dir, "other", "auth required pam_deny.so\n");
	open_store(world);
	*state = world;
	return 0;
}

static inline int
teardown(void **state)
{
	struct world *world = *state;
	char command[256];

	xs_store_close(&world->store);
	(void)snprintf(command, sizeof(command), "chmod -R u+rwx %s; rm -rf %s",
	    world->dir, world->dir);
	if (system(command) != 0)
		return -1;
	free(world);
	return 0;
}

#endif
