/* SPDX-License-Identifier: BSD-3-Clause */
/* A host for fuzz_module: options, key, file store, one account, a clock. */
#ifndef XS_TESTS_MODULE_WORLD_H
#define XS_TESTS_MODULE_WORLD_H

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <argon2.h>
#include <openssl/sha.h>

#include "account.h"
#include "base32.h"
#include "config.h"
#include "module_pam.h"
#include "seal.h"
#include "store.h"

#define NOON 1795348320
#define RECORD_SIZE (2 * XS_SLOT_SIZE)

enum proved { PROVED_NOTHING, PROVED_NO_RECORD, PROVED_SECOND };

struct world {
	struct input in;
	int64_t now;
	uint64_t seed;
	struct xs_totp totp, fresh;
	bool is_stranger, refuse, log_only, settings;
	unsigned remember;
	const char *arguments[8];
	int count;
	enum proved proved;
	bool password;  /* asked for before that, as the stack tells */
	int64_t app_at; /* when an app code was right last */
	unsigned questions;
	bool broke; /* the person could not be asked; nobody asks again */
	char typed[80];
	char shown[80]; /* the code that a prompt showed last */
};

static struct world *the_world;
static const struct xs_identity alice = {"alice", 1000};
static char dir[64];
static struct xs_keyring keys;
static struct xs_store store;
static uint8_t records[2][RECORD_SIZE]; /* with one backup code, with two */

/* ---- In the place of the library's ---- */

static int64_t
world_now(void *context)
{
	(void)context;
	return the_world == NULL ? NOON : the_world->now;
}

static int
world_random(void *context, void *buffer, size_t size)
{
	static uint64_t of_host;
	uint64_t *seed = the_world == NULL ? &of_host : &the_world->seed;

	(void)context;
	for (size_t i = 0; i < size; i++) {
		*seed = *seed * 6364136223846793005u + 1442695;
		((uint8_t *)buffer)[i] = (uint8_t)(*seed >> 56);
	}
	return is_out_of_memory() ? XS_E_INTERNAL : 0;
}

const struct xs_env xs_env_system = {.now = world_now,
    .uptime = world_now,
    .random = world_random,
    .nonce = world_random};

int
getpwnam_r(const char *name, struct passwd *entry, char *buffer, size_t size,
    struct passwd **found)
{
	*found = NULL;
	if (strcmp(name, alice.name) != 0)
		return 0;
	(void)snprintf(buffer, size, "%s", name);
	*entry =
	    (struct passwd){.pw_name = buffer, .pw_uid = 1000, .pw_gid = 1};
	*found = entry;
	return 0;
}

/* See login_setup.h. */
int
argon2id_ctx(argon2_context *context)
{
	uint8_t text[XS_SALT_SIZE + 64];
	size_t n = context->pwdlen;

	MUST(context->outlen == SHA256_DIGEST_LENGTH && n <= 64);
	memcpy(text, context->salt, XS_SALT_SIZE);
	memcpy(text + XS_SALT_SIZE, context->pwd, n);
	/* It, too, needs memory. */
	return SHA256(text, XS_SALT_SIZE + n, context->out) != NULL
	    ? ARGON2_OK
	    : ARGON2_MEMORY_ALLOCATION_ERROR;
}

/* ---- The host ---- */

static void
remove_host(void)
{
	char command[128];

	xs_store_close(&store);
	(void)snprintf(command, sizeof(command), "rm -r %s", dir);
	MUST(system(command) == 0);
}

static void
path_in(const char *name, char out[128])
{
	(void)snprintf(out, 128, "%s/%s", dir, name);
}

static void
put_file(const char *name, const void *bytes, size_t size)
{
	char path[128];
	FILE *file;

	path_in(name, path);
	file = fopen(path, "we");
	MUST(file != NULL && fwrite(bytes, 1, size, file) == size);
	MUST(fclose(file) == 0 && chmod(path, 0600) == 0);
}

static void
write_config(void)
{
	char text[512];

	(void)snprintf(text, sizeof(text),
	    "state_dir = %s/state\nkey_file = %s/host.key\n"
	    "argon2_memory = 12M\nargon2_time = 3\nenrol_services = fuzz\n",
	    dir, dir);
	put_file("xsuite.conf", text, strlen(text));
}

/* A record with so many backup codes, as the file store keeps it. */
static void
make_record(unsigned codes, uint8_t bytes[RECORD_SIZE])
{
	static struct xs_account account;
	static struct xs_plain plain;
	char path[128], code[16];
	FILE *file;

	xs_account_init(&account, &alice);
	account.app.set = true;
	account.app.totp = (struct xs_totp){.secret = "12345678901234567890",
	    .secret_length = 20,
	    .digits = 6,
	    .period = 30};
	strcpy(account.app.made.by, "root");
	strcpy(account.backup.made.by, "root");
	account.backup.cost = (struct xs_argon2_cost){12288, 3, 1};
	account.backup.format = (struct xs_code_format){XS_CODE_DIGITS, 8};
	account.backup.count = codes;
	for (unsigned i = 0; i < codes; i++) {
		(void)snprintf(code, sizeof(code), "1234567%u", 8 + i);
		MUST(xs_code_hash(&account.backup.cost, account.backup.salt,
			 code, account.backup.hashes[i]) == 0);
	}
	MUST(xs_account_write(&account, &plain) == 0);
	MUST(store.ops->create(&store, &alice, &plain, NULL) == 0);
	path_in("state/users/1000", path);
	file = fopen(path, "re");
	MUST(file != NULL && fread(bytes, 1, RECORD_SIZE, file) == RECORD_SIZE);
	MUST(fgetc(file) == EOF && fclose(file) == 0);
	MUST(store.ops->remove(&store, &alice, NULL) == 0);
}

/* Where a synced write costs nothing, if there is such a place. */
static void
make_host(void)
{
	static const uint8_t key[XS_HOST_KEY_SIZE] = {1, 2, 3};
	char path[128];

	(void)snprintf(dir, sizeof(dir), "%s/xs-fuzz-XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	MUST(mkdtemp(dir) != NULL && atexit(remove_host) == 0);
	path_in("host.key", path);
	MUST(xs_keyring_create(path, key, NULL) == 0);
	MUST(xs_keyring_load(&keys, path, NULL) == 0);
	path_in("state", path);
	MUST(
	    xs_store_file_open(&store, path, &keys, &xs_env_system, NULL) == 0);
	MUST(store.ops->init(&store, NULL) == 0);
	write_config();
	make_record(1, records[0]);
	make_record(2, records[1]);
}

static void
put_record(const uint8_t *bytes)
{
	char path[128];

	if (bytes != NULL) {
		put_file("state/names/alice", "", 0);
		put_file("state/users/1000", bytes, RECORD_SIZE);
		return;
	}
	path_in("state/users/1000", path);
	(void)unlink(path);
	path_in("state/names/alice", path);
	(void)unlink(path);
}

/* The account as the record tells; false: there is none. */
static bool
load(struct world *world, struct xs_account *account)
{
	static struct xs_plain plain;
	long kept = countdown;
	struct xs_fault fault = {""};
	int r;

	(void)world;
	countdown = -1;
	r = store.ops->read(&store, &alice, &plain, &fault);
	if (r == 0)
		MUST(xs_account_read(account, &plain, &fault) == 0);
	countdown = kept;
	MUST(r == 0 || r == XS_E_NORECORD);
	return r == 0;
}

/* ---- One input ---- */

static void
limit_memory(struct world *world)
{
	unsigned choice = take_byte(&world->in);

	for_good = choice & 1;
	countdown = choice / 2;
}

static void
add_argument(struct world *world, const char *argument)
{
	world->arguments[world->count++] = argument;
	world->arguments[world->count] = NULL;
}

static void
choose_options(struct world *world, unsigned choice)
{
	static const char *const not_enrolled[] = {"not_enrolled=pass",
	    "not_enrolled=enrol", "not_enrolled=refuse", "not_enrolled=enrol"};
	static char config[160];

	(void)snprintf(config, sizeof(config), "config=%s/xsuite.conf", dir);
	add_argument(world, config);
	add_argument(world, not_enrolled[choice % 4]);
	world->refuse = choice % 4 == 2;
	if (choice & 4) {
		add_argument(world, "remember=1h");
		world->remember = 3600;
	}
	if ((choice & 0x18) == 0x18) {
		add_argument(world, "enforce=log");
		world->log_only = true;
	}
	if (choice & 32)
		add_argument(world, "backup_codes=2");
	if (choice & 64)
		add_argument(world, "debug");
}

static void
make_world(struct world *world, const uint8_t *data, size_t size)
{
	unsigned choice, person;

	countdown = -1;
	if (dir[0] == '\0')
		make_host();
	memset(world, 0, sizeof(*world));
	the_world = world;
	world->now = NOON;
	world->seed = 42;
	world->in = (struct input){data, size};
	world->totp = (struct xs_totp){.secret = "12345678901234567890",
	    .secret_length = 20,
	    .digits = 6,
	    .period = 30};
	choice = take_byte(&world->in);
	person = take_byte(&world->in) % 8;
	choose_options(world, choice);
	world->is_stranger = person == 7;
	put_record(person < 3 ? records[0] : person < 5 ? records[1] : NULL);
}

static int
call(struct world *world, struct pam_handle *pam,
    int (*entry)(pam_handle_t *, int, int, const char **), int flags)
{
	const char *arguments[8];
	int count = world->count, result;

	memcpy(arguments, world->arguments, sizeof(arguments));
	if (world->settings)
		arguments[count++] = "settings";
	result = entry(pam, flags, count, arguments);
	countdown = -1;
	return result;
}

#endif
