/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a module may not leave changed in the process that runs it:
 * descriptors, signals, ids, umask, directory, environment, locale, threads,
 * limits, the stack of signal handlers, timers.
 */
#ifndef TESTS_PROCESS_STATE_H
#define TESTS_PROCESS_STATE_H

#include <dirent.h>
#include <locale.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
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
	struct rlimit limits[RLIMIT_NLIMITS];
	stack_t stack;
	struct itimerval timers[3];
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
	char target[4096], line[4400];
	DIR *dir = opendir("/proc/self/fd");
	const struct dirent *entry;
	ssize_t n;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		n = readlinkat(
		    dirfd(dir), entry->d_name, target, sizeof(target) - 1);
		if (n < 0)
			continue;
		target[n] = '\0';
		snprintf(line, sizeof(line), "%s %s", entry->d_name, target);
		state_add(state->descriptors, line);
	}
	if (dir != NULL)
		closedir(dir);
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
	for (int i = 0; i < (int)RLIMIT_NLIMITS; i++)
		getrlimit((__rlimit_resource_t)i, &state->limits[i]);
	sigaltstack(NULL, &state->stack);
	for (int i = 0; i < 3; i++)
		getitimer((__itimer_which_t)i, &state->timers[i]);
}

/* By their members: beyond them libc leaves what it found. */
static inline bool
state_same_set(const sigset_t *a, const sigset_t *b)
{
	for (int i = 1; i < NSIG; i++)
		if (sigismember(a, i) != sigismember(b, i))
			return false;
	return true;
}

static inline bool
state_same_actions(const struct sigaction *a, const struct sigaction *b)
{
	for (int i = 1; i < NSIG; i++)
		if (a[i].sa_handler != b[i].sa_handler ||
		    a[i].sa_flags != b[i].sa_flags ||
		    !state_same_set(&a[i].sa_mask, &b[i].sa_mask))
			return false;
	return true;
}

/* How often a timer fires, and whether it runs; not how far it has come. */
static inline bool
state_same_timer(const struct itimerval *a, const struct itimerval *b)
{
	return memcmp(&a->it_interval, &b->it_interval,
		   sizeof(a->it_interval)) == 0 &&
	    timerisset(&a->it_value) == timerisset(&b->it_value);
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
	if (!state_same_set(&a->blocked, &b->blocked))
		return "blocked signals";
	if (!state_same_set(&a->pending, &b->pending))
		return "pending signals";
	if (!state_same_actions(a->actions, b->actions))
		return "signal handlers";
	if (memcmp(a->limits, b->limits, sizeof(a->limits)) != 0)
		return "limits";
	if (a->stack.ss_sp != b->stack.ss_sp ||
	    a->stack.ss_size != b->stack.ss_size ||
	    a->stack.ss_flags != b->stack.ss_flags)
		return "stack of the signal handlers";
	for (int i = 0; i < 3; i++)
		if (!state_same_timer(&a->timers[i], &b->timers[i]))
			return "timers";
	return "";
}

#endif
