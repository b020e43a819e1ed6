/* SPDX-License-Identifier: BSD-3-Clause */
#include "seal.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "crypt.h"

/* Offsets in the header; all numbers are big-endian. */
enum {
	AT_MAGIC = 0,
	AT_VERSION = 8,
	AT_KEY_ID = 12,
	AT_GENERATION = 16,
	AT_NONCE = 24,
	AT_LENGTH = 36,
	AT_RESERVED = 40
};

#define LABEL "xsuite record 1:"
#define AAD_FIXED 16 /* version, key id, generation */

_Static_assert(XS_HOST_KEY_SIZE == XS_GCM_KEY_SIZE, "one key size");
_Static_assert(XS_SEAL_TAG_SIZE == XS_GCM_TAG_SIZE, "one tag size");

static const uint8_t magic[8] = {'x', 's', 'u', 'i', 't', 'e', 0x1a, '\n'};

static void
put_u32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

static void
put_u64(uint8_t *p, uint64_t v)
{
	put_u32(p, (uint32_t)(v >> 32));
	put_u32(p + 4, (uint32_t)v);
}

static uint32_t
get_u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

static uint64_t
get_u64(const uint8_t *p)
{
	return (uint64_t)get_u32(p) << 32 | get_u32(p + 4);
}

/* The rest of a slot is long: compared with itself, one byte on. */
static bool
all_zero(const uint8_t *p, size_t size)
{
	return size == 0 || (p[0] == 0 && memcmp(p, p + 1, size - 1) == 0);
}

/* The subkey of one record under one host key. */
static int
derive(const struct xs_host_key *host, const char *record_key,
    uint8_t subkey[XS_GCM_KEY_SIZE])
{
	char info[sizeof(LABEL) + XS_RECORD_KEY_MAX] = LABEL;
	size_t size = strlen(record_key);

	if (size == 0 || size >= XS_RECORD_KEY_MAX)
		return XS_E_INTERNAL;
	memcpy(info + sizeof(LABEL) - 1, record_key, size);
	return xs_hkdf_sha256(host->bytes, sizeof(host->bytes), NULL, 0, info,
	    sizeof(LABEL) - 1 + size, subkey, XS_GCM_KEY_SIZE);
}

/* The additional data; the record's key last, so no length is needed. */
static size_t
make_aad(const struct xs_seal_header *header, const char *record_key,
    uint8_t aad[AAD_FIXED + XS_RECORD_KEY_MAX])
{
	size_t size = strnlen(record_key, XS_RECORD_KEY_MAX);

	put_u32(aad, header->version);
	put_u32(aad + 4, header->key_id);
	put_u64(aad + 8, header->generation);
	memcpy(aad + AAD_FIXED, record_key, size);
	return AAD_FIXED + size;
}

static void
put_header(uint8_t *out, const struct xs_seal_header *header)
{
	memcpy(out + AT_MAGIC, magic, sizeof(magic));
	put_u32(out + AT_VERSION, header->version);
	put_u32(out + AT_KEY_ID, header->key_id);
	put_u64(out + AT_GENERATION, header->generation);
	memcpy(out + AT_NONCE, header->nonce, sizeof(header->nonce));
	put_u32(out + AT_LENGTH, header->length);
}

enum xs_seal_kind
xs_seal_read_header(const uint8_t *sealed, struct xs_seal_header *header)
{
	if (all_zero(sealed, XS_SEAL_HEADER_SIZE))
		return XS_SEAL_EMPTY;
	if (memcmp(sealed + AT_MAGIC, magic, sizeof(magic)) != 0)
		return XS_SEAL_FOREIGN;
	/* What else stands in a header of another version is not ours to say.
	 */
	if (get_u32(sealed + AT_VERSION) != XS_SEAL_VERSION)
		return XS_SEAL_NEWER;
	if (!all_zero(sealed + AT_RESERVED, XS_SEAL_HEADER_SIZE - AT_RESERVED))
		return XS_SEAL_FOREIGN;
	header->version = XS_SEAL_VERSION;
	header->key_id = get_u32(sealed + AT_KEY_ID);
	header->generation = get_u64(sealed + AT_GENERATION);
	memcpy(header->nonce, sealed + AT_NONCE, sizeof(header->nonce));
	header->length = get_u32(sealed + AT_LENGTH);
	return XS_SEAL_RECORD;
}

int
xs_seal(const struct xs_keyring *ring, const char *record_key,
    uint64_t generation, const uint8_t nonce[12], const void *plain,
    size_t length, uint8_t *out, size_t size)
{
	uint8_t subkey[XS_GCM_KEY_SIZE], aad[AAD_FIXED + XS_RECORD_KEY_MAX];
	struct xs_seal_header header = {.version = XS_SEAL_VERSION};
	struct xs_gcm gcm = {.key = subkey, .nonce = nonce, .aad = aad};
	uint8_t *cipher = out + XS_SEAL_HEADER_SIZE;
	int r = XS_E_INTERNAL;

	if (ring->count == 0 || size < XS_SEAL_HEADER_SIZE + XS_SEAL_TAG_SIZE ||
	    length > size - XS_SEAL_HEADER_SIZE - XS_SEAL_TAG_SIZE ||
	    length > UINT32_MAX)
		return XS_E_INTERNAL;
	header.key_id = ring->keys[0].id;
	header.generation = generation;
	memcpy(header.nonce, nonce, sizeof(header.nonce));
	header.length = (uint32_t)length;
	if (derive(&ring->keys[0], record_key, subkey) != 0)
		goto out;
	gcm.aad_size = make_aad(&header, record_key, aad);
	memset(out, 0, size);
	if (xs_gcm_encrypt(&gcm, plain, length, cipher, cipher + length) != 0) {
		memset(out, 0, size);
		goto out;
	}
	put_header(out, &header);
	r = 0;
out:
	OPENSSL_cleanse(subkey, sizeof(subkey));
	return r;
}

static const struct xs_host_key *
find_key(const struct xs_keyring *ring, uint32_t id)
{
	for (size_t i = 0; i < ring->count; i++) {
		if (ring->keys[i].id == id)
			return &ring->keys[i];
	}
	return NULL;
}

/* Decrypts into text, which has room for the header's length. */
static enum xs_unseal_result
open_text(const struct xs_host_key *host, const char *record_key,
    const struct xs_seal_header *header, const uint8_t *cipher, uint8_t *text)
{
	uint8_t subkey[XS_GCM_KEY_SIZE], aad[AAD_FIXED + XS_RECORD_KEY_MAX];
	struct xs_gcm gcm = {.key = subkey, .nonce = header->nonce, .aad = aad};
	enum xs_unseal_result r = XS_UNSEAL_FAILED;
	int right;

	if (derive(host, record_key, subkey) != 0)
		goto out;
	gcm.aad_size = make_aad(header, record_key, aad);
	right = xs_gcm_decrypt(
	    &gcm, cipher, header->length, cipher + header->length, text);
	if (right == 1)
		r = XS_UNSEAL_OK;
	else if (right == 0)
		r = XS_UNSEAL_BAD_TAG;
out:
	OPENSSL_cleanse(subkey, sizeof(subkey));
	return r;
}

enum xs_unseal_result
xs_unseal(const struct xs_keyring *ring, const char *record_key,
    const uint8_t *sealed, size_t size, void *plain, size_t plain_size,
    size_t *length)
{
	const size_t around = XS_SEAL_HEADER_SIZE + XS_SEAL_TAG_SIZE;
	enum xs_unseal_result r = XS_UNSEAL_FAILED;
	struct xs_seal_header header;
	const struct xs_host_key *host;
	uint8_t *text = NULL;

	if (size < around ||
	    xs_seal_read_header(sealed, &header) != XS_SEAL_RECORD ||
	    header.length > size - around || header.length > plain_size)
		return XS_UNSEAL_MALFORMED;
	if ((host = find_key(ring, header.key_id)) == NULL)
		return XS_UNSEAL_UNKNOWN_KEY;
	/* Apart from plain: GCM decrypts before it knows the tag. */
	if ((text = malloc(header.length + 1)) == NULL)
		return XS_UNSEAL_FAILED;
	r = open_text(
	    host, record_key, &header, sealed + XS_SEAL_HEADER_SIZE, text);
	if (r != XS_UNSEAL_OK)
		goto out;
	if (!all_zero(sealed + around + header.length,
		size - around - header.length)) {
		r = XS_UNSEAL_TRAILING;
		goto out;
	}
	memcpy(plain, text, header.length);
	*length = header.length;
out:
	OPENSSL_cleanse(text, header.length + 1);
	free(text);
	return r;
}
