/* SPDX-License-Identifier: BSD-3-Clause */
#include "crypt.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "fault.h"

/*
 * HMAC and HKDF are made here of OpenSSL's digests. Its own come through
 * EVP_MAC and EVP_KDF, each of which a process that has not used it yet
 * builds a table for: a twentieth of a millisecond each, in every sshd.
 */
#define BLOCK_MAX 128 /* bytes, of SHA-512 */

struct part {
	const void *bytes;
	size_t size;
};

static const EVP_MD *
md_of(enum xs_digest digest)
{
	switch (digest) {
	case XS_DIGEST_SHA1:
		return EVP_sha1();
	case XS_DIGEST_SHA256:
		return EVP_sha256();
	case XS_DIGEST_SHA512:
		return EVP_sha512();
	}
	return NULL;
}

/*
 * A context that is set to the digest. What is begun anew in it (hash) does
 * not look the digest up again, which costs as much as two blocks of it.
 */
static EVP_MD_CTX *
digest_start(const EVP_MD *md)
{
	EVP_MD_CTX *ctx = md == NULL ? NULL : EVP_MD_CTX_new();

	if (ctx != NULL && EVP_DigestInit_ex(ctx, md, NULL) != 1) {
		EVP_MD_CTX_free(ctx);
		ctx = NULL;
	}
	return ctx;
}

/* The parts' digest; out has room for it. */
static bool
hash(EVP_MD_CTX *ctx, const struct part *parts, size_t count, uint8_t *out)
{
	if (EVP_DigestInit_ex(ctx, NULL, NULL) != 1)
		return false;
	for (size_t i = 0; i < count; i++)
		if (EVP_DigestUpdate(ctx, parts[i].bytes, parts[i].size) != 1)
			return false;
	return EVP_DigestFinal_ex(ctx, out, NULL) == 1;
}

/* The key as a block, from which the two pads are made. */
static bool
make_block(EVP_MD_CTX *ctx, const struct part *key, uint8_t block[BLOCK_MAX])
{
	memset(block, 0, BLOCK_MAX);
	if (key->size > (size_t)EVP_MD_CTX_get_block_size(ctx))
		return hash(ctx, key, 1, block);
	if (key->size > 0)
		memcpy(block, key->bytes, key->size);
	return true;
}

static void
apply_pad(uint8_t block[BLOCK_MAX], uint8_t pad)
{
	for (size_t i = 0; i < BLOCK_MAX; i++)
		block[i] ^= pad;
}

/* data[0] is kept free for the pad. */
static int
hmac(EVP_MD_CTX *ctx, struct part key, struct part *data, size_t count,
    uint8_t *out)
{
	uint8_t block[BLOCK_MAX], inner[XS_HMAC_MAX];
	struct part outer[2] = {{block, 0}, {inner, 0}};
	int r = XS_E_INTERNAL;

	if (!make_block(ctx, &key, block))
		goto out;
	outer[0].size = (size_t)EVP_MD_CTX_get_block_size(ctx);
	outer[1].size = (size_t)EVP_MD_CTX_get_size(ctx);
	data[0] = outer[0];
	apply_pad(block, 0x36);
	if (!hash(ctx, data, count, inner))
		goto out;
	apply_pad(block, 0x36 ^ 0x5c);
	if (!hash(ctx, outer, 2, out))
		goto out;
	r = 0;
out:
	data[0] = (struct part){NULL, 0};
	OPENSSL_cleanse(block, sizeof(block));
	OPENSSL_cleanse(inner, sizeof(inner));
	return r;
}

int
xs_hmac(enum xs_digest digest, const void *key, size_t key_size,
    const void *data, size_t size, uint8_t out[XS_HMAC_MAX], size_t *length)
{
	struct part parts[2] = {{NULL, 0}, {data, size}};
	EVP_MD_CTX *ctx;
	int r = XS_E_INTERNAL;

	ERR_set_mark();
	ctx = digest_start(md_of(digest));
	if (ctx != NULL)
		r = hmac(ctx, (struct part){key, key_size}, parts, 2, out);
	if (r == 0)
		*length = (size_t)EVP_MD_CTX_get_size(ctx);
	EVP_MD_CTX_free(ctx);
	ERR_pop_to_mark();
	return r;
}

/* RFC 5869 2.3, with the pseudo-random key that 2.2 gave. */
static int
expand(EVP_MD_CTX *ctx, const uint8_t prk[32], struct part info, uint8_t *out,
    size_t size)
{
	uint8_t block[XS_HMAC_MAX], number = 1;
	size_t done = 0;
	int r = XS_E_INTERNAL;

	if (size == 0 || size > 255UL * 32)
		return r;
	do {
		const size_t n = size - done < 32 ? size - done : 32;
		struct part parts[4] = {
		    {NULL, 0}, {block, done > 0 ? 32 : 0}, info, {&number, 1}};

		r = hmac(ctx, (struct part){prk, 32}, parts, 4, block);
		if (r == 0)
			memcpy(out + done, block, n);
		done += n;
		number++;
	} while (r == 0 && done < size);
	OPENSSL_cleanse(block, sizeof(block));
	return r;
}

int
xs_hkdf_sha256(const void *key, size_t key_size, const void *salt,
    size_t salt_size, const void *info, size_t info_size, uint8_t *out,
    size_t size)
{
	struct part extract[2] = {{NULL, 0}, {key, key_size}};
	uint8_t prk[XS_HMAC_MAX];
	EVP_MD_CTX *ctx;
	int r = XS_E_INTERNAL;

	ERR_set_mark();
	ctx = digest_start(EVP_sha256());
	/* No salt and an empty one mean the same (2.2). */
	if (ctx != NULL)
		r = hmac(ctx, (struct part){salt, salt_size}, extract, 2, prk);
	if (r == 0)
		r = expand(ctx, prk, (struct part){info, info_size}, out, size);
	EVP_MD_CTX_free(ctx);
	OPENSSL_cleanse(prk, sizeof(prk));
	ERR_pop_to_mark();
	return r;
}

/* A context with key and nonce set and the additional data taken in. */
static EVP_CIPHER_CTX *
gcm_start(const struct xs_gcm *gcm, size_t length, int encrypt)
{
	EVP_CIPHER_CTX *ctx = NULL;
	int n = 0;

	if (length > INT_MAX || gcm->aad_size > INT_MAX ||
	    (ctx = EVP_CIPHER_CTX_new()) == NULL)
		return NULL;
	if (EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, gcm->key,
		gcm->nonce, encrypt) != 1 ||
	    (gcm->aad_size > 0 &&
		EVP_CipherUpdate(ctx, NULL, &n, gcm->aad, (int)gcm->aad_size) !=
		    1)) {
		EVP_CIPHER_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

int
xs_gcm_encrypt(const struct xs_gcm *gcm, const void *plain, size_t length,
    uint8_t *out, uint8_t *tag)
{
	EVP_CIPHER_CTX *ctx = NULL;
	uint8_t none[XS_GCM_TAG_SIZE];
	int n = 0, r = XS_E_INTERNAL;

	ERR_set_mark();
	if ((ctx = gcm_start(gcm, length, 1)) == NULL)
		goto out;
	if (length > 0 &&
	    (EVP_EncryptUpdate(ctx, out, &n, plain, (int)length) != 1 ||
		(size_t)n != length))
		goto out;
	if (EVP_EncryptFinal_ex(ctx, none, &n) != 1 || n != 0 ||
	    EVP_CIPHER_CTX_ctrl(
		ctx, EVP_CTRL_AEAD_GET_TAG, XS_GCM_TAG_SIZE, tag) != 1)
		goto out;
	r = 0;
out:
	EVP_CIPHER_CTX_free(ctx);
	ERR_pop_to_mark();
	return r;
}

int
xs_gcm_decrypt(const struct xs_gcm *gcm, const uint8_t *cipher, size_t length,
    const uint8_t *tag, uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = NULL;
	uint8_t none[XS_GCM_TAG_SIZE];
	int n = 0, r = XS_E_INTERNAL;

	ERR_set_mark();
	if ((ctx = gcm_start(gcm, length, 0)) == NULL ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, XS_GCM_TAG_SIZE,
		(void *)(uintptr_t)tag) != 1)
		goto out;
	if (length > 0 &&
	    (EVP_DecryptUpdate(ctx, out, &n, cipher, (int)length) != 1 ||
		(size_t)n != length))
		goto out;
	/* Whatever ends the last step without success is a wrong tag. */
	r = EVP_DecryptFinal_ex(ctx, none, &n) == 1 && n == 0 ? 1 : 0;
out:
	EVP_CIPHER_CTX_free(ctx);
	ERR_pop_to_mark();
	return r;
}
