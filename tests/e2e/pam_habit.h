/* SPDX-License-Identifier: BSD-3-Clause */
/* What applications do with their signals, children and threads. */
#ifndef TESTS_PAM_HABIT_H
#define TESTS_PAM_HABIT_H

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static inline void
ignore_children(void)
{
	signal(SIGCHLD, SIG_IGN);
}

static inline void
reap_what_comes(int number)
{
	int saved = errno;

	(void)number;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	errno = saved;
}

static inline void
reap_children(void)
{
	struct sigaction action = {.sa_handler = reap_what_comes};

	sigaction(SIGCHLD, &action, NULL);
}

static inline void
block_signals(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
}

static inline void *
use_memory(void *context)
{
	(void)context;
	for (;;) {
		/* volatile: or it is not asked for at all. */
		void *volatile memory = malloc(3000);

		free(memory);
	}
	return NULL;
}

/* Somebody holds malloc's lock at most moments. */
static inline void
have_threads(void)
{
	pthread_t thread;

	for (int i = 0; i < 4; i++)
		if (pthread_create(&thread, NULL, use_memory, NULL) != 0)
			exit(71);
}

/* False: there is no such habit. */
static inline bool
take_habit(const char *name)
{
	static const struct {
		const char *name;
		void (*take)(void);
	} habits[] = {{"ignore-children", ignore_children},
	    {"reap-children", reap_children}, {"block-signals", block_signals},
	    {"threads", have_threads}};

	for (size_t i = 0; i < sizeof(habits) / sizeof(*habits); i++) {
		if (strcmp(habits[i].name, name) == 0) {
			habits[i].take();
			return true;
		}
	}
	return false;
}

/* Of any kind, also those that no SIGCHLD is sent for. */
static inline bool
has_children(void)
{
	return waitpid(-1, NULL, __WALL | WNOHANG) >= 0 || errno != ECHILD;
}

#endif
