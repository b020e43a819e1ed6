/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A PAM module that stands where the settings would run, and writes into the
 * file of its only argument what it sees: the items, and the process.
 */
#include <dirent.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <security/pam_modules.h>

#define ENTRY __attribute__((visibility("default")))

extern char **environ;

static void
write_item(FILE *out, pam_handle_t *pamh, const char *name, int number)
{
	const void *item = NULL;

	if (pam_get_item(pamh, number, &item) == PAM_SUCCESS && item != NULL)
		fprintf(out, "%s=%s\n", name, (const char *)item);
}

static void
write_descriptors(FILE *out)
{
	DIR *own = opendir("/proc/self/fd");
	struct dirent *entry;

	while (own != NULL && (entry = readdir(own)) != NULL) {
		int fd = atoi(entry->d_name);
		char name[256] = "";

		if (fd > STDERR_FILENO && fd != dirfd(own) &&
		    fd != fileno(out) &&
		    readlinkat(
			dirfd(own), entry->d_name, name, sizeof(name) - 1) > 0)
			fprintf(out, "fd=%s\n", name);
	}
	if (own != NULL)
		closedir(own);
}

static void
write_limits(FILE *out)
{
	static const struct {
		const char *name;
		int resource;
	} limits[] = {{"cpu", RLIMIT_CPU}, {"fsize", RLIMIT_FSIZE},
	    {"data", RLIMIT_DATA}, {"stack", RLIMIT_STACK},
	    {"nofile", RLIMIT_NOFILE}, {"as", RLIMIT_AS}};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct rlimit limit = {1, 1};

		(void)getrlimit(
		    (__rlimit_resource_t)limits[i].resource, &limit);
		fprintf(out, "limit=%s %lld\n", limits[i].name,
		    (long long)limit.rlim_cur);
	}
}

static void
write_process(FILE *out)
{
	char place[PATH_MAX];
	struct rlimit core = {1, 1};
	struct sigaction child;
	sigset_t blocked;
	mode_t mask = umask(0);

	(void)umask(mask);
	(void)getrlimit(RLIMIT_CORE, &core);
	(void)sigaction(SIGCHLD, NULL, &child);
	(void)sigprocmask(SIG_SETMASK, NULL, &blocked);
	fprintf(out, "uids=%d,%d\n", (int)getuid(), (int)geteuid());
	fprintf(out, "umask=%03o\n", (unsigned)mask);
	fprintf(out, "core=%d,%d\n", (int)core.rlim_cur, (int)core.rlim_max);
	fprintf(out, "dumpable=%d\n", prctl(PR_GET_DUMPABLE));
	fprintf(out, "slack=%d\n", prctl(PR_GET_TIMERSLACK));
	write_limits(out);
	fprintf(out, "place=%s\n", getcwd(place, sizeof(place)));
	if (child.sa_handler != SIG_DFL)
		fputs("child=changed\n", out);
	for (int i = 1; i < NSIG; i++)
		if (sigismember(&blocked, i) == 1)
			fprintf(out, "blocked=%d\n", i);
	for (char **each = environ; each != NULL && *each != NULL; each++)
		fprintf(out, "environment=%s\n", *each);
	write_descriptors(out);
}

ENTRY int
pam_sm_chauthtok(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	const char *setting = pam_getenv(pamh, "XSUITE_SETTING");
	FILE *out;

	if ((flags & PAM_PRELIM_CHECK) != 0)
		return PAM_SUCCESS;
	out = argc == 1 ? fopen(argv[0], "we") : NULL;
	if (out == NULL)
		return PAM_SERVICE_ERR;
	write_item(out, pamh, "service", PAM_SERVICE);
	write_item(out, pamh, "user", PAM_USER);
	write_item(out, pamh, "ruser", PAM_RUSER);
	write_item(out, pamh, "rhost", PAM_RHOST);
	write_item(out, pamh, "tty", PAM_TTY);
	if (setting != NULL)
		fprintf(out, "setting=%s\n", setting);
	write_process(out);
	return fclose(out) == 0 ? PAM_SUCCESS : PAM_SYSTEM_ERR;
}
