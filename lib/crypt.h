/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The primitives behind a seal and a code, as functions over bytes, so that
 * they can be held against published vectors. All use OpenSSL's default library
 * context and leave its error queue as it was.
 */
#ifndef XS_CRYPT_H
#define XS_CRYPT_H

#include <stddef.h>
#include <stdint.h>

#define XS_GCM_KEY_SIZE 32
#define XS_GCM_NONCE_SIZE 12
#define XS_GCM_TAG_SIZE 16

#define XS_HMAC_MAX 64 /* bytes: that of SHA-512 */

enum xs_digest { XS_DIGEST_SHA1, XS_DIGEST_SHA256, XS_DIGEST_SHA512 };

/*
 * HMAC (RFC 2104). *length is the digest's. Returns 0 or XS_E_INTERNAL.
 */
int xs_hmac(enum xs_digest digest, const void *key, size_t key_size,
    const void *data, size_t size, uint8_t out[XS_HMAC_MAX], size_t *length)
    __attribute__((warn_unused_result));

/* HKDF-SHA-256 (RFC 5869). Returns 0 or XS_E_INTERNAL. */
int xs_hkdf_sha256(const void *key, size_t key_size, const void *salt,
    size_t salt_size, const void *info, size_t info_size, uint8_t *out,
    size_t size) __attribute__((warn_unused_result));

/* The data that one AES-256-GCM operation needs besides the text. */
struct xs_gcm {
	const uint8_t *key;   /* XS_GCM_KEY_SIZE bytes */
	const uint8_t *nonce; /* XS_GCM_NONCE_SIZE bytes */
	const void *aad;
	size_t aad_size;
};

/* out takes length bytes, tag XS_GCM_TAG_SIZE. Returns 0, XS_E_INTERNAL. */
int xs_gcm_encrypt(const struct xs_gcm *gcm, const void *plain, size_t length,
    uint8_t *out, uint8_t *tag) __attribute__((warn_unused_result));

/*
 * Returns 1 when the tag is right, 0 when it is not (out then holds bytes
 * that nobody may look at: wipe them), XS_E_INTERNAL.
 */
int xs_gcm_decrypt(const struct xs_gcm *gcm, const uint8_t *cipher,
    size_t length, const uint8_t *tag, uint8_t *out)
    __attribute__((warn_unused_result));

#endif
