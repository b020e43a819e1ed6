/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs a program and prints the most memory that it held, in KiB. The kernel
 * counts what a process was before its exec, too: that is this small one, and
 * not a python.
 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	struct rusage usage;
	int status;
	pid_t pid;

	if (argc < 2 || (pid = fork()) < 0)
		return 1;
	if (pid == 0) {
		(void)execv(argv[1], &argv[1]);
		_exit(127);
	}
	if (wait4(pid, &status, 0, &usage) != pid || status != 0)
		return 1;
	fprintf(stderr, "%ld\n", usage.ru_maxrss);
	return 0;
}
