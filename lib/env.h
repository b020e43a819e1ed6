/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Time and randomness, passed in, so that tests need neither sleeps nor
 * #ifdef. The module and the tools use xs_env_system.
 */
#ifndef XS_ENV_H
#define XS_ENV_H

#include <stddef.h>
#include <stdint.h>

struct xs_env {
	/* Seconds since 1970-01-01 UTC. */
	int64_t (*now)(void *context);
	/* Seconds of CLOCK_BOOTTIME: goes on during suspend, is never set. */
	int64_t (*uptime)(void *context);
	/* Fills buffer from a DRBG (SP 800-90A). Returns 0, or XS_E_INTERNAL.
	 */
	int (*random)(void *context, void *buffer, size_t size);
	/*
	 * The same from the kernel's generator, at most 256 bytes, for what is
	 * no secret but must not come twice: a program that asks for nothing
	 * else sets up none of libcrypto's.
	 */
	int (*nonce)(void *context, void *buffer, size_t size);
	void *context;
};

/* time(2), CLOCK_BOOTTIME, RAND_priv_bytes, getrandom(2). */
extern const struct xs_env xs_env_system;

#endif
