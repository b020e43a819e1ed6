/* SPDX-License-Identifier: BSD-3-Clause */
#include "env.h"

#include <limits.h>
#include <time.h>
#include <unistd.h>

#include <openssl/rand.h>

#include "fault.h"

static int64_t
system_now(void *context)
{
	(void)context;
	return (int64_t)time(NULL);
}

static int64_t
system_uptime(void *context)
{
	struct timespec ts = {0};

	(void)context;
	/* Cannot fail on a kernel that has flock and O_TMPFILE. */
	(void)clock_gettime(CLOCK_BOOTTIME, &ts);
	return (int64_t)ts.tv_sec;
}

static int
system_random(void *context, void *buffer, size_t size)
{
	(void)context;
	if (size > INT_MAX || RAND_priv_bytes(buffer, (int)size) != 1)
		return XS_E_INTERNAL;
	return 0;
}

static int
system_nonce(void *context, void *buffer, size_t size)
{
	(void)context;
	return getentropy(buffer, size) == 0 ? 0 : XS_E_INTERNAL;
}

const struct xs_env xs_env_system = {
    .now = system_now,
    .uptime = system_uptime,
    .random = system_random,
    .nonce = system_nonce,
    .context = NULL,
};
