/* SPDX-License-Identifier: BSD-3-Clause */
#include "shield.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "fault.h"

#define WAIT_FIRST_NS 1000000L
#define WAIT_LONGEST_NS 20000000L

/* The plain setresuid of some 32-bit kernels takes 16 bits. */
#ifdef SYS_setresuid32
#define RAW_SETRESUID SYS_setresuid32
#else
#define RAW_SETRESUID SYS_setresuid
#endif

/*
 * The system call itself: glibc's function would change every thread of the
 * host, and wait for them.
 */
static int
set_real_uid(uid_t uid)
{
	return (int)syscall(RAW_SETRESUID, uid, (uid_t)-1, (uid_t)-1);
}

static bool
xfsz_is_pending(void)
{
	sigset_t pending;

	return sigpending(&pending) == 0 && sigismember(&pending, SIGXFSZ) == 1;
}

/*
 * As fast as the system lets root: a stranger who can run su must not make
 * the owner wait for a lock (test_shield: test_caller_cannot_slow_us_down).
 * Best effort: a kernel that says no leaves what was there.
 */
static void
quicken(struct xs_pace *pace)
{
	const struct sched_param usual = {0};
	cpu_set_t all;
	int policy = sched_getscheduler(0);

	pace->policy = policy;
	(void)sched_getparam(0, &pace->parameters);
	pace->nice = getpriority(PRIO_PROCESS, 0);
	CPU_ZERO(&pace->processors);
	(void)sched_getaffinity(0, sizeof(pace->processors), &pace->processors);
	policy &= ~SCHED_RESET_ON_FORK;
	if (policy == SCHED_IDLE || policy == SCHED_BATCH)
		(void)sched_setscheduler(0, SCHED_OTHER, &usual);
	(void)setpriority(PRIO_PROCESS, 0, -20);
	memset(&all, 0xff, sizeof(all));
	(void)sched_setaffinity(0, sizeof(all), &all);
}

static void
slow_down(const struct xs_pace *pace)
{
	(void)setpriority(PRIO_PROCESS, 0, pace->nice);
	if (pace->policy >= 0)
		(void)sched_setscheduler(0, pace->policy, &pace->parameters);
	if (CPU_COUNT(&pace->processors) > 0)
		(void)sched_setaffinity(
		    0, sizeof(pace->processors), &pace->processors);
}

int
xs_shield_raise(struct xs_shield *shield)
{
	struct xs_shield new = {.up = true};
	uid_t effective, saved;
	sigset_t all;

	if (sigfillset(&all) != 0 ||
	    getresuid(&new.real, &effective, &saved) != 0 ||
	    pthread_sigmask(SIG_SETMASK, &all, &new.mask) != 0)
		return XS_E_INTERNAL;
	/* One that nobody blocked was delivered: it does not wait. */
	new.xfsz_was_pending =
	    sigismember(&new.mask, SIGXFSZ) == 1 && xfsz_is_pending();
	/* test_stop_by_the_caller_is_refused */
	if (effective == 0 && new.real != 0) {
		if (set_real_uid(0) != 0) {
			(void)pthread_sigmask(SIG_SETMASK, &new.mask, NULL);
			return XS_E_INTERNAL;
		}
		new.uid_changed = true;
		quicken(&new.pace);
	}
	*shield = new;
	return 0;
}

void
xs_shield_lower(struct xs_shield *shield)
{
	const struct timespec at_once = {0, 0};
	int saved = errno;
	sigset_t xfsz;

	if (!shield->up)
		return;
	if (shield->uid_changed)
		slow_down(&shield->pace);
	/*
	 * To root's own process the kernel says no only for want of memory,
	 * and going on with a real uid of 0 would give the caller root.
	 */
	while (shield->uid_changed && set_real_uid(shield->real) != 0) {
		if (errno != EAGAIN && errno != ENOMEM)
			_exit(255);
	}
	/* Default action: the end of a login that the caller's limit hit. */
	if (!shield->wrote_whole && !shield->xfsz_was_pending &&
	    xfsz_is_pending()) {
		(void)sigemptyset(&xfsz);
		(void)sigaddset(&xfsz, SIGXFSZ);
		(void)sigtimedwait(&xfsz, NULL, &at_once);
	}
	(void)pthread_sigmask(SIG_SETMASK, &shield->mask, NULL);
	*shield = (struct xs_shield){.up = false};
	errno = saved;
}

static int64_t
monotonic_ms(void)
{
	struct timespec ts = {0, 0};

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int
xs_shield_lock(struct xs_shield *shield, int fd, unsigned timeout_ms)
{
	struct timespec wait = {0, WAIT_FIRST_NS};
	const int64_t deadline = monotonic_ms() + timeout_ms;

	for (;;) {
		if (xs_shield_raise(shield) != 0)
			return XS_E_INTERNAL;
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return 0;
		int error = errno;
		xs_shield_lower(shield);
		if (error != EWOULDBLOCK && error != EINTR)
			return XS_E_INTERNAL;
		if (monotonic_ms() >= deadline)
			return XS_E_BUSY;
		(void)nanosleep(&wait, NULL);
		wait.tv_nsec *= 2;
		if (wait.tv_nsec > WAIT_LONGEST_NS)
			wait.tv_nsec = WAIT_LONGEST_NS;
	}
}

void
xs_shield_unlock(struct xs_shield *shield, int fd)
{
	(void)flock(fd, LOCK_UN);
	xs_shield_lower(shield);
}
