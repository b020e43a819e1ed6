/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rekey: a new host key. Ended at any point, all records open, and the next
 * run goes on: a key file with several keys says that there is something to
 * end, and the highest id in it says which key is the new one.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "admin.h"

struct rekey {
	struct admin *admin;
	struct xs_keyring ring; /* as the file is to be */
	bool made;              /* a new key, by this run */
	bool dropped;
	json_object *problems;
	struct xs_resealing job;
};

/* Only one at a time; the lock goes with the process. */
static int
lock_host(const struct xs_config *config)
{
	char path[XS_OPTION_MAX + 8];
	int fd;

	snprintf(path, sizeof path, "%s/host", config->state_dir);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		admin_say("%s: %s", path, strerror(errno));
		return EX_IOERR;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		admin_say("another rekey is at work");
		close(fd);
		return EX_TEMPFAIL;
	}
	return 0;
}

static int
stop_at_once(void *context, const struct xs_identity *who,
    const struct xs_plain *plain, const struct xs_fault *fault)
{
	(void)context;
	(void)who;
	(void)plain;
	(void)fault;
	return 1;
}

/* Before a key is touched: is this the state that it belongs to? */
static int
check_state(struct admin *admin)
{
	struct xs_fault fault = {""};
	int r =
	    admin->store.ops->each(&admin->store, stop_at_once, NULL, &fault);

	return r < 0 ? admin_fail(r, &fault) : 0;
}

/* Puts a new key behind the one that is there. */
static int
add_key(struct rekey *rekey)
{
	struct xs_keyring *ring = &rekey->ring;
	struct xs_host_key *new = &ring->keys[1];

	if (ring->keys[0].id == UINT32_MAX) {
		admin_say("no key id is left above %u", ring->keys[0].id);
		return EX_UNAVAILABLE;
	}
	new->id = ring->keys[0].id + 1;
	if (xs_env_system.random(
		xs_env_system.context, new->bytes, sizeof new->bytes) != 0) {
		admin_say("no random bytes");
		return EX_SOFTWARE;
	}
	ring->count = 2;
	rekey->made = true;
	return 0;
}

/* Makes the key with the highest id the first. True: it was another. */
static bool
turn(struct xs_keyring *ring)
{
	struct xs_host_key first;
	size_t newest = 0;

	for (size_t i = 1; i < ring->count; i++) {
		if (ring->keys[i].id > ring->keys[newest].id)
			newest = i;
	}
	first = ring->keys[newest];
	memmove(&ring->keys[1], &ring->keys[0], newest * sizeof first);
	ring->keys[0] = first;
	explicit_bzero(&first, sizeof first);
	return newest > 0;
}

static int
write_keys(const struct rekey *rekey)
{
	struct xs_fault fault = {""};
	int err = xs_keyring_replace(&rekey->ring, &fault);

	return err == 0 ? 0 : admin_fail(err, &fault);
}

static void
tell(void *context, const struct xs_identity *who, const struct xs_fault *fault)
{
	struct rekey *rekey = context;
	json_object *problem = json_object_new_object();

	admin_say("%s", fault->text);
	admin_json_who(problem, who);
	admin_json_text(problem, "what", fault->text);
	json_object_array_add(rekey->problems, problem);
}

static int
drop_keys(void *context, struct xs_fault *fault)
{
	struct rekey *rekey = context;
	struct xs_keyring only = rekey->ring;
	int err;

	if (only.count == 1)
		return 0;
	explicit_bzero(&only.keys[1], (only.count - 1) * sizeof only.keys[1]);
	only.count = 1;
	err = xs_keyring_replace(&only, fault);
	rekey->dropped = err == 0;
	xs_keyring_wipe(&only);
	return err;
}

static void
print_human(const struct rekey *rekey, bool prepared)
{
	const struct xs_keyring *ring = &rekey->ring;

	if (prepared) {
		printf("Key %u was made and is not used yet. Keep a copy of "
		       "%s, then run rekey again.\n",
		    ring->keys[1].id, ring->path);
		return;
	}
	printf("Key %u is current; records sealed anew with it: %lu.\n",
	    ring->keys[0].id, rekey->job.resealed);
	if (!rekey->dropped) {
		puts("The old keys stay. Mend or remove the records named, "
		     "then run rekey again.");
		return;
	}
	for (size_t i = 1; i < ring->count; i++)
		printf("Key %u was dropped: nothing needs it.\n",
		    ring->keys[i].id);
	printf("Keep a copy of %s now. Older backups of the state open with "
	       "the old key only:\nkeep its copy as long as them, and run "
	       "rekey again after restoring one.\n",
	    ring->path);
}

static void
print(struct rekey *rekey, bool prepared)
{
	const struct xs_keyring *ring = &rekey->ring;
	json_object *answer, *dropped;

	if (!rekey->admin->json) {
		print_human(rekey, prepared);
		json_object_put(rekey->problems);
		return;
	}
	answer = json_object_new_object();
	dropped = json_object_new_array();
	admin_json_number(answer, "key_id", ring->keys[0].id);
	admin_json_bool(answer, "made", rekey->made);
	admin_json_number(answer, "resealed", (int64_t)rekey->job.resealed);
	for (size_t i = 1; rekey->dropped && i < ring->count; i++)
		json_object_array_add(
		    dropped, json_object_new_int64(ring->keys[i].id));
	json_object_object_add(answer, "dropped", dropped);
	json_object_object_add(answer, "problems", rekey->problems);
	admin_json_print(answer);
}

/* With the new key current in the file: all the rest. */
static int
reseal(struct rekey *rekey)
{
	struct admin *admin = rekey->admin;
	struct xs_fault fault = {""};
	int err;

	rekey->job = (struct xs_resealing){
	    .tell = tell, .settled = drop_keys, .context = rekey};
	err = admin->store.ops->reseal(&admin->store, &rekey->job, &fault);
	print(rekey, false);
	return err == 0 ? 0 : admin_fail(err, &fault);
}

static int
run(struct rekey *rekey, bool prepare)
{
	bool under_way = rekey->ring.count > 1;
	int code = 0;

	if (prepare && under_way) {
		admin_say("%s holds more than one key already: run rekey",
		    rekey->ring.path);
		return ADMIN_NO;
	}
	if (!under_way)
		code = add_key(rekey);
	if (code == 0 && prepare) {
		code = write_keys(rekey);
		if (code == 0)
			print(rekey, true);
		return code;
	}
	if (code == 0 && turn(&rekey->ring))
		code = write_keys(rekey);
	return code == 0 ? reseal(rekey) : code;
}

int
admin_rekey(struct admin *admin, int argc, char **argv)
{
	static const struct option options[] = {
	    {"prepare", no_argument, NULL, 'p'},
	    {NULL, 0, NULL, 0},
	};
	struct rekey rekey = {.admin = admin};
	bool prepare = false;
	int option, code;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option != 'p')
			return admin_usage(
			    "rekey: %s: no such option", argv[optind - 1]);
		prepare = true;
	}
	if (optind != argc)
		return admin_usage("rekey takes no operand");
	code = admin_open(admin);
	if (code == 0)
		code = lock_host(&admin->config);
	/* What another rekey did before this one had the lock counts. */
	if (code == 0) {
		xs_store_close(&admin->store);
		code = admin_open(admin);
	}
	if (code == 0)
		code = check_state(admin);
	if (code != 0)
		return code;
	rekey.ring = admin->keys;
	rekey.problems = json_object_new_array();
	code = run(&rekey, prepare);
	xs_keyring_wipe(&rekey.ring);
	return code;
}
