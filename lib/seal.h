/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host key, and AES-256-GCM over one record.
 *
 * A sealed record is a header (magic, format version, key id, generation,
 * nonce, length) and the ciphertext with its 16-byte tag. The key is a subkey
 * that HKDF-SHA-256 (RFC 5869) derives from the host key and the record's key
 * in the store. The additional data are format version, key id, generation
 * and that same record key, so a record opens in its own place only.
 * The bytes are described in doc/state-format.md.
 */
#ifndef XS_SEAL_H
#define XS_SEAL_H

#include <stddef.h>
#include <stdint.h>

#include "fault.h"

#define XS_HOST_KEY_SIZE 32 /* bytes */
#define XS_HOST_KEYS_MAX 8  /* keys in one file */
#define XS_SEAL_HEADER_SIZE 64
#define XS_SEAL_TAG_SIZE 16
#define XS_SEAL_VERSION 1
#define XS_RECORD_KEY_MAX 256 /* bytes of a record's key, with its NUL */
#define XS_KEY_PATH_MAX 1100  /* bytes of the key file's path, with its NUL */

struct xs_host_key {
	uint32_t id; /* 1 to 4294967295 */
	uint8_t bytes[XS_HOST_KEY_SIZE];
};

/* keys[0] is the current one: it seals; all of them open. */
struct xs_keyring {
	size_t count;
	struct xs_host_key keys[XS_HOST_KEYS_MAX];
	char path[XS_KEY_PATH_MAX]; /* where it was read, or "" */
};

/*
 * Reads the host key file: a regular file, mode 0400 or 0600, one link, owned
 * by root or the effective user; a line "ID HEX" per key, '#' begins a
 * comment line. Returns 0, XS_E_STATE or XS_E_NOMEM, with the fault naming
 * file and line. On failure *ring is empty.
 */
int xs_keyring_load(struct xs_keyring *ring, const char *path,
    struct xs_fault *fault) __attribute__((warn_unused_result));

/*
 * Makes the key file with one key (id 1, 32 bytes given), 0400, synced with
 * its directory; never replaces one. Returns 0, XS_E_EXISTS, XS_E_STATE.
 */
int xs_keyring_create(const char *path, const uint8_t key[XS_HOST_KEY_SIZE],
    struct xs_fault *fault) __attribute__((warn_unused_result));

/*
 * Puts a key file with these keys in the place of the one at ring->path: a
 * new file, synced, renamed over it, with its owner and mode. Returns 0,
 * XS_E_STATE when there is none, or XS_E_COMMIT: then the old one is there,
 * or (a sync failed) one of the two.
 */
int xs_keyring_replace(const struct xs_keyring *ring, struct xs_fault *fault)
    __attribute__((warn_unused_result));

void xs_keyring_wipe(struct xs_keyring *ring);

struct xs_seal_header {
	uint32_t version;
	uint32_t key_id;
	uint64_t generation;
	uint8_t nonce[12];
	uint32_t length; /* of the plaintext and the ciphertext, bytes */
};

/*
 * What xs_seal_read_header found in the first XS_SEAL_HEADER_SIZE bytes.
 * EMPTY: all zero, never written. FOREIGN: no magic of ours, or bytes that
 * must be zero are not. NEWER: our magic, a version we do not know.
 */
enum xs_seal_kind {
	XS_SEAL_EMPTY,
	XS_SEAL_RECORD,
	XS_SEAL_FOREIGN,
	XS_SEAL_NEWER
};

enum xs_seal_kind xs_seal_read_header(
    const uint8_t *sealed, struct xs_seal_header *header);

/*
 * Seals plain under the current key into out, which has room for size bytes;
 * what the record does not use is zeroed. nonce is 12 random bytes.
 * Returns 0 or XS_E_INTERNAL (also when it does not fit).
 */
int xs_seal(const struct xs_keyring *ring, const char *record_key,
    uint64_t generation, const uint8_t nonce[12], const void *plain,
    size_t length, uint8_t *out, size_t size)
    __attribute__((warn_unused_result));

/*
 * Opens a sealed record of size bytes. The plaintext is released only after
 * the tag was right and all unused bytes were zero.
 * TRAILING: the tag is right, the bytes behind it are not zero. A write of a
 * short record over a longer one that a power cut tore leaves exactly that.
 */
enum xs_unseal_result {
	XS_UNSEAL_OK,
	XS_UNSEAL_BAD_TAG,
	XS_UNSEAL_UNKNOWN_KEY,
	XS_UNSEAL_MALFORMED,
	XS_UNSEAL_TRAILING,
	XS_UNSEAL_FAILED
};

enum xs_unseal_result xs_unseal(const struct xs_keyring *ring,
    const char *record_key, const uint8_t *sealed, size_t size, void *plain,
    size_t plain_size, size_t *length) __attribute__((warn_unused_result));

#endif
