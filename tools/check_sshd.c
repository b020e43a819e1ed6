/* SPDX-License-Identifier: BSD-3-Clause */
/* sshd's options, as sshd itself understands its files. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "check_files.h"
#include "check_run.h"

#define SSHD "/usr/sbin/sshd"

/* The option's value in what "sshd -T" printed, into out; "": none. */
static const char *
option(const char *answer, const char *key, char *out, size_t size)
{
	size_t length = strlen(key);
	const char *line = answer;

	out[0] = '\0';
	while (line != NULL && *line != '\0') {
		if (strncmp(line, key, length) == 0 && line[length] == ' ') {
			line += length + 1;
			(void)snprintf(
			    out, size, "%.*s", (int)strcspn(line, "\n"), line);
			break;
		}
		line = strchr(line, '\n');
		if (line != NULL)
			line++;
	}
	return out;
}

static void
find_option(struct check *check, enum check_level level, const char *keyword,
    const char *what, const char *mend)
{
	static const char *const files[] = {
	    "/etc/ssh/sshd_config.d/*.conf", "/etc/ssh/sshd_config", NULL};
	char where[512];
	const struct check_place place = {level, where, mend, NULL, NULL};

	check_find_word(files, keyword, false, where, sizeof(where));
	check_find(check, &place, "%s", what);
}

/* The word as one of a list by comma; what follows a ':' is a device. */
static const char *
find_method(const char *list, size_t length, const char *word)
{
	size_t word_length = strlen(word);
	const char *end = list + length;

	while (list < end) {
		if (strncmp(list, word, word_length) == 0 &&
		    (list + word_length == end ||
			strchr(",:", list[word_length]) != NULL))
			return list;
		list += strcspn(list, ",");
		list += list < end;
	}
	return NULL;
}

/*
 * Lists of methods, any one of which lets in. Returns whether each demands a
 * key before it asks PAM.
 */
static bool
check_methods(struct check *check, const char *lists)
{
	bool key_first = true;

	for (size_t length; *lists != '\0'; lists += length) {
		const char *ask, *key;

		lists += *lists == ' ';
		length = strcspn(lists, " ");
		ask = find_method(lists, length, "keyboard-interactive");
		key = find_method(lists, length, "publickey");
		key_first =
		    key_first && key != NULL && ask != NULL && key < ask;
		if (length > 0 && ask == NULL)
			find_option(check, CHECK_ERROR, "AuthenticationMethods",
			    "a list without keyboard-interactive lets in "
			    "without the second step",
			    "add \",keyboard-interactive:pam\" to each list");
	}
	return key_first;
}

static void
check_lists(struct check *check, const char *answer)
{
	char lists[1024], root[64], keys[16];

	(void)option(answer, "authenticationmethods", lists, sizeof(lists));
	(void)option(answer, "permitrootlogin", root, sizeof(root));
	(void)option(answer, "pubkeyauthentication", keys, sizeof(keys));
	if (lists[0] == '\0' || strcmp(lists, "any") == 0) {
		if (strcmp(keys, "yes") == 0)
			check_remark(check,
			    "sshd lets in by a key without the second step: "
			    "AuthenticationMethods is not set");
		return;
	}
	check->key_first = check_methods(check, lists);
	/* sshd gives PAM junk for root's answers then. */
	if (check->key_first &&
	    (strcmp(root, "without-password") == 0 ||
		strcmp(root, "prohibit-password") == 0))
		find_option(check, CHECK_WARNING, "PermitRootLogin",
		    "root cannot log in: sshd lets root answer no question, "
		    "and AuthenticationMethods wants an answer",
		    "set PermitRootLogin to yes or no");
}

static void
check_switches(struct check *check, const char *answer)
{
	char value[64];

	if (strcmp(option(answer, "usepam", value, sizeof(value)), "yes") != 0)
		find_option(check, CHECK_ERROR, "UsePAM",
		    "sshd does not use PAM: it lets in without the second step",
		    "set UsePAM to yes");
	(void)option(
	    answer, "kbdinteractiveauthentication", value, sizeof(value));
	if (strcmp(value, "yes") != 0)
		find_option(check, CHECK_ERROR, "KbdInteractiveAuthentication",
		    "sshd asks no questions: nobody can give a code",
		    "set KbdInteractiveAuthentication to yes");
	(void)option(answer, "passwordauthentication", value, sizeof(value));
	if (strcmp(value, "no") != 0)
		find_option(check, CHECK_WARNING, "PasswordAuthentication",
		    "sshd's own password method cannot ask for a code: its "
		    "logins are refused",
		    "set PasswordAuthentication to no");
}

static void
check_grace(struct check *check, const char *answer)
{
	char value[64], what[256];
	long seconds;

	(void)option(answer, "logingracetime", value, sizeof(value));
	seconds = strtol(value, NULL, 10);
	if (value[0] == '\0' || seconds == 0 || seconds >= CHECK_TIME_LEAST)
		return;
	(void)snprintf(what, sizeof(what),
	    "%ld seconds are too short for a lost phone, a backup code and "
	    "noting its successor",
	    seconds);
	find_option(check, CHECK_WARNING, "LoginGraceTime", what,
	    "set LoginGraceTime to 300");
}

/*
 * -G wants neither keys nor /run/sshd, which is there only while sshd runs;
 * sshd of Debian 12 does not know it.
 */
static bool
ask_sshd(char **answer)
{
	static const char *const print[] = {SSHD, "-G", NULL};
	static const char *const test[] = {SSHD, "-T", NULL};

	return check_run(print, answer) || check_run(test, answer);
}

void
check_sshd(struct check *check)
{
	const struct check_place place = {CHECK_ERROR, "/etc/ssh/sshd_config",
	    "see what \"sshd -t\" says", NULL, NULL};
	char *answer;

	strcpy(check->sshd_service, "sshd");
	if (access(SSHD, X_OK) != 0)
		return;
	if (!ask_sshd(&answer)) {
		if (geteuid() != 0)
			check_remark(check,
			    "sshd's options were not looked "
			    "at: only root can do that");
		else if (access("/run/sshd", F_OK) != 0)
			check_remark(check,
			    "sshd's options were not looked "
			    "at: it does not run");
		else
			check_find(
			    check, &place, "sshd does not take its own files");
		return;
	}
	/* sshd 9.8 and later can name another one. */
	(void)option(answer, "pamservicename", check->sshd_service,
	    sizeof(check->sshd_service));
	if (check->sshd_service[0] == '\0')
		strcpy(check->sshd_service, "sshd");
	if (check_has_ours(check, check->sshd_service)) {
		check_switches(check, answer);
		check_grace(check, answer);
		check_lists(check, answer);
	}
	free(answer);
}
