/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A throw-away state directory, and what the tests of the state share.
 * Included after <cmocka.h>.
 */
#ifndef XS_TESTS_STATE_H
#define XS_TESTS_STATE_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "env.h"
#include "seal.h"
#include "store.h"

struct state {
	char dir[32]; /* of the test; the store is in dir/state */
	int fds;
	struct xs_keyring keys;
	struct xs_store store;
};

/* In a child: ends it with the line as its status, modulo 255, never 0. */
#define CHILD_CHECK(condition)                                             \
	do {                                                               \
		if (!(condition)) {                                        \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, \
			    #condition);                                   \
			_exit(1);                                          \
		}                                                          \
	} while (0)

__attribute__((unused)) static int
count_fds(void)
{
	DIR *fds = opendir("/proc/self/fd");
	int n = 0;

	assert_non_null(fds);
	while (readdir(fds) != NULL)
		n++;
	closedir(fds);
	return n;
}

__attribute__((unused)) static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

__attribute__((unused)) static void
remove_tree(const char *path)
{
	nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

__attribute__((unused)) static void
fill_ring(struct xs_keyring *ring, uint32_t id, uint8_t seed)
{
	memset(ring, 0, sizeof(*ring));
	ring->count = 1;
	ring->keys[0].id = id;
	for (int i = 0; i < XS_HOST_KEY_SIZE; i++)
		ring->keys[0].bytes[i] = (uint8_t)(seed + i);
}

__attribute__((unused)) static struct xs_plain
text_of(const char *text)
{
	struct xs_plain plain = {.length = strlen(text)};

	memcpy(plain.text, text, plain.length);
	return plain;
}

/* The text becomes the one in context. */
__attribute__((unused)) static int
rewrite_to(void *context, struct xs_plain *plain, struct xs_fault *fault)
{
	(void)fault;
	*plain = *(const struct xs_plain *)context;
	return 0;
}

__attribute__((unused)) static bool
is_text(const struct xs_plain *plain, const char *text)
{
	return plain->length == strlen(text) &&
	    memcmp(plain->text, text, plain->length) == 0;
}

/* The path of something in the test's directory. */
struct path {
	char text[400];
};

__attribute__((unused)) static struct path
in_dir(const struct state *s, const char *name)
{
	struct path path;

	snprintf(path.text, sizeof(path.text), "%s/%s", s->dir, name);
	return path;
}

__attribute__((unused)) static void
make_dir(struct state *s)
{
	memset(s, 0, sizeof(*s));
	s->fds = count_fds();
	strcpy(s->dir, "/tmp/xs-test-XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	fill_ring(&s->keys, 1, 1);
}

__attribute__((unused)) static size_t
read_file(const char *path, void *bytes, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	assert_true(fd >= 0);
	n = read(fd, bytes, room);
	assert_true(n >= 0);
	close(fd);
	return (size_t)n;
}

__attribute__((unused)) static void
write_file(const char *path, const void *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
	close(fd);
}

/* Forks; the child's body returns 0 (or ends by CHILD_CHECK). */
__attribute__((unused)) static pid_t
start_child(int (*body)(void *), void *argument)
{
	pid_t pid = fork();

	/* A test that fails must not leave it waiting for ever. */
	if (pid == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0)
		_exit(body(argument));
	if (pid == 0)
		_exit(1);
	assert_true(pid > 0);
	return pid;
}

__attribute__((unused)) static int
wait_for(pid_t pid)
{
	int status = -1;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

__attribute__((unused)) static int
run_child(int (*body)(void *), void *argument)
{
	return wait_for(start_child(body, argument));
}

#endif
