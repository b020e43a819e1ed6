/* SPDX-License-Identifier: BSD-3-Clause */
/* A row: a name, a version, and the record sealed for the two of them. */
#include <string.h>

#include "store_postgresql.h"

/*
 * Rounded up, so that the size of a row, which the database's people see, says
 * little about what is set up.
 */
#define ROUND 256

const struct xs_keyring *
xs_pg_keys(const struct xs_store *store)
{
	const struct xs_pg *pg = store->private;

	return pg->fresh.count > 0 ? &pg->fresh : store->keys;
}

int
xs_pg_keys_again(const struct xs_store *store, struct xs_fault *fault)
{
	struct xs_keyring new = {0};
	struct xs_pg *pg = store->private;
	int r;

	if (store->keys->path[0] == '\0')
		return 0;
	r = xs_keyring_load(&new, store->keys->path, fault);
	if (r == 0)
		pg->fresh = new;
	xs_keyring_wipe(&new);
	return r;
}

static uint64_t
get_u64(const char *bytes)
{
	uint64_t value = 0;

	for (int i = 0; i < 8; i++)
		value = value << 8 | (uint8_t)bytes[i];
	return value;
}

int
xs_pg_row_get(const PGresult *result, int row, int column,
    struct xs_pg_row *found, struct xs_fault *fault)
{
	struct xs_seal_header header;
	struct xs_pg_row got;

	if (PQnfields(result) < column + 2 ||
	    PQgetlength(result, row, column) != 8 ||
	    PQgetlength(result, row, column + 1) < XS_SEAL_HEADER_SIZE ||
	    PQgetlength(result, row, column + 1) > XS_SLOT_SIZE)
		return xs_fault_set(fault, XS_E_STATE, "not a row of ours");
	got.version = get_u64(PQgetvalue(result, row, column));
	got.bytes = (const uint8_t *)PQgetvalue(result, row, column + 1);
	got.size = (size_t)PQgetlength(result, row, column + 1);
	switch (xs_seal_read_header(got.bytes, &header)) {
	case XS_SEAL_RECORD:
		break;
	case XS_SEAL_NEWER:
		return xs_fault_set(fault, XS_E_STATE,
		    "written by another version of pam_xsuite");
	default:
		return xs_fault_set(
		    fault, XS_E_STATE, "not a record of pam_xsuite");
	}
	if (header.generation != got.version || got.version == 0)
		return xs_fault_set(fault, XS_E_STATE,
		    "its version is not the one that it was sealed as");
	got.key_id = header.key_id;
	*found = got;
	return 0;
}

static const char *
describe(enum xs_unseal_result why)
{
	switch (why) {
	case XS_UNSEAL_UNKNOWN_KEY:
		return "sealed with a key that the key file lacks";
	case XS_UNSEAL_BAD_TAG:
		return "was changed, or is another user's, or the key file's "
		       "key is another one of the same id";
	case XS_UNSEAL_FAILED:
		return "could not be opened";
	default:
		return "malformed";
	}
}

/*
 * Under another key than our current one: the file may have changed since it
 * was read, and what is sealed next has to be under the key that it names
 * first (as in store_file.c: xs_store_keys_again).
 */
int
xs_pg_row_open(const struct xs_store *store, const struct xs_pg_row *row,
    const char *key, struct xs_plain *plain, struct xs_fault *fault)
{
	enum xs_unseal_result why;
	struct xs_plain opened;
	int r = 0;

	if (row->key_id != xs_pg_keys(store)->keys[0].id &&
	    (r = xs_pg_keys_again(store, fault)) != 0)
		return r;
	why = xs_unseal(xs_pg_keys(store), key, row->bytes, row->size,
	    opened.text, sizeof(opened.text), &opened.length);
	if (why == XS_UNSEAL_OK) {
		plain->length = opened.length;
		memcpy(plain->text, opened.text, opened.length);
		explicit_bzero(opened.text, opened.length);
		return 0;
	}
	return xs_fault_set(fault, XS_E_STATE, "%s", describe(why));
}

/*
 * The ring with the key in front that seals. Hosts learn of a new key one
 * after the other: what was sealed with a later key than ours never goes back
 * to ours, which another host may have dropped by now
 * (test_store_postgresql_rekey:
 * test_host_that_lags_behind_puts_no_row_back).
 */
static void
choose_key(
    const struct xs_keyring *known, uint32_t at_least, struct xs_keyring *ring)
{
	*ring = *known;
	if (at_least <= ring->keys[0].id)
		return;
	for (size_t i = 1; i < ring->count; i++) {
		if (ring->keys[i].id == at_least)
			ring->keys[0] = ring->keys[i];
	}
}

int
xs_pg_row_seal(const struct xs_store *store, const char *key, uint64_t version,
    uint32_t at_least, const struct xs_plain *plain,
    uint8_t bytes[XS_SLOT_SIZE], size_t *size, struct xs_fault *fault)
{
	struct xs_keyring ring;
	uint8_t nonce[12];
	size_t needed;
	int r;

	if (plain->length > XS_PLAIN_MAX)
		return xs_fault_set(
		    fault, XS_E_COMMIT, "the record is too long");
	needed = XS_SEAL_HEADER_SIZE + plain->length + XS_SEAL_TAG_SIZE;
	needed = (needed + ROUND - 1) / ROUND * ROUND;
	if (store->env->nonce(store->env->context, nonce, sizeof(nonce)) != 0)
		return xs_fault_set(fault, XS_E_COMMIT, "no random bytes");
	choose_key(xs_pg_keys(store), at_least, &ring);
	r = xs_seal(&ring, key, version, nonce, plain->text, plain->length,
	    bytes, needed);
	xs_keyring_wipe(&ring);
	if (r != 0)
		return xs_fault_set(
		    fault, XS_E_COMMIT, "the record could not be sealed");
	*size = needed;
	return 0;
}
