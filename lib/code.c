/* SPDX-License-Identifier: BSD-3-Clause */
#include "code.h"

#include <dlfcn.h>
#include <string.h>
#include <sys/mman.h>

#include <argon2.h>
#include <openssl/crypto.h>

#define CODE_MIN 6   /* characters: the shortest SMS code */
#define TYPED_MAX 64 /* bytes of typed text that may still be a code */
/* A source that only gives bytes we reject is broken. */
#define REFILLS_MAX 64

static const struct {
	const char *name;
	struct xs_code_format format;
} forms[] = {
    {"digits:8", {XS_CODE_DIGITS, 8}},
    {"digits:10", {XS_CODE_DIGITS, 10}},
    {"digits:12", {XS_CODE_DIGITS, 12}},
    {"digits:16", {XS_CODE_DIGITS, 16}},
    {"digits:20", {XS_CODE_DIGITS, 20}},
    {"base32:13", {XS_CODE_BASE32, 13}},
    {"base32:16", {XS_CODE_BASE32, 16}},
};

#define FORMS (sizeof forms / sizeof forms[0])

static const char crockford[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

bool
xs_code_format_parse(const char *text, struct xs_code_format *format)
{
	for (size_t i = 0; i < FORMS; i++) {
		if (strcmp(text, forms[i].name) == 0) {
			*format = forms[i].format;
			return true;
		}
	}
	return false;
}

void
xs_code_format_name(const struct xs_code_format *format, char out[16])
{
	const char *name = "unknown";

	for (size_t i = 0; i < FORMS; i++)
		if (forms[i].format.alphabet == format->alphabet &&
		    forms[i].format.length == format->length)
			name = forms[i].name;
	memcpy(out, name, strlen(name) + 1);
}

/* SMS codes are made and read here as well, so any length from 6 will do. */
static bool
format_ok(const struct xs_code_format *format)
{
	return (format->alphabet == XS_CODE_DIGITS ||
		   format->alphabet == XS_CODE_BASE32) &&
	    format->length >= CODE_MIN && format->length <= XS_CODE_MAX;
}

/*
 * The character for a random byte, '\0' for a byte that must be drawn again:
 * 250 is the last multiple of ten, a plain remainder would favour 0 to 5
 * (test_make_bytes_of_the_rest_are_rejected).
 */
static char
char_of_byte(enum xs_code_alphabet alphabet, uint8_t byte)
{
	if (alphabet == XS_CODE_BASE32)
		return crockford[byte & 31];
	if (byte >= 250)
		return '\0';
	return (char)('0' + byte % 10);
}

int
xs_code_make(const struct xs_code_format *format, const struct xs_env *env,
    char out[XS_CODE_MAX + 1])
{
	char code[XS_CODE_MAX + 1];
	uint8_t bytes[32];
	unsigned length = 0;
	int r = XS_E_INTERNAL;

	if (!format_ok(format))
		return r;
	for (int refill = 0; length < format->length; refill++) {
		if (refill == REFILLS_MAX ||
		    env->random(env->context, bytes, sizeof bytes) != 0)
			goto out;
		for (size_t i = 0; i < sizeof bytes; i++) {
			char c = char_of_byte(format->alphabet, bytes[i]);

			if (c != '\0' && length < format->length)
				code[length++] = c;
		}
	}
	memcpy(out, code, length);
	out[length] = '\0';
	r = 0;
out:
	OPENSSL_cleanse(bytes, sizeof bytes);
	OPENSSL_cleanse(code, sizeof code);
	return r;
}

void
xs_code_show(const char *code, char out[XS_CODE_SHOWN_MAX + 1])
{
	for (size_t i = 0; i < XS_CODE_MAX && code[i] != '\0'; i++) {
		if (i > 0 && i % 4 == 0)
			*out++ = ' ';
		*out++ = code[i];
	}
	*out = '\0';
}

/* The character of the alphabet that c was meant to be, or '\0'. */
static char
char_read(enum xs_code_alphabet alphabet, char c)
{
	if (c >= '0' && c <= '9')
		return c;
	if (alphabet == XS_CODE_DIGITS)
		return '\0';
	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	if (c == 'I' || c == 'L')
		return '1';
	if (c == 'O')
		return '0';
	if (c < 'A' || c > 'Z' || c == 'U')
		return '\0';
	return c;
}

bool
xs_code_read(const struct xs_code_format *format, const char *typed,
    char out[XS_CODE_MAX + 1])
{
	unsigned length = 0;
	bool right = false;

	memset(out, 0, XS_CODE_MAX + 1);
	if (!format_ok(format) || strnlen(typed, TYPED_MAX + 1) > TYPED_MAX)
		return false;
	for (; *typed != '\0'; typed++) {
		char c;

		if (*typed == ' ' || *typed == '-')
			continue;
		c = char_read(format->alphabet, *typed);
		if (c == '\0' || length == format->length)
			goto out;
		out[length++] = c;
	}
	right = length == format->length;
out:
	if (!right)
		OPENSSL_cleanse(out, XS_CODE_MAX + 1);
	return right;
}

bool
xs_digits_read(const char *typed, unsigned digits, char *out)
{
	unsigned n = 0;

	for (; *typed != '\0'; typed++) {
		if (*typed == ' ' || *typed == '-')
			continue;
		if (*typed < '0' || *typed > '9' || n == digits)
			return false;
		out[n++] = *typed;
	}
	out[n] = '\0';
	return n == digits;
}

/* OWASP Password Storage; each further pass lets the memory shrink. */
static uint32_t
least_memory(uint32_t time)
{
	if (time == 1)
		return 47104;
	return time == 2 ? 19456 : 12288;
}

/* The upper bounds: a login must not be made to take all memory. */
static bool
cost_bounded(const struct xs_argon2_cost *cost)
{
	return cost->time >= 1 && cost->time <= 16 && cost->lanes >= 1 &&
	    cost->lanes <= 16 && cost->memory <= 1024 * 1024 &&
	    cost->memory >= 8 * cost->lanes;
}

bool
xs_argon2_cost_ok(const struct xs_argon2_cost *cost)
{
	return cost_bounded(cost) && cost->memory >= least_memory(cost->time);
}

/*
 * Memory of its own mapping: it goes back to the kernel whole, whatever the
 * host does with its heap, and stays out of core files.
 */
static int
map_memory(uint8_t **memory, size_t size)
{
	void *map = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED)
		return ARGON2_MEMORY_ALLOCATION_ERROR;
	(void)madvise(map, size, MADV_DONTDUMP);
	*memory = map;
	return ARGON2_OK;
}

static void
unmap_memory(uint8_t *memory, size_t size)
{
	(void)munmap(memory, size);
}

/*
 * A login by app hashes nothing, and a library more to load would be a tenth
 * of its time in a child of sshd: it is loaded when a code has to be hashed.
 * A process that has it uses what it has.
 */
#pragma weak argon2id_ctx
#define LIBRARY "libargon2.so.1"

static int
evaluate(argon2_context *context)
{
	int (*run)(argon2_context *) = argon2id_ctx;
	int failure = ARGON2_INCORRECT_TYPE;
	void *library = NULL;

	if (run == NULL) {
		library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
		if (library != NULL)
			*(void **)&run = dlsym(library, "argon2id_ctx");
	}
	if (run != NULL)
		failure = run(context);
	if (library != NULL)
		(void)dlclose(library);
	return failure;
}

int
xs_code_hash(const struct xs_argon2_cost *cost,
    const uint8_t salt[XS_SALT_SIZE], const char *code,
    uint8_t out[XS_HASH_SIZE])
{
	uint8_t password[XS_CODE_MAX], tag[XS_HASH_SIZE], salted[XS_SALT_SIZE];
	size_t length = strnlen(code, XS_CODE_MAX + 1);
	int failure, r = XS_E_INTERNAL;

	if (!cost_bounded(cost) || length > XS_CODE_MAX)
		return r;
	memcpy(password, code, length);
	memcpy(salted, salt, XS_SALT_SIZE);
	argon2_context context = {
	    .out = tag,
	    .outlen = XS_HASH_SIZE,
	    .pwd = password,
	    .pwdlen = (uint32_t)length,
	    .salt = salted,
	    .saltlen = XS_SALT_SIZE,
	    .t_cost = cost->time,
	    .m_cost = cost->memory,
	    .lanes = cost->lanes,
	    .threads = 1, /* the host's process gets none from us */
	    .version = ARGON2_VERSION_13,
	    .allocate_cbk = map_memory,
	    .free_cbk = unmap_memory,
	    .flags = ARGON2_FLAG_CLEAR_PASSWORD,
	};

	failure = evaluate(&context);
	if (failure == ARGON2_MEMORY_ALLOCATION_ERROR)
		r = XS_E_NOMEM;
	if (failure != ARGON2_OK)
		goto out;
	memcpy(out, tag, XS_HASH_SIZE);
	r = 0;
out:
	OPENSSL_cleanse(password, sizeof password);
	OPENSSL_cleanse(tag, sizeof tag);
	return r;
}

bool
xs_hash_equal(const uint8_t a[XS_HASH_SIZE], const uint8_t b[XS_HASH_SIZE])
{
	return CRYPTO_memcmp(a, b, XS_HASH_SIZE) == 0;
}
