/* SPDX-License-Identifier: BSD-3-Clause */
/* What a program does before its command, and after it. */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin.h"

/*
 * A closed standard output would hand its number to the record's file, and
 * the answer would be printed into the record.
 * test_admin.py: test_closed_stdout_is_refused
 */
static bool
standard_files_open(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		if (fd == STDOUT_FILENO || open("/dev/null", O_RDWR) != fd)
			return false;
	}
	return true;
}

/*
 * Keeps secrets out of core files, other processes' eyes and, by filling
 * freed memory, out of what json-c and stdio leave behind.
 */
static void
guard_memory(void)
{
	const struct rlimit none = {0, 0};

	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0);
	(void)mallopt(M_PERTURB, 0xa5);
}

int
admin_program_begin(void)
{
	guard_memory();
	if (!standard_files_open()) {
		admin_say("standard output is closed");
		return EX_IOERR;
	}
	umask(S_IRWXG | S_IRWXO);
	return 0;
}

int
admin_program_end(int code)
{
	if (fflush(stdout) != 0 || ferror(stdout) ||
	    close(STDOUT_FILENO) != 0) {
		admin_say("standard output: %s", strerror(errno));
		return EX_IOERR;
	}
	return code;
}
