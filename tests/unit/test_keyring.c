/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/socket.h>
#include <sys/un.h>

#include "tests/state.h"

#define HEX                                \
	"000102030405060708090a0b0c0d0e0f" \
	"101112131415161718191A1B1C1D1E1F"

static int
setup(void **state)
{
	struct state *s = calloc(1, sizeof(*s));

	make_dir(s);
	*state = s;
	return 0;
}

static int
teardown(void **state)
{
	struct state *s = *state;

	remove_tree(s->dir);
	assert_int_equal(count_fds(), s->fds);
	free(s);
	return 0;
}

static struct path
key_file(const struct state *s, const char *text, mode_t mode)
{
	struct path path = in_dir(s, "host.key");

	unlink(path.text);
	write_file(path.text, text, strlen(text));
	assert_int_equal(chmod(path.text, mode), 0);
	return path;
}

static void
assert_refused(const struct path *path, const char *why)
{
	struct xs_keyring ring, none = {0};
	struct xs_fault fault = {""};

	memset(&ring, 0x55, sizeof(ring));
	assert_int_equal(
	    xs_keyring_load(&ring, path->text, &fault), XS_E_STATE);
	if (strstr(fault.text, why) == NULL ||
	    strstr(fault.text, path->text) == NULL)
		fail_msg("\"%s\" without \"%s\"", fault.text, why);
	assert_null(strstr(fault.text, "0001020304"));
	assert_memory_equal(&ring, &none, sizeof(ring));
}

static void
test_keys_are_read_with_comments_and_blanks(void **state)
{
	struct state *s = *state;
	struct path path =
	    key_file(s, "# current\n\n 4294967295 \t" HEX " \n1 " HEX, 0400);
	struct xs_keyring ring;

	assert_int_equal(xs_keyring_load(&ring, path.text, NULL), 0);
	assert_int_equal(ring.count, 2);
	assert_int_equal(ring.keys[0].id, 4294967295u);
	assert_int_equal(ring.keys[1].id, 1);
	for (int i = 0; i < XS_HOST_KEY_SIZE; i++)
		assert_int_equal(ring.keys[1].bytes[i], i);
	xs_keyring_wipe(&ring);
	assert_int_equal(ring.count, 0);
}

static void
test_malformed_key_files_are_refused_with_their_line(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
	    {"", "holds no key"},
	    {"# nothing\n", "holds no key"},
	    {"0 " HEX "\n", ":1: does not begin with a key id"},
	    {"01 " HEX "\n", ":1: does not begin with a key id"},
	    {"-1 " HEX "\n", ":1: does not begin with a key id"},
	    {"4294967296 " HEX "\n", ":1: does not begin with a key id"},
	    {"99999999999999999999 " HEX "\n", ":1: does not begin"},
	    {HEX "\n", ":1: "},
	    {"1" HEX "\n", ":1: "},
	    {"1\n", ":1: "},
	    {"1 " HEX "0\n", ":1: the key is not 64"},
	    {"1 0001020304\n", ":1: the key is not 64"},
	    {"1 " HEX " x\n", ":1: the key is not 64"},
	    {"1 " HEX "\r\n", ":1: the key is not 64"},
	    {"\n1 " HEX "\n1 " HEX "\n", ":3: this key id stands"},
	    {"1 " HEX "\n2 000102030405060708090a0b0c0d0e0f"
	     "101112131415161718191A1B1C1D1E1G\n",
		":2: the key is not 64"},
	    {"1 " HEX "\n2 " HEX "\n3 " HEX "\n4 " HEX "\n5 " HEX "\n6 " HEX
	     "\n7 " HEX "\n8 " HEX "\n9 " HEX "\n",
		":9: too many keys"},
	};
	struct state *s = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct path path = key_file(s, cases[i].text, 0400);

		assert_refused(&path, cases[i].why);
	}
}

static void
test_key_file_longer_than_4096_bytes_is_refused(void **state)
{
	struct state *s = *state;
	struct xs_keyring ring;
	char text[4098];
	struct path path;

	memset(text, ' ', sizeof(text));
	memcpy(text, "1 " HEX "\n", strlen("1 " HEX "\n"));
	text[4096] = '\0';
	path = key_file(s, text, 0400);
	assert_int_equal(xs_keyring_load(&ring, path.text, NULL), 0);
	text[4096] = ' ';
	text[4097] = '\0';
	path = key_file(s, text, 0400);
	assert_refused(&path, "longer than 4096");
}

static void
test_nul_byte_in_key_file_is_refused(void **state)
{
	struct state *s = *state;
	struct path path = in_dir(s, "host.key");

	write_file(path.text, "1 \0" HEX "\n", 3 + 64 + 1);
	assert_refused(&path, ":1: ");
}

static void
test_key_file_that_others_could_have_is_refused(void **state)
{
	static const mode_t modes[] = {
	    0404, 0440, 0640, 0644, 0602, 0420, 0700, 04400};
	struct state *s = *state;
	struct path path, link = in_dir(s, "link");

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		path = key_file(s, "1 " HEX "\n", modes[i]);
		assert_refused(&path, "has mode ");
	}
	path = key_file(s, "1 " HEX "\n", 0600);
	assert_int_equal(symlink(path.text, link.text), 0);
	assert_refused(&link, "is a symbolic link");
	unlink(link.text);
	assert_int_equal(symlink("nowhere", link.text), 0);
	assert_refused(&link, "is a symbolic link");
	unlink(link.text);
	assert_int_equal(
	    linkat(AT_FDCWD, path.text, AT_FDCWD, link.text, 0), 0);
	assert_refused(&path, "more than one link");
	unlink(link.text);
	if (geteuid() == 0) {
		assert_int_equal(chown(path.text, 12345, 0), 0);
		assert_refused(&path, "belongs to uid 12345");
	}
}

static void
test_key_path_that_is_no_file_is_refused_without_waiting(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct state *s = *state;
	struct path path = in_dir(s, "host.key");
	int fd;

	alarm(20); /* a FIFO would be waited for without end */
	assert_refused(&path, "No such file");
	assert_int_equal(mkfifo(path.text, 0400), 0);
	assert_refused(&path, "is not a regular file");
	unlink(path.text);
	assert_int_equal(mkdir(path.text, 0700), 0);
	assert_refused(&path, "is not a regular file");
	rmdir(path.text);
	snprintf(
	    address.sun_path, sizeof(address.sun_path), "%.60s", path.text);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(
	    bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_refused(&path, "is not a regular file");
	close(fd);
	path = in_dir(s, "none/host.key");
	{
		struct xs_fault fault;
		struct xs_keyring ring;

		assert_int_equal(
		    xs_keyring_load(&ring, path.text, &fault), XS_E_STATE);
		assert_non_null(strstr(fault.text, "No such file"));
	}
	alarm(0);
}

static void
test_created_key_loads_and_is_never_replaced(void **state)
{
	struct state *s = *state;
	struct path path = in_dir(s, "host.key");
	uint8_t other[XS_HOST_KEY_SIZE] = {1, 2, 3};
	struct xs_keyring ring;
	struct xs_fault fault;
	struct stat st;
	mode_t mask = umask(0);

	assert_int_equal(
	    xs_keyring_create(path.text, s->keys.keys[0].bytes, &fault), 0);
	assert_int_equal(stat(path.text, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0400);
	umask(mask);
	strcpy(s->keys.path, path.text);
	assert_int_equal(xs_keyring_load(&ring, path.text, &fault), 0);
	assert_memory_equal(&ring, &s->keys, sizeof(ring));
	assert_int_equal(
	    xs_keyring_create(path.text, other, &fault), XS_E_EXISTS);
	assert_int_equal(xs_keyring_load(&ring, path.text, &fault), 0);
	assert_memory_equal(&ring, &s->keys, sizeof(ring));
	path = in_dir(s, "none/host.key");
	assert_int_equal(
	    xs_keyring_create(path.text, other, &fault), XS_E_STATE);
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_keys_are_read_with_comments_and_blanks),
	    T(test_malformed_key_files_are_refused_with_their_line),
	    T(test_key_file_longer_than_4096_bytes_is_refused),
	    T(test_nul_byte_in_key_file_is_refused),
	    T(test_key_file_that_others_could_have_is_refused),
	    T(test_key_path_that_is_no_file_is_refused_without_waiting),
	    T(test_created_key_loads_and_is_never_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
