/* SPDX-License-Identifier: BSD-3-Clause */
#include "crypt.h"

#include <limits.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "fault.h"

int
xs_hkdf_sha256(const void *key, size_t key_size, const void *salt,
    size_t salt_size, const void *info, size_t info_size, uint8_t *out,
    size_t size)
{
	char digest[] = "SHA256";
	EVP_KDF *kdf = NULL;
	EVP_KDF_CTX *ctx = NULL;
	OSSL_PARAM params[5], *p = params;
	int r = XS_E_INTERNAL;

	ERR_set_mark();
	*p++ =
	    OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0);
	*p++ = OSSL_PARAM_construct_octet_string(
	    OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)key, key_size);
	/* No salt and an empty one mean the same (RFC 5869, 2.2). */
	if (salt_size > 0)
		*p++ = OSSL_PARAM_construct_octet_string(
		    OSSL_KDF_PARAM_SALT, (void *)(uintptr_t)salt, salt_size);
	if (info_size > 0)
		*p++ = OSSL_PARAM_construct_octet_string(
		    OSSL_KDF_PARAM_INFO, (void *)(uintptr_t)info, info_size);
	*p = OSSL_PARAM_construct_end();
	if ((kdf = EVP_KDF_fetch(NULL, "HKDF", NULL)) == NULL ||
	    (ctx = EVP_KDF_CTX_new(kdf)) == NULL ||
	    EVP_KDF_derive(ctx, out, size, params) != 1)
		goto out;
	r = 0;
out:
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
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
