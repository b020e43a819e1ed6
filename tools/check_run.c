/* SPDX-License-Identifier: BSD-3-Clause */
/* Other programs that are asked what they make of their own files. */
#include "check_run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_MAX ((size_t)256 * 1024) /* bytes */
#define DEADLINE_MS 10000

static int64_t
now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Its standard output comes to out, all else to nobody. 0 or errno. */
static int
start(char *const *argv, int out, pid_t *pid)
{
	char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
	char locale[] = "LC_ALL=C";
	char *const environment[] = {path, locale, NULL};
	posix_spawn_file_actions_t actions;
	int r = posix_spawn_file_actions_init(&actions);

	if (r != 0)
		return r;
	r = posix_spawn_file_actions_addopen(
	    &actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(
		    &actions, out, STDOUT_FILENO);
	if (r == 0)
		r = posix_spawn_file_actions_addopen(
		    &actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	if (r == 0)
		r = posix_spawn(
		    pid, argv[0], &actions, NULL, argv, environment);
	(void)posix_spawn_file_actions_destroy(&actions);
	return r;
}

/* Until the end of the answer; false: it takes too long or is too much. */
static bool
collect(int fd, char *answer)
{
	int64_t deadline = now_ms() + DEADLINE_MS;
	size_t used = 0;

	for (;;) {
		struct pollfd wait = {.fd = fd, .events = POLLIN};
		int64_t left = deadline - now_ms();
		ssize_t n;

		if (left <= 0 || used == ANSWER_MAX)
			return false;
		if (poll(&wait, 1, (int)left) <= 0)
			continue;
		n = read(fd, answer + used, ANSWER_MAX - used);
		if (n < 0 && errno != EINTR)
			return false;
		if (n == 0)
			break;
		if (n > 0)
			used += (size_t)n;
	}
	answer[used] = '\0';
	return true;
}

bool
check_run(const char *const *argv, char **ret)
{
	char *answer = malloc(ANSWER_MAX + 1);
	int ends[2] = {-1, -1}, status = -1;
	bool good = false;
	pid_t pid = -1;

	if (answer == NULL || pipe2(ends, O_CLOEXEC) != 0)
		goto out;
	/* posix_spawn changes no word of it; its type is older than const. */
	if (start((char *const *)(uintptr_t)argv, ends[1], &pid) != 0)
		goto out;
	(void)close(ends[1]);
	ends[1] = -1;
	good = collect(ends[0], answer);
	if (!good)
		(void)kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	good = good && status == 0;
out:
	for (int i = 0; i < 2; i++) {
		if (ends[i] >= 0)
			(void)close(ends[i]);
	}
	if (good)
		*ret = answer;
	else
		free(answer);
	return good;
}
