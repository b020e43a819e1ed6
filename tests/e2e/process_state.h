/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a module may not leave changed in the process that runs it:
 * descriptors, signals, ids, umask, directory, environment, locale, threads.
 */
#ifndef TESTS_PROCESS_STATE_H
#define TESTS_PROCESS_STATE_H

#include <dirent.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STATE_TEXT_MAX 16384

struct process_state {
	char descriptors[STATE_TEXT_MAX];
	char environment[STATE_TEXT_MAX];
	char directory[4096];
	char locale[1024];
	unsigned threads;
	mode_t mask;
	uid_t uids[3];
	gid_t gids[3];
	sigset_t blocked, pending;
	struct sigaction actions[NSIG];
};

static inline void
state_add(char *text, const char *word)
{
	size_t used = strlen(text);

	snprintf(text + used, STATE_TEXT_MAX - used, "%s\n", word);
}

static inline void
state_take_descriptors(struct process_state *state)
{
	char path[64], target[4096], line[4200];
	ssize_t n;

	for (int fd = 0; fd < 1024; fd++) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		n = readlink(path, target, sizeof(target) - 1);
		if (n < 0)
			continue;
		target[n] = '\0';
		snprintf(line, sizeof(line), "%d %s", fd, target);
		state_add(state->descriptors, line);
	}
}

static inline unsigned
state_count_threads(void)
{
	DIR *dir = opendir("/proc/self/task");
	const struct dirent *entry;
	unsigned n = 0;

	while (dir != NULL && (entry = readdir(dir)) != NULL)
		n += entry->d_name[0] != '.';
	if (dir != NULL)
		closedir(dir);
	return n;
}

static inline void
process_state_take(struct process_state *state)
{
	memset(state, 0, sizeof(*state));
	state_take_descriptors(state);
	for (char **e = environ; e != NULL && *e != NULL; e++)
		state_add(state->environment, *e);
	if (getcwd(state->directory, sizeof(state->directory)) == NULL)
		state->directory[0] = '\0';
	snprintf(state->locale, sizeof(state->locale), "%s",
	    setlocale(LC_ALL, NULL));
	state->threads = state_count_threads();
	state->mask = umask(0);
	umask(state->mask);
	getresuid(&state->uids[0], &state->uids[1], &state->uids[2]);
	getresgid(&state->gids[0], &state->gids[1], &state->gids[2]);
	sigprocmask(SIG_SETMASK, NULL, &state->blocked);
	sigpending(&state->pending);
	for (int i = 1; i < NSIG; i++)
		sigaction(i, NULL, &state->actions[i]);
}

/* The word for the first thing that is not as it was; "" if all is. */
static inline const char *
process_state_differs(
    const struct process_state *a, const struct process_state *b)
{
	if (strcmp(a->descriptors, b->descriptors) != 0)
		return "descriptors";
	if (strcmp(a->environment, b->environment) != 0)
		return "environment";
	if (strcmp(a->directory, b->directory) != 0)
		return "directory";
	if (strcmp(a->locale, b->locale) != 0)
		return "locale";
	if (a->threads != b->threads)
		return "threads";
	if (a->mask != b->mask)
		return "umask";
	if (memcmp(a->uids, b->uids, sizeof(a->uids)) != 0 ||
	    memcmp(a->gids, b->gids, sizeof(a->gids)) != 0)
		return "ids";
	if (memcmp(&a->blocked, &b->blocked, sizeof(a->blocked)) != 0)
		return "blocked signals";
	if (memcmp(&a->pending, &b->pending, sizeof(a->pending)) != 0)
		return "pending signals";
	if (memcmp(a->actions, b->actions, sizeof(a->actions)) != 0)
		return "signal handlers";
	return "";
}

#endif
