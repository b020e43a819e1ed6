/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a login asks of libcrypto, in a program that does nothing else: one
 * HMAC, one HKDF and two AES-256-GCM, as OpenSSL's manuals show them.
 */
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

static int
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
	int right = EVP_KDF_derive(ctx, key, 32, params);

	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return right;
}

static int
encrypt(const unsigned char key[32], unsigned char *text, int length)
{
	static const unsigned char nonce[12] = {0};
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	unsigned char tag[16];
	int n = 0, right;

	right =
	    EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, nonce) == 1 &&
	    EVP_EncryptUpdate(ctx, text, &n, text, length) == 1 &&
	    EVP_EncryptFinal_ex(ctx, text, &n) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, tag) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return right;
}

int
main(void)
{
	static unsigned char text[1024];
	unsigned char key[32], mac[EVP_MAX_MD_SIZE];
	unsigned size = 0;

	memset(key, 1, sizeof(key));
	if (HMAC(EVP_sha1(), key, 20, text, 8, mac, &size) == NULL ||
	    derive(key) != 1)
		return 1;
	return encrypt(key, text, sizeof(text)) == 1 &&
		encrypt(key, text, sizeof(text)) == 1
	    ? 0
	    : 1;
}
