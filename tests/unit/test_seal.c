/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "crypt.h"
#include "tests/state.h"

#define RECORD "xsuite-record 1\nname alice\n"

static size_t
unhex(const char *hex, uint8_t *out)
{
	size_t n = strlen(hex) / 2;

	for (size_t i = 0; i < n; i++) {
		unsigned byte;

		assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
		out[i] = (uint8_t)byte;
	}
	return n;
}

/* McGrew and Viega, "The Galois/Counter Mode of Operation", appendix B. */
static const struct {
	const char *key, *nonce, *aad, *plain, *cipher, *tag;
} gcm_vectors[] = {
    {"00000000000000000000000000000000"
     "00000000000000000000000000000000",
	"000000000000000000000000", "", "", "",
	"530f8afbc74536b9a963b4f1c4cb738b"},
    {"00000000000000000000000000000000"
     "00000000000000000000000000000000",
	"000000000000000000000000", "", "00000000000000000000000000000000",
	"cea7403d4d606b6e074ec5d3baf39d18", "d0d1c8a799996bf0265b98b5d48ab919"},
    {"feffe9928665731c6d6a8f9467308308"
     "feffe9928665731c6d6a8f9467308308",
	"cafebabefacedbaddecaf888", "",
	"d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
	"1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
	"522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
	"8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad",
	"b094dac5d93471bdec1a502270e3cc6c"},
    {"feffe9928665731c6d6a8f9467308308"
     "feffe9928665731c6d6a8f9467308308",
	"cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
	"d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
	"1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
	"522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
	"8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
	"76fc6ece0f4e1768cddf8853bb2d551b"},
};

static void
test_gcm_agrees_with_published_vectors(void **state)
{
	uint8_t key[32], nonce[12], aad[64], plain[64], cipher[64], tag[16];
	uint8_t got[64], got_tag[16];

	(void)state;
	for (size_t i = 0; i < sizeof(gcm_vectors) / sizeof(gcm_vectors[0]);
	     i++) {
		struct xs_gcm gcm = {.key = key, .nonce = nonce, .aad = aad};
		size_t n = unhex(gcm_vectors[i].plain, plain);

		unhex(gcm_vectors[i].key, key);
		unhex(gcm_vectors[i].nonce, nonce);
		gcm.aad_size = unhex(gcm_vectors[i].aad, aad);
		unhex(gcm_vectors[i].cipher, cipher);
		unhex(gcm_vectors[i].tag, tag);
		assert_int_equal(
		    xs_gcm_encrypt(&gcm, plain, n, got, got_tag), 0);
		assert_memory_equal(got, cipher, n);
		assert_memory_equal(got_tag, tag, 16);
		assert_int_equal(xs_gcm_decrypt(&gcm, cipher, n, tag, got), 1);
		assert_memory_equal(got, plain, n);
		tag[15] ^= 1;
		assert_int_equal(xs_gcm_decrypt(&gcm, cipher, n, tag, got), 0);
	}
}

/* RFC 5869, A.1 to A.3. */
static const struct {
	const char *key, *salt, *info, *okm;
} hkdf_vectors[] = {
    {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
	"000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
	"3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
	"34007208d5b887185865"},
    {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
     "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
     "404142434445464748494a4b4c4d4e4f",
	"606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f"
	"808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
	"a0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
	"b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
	"d0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeef"
	"f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
	"b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
	"59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
	"cc30c58179ec3e87c14c01d5c1f3434f1d87"},
    {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
	"8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
	"9d201395faa4b61a96c8"},
};

static void
test_hkdf_agrees_with_rfc_5869(void **state)
{
	uint8_t key[128], salt[128], info[128], okm[128], got[128];

	(void)state;
	for (size_t i = 0; i < sizeof(hkdf_vectors) / sizeof(hkdf_vectors[0]);
	     i++) {
		size_t key_size = unhex(hkdf_vectors[i].key, key);
		size_t salt_size = unhex(hkdf_vectors[i].salt, salt);
		size_t info_size = unhex(hkdf_vectors[i].info, info);
		size_t n = unhex(hkdf_vectors[i].okm, okm);

		assert_int_equal(xs_hkdf_sha256(key, key_size, salt, salt_size,
				     info, info_size, got, n),
		    0);
		assert_memory_equal(got, okm, n);
	}
}

/* Against OpenSSL's own, keys and data on both sides of every block. */
static void
test_hmac_agrees_with_libcrypto(void **state)
{
	static const struct {
		enum xs_digest digest;
		const EVP_MD *(*md)(void);
	} rows[] = {
	    {XS_DIGEST_SHA1, EVP_sha1},
	    {XS_DIGEST_SHA256, EVP_sha256},
	    {XS_DIGEST_SHA512, EVP_sha512},
	};
	uint8_t key[130], data[130], got[XS_HMAC_MAX], want[EVP_MAX_MD_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(key); i++) {
		key[i] = (uint8_t)(i * 7 + 1);
		data[i] = (uint8_t)(i * 5 + 3);
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (size_t n = 0; n <= sizeof(key); n++) {
			size_t size = sizeof(data) - n, length = 0;
			unsigned expected = 0;

			assert_non_null(HMAC(rows[i].md(), key, (int)n, data,
			    size, want, &expected));
			assert_int_equal(xs_hmac(rows[i].digest, key, n, data,
					     size, got, &length),
			    0);
			assert_int_equal(length, expected);
			assert_memory_equal(got, want, length);
		}
	}
	assert_int_equal(
	    xs_hmac((enum xs_digest)3, key, 1, data, 1, got, &(size_t){0}),
	    XS_E_INTERNAL);
}

/* A record made apart from this program, with the bytes of the document. */
static const char document_record[] =
    "7873756974651a0a00000001000000010000000000000007"
    "a0a1a2a3a4a5a6a7a8a9aaab0000001b"
    "000000000000000000000000000000000000000000000000"
    "79e1a7b79f29dcd70ebdd452aa3ff04a35cca3433032ef8197b3dd"
    "217e6cdb166223d578eb27455170bbff";

static void
test_record_has_the_documented_bytes(void **state)
{
	uint8_t bytes[256] = {0}, out[256], nonce[12];
	struct xs_seal_header header;
	struct xs_keyring ring;
	char plain[64];
	size_t n = 0;

	(void)state;
	fill_ring(&ring, 1, 1);
	unhex(document_record, bytes);
	unhex("a0a1a2a3a4a5a6a7a8a9aaab", nonce);
	assert_int_equal(xs_seal(&ring, "1000", 7, nonce, RECORD,
			     strlen(RECORD), out, sizeof(out)),
	    0);
	assert_memory_equal(out, bytes, sizeof(out));
	assert_int_equal(xs_seal_read_header(bytes, &header), XS_SEAL_RECORD);
	assert_int_equal(header.key_id, 1);
	assert_int_equal(header.generation, 7);
	assert_int_equal(header.length, strlen(RECORD));
	assert_int_equal(xs_unseal(&ring, "1000", bytes, sizeof(bytes), plain,
			     sizeof(plain), &n),
	    XS_UNSEAL_OK);
	assert_int_equal(n, strlen(RECORD));
	assert_memory_equal(plain, RECORD, n);
}

static void
test_every_flipped_bit_is_refused(void **state)
{
	const size_t used =
	    XS_SEAL_HEADER_SIZE + strlen(RECORD) + XS_SEAL_TAG_SIZE;
	uint8_t bytes[160], nonce[12] = {9};
	struct xs_keyring ring;
	char plain[64], untouched[64];
	size_t n = 77;

	(void)state;
	fill_ring(&ring, 1, 1);
	memset(plain, 'u', sizeof(plain));
	memset(untouched, 'u', sizeof(untouched));
	assert_int_equal(xs_seal(&ring, "1000", 7, nonce, RECORD,
			     strlen(RECORD), bytes, sizeof(bytes)),
	    0);
	for (size_t bit = 0; bit < 8 * sizeof(bytes); bit++) {
		enum xs_unseal_result r;

		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		r = xs_unseal(&ring, "1000", bytes, sizeof(bytes), plain,
		    sizeof(plain), &n);
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_not_equal(r, XS_UNSEAL_OK);
		if (bit / 8 >= used)
			assert_int_equal(r, XS_UNSEAL_TRAILING);
		assert_memory_equal(plain, untouched, sizeof(plain));
		assert_int_equal(n, 77);
	}
	assert_int_equal(xs_unseal(&ring, "1000", bytes, sizeof(bytes), plain,
			     sizeof(plain), &n),
	    XS_UNSEAL_OK);
}

static void
test_record_opens_in_its_own_place_only(void **state)
{
	static const char *const others[] = {
	    "1001", "100", "10000", "01000", ".store", "alice"};
	uint8_t bytes[160], nonce[12] = {9};
	struct xs_keyring ring;
	char plain[64];
	size_t n;

	(void)state;
	fill_ring(&ring, 1, 1);
	assert_int_equal(xs_seal(&ring, "1000", 7, nonce, RECORD,
			     strlen(RECORD), bytes, sizeof(bytes)),
	    0);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_int_equal(xs_unseal(&ring, others[i], bytes,
				     sizeof(bytes), plain, sizeof(plain), &n),
		    XS_UNSEAL_BAD_TAG);
}

static void
test_older_key_opens_and_unknown_key_is_named_so(void **state)
{
	uint8_t bytes[160], nonce[12] = {9};
	struct xs_keyring old, both, changed;
	char plain[64];
	size_t n;

	(void)state;
	fill_ring(&old, 1, 1);
	fill_ring(&both, 2, 50);
	both.keys[both.count++] = old.keys[0];
	assert_int_equal(xs_seal(&old, "1000", 7, nonce, RECORD, strlen(RECORD),
			     bytes, sizeof(bytes)),
	    0);
	assert_int_equal(xs_unseal(&both, "1000", bytes, sizeof(bytes), plain,
			     sizeof(plain), &n),
	    XS_UNSEAL_OK);
	both.count = 1;
	assert_int_equal(xs_unseal(&both, "1000", bytes, sizeof(bytes), plain,
			     sizeof(plain), &n),
	    XS_UNSEAL_UNKNOWN_KEY);
	fill_ring(&changed, 1, 2);
	assert_int_equal(xs_unseal(&changed, "1000", bytes, sizeof(bytes),
			     plain, sizeof(plain), &n),
	    XS_UNSEAL_BAD_TAG);
}

static void
test_header_kinds_are_told_apart(void **state)
{
	uint8_t bytes[160] = {0}, nonce[12] = {9};
	struct xs_seal_header header;
	struct xs_keyring ring;

	(void)state;
	fill_ring(&ring, 1, 1);
	assert_int_equal(xs_seal_read_header(bytes, &header), XS_SEAL_EMPTY);
	bytes[63] = 1;
	assert_int_equal(xs_seal_read_header(bytes, &header), XS_SEAL_FOREIGN);
	assert_int_equal(xs_seal(&ring, "1000", 7, nonce, RECORD,
			     strlen(RECORD), bytes, sizeof(bytes)),
	    0);
	bytes[63] = 1;
	assert_int_equal(xs_seal_read_header(bytes, &header), XS_SEAL_FOREIGN);
	bytes[11] = 2; /* a later version may use byte 63 */
	assert_int_equal(xs_seal_read_header(bytes, &header), XS_SEAL_NEWER);
	bytes[11] = 0;
	assert_int_equal(xs_seal_read_header(bytes, &header), XS_SEAL_NEWER);
}

static void
test_length_beyond_the_slot_is_malformed(void **state)
{
	uint8_t bytes[160], nonce[12] = {9};
	struct xs_keyring ring;
	char plain[256];
	size_t n;

	(void)state;
	fill_ring(&ring, 1, 1);
	assert_int_equal(xs_seal(&ring, "1000", 7, nonce, RECORD,
			     strlen(RECORD), bytes, sizeof(bytes)),
	    0);
	for (uint32_t length = 81; length != 0; length <<= 1) {
		uint32_t big = htonl(length);

		memcpy(bytes + 36, &big, 4);
		assert_int_equal(xs_unseal(&ring, "1000", bytes, sizeof(bytes),
				     plain, sizeof(plain), &n),
		    XS_UNSEAL_MALFORMED);
	}
}

static void
test_seal_takes_what_fits_and_no_more(void **state)
{
	uint8_t bytes[160], nonce[12] = {9};
	char text[100], plain[100];
	struct xs_keyring ring;
	size_t n;

	(void)state;
	fill_ring(&ring, 1, 1);
	memset(text, 'x', sizeof(text));
	assert_int_equal(
	    xs_seal(&ring, "1", 1, nonce, text, 80, bytes, sizeof(bytes)), 0);
	assert_int_equal(xs_unseal(&ring, "1", bytes, sizeof(bytes), plain,
			     sizeof(plain), &n),
	    XS_UNSEAL_OK);
	assert_int_equal(n, 80);
	assert_int_equal(
	    xs_unseal(&ring, "1", bytes, sizeof(bytes), plain, 79, &n),
	    XS_UNSEAL_MALFORMED);
	assert_int_equal(
	    xs_seal(&ring, "1", 1, nonce, text, 81, bytes, sizeof(bytes)),
	    XS_E_INTERNAL);
	assert_int_equal(
	    xs_seal(&ring, "", 1, nonce, text, 8, bytes, sizeof(bytes)),
	    XS_E_INTERNAL);
	ring.count = 0;
	assert_int_equal(
	    xs_seal(&ring, "1", 1, nonce, text, 8, bytes, sizeof(bytes)),
	    XS_E_INTERNAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_gcm_agrees_with_published_vectors),
	    cmocka_unit_test(test_hkdf_agrees_with_rfc_5869),
	    cmocka_unit_test(test_hmac_agrees_with_libcrypto),
	    cmocka_unit_test(test_record_has_the_documented_bytes),
	    cmocka_unit_test(test_every_flipped_bit_is_refused),
	    cmocka_unit_test(test_record_opens_in_its_own_place_only),
	    cmocka_unit_test(test_older_key_opens_and_unknown_key_is_named_so),
	    cmocka_unit_test(test_header_kinds_are_told_apart),
	    cmocka_unit_test(test_length_beyond_the_slot_is_malformed),
	    cmocka_unit_test(test_seal_takes_what_fits_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
