/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What whoever starts su, sudo or xsuite leaves to it, and has no say in: the
 * limits of the process, and how late its timers may be. Here and not in a
 * source file, because the set-user-id program links nothing of lib/.
 */
#ifndef XS_CALLER_H
#define XS_CALLER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>

/* ns: the kernel's own. A longer one is kept by children and across exec. */
#define XS_TIMER_SLACK 50000UL

struct xs_caller_limit {
	int resource;
	struct rlimit usual;
	bool scarce; /* many systems give less than the usual */
};

static const struct xs_caller_limit xs_caller_limits[] = {
    {RLIMIT_CPU, {RLIM_INFINITY, RLIM_INFINITY}, false},
    {RLIMIT_FSIZE, {RLIM_INFINITY, RLIM_INFINITY}, false},
    {RLIMIT_DATA, {RLIM_INFINITY, RLIM_INFINITY}, false},
    {RLIMIT_STACK, {8L * 1024 * 1024, RLIM_INFINITY}, false},
    {RLIMIT_CORE, {0, RLIM_INFINITY}, false},
    {RLIMIT_NPROC, {RLIM_INFINITY, RLIM_INFINITY}, true},
    {RLIMIT_NOFILE, {1024, 4096}, false},
    {RLIMIT_AS, {RLIM_INFINITY, RLIM_INFINITY}, false},
};

/* In a container root may not be able to raise the hard one. */
static inline bool
xs_caller_lift_limit(const struct xs_caller_limit *limit)
{
	const __rlimit_resource_t which = (__rlimit_resource_t)limit->resource;
	const rlim_t usual = limit->usual.rlim_cur;
	struct rlimit now;

	if (setrlimit(which, &limit->usual) == 0)
		return true;
	if (getrlimit(which, &now) != 0)
		return false;
	now.rlim_cur = usual < now.rlim_max ? usual : now.rlim_max;
	return setrlimit(which, &now) == 0 &&
	    (now.rlim_cur == usual || limit->scarce);
}

/*
 * Every limit to what is usual, as far as the kernel lets us. False when one
 * stays lower that no system sets by itself.
 */
static inline bool
xs_caller_lift_limits(void)
{
	bool lifted = true;

	for (size_t i = 0;
	     i < sizeof(xs_caller_limits) / sizeof(xs_caller_limits[0]); i++)
		if (!xs_caller_lift_limit(&xs_caller_limits[i]))
			lifted = false;
	return lifted;
}

#endif
