/* SPDX-License-Identifier: BSD-3-Clause */
/* A program that asks of libcrypto what a login does, and nothing else. */
#include "bench_crypto.h"

int
main(void)
{
	return bench_use_crypto() ? 0 : 1;
}
