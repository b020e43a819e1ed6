/* SPDX-License-Identifier: BSD-3-Clause */
#include "seal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "file.h"

#define KEY_FILE_MAX 4096 /* bytes */
#define HEX_DIGITS (2L * XS_HOST_KEY_SIZE)

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* A decimal number from 1 to 4294967295 without leading zeros; 0: none. */
static uint32_t
read_id(const char **at, const char *end)
{
	const char *p = *at;
	uint64_t id = 0;

	if (p < end && *p == '0')
		return 0;
	while (p < end && *p >= '0' && *p <= '9') {
		id = id * 10 + (uint64_t)(*p++ - '0');
		if (id > UINT32_MAX)
			return 0;
	}
	*at = p;
	return (uint32_t)id;
}

static bool
read_hex(const char *p, uint8_t bytes[XS_HOST_KEY_SIZE])
{
	for (size_t i = 0; i < XS_HOST_KEY_SIZE; i++) {
		int high = hex_value(p[2 * i]), low = hex_value(p[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* Returns NULL, or what is wrong with the line; never its characters. */
static const char *
read_line(struct xs_keyring *ring, const char *p, const char *end)
{
	struct xs_host_key *key = &ring->keys[ring->count];
	uint32_t id;

	while (p < end && is_blank(*p))
		p++;
	while (end > p && is_blank(end[-1]))
		end--;
	if (p == end || *p == '#')
		return NULL;
	if (ring->count == XS_HOST_KEYS_MAX)
		return "too many keys";
	if ((id = read_id(&p, end)) == 0)
		return "does not begin with a key id from 1 to 4294967295";
	for (size_t i = 0; i < ring->count; i++) {
		if (ring->keys[i].id == id)
			return "this key id stands in an earlier line";
	}
	if (p == end || !is_blank(*p))
		return "is not \"ID HEX\"";
	while (p < end && is_blank(*p))
		p++;
	if (end - p != HEX_DIGITS || !read_hex(p, key->bytes))
		return "the key is not 64 hexadecimal digits";
	key->id = id;
	ring->count++;
	return NULL;
}

static int
read_lines(struct xs_keyring *ring, const char *path, const char *text,
    size_t size, struct xs_fault *fault)
{
	const char *end = text + size, *problem;
	unsigned line = 1;

	for (const char *p = text; p < end; line++) {
		const char *stop = memchr(p, '\n', (size_t)(end - p));

		if (stop == NULL)
			stop = end;
		if ((problem = read_line(ring, p, stop)) != NULL)
			return xs_fault_set(fault, XS_E_STATE, "%s:%u: %s",
			    path, line, problem);
		p = stop + 1;
	}
	if (ring->count == 0)
		return xs_fault_set(
		    fault, XS_E_STATE, "%s: holds no key", path);
	return 0;
}

/* Reads the file up to its end. Returns the size, or -1 with errno. */
static ssize_t
read_all(int fd, char *text, size_t room)
{
	size_t size = 0;

	while (size < room) {
		ssize_t n = read(fd, text + size, room - size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		/* A regular file gives less than was asked for at its end. */
		if ((size_t)n < room - size)
			return (ssize_t)(size + (size_t)n);
		size += (size_t)n;
	}
	return (ssize_t)size;
}

int
xs_keyring_load(
    struct xs_keyring *ring, const char *path, struct xs_fault *fault)
{
	const struct xs_file_want want = {O_RDONLY, 0600, -1};
	struct xs_dir dir = {.fd = -1};
	struct xs_keyring new = {0};
	char text[KEY_FILE_MAX + 1];
	int fd = -1, r = XS_E_STATE;
	const char *name;
	ssize_t size;

	xs_keyring_wipe(ring);
	if (xs_dir_open_parent(&dir, path, &name, fault) != 0 ||
	    xs_file_open(&dir, name, &want, &fd, fault) != 0)
		goto out;
	if ((size = read_all(fd, text, sizeof(text))) < 0) {
		(void)xs_fault_set(
		    fault, XS_E_STATE, "%s: %s", path, xs_errno_text(errno));
		goto out;
	}
	if (size > KEY_FILE_MAX) {
		(void)xs_fault_set(fault, XS_E_STATE,
		    "%s: is longer than %d bytes", path, KEY_FILE_MAX);
		goto out;
	}
	if ((r = read_lines(&new, path, text, (size_t)size, fault)) != 0)
		goto out;
	/* One that does not fit is not read again later; none is so long. */
	if (strlen(path) < sizeof(new.path))
		strcpy(new.path, path);
	*ring = new;
out:
	xs_keyring_wipe(&new);
	OPENSSL_cleanse(text, sizeof(text));
	if (fd >= 0)
		(void)close(fd);
	xs_dir_close(&dir);
	return r;
}

int
xs_keyring_create(const char *path, const uint8_t key[XS_HOST_KEY_SIZE],
    struct xs_fault *fault)
{
	static const char digits[] = "0123456789abcdef";
	char text[2 + HEX_DIGITS + 1], *p = text;
	struct xs_dir dir = {.fd = -1};
	const char *name;
	int r;

	if ((r = xs_dir_open_parent(&dir, path, &name, fault)) != 0)
		return r;
	*p++ = '1';
	*p++ = ' ';
	for (size_t i = 0; i < XS_HOST_KEY_SIZE; i++) {
		*p++ = digits[key[i] >> 4];
		*p++ = digits[key[i] & 15];
	}
	*p = '\n';
	r = xs_file_create(&dir, name, text, sizeof(text), 0400, fault);
	if (r != 0 && r != XS_E_EXISTS)
		r = XS_E_STATE;
	OPENSSL_cleanse(text, sizeof(text));
	xs_dir_close(&dir);
	return r;
}

void
xs_keyring_wipe(struct xs_keyring *ring)
{
	OPENSSL_cleanse(ring, sizeof(*ring));
}
