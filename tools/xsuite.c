/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * xsuite: people's own security settings. A PAM application like passwd(1),
 * installed set-user-id root. It knows no code and no record: the stack of
 * its service asks who is there, and the module's pam_sm_chauthtok runs the
 * settings.
 *
 * Whoever starts it is a stranger until then, so
 *  - the account is that of the real user id (test_xsuite:
 *    test_the_real_uid_decides);
 *  - nothing is taken from the caller but one word of a table, the standard
 *    files and the working directory, which is left alone (test_xsuite:
 *    test_a_hostile_environment_changes_nothing);
 *  - no file is opened by a name that the caller has a say in (test_xsuite:
 *    test_no_file_of_the_caller_is_opened);
 *  - nothing of it reaches a core file (test_xsuite:
 *    test_core_dumps_are_off);
 *  - no limit of his keeps it from what it has to do beside his will, as
 *    telling the old address that a new one takes its place (test_xsuite:
 *    test_limits_of_the_caller_end_with_it).
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <shadow.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <termios.h>
#include <unistd.h>

#include <security/pam_appl.h>
#include <security/pam_misc.h>

#include "caller.h"

#define REFUSED 1

static const struct {
	const char *word;
	const char *help;
} settings[] = {
    {"status", "what is set up, since when, made by whom"},
    {"app", "set up the authenticator app, or move it to a new phone"},
    {"phone", "the mobile number for SMS codes"},
    {"address", "where security notices go"},
    {"default", "the method that is asked first"},
    {"backup", "a new backup code"},
    {"language", "the language of the questions"},
    {"explain", "how the two steps work"},
};

/* What misc_conv may leave behind when a signal ends us in a question. */
static struct termios terminal;
static bool has_terminal;

/* ---- What was asked for ---- */

static int
print_version(void)
{
	puts("xsuite " XS_VERSION);
	return fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}

static int
print_help(void)
{
	puts("usage: xsuite [SETTING]\n\n"
	     "Your own two-step login. Without a word there is a menu.\n");
	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
		printf("  %-12s%s\n", settings[i].word, settings[i].help);
	puts("\n  --help      this text\n"
	     "  --version   the version");
	return fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}

static bool
is_setting(const char *word)
{
	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
		if (strcmp(settings[i].word, word) == 0)
			return true;
	}
	return false;
}

/* ---- The process ---- */

/*
 * By their modes: of a set-user-id program's closed files libc makes some
 * that can be opened, and not used.
 */
static bool
standard_files_open(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		int wrong = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;
		int flags = fcntl(fd, F_GETFL);

		if (flags < 0 || (flags & O_ACCMODE) == wrong)
			return false;
	}
	return true;
}

/* Leaves behind what the caller's process was: but its ids, and its place. */
static bool
shed_caller(void)
{
	const struct rlimit none = {0, 0};
	sigset_t nothing;

	sigemptyset(&nothing);
	closefrom(STDERR_FILENO + 1);
	umask(S_IRWXG | S_IRWXO);
	(void)prctl(PR_SET_TIMERSLACK, XS_TIMER_SLACK);
	/* Ignored, it would hide from modules how their helpers ended. */
	return signal(SIGCHLD, SIG_DFL) != SIG_ERR &&
	    sigprocmask(SIG_SETMASK, &nothing, NULL) == 0 &&
	    setrlimit(RLIMIT_CORE, &none) == 0 &&
	    prctl(PR_SET_DUMPABLE, 0) == 0 && clearenv() == 0 &&
	    setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1) == 0;
}

/* In the background it is not ours: another program's settings are there. */
static bool
is_terminal_ours(void)
{
	return has_terminal && tcgetpgrp(STDIN_FILENO) == getpgrp();
}

static void
restore_terminal(void)
{
	if (is_terminal_ours())
		(void)tcsetattr(STDIN_FILENO, TCSANOW, &terminal);
}

/* Half a password shall not wait there as the shell's next command. */
static void
end_by_signal(int number)
{
	if (is_terminal_ours())
		(void)tcflush(STDIN_FILENO, TCIFLUSH);
	restore_terminal();
	(void)raise(number); /* SA_RESETHAND: this one kills, at our return */
}

static void
keep_terminal(void)
{
	static const int ends[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
	struct sigaction former,
	    action = {.sa_handler = end_by_signal, .sa_flags = SA_RESETHAND};

	has_terminal = tcgetattr(STDIN_FILENO, &terminal) == 0;
	(void)sigfillset(&action.sa_mask);
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		if (sigaction(ends[i], NULL, &former) == 0 &&
		    former.sa_handler != SIG_IGN)
			(void)sigaction(ends[i], &action, NULL);
	}
	(void)atexit(restore_terminal);
}

/* ---- The conversation with PAM ---- */

/*
 * No password can be right: nobody has one ("!", "*"), or it is empty, which
 * proves nothing. By this host's own file: an account that a directory
 * serves has its password there, whatever the directory says of a shadow.
 */
static bool
has_no_password(const struct passwd *account)
{
	const struct spwd *entry = NULL;
	FILE *file = NULL;
	bool none = false;

	if (strcmp(account->pw_passwd, "x") == 0)
		file = fopen("/etc/shadow", "re");
	if (file == NULL)
		return false;
	while ((entry = fgetspent(file)) != NULL) {
		if (strcmp(entry->sp_namp, account->pw_name) != 0)
			continue;
		none = entry->sp_pwdp[0] == '\0' ||
		    strchr("!*", entry->sp_pwdp[0]) != NULL;
		break;
	}
	(void)fclose(file);
	return none;
}

/* Without its own stack libpam takes "other", which may change passwords. */
static bool
has_stack(const char *service)
{
	char path[64];
	struct stat info;

	(void)snprintf(path, sizeof path, "/etc/pam.d/%s", service);
	if (stat(path, &info) == 0)
		return true;
	(void)snprintf(path, sizeof path, "/usr/lib/pam.d/%s", service);
	return stat(path, &info) == 0;
}

static int
exit_code(int result)
{
	switch (result) {
	case PAM_SUCCESS:
		return EX_OK;
	case PAM_AUTHINFO_UNAVAIL:
	case PAM_TRY_AGAIN:
		return EX_TEMPFAIL;
	case PAM_BUF_ERR:
	case PAM_SYSTEM_ERR:
	case PAM_ABORT:
		return EX_OSERR;
	case PAM_OPEN_ERR:
	case PAM_SYMBOL_ERR:
	case PAM_SERVICE_ERR:
	case PAM_MODULE_UNKNOWN:
		return EX_CONFIG;
	default:
		return REFUSED;
	}
}

/* As su sets them, so that logs read alike; no PAM_RHOST: it is this host. */
static int
set_items(pam_handle_t *pamh, const char *name, const char *word)
{
	const char *line = has_terminal ? ttyname(STDIN_FILENO) : NULL;
	char variable[64];
	int result = pam_set_item(pamh, PAM_RUSER, name);

	if (line != NULL && strncmp(line, "/dev/", 5) == 0)
		line += 5;
	if (result == PAM_SUCCESS && line != NULL)
		result = pam_set_item(pamh, PAM_TTY, line);
	if (result != PAM_SUCCESS || word == NULL)
		return result;
	(void)snprintf(variable, sizeof variable, "XSUITE_SETTING=%s", word);
	return pam_putenv(pamh, variable);
}

static int
run(const char *service, const char *name, const char *word)
{
	const struct pam_conv conversation = {.conv = misc_conv};
	const char *what = "PAM cannot be started";
	pam_handle_t *pamh = NULL;
	int result = pam_start(service, name, &conversation, &pamh);

	if (result == PAM_SUCCESS)
		result = set_items(pamh, name, word);
	if (result == PAM_SUCCESS) {
		what = "you were not let in";
		/* An empty password proves nothing, whatever the stack says. */
		result = pam_authenticate(pamh, PAM_DISALLOW_NULL_AUTHTOK);
	}
	if (result == PAM_SUCCESS) {
		what = "this account cannot be used";
		result = pam_acct_mgmt(pamh, 0);
	}
	if (result == PAM_NEW_AUTHTOK_REQD) {
		warnx("your password has expired: change it with passwd");
		result = PAM_SUCCESS;
	}
	if (result == PAM_SUCCESS) {
		what = "the settings ended early";
		result = pam_chauthtok(pamh, 0);
	}
	if (result != PAM_SUCCESS)
		warnx("%s: %s", what, pam_strerror(pamh, result));
	if (pamh != NULL)
		(void)pam_end(pamh, result);
	return exit_code(result);
}

int
main(int argc, char **argv)
{
	static char self[] = "xsuite";
	const char *word = argc > 1 ? argv[1] : NULL;
	const char *service = "xsuite";
	const struct passwd *account;
	char name[LOGIN_NAME_MAX];

	program_invocation_short_name = self;
	if (word != NULL && strcmp(word, "--help") == 0)
		return print_help();
	if (word != NULL && strcmp(word, "--version") == 0)
		return print_version();
	if (word != NULL && (argc > 2 || !is_setting(word)))
		errx(EX_USAGE, "%s: no such setting; try xsuite --help",
		    argv[argc - 1]);
	if (!standard_files_open())
		errx(EX_IOERR, "standard input, output or error is closed");
	if (geteuid() != 0)
		errx(EX_CONFIG,
		    "this program must be installed set-user-id root");
	/* Before shed_caller, which asks for less of one. */
	if (!xs_caller_lift_limits())
		errx(EX_OSERR,
		    "a limit is too low, and cannot be raised: see ulimit -Ha");
	if (!shed_caller())
		err(EX_OSERR, "this process cannot be made safe");
	account = getpwuid(getuid());
	if (account == NULL || strlen(account->pw_name) >= sizeof name) {
		warnx(
		    "user id %u: there is no such account", (unsigned)getuid());
		return EX_NOUSER;
	}
	/* A copy: modules look up accounts, too. */
	memcpy(name, account->pw_name, strlen(account->pw_name) + 1);
	if (has_no_password(account))
		service = "xsuite-nopassword";
	if (!has_stack(service))
		errx(EX_CONFIG,
		    "/etc/pam.d/%s is missing: ask your administrator",
		    service);
	keep_terminal();
	return run(service, name, word);
}
