/* SPDX-License-Identifier: BSD-3-Clause */
/* The account and the options of a login_world, from the input. */
#ifndef XS_TESTS_LOGIN_SETUP_H
#define XS_TESTS_LOGIN_SETUP_H

#include <argon2.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "login_world.h"

/*
 * In the place of libargon2's, because the lowest cost that a record may
 * carry leaves fifty logins a second.
 */
int
argon2id_ctx(argon2_context *context)
{
	MUST(context->outlen == XS_HASH_SIZE && context->pwd != NULL);
	MUST(HMAC(EVP_sha256(), context->salt, (int)context->saltlen,
		 context->pwd, context->pwdlen, context->out, NULL) != NULL);
	return ARGON2_OK;
}

/* The memory store's, with an eye on what fails. */
static inline int
world_commit(struct xs_store *store, const struct xs_plain *plain,
    struct xs_fault *fault)
{
	struct world *world = store->env->context;
	int r = world->memory->commit(store, plain, fault);

	/* Without a fault to fill: that a notice was told, once all is over. */
	if (r != 0 && fault != NULL && world->talk != NULL &&
	    world->talk->questions > 0)
		world->talk->commit_failed = true;
	return r;
}

static inline void
remove_world_dir(void)
{
	char command[64];

	(void)snprintf(command, sizeof(command), "rm -r %s", world_dir);
	MUST(system(command) == 0);
}

static inline void
make_world_dir(void)
{
	char path[64];

	if (world_dir[strlen(world_dir) - 1] != 'X')
		return;
	MUST(mkdtemp(world_dir) != NULL && atexit(remove_world_dir) == 0);
	(void)snprintf(path, sizeof(path), "%s/host", world_dir);
	MUST(mkdir(path, 0700) == 0);
}

static inline void
make_config(struct world *world)
{
	static const unsigned offered[] = {1 << XS_APP | 1 << XS_BACKUP,
	    1 << XS_APP, 1 << XS_BACKUP,
	    1 << XS_APP | 1 << XS_SMS | 1 << XS_BACKUP};
	struct xs_config *config = &world->config;
	unsigned choice = take_byte(&world->in);

	xs_config_init(config);
	strcpy(config->state_dir, world_dir);
	config->methods = offered[choice % 4];
	config->not_enrolled =
	    choice & 4 ? XS_NOT_ENROLLED_REFUSE : XS_NOT_ENROLLED_PASS;
	config->tries = 1 + choice / 8 % 5;
	config->throttle.free = 1 + choice / 16 % 10;
	config->throttle.stop = choice & 128 ? 10 : 100;
	config->throttle.budget[XS_OWN] = choice & 64 ? 10 : 20;
	config->argon2 = (struct xs_argon2_cost){12288, 3, 1};
}

/* More codes than one, and notices; half a byte, for what came before. */
static inline void
make_more_config(struct world *world, unsigned choice)
{
	world->config.backup_codes = 1 + choice % 4;
	if (choice & 4)
		strcpy(world->config.notify_command, "/nothing");
	if (choice & 8)
		world->told = choice & 1 ? XS_E_BUSY : XS_E_PROGRAM;
}

/* "12345678", and the like with other ends. */
static inline void
make_own_codes(struct world *world, struct xs_backup *backup)
{
	for (unsigned i = 0; i < world->config.backup_codes; i++) {
		(void)snprintf(world->own[i], sizeof(world->own[0]),
		    "1234567%u", (8 + i) % 10);
		MUST(xs_code_hash(&backup->cost, backup->salt, world->own[i],
			 backup->hashes[i]) == 0);
	}
	world->owns = backup->count = world->config.backup_codes;
}

static inline void
make_account(struct world *world, struct xs_account *account)
{
	unsigned choice = take_byte(&world->in);
	struct xs_backup *backup = &account->backup;

	account->default_method = (int)(choice % 3) - 1;
	account->app.set = true;
	account->app.totp = world->totp;
	strcpy(account->app.made.by, "root");
	backup->cost = world->config.argon2;
	backup->format = world->config.backup_format;
	strcpy(backup->made.by, "root");
	MUST(world_random(world, backup->salt, XS_SALT_SIZE) == 0);
	if (choice & 4)
		make_own_codes(world, backup);
	if (choice & 8) {
		strcpy(world->helpdesk, "87654321");
		backup->helpdesk.set = true;
		backup->helpdesk.format = backup->format;
		backup->helpdesk.expires = world->helpdesk_until = NOON + 3600;
		strcpy(backup->helpdesk.made.by, "desk");
		MUST(xs_code_hash(&backup->cost, backup->salt, world->helpdesk,
			 backup->helpdesk.hash) == 0);
	}
	if (choice & 16)
		account->methods[XS_APP].stop = 9;
	if (choice & 32)
		account->methods[XS_BACKUP].side[XS_OTHER].failures = 9;
}

static inline void
open_store(struct world *world, struct xs_store_ops *ops)
{
	MUST(xs_store_memory_open(&world->store, &world->keys, &world->env) ==
	    0);
	world->memory = world->store.ops;
	*ops = *world->memory;
	ops->commit = world_commit;
	world->store.ops = ops;
	MUST(ops->init(&world->store, &world->fault) == 0);
}

static inline void
make_world(struct world *world, struct xs_store_ops *ops,
    const struct xs_identity *who)
{
	static struct xs_account account;
	static struct xs_plain plain;
	unsigned choice;

	make_world_dir();
	world->now = NOON;
	world->seed = 42;
	world->seen_at[0] = world->seen_at[1] = -1;
	world->env = (struct xs_env){
	    world_now, world_now, world_random, world_random, world};
	world->keys.count = 1;
	world->keys.keys[0].id = 1;
	world->totp = (struct xs_totp){.secret = "12345678901234567890",
	    .secret_length = 20,
	    .digits = 6,
	    .period = 30};
	make_config(world);
	open_store(world, ops);
	choice = take_byte(&world->in);
	world->enrolled = choice % 16 != 0;
	make_more_config(world, choice / 16);
	xs_account_init(&account, who);
	make_account(world, &account);
	MUST(xs_account_write(&account, &plain) == 0);
	if (world->enrolled)
		MUST(ops->create(&world->store, who, &plain, &world->fault) ==
		    0);
}

#endif
