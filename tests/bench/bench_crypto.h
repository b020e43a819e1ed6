/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a login asks of libcrypto at least: one HMAC, one HKDF and two
 * AES-256-GCM, as OpenSSL's manuals show them.
 */
#ifndef BENCH_CRYPTO_H
#define BENCH_CRYPTO_H

#include <stdbool.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

static bool
derive(unsigned char key[32])
{
	char digest[] = "SHA256";
	OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
	    OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, key, 32),
	    OSSL_PARAM_construct_end(),
	};
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	bool right = EVP_KDF_derive(ctx, key, 32, params) == 1;

	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return right;
}

static bool
encrypt(const unsigned char key[32], unsigned char *text, int length)
{
	static const unsigned char nonce[12] = {0};
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	unsigned char tag[16];
	bool right;
	int n = 0;

	right =
	    EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, nonce) == 1 &&
	    EVP_EncryptUpdate(ctx, text, &n, text, length) == 1 &&
	    EVP_EncryptFinal_ex(ctx, text, &n) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, tag) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return right;
}

static bool
bench_use_crypto(void)
{
	static unsigned char text[1024];
	unsigned char key[32], mac[EVP_MAX_MD_SIZE];
	unsigned size = 0;

	memset(key, 1, sizeof(key));
	return HMAC(EVP_sha1(), key, 20, text, 8, mac, &size) != NULL &&
	    derive(key) && encrypt(key, text, sizeof(text)) &&
	    encrypt(key, text, sizeof(text));
}

#endif
