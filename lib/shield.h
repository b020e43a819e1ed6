/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A shield around the few instructions during which nobody may stop us.
 *
 * The caller of su, sudo or xsuite may send signals to the process that runs
 * them, SIGSTOP included, as long as its real uid is his: he could stop it
 * with a lock held, or starve it (idle class, nice value, one processor that
 * he keeps busy). While the shield is up all signals are blocked, the real
 * uid of the calling thread is 0, and it runs at a pace of its own. SIGXFSZ (a
 * write beyond RLIMIT_FSIZE) that came up meanwhile is taken back when the
 * shield is lowered.
 */
#ifndef XS_SHIELD_H
#define XS_SHIELD_H

#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

/* How the caller had the thread scheduled. */
struct xs_pace {
	int policy;
	struct sched_param parameters;
	int nice;
	cpu_set_t processors;
};

struct xs_shield {
	bool up;
	bool uid_changed;
	bool xfsz_was_pending;
	bool wrote_whole; /* set by who knows that no write hit a limit */
	uid_t real;
	sigset_t mask;
	struct xs_pace pace; /* when uid_changed */
};

/*
 * Raises the shield. Without privilege (effective uid not 0) only the signals
 * are blocked. Returns 0 or XS_E_INTERNAL (and then nothing is changed).
 */
int xs_shield_raise(struct xs_shield *shield);

/* Puts everything back. A shield that is not up is left alone. */
void xs_shield_lower(struct xs_shield *shield);

/*
 * Takes the exclusive flock of fd, waiting at most timeout_ms, and raises the
 * shield with it: while waiting it is down, while the lock is held it is up.
 * The caller releases with xs_shield_unlock.
 * Returns 0; XS_E_BUSY when the time ran out; XS_E_INTERNAL.
 */
int xs_shield_lock(struct xs_shield *shield, int fd, unsigned timeout_ms);

/*
 * LOCK_UN (a fork of the host keeps a merely closed descriptor's lock alive),
 * then lowers the shield.
 */
void xs_shield_unlock(struct xs_shield *shield, int fd);

#endif
