/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A program that logs in once and has nothing in it but libpam:
 *
 *	bench_once CONFDIR SERVICE USER ANSWER TIME
 */
#include "bench_clock.h"
#include "bench_login.h"

int
main(int argc, char **argv)
{
	struct bench_login login = {0};

	if (argc != 6)
		return 64;
	login.confdir = argv[1];
	login.service = argv[2];
	login.user = argv[3];
	(void)snprintf(login.answer, sizeof(login.answer), "%s", argv[4]);
	bench_now = (time_t)strtoll(argv[5], NULL, 10);
	return bench_log_in(&login);
}
