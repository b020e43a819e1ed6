/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A new host key while others go on with the old one: processes that read the
 * key file at any earlier moment, and a rekey that is ended half way.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "store_backend.h"
#include "store_lock.h"
#include "tests/file_store.h"

static struct path
key_path(struct state *s)
{
	return in_dir(s, "host.key");
}

/* A ring of the given keys, the first current; key n is told by its seed. */
static void
make_ring(struct state *s, struct xs_keyring *ring, const char *ids)
{
	struct xs_keyring one;

	memset(ring, 0, sizeof(*ring));
	for (; *ids != '\0'; ids++) {
		fill_ring(&one, (uint32_t)(*ids - '0'), (uint8_t)*ids);
		ring->keys[ring->count++] = one.keys[0];
	}
	strcpy(ring->path, key_path(s).text);
}

/* What rekey does to the file. */
static void
write_keys(struct state *s, const char *ids)
{
	struct xs_keyring ring;

	make_ring(s, &ring, ids);
	assert_int_equal(xs_keyring_replace(&ring, NULL), 0);
}

/* Another process, which read the key file when it held those keys. */
struct other {
	struct xs_keyring ring;
	struct xs_store store;
};

static void
open_other(struct state *s, struct other *other, const char *ids)
{
	make_ring(s, &other->ring, ids);
	assert_int_equal(
	    xs_store_file_open(&other->store, in_dir(s, "state").text,
		&other->ring, &xs_env_system, NULL),
	    0);
	((struct xs_store_file *)other->store.private)->lock_timeout_ms = 20;
}

static int
setup_keys(void **state)
{
	struct state *s = calloc(1, sizeof(*s));
	struct xs_keyring ring;

	make_dir(s);
	make_ring(s, &ring, "1");
	assert_int_equal(
	    xs_keyring_create(key_path(s).text, ring.keys[0].bytes, NULL), 0);
	s->keys = ring;
	open_store(s);
	assert_int_equal(s->store.ops->init(&s->store, NULL), 0);
	assert_int_equal(create(s, alice, "a"), 0);
	assert_int_equal(create(s, bob, "b"), 0);
	alarm(60);
	*state = s;
	return 0;
}

/* The text that a store reads, or "?". */
static char
read_by(struct xs_store *store, struct xs_identity who)
{
	struct xs_plain plain;

	if (store->ops->read(store, &who, &plain, NULL) != 0)
		return '?';
	return plain.text[0];
}

static int
commit_by(struct xs_store *store, struct xs_identity who, const char *text)
{
	struct xs_plain plain, new = text_of(text);
	int r = store->ops->begin(store, &who, &plain, NULL);

	return r != 0 ? r : store->ops->commit(store, &new, NULL);
}

/* The key ids in a file's slots: "12", "1-" with a slot never written. */
static const char *
ids_of(struct state *s, const char *key)
{
	static char ids[3];
	struct xs_seal_header header;
	struct xs_slots slots;
	struct path path = in_dir(s, "state/users/");
	int fd;

	strcat(path.text, key);
	fd = open(path.text, O_RDONLY | O_CLOEXEC);
	assert_int_equal(
	    pread(fd, slots.bytes, sizeof(slots.bytes), 0), XS_SLOTS_SIZE);
	close(fd);
	for (unsigned i = 0; i < 2; i++) {
		ids[i] = '-';
		if (xs_seal_read_header(slots.bytes + i * XS_SLOT_SIZE,
			&header) == XS_SEAL_RECORD)
			ids[i] = (char)('0' + header.key_id);
	}
	return ids;
}

struct told {
	struct xs_resealing job;
	struct state *s;
	unsigned settled, told;
	uid_t uid;
};

static void
tell(void *context, const struct xs_identity *who, const struct xs_fault *fault)
{
	struct told *told = context;

	assert_true(fault->text[0] != '\0');
	told->told++;
	told->uid = who->uid;
}

static int
drop_old(void *context, struct xs_fault *fault)
{
	struct told *told = context;

	(void)fault;
	told->settled++;
	write_keys(told->s, "2");
	return 0;
}

static int
reseal(struct state *s, struct xs_store *store, struct told *told)
{
	memset(told, 0, sizeof(*told));
	told->s = s;
	told->job = (struct xs_resealing){.tell = tell, .settled = drop_old};
	told->job.context = told;
	return xs_store_file_reseal(store, &told->job, NULL);
}

/* From the first line of the file to the last. */
static void
rekey(struct state *s)
{
	struct other admin;
	struct told told;

	write_keys(s, "21");
	open_other(s, &admin, "21");
	assert_int_equal(reseal(s, &admin.store, &told), 0);
	assert_int_equal(told.settled, 1);
	xs_store_close(&admin.store);
}

static void
test_after_a_rekey_nothing_opens_with_the_old_key(void **state)
{
	struct state *s = *state;
	struct other old;

	assert_int_equal(commit_by(&s->store, alice, "A"), 0);
	rekey(s);
	assert_string_equal(ids_of(s, "1000"), "22");
	assert_string_equal(ids_of(s, "1001"), "22");
	assert_string_equal(ids_of(s, ".store"), "22");
	open_other(s, &old, "1");
	old.ring.path[0] = '\0'; /* a thief, without the new file */
	assert_int_equal(read_by(&old.store, alice), '?');
	xs_store_close(&old.store);
	open_other(s, &old, "2");
	assert_int_equal(read_by(&old.store, alice), 'A');
	assert_int_equal(read_by(&old.store, bob), 'b');
	xs_store_close(&old.store);
}

/* Somebody at a prompt since before the rekey. */
static void
test_process_with_the_old_key_goes_on(void **state)
{
	struct state *s = *state;

	assert_int_equal(read_by(&s->store, alice), 'a');
	rekey(s);
	assert_int_equal(read_by(&s->store, alice), 'a');
	assert_int_equal(commit_by(&s->store, bob, "B"), 0);
	assert_int_equal(read_by(&s->store, bob), 'B');
	assert_string_equal(ids_of(s, "1001"), "22");
	assert_int_equal(
	    s->store.ops->read(&s->store, &(struct xs_identity){"eve", 1005},
		&(struct xs_plain){0}, NULL),
	    XS_E_NORECORD);
}

/*
 * Who read the file between the two has the new key, and not as the current
 * one: a commit under the old key could be opened by nobody afterwards.
 */
static void
test_commit_never_goes_back_to_an_old_key(void **state)
{
	static const char *const moments[] = {"1", "12", "21", "2"};
	struct state *s = *state;
	struct other other;

	rekey(s);
	for (size_t i = 0; i < sizeof(moments) / sizeof(*moments); i++) {
		open_other(s, &other, moments[i]);
		assert_int_equal(commit_by(&other.store, alice, "x"), 0);
		assert_string_equal(ids_of(s, "1000"), "22");
		xs_store_close(&other.store);
	}
	open_other(s, &other, "2");
	assert_int_equal(read_by(&other.store, alice), 'x');
	xs_store_close(&other.store);
}

static void
test_commit_with_a_transaction_open_is_resealed_later(void **state)
{
	struct xs_plain plain, new = text_of("A");
	struct state *s = *state;
	struct other admin;
	struct told told;

	assert_int_equal(
	    s->store.ops->begin(&s->store, &alice, &plain, NULL), 0);
	write_keys(s, "21");
	open_other(s, &admin, "21");
	assert_int_equal(reseal(s, &admin.store, &told), XS_E_STATE);
	assert_int_equal(told.settled, 0);
	assert_int_equal(told.uid, 1000);
	assert_int_equal(s->store.ops->commit(&s->store, &new, NULL), 0);
	assert_string_equal(ids_of(s, "1000"), "11");
	assert_int_equal(reseal(s, &admin.store, &told), 0);
	assert_int_equal(told.job.resealed, 1);
	assert_string_equal(ids_of(s, "1000"), "22");
	assert_int_equal(read_by(&s->store, alice), 'A');
	xs_store_close(&admin.store);
}

static void
test_record_made_by_a_process_with_the_old_key_has_the_new_one(void **state)
{
	static const struct xs_identity eve = {"eve", 1005};
	struct state *s = *state;

	rekey(s);
	assert_int_equal(create(s, eve, "e"), 0);
	assert_string_equal(ids_of(s, "1005"), "2-");
}

static void
test_reseal_goes_by_the_file_as_it_is_now(void **state)
{
	struct state *s = *state;
	struct told told;

	write_keys(s, "21");
	assert_int_equal(reseal(s, &s->store, &told), 0);
	assert_int_equal(told.job.resealed, 2);
	assert_string_equal(ids_of(s, "1000"), "22");
	assert_int_equal(read_by(&s->store, alice), 'a');
}

static int
keep_text(void *context, struct xs_plain *plain, struct xs_fault *fault)
{
	(void)context;
	(void)plain;
	(void)fault;
	return 0;
}

static void
test_record_moved_by_a_process_with_the_old_key_has_the_new_one(void **state)
{
	static const struct xs_identity renumbered = {"alice", 1007};
	struct state *s = *state;

	rekey(s);
	assert_int_equal(s->store.ops->move(&s->store, &alice, &renumbered,
			     keep_text, NULL, NULL),
	    0);
	assert_string_equal(ids_of(s, "1007"), "22");
	assert_int_equal(read_by(&s->store, renumbered), 'a');
}

/* Creating waits for the last look of a rekey, so nothing escapes it. */
static void
test_nothing_is_created_while_a_rekey_settles(void **state)
{
	static const struct xs_identity eve = {"eve", 1005};
	struct xs_shield shield = {0};
	struct xs_store_dirs dirs;
	struct state *s = *state;
	struct other admin;
	int fd;

	open_other(s, &admin, "1");
	assert_int_equal(
	    xs_store_dirs_open(&dirs, admin.store.private, NULL), 0);
	assert_int_equal(
	    xs_store_marker_lock(&admin.store, &dirs.users, &shield, &fd, NULL),
	    0);
	assert_int_equal(create(s, eve, "e"), XS_E_BUSY);
	assert_int_equal(
	    s->store.ops->move(&s->store, &alice, &eve, keep_text, NULL, NULL),
	    XS_E_BUSY);
	xs_entry_unlock(&shield, &fd);
	assert_int_equal(create(s, eve, "e"), 0);
	xs_store_dirs_close(&dirs);
	xs_store_close(&admin.store);
}

static int tries_left;

static int
nonce_then_none(void *context, void *buffer, size_t size)
{
	if (tries_left-- <= 0)
		return XS_E_INTERNAL;
	return xs_env_system.nonce(context, buffer, size);
}

/* As a kill would: two writes a record, the marker first. */
static void
test_rekey_ended_after_any_write_is_ended_by_the_next(void **state)
{
	struct xs_env ending = xs_env_system;
	struct state *s = *state;
	struct other admin;
	struct told told;

	ending.nonce = nonce_then_none;
	assert_int_equal(commit_by(&s->store, alice, "A"), 0);
	write_keys(s, "21");
	for (int writes = 0; writes < 5; writes++) {
		open_other(s, &admin, "21");
		admin.store.env = &ending;
		tries_left = 1; /* one more than the time before */
		assert_int_not_equal(reseal(s, &admin.store, &told), 0);
		assert_int_equal(told.settled, 0);
		assert_int_equal(read_by(&s->store, alice), 'A');
		assert_int_equal(read_by(&admin.store, bob), 'b');
		xs_store_close(&admin.store);
		if (writes == 0)
			assert_string_equal(ids_of(s, ".store"), "12");
	}
	rekey(s);
	assert_string_equal(ids_of(s, "1000"), "22");
	assert_int_equal(read_by(&s->store, alice), 'A');
}

static void
test_record_that_does_not_open_keeps_the_old_key(void **state)
{
	struct state *s = *state;
	struct path path = in_dir(s, "state/users/1001");
	struct other admin;
	struct told told;
	int fd = open(path.text, O_WRONLY | O_CLOEXEC);

	assert_int_equal(pwrite(fd, "!", 1, 70), 1);
	close(fd);
	write_keys(s, "21");
	open_other(s, &admin, "21");
	assert_int_equal(reseal(s, &admin.store, &told), XS_E_STATE);
	assert_int_equal(told.settled, 0);
	assert_int_equal(told.told, 1);
	assert_int_equal(told.uid, 1001);
	assert_string_equal(ids_of(s, "1000"), "22");
	xs_store_close(&admin.store);
}

/* Without the file no process can tell which key is current: refused. */
static void
test_key_file_gone_is_a_refusal(void **state)
{
	struct state *s = *state;

	write_keys(s, "21");
	s->keys.keys[0].id = 9;
	assert_int_equal(unlink(key_path(s).text), 0);
	assert_int_equal(read_by(&s->store, alice), '?');
	assert_int_equal(commit_by(&s->store, alice, "x"), XS_E_STATE);
}

static void
test_replaced_key_file_keeps_its_mode(void **state)
{
	struct state *s = *state;
	struct path path = key_path(s), rest = in_dir(s, ".host.key.new");
	struct xs_keyring ring;
	struct stat about;

	assert_int_equal(chmod(path.text, 0600), 0);
	/* What a kill has left does not stand in the way. */
	close(open(rest.text, O_WRONLY | O_CREAT | O_CLOEXEC, 0400));
	write_keys(s, "21");
	assert_int_equal(stat(path.text, &about), 0);
	assert_int_equal(about.st_mode & 07777, 0600);
	assert_int_equal(access(rest.text, F_OK), -1);
	assert_int_equal(xs_keyring_load(&ring, path.text, NULL), 0);
	assert_int_equal(ring.count, 2);
	assert_int_equal(ring.keys[0].id, 2);
	assert_int_equal(ring.keys[1].id, 1);
	assert_string_equal(ring.path, path.text);
}

static void
test_key_file_is_replaced_only_where_it_is(void **state)
{
	struct state *s = *state;
	struct path path = key_path(s), other = in_dir(s, "other");
	struct xs_keyring ring;

	make_ring(s, &ring, "21");
	assert_int_equal(rename(path.text, other.text), 0);
	assert_int_equal(xs_keyring_replace(&ring, NULL), XS_E_STATE);
	assert_int_equal(symlink(other.text, path.text), 0);
	assert_int_equal(xs_keyring_replace(&ring, NULL), XS_E_STATE);
	assert_int_equal(unlink(path.text), 0);
	ring.path[0] = '\0';
	assert_int_equal(xs_keyring_replace(&ring, NULL), XS_E_STATE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_keys, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_after_a_rekey_nothing_opens_with_the_old_key),
	    TEST(test_process_with_the_old_key_goes_on),
	    TEST(test_commit_never_goes_back_to_an_old_key),
	    TEST(test_commit_with_a_transaction_open_is_resealed_later),
	    TEST(
		test_record_made_by_a_process_with_the_old_key_has_the_new_one),
	    TEST(
		test_record_moved_by_a_process_with_the_old_key_has_the_new_one),
	    TEST(test_nothing_is_created_while_a_rekey_settles),
	    TEST(test_rekey_ended_after_any_write_is_ended_by_the_next),
	    TEST(test_reseal_goes_by_the_file_as_it_is_now),
	    TEST(test_record_that_does_not_open_keeps_the_old_key),
	    TEST(test_key_file_gone_is_a_refusal),
	    TEST(test_replaced_key_file_keeps_its_mode),
	    TEST(test_key_file_is_replaced_only_where_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
