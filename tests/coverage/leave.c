/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * For processes between fork and exec: what they counted would be lost with
 * _exit and execve. (One that has become a user may not write it.)
 */
#include <unistd.h>

void __gcov_dump(void);
void __gcov_reset(void);

void xs_coverage_exit(int status);
int xs_coverage_execve(
    const char *path, char *const argv[], char *const environment[]);

static void
write_counts(void)
{
	__gcov_dump();
	__gcov_reset();
}

void
xs_coverage_exit(int status)
{
	write_counts();
	_exit(status);
}

int
xs_coverage_execve(
    const char *path, char *const argv[], char *const environment[])
{
	write_counts();
	return execve(path, argv, environment);
}
