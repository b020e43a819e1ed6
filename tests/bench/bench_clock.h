/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The clock that a driver moves: its time(2) takes the place of libc's, for
 * every module that it loads as well, so that each login has a fresh code.
 */
#ifndef BENCH_CLOCK_H
#define BENCH_CLOCK_H

#include <time.h>

static time_t bench_now;

__attribute__((visibility("default"))) time_t time(time_t *out);

time_t
time(time_t *out)
{
	if (out != NULL)
		*out = bench_now;
	return bench_now;
}

#endif
