/* SPDX-License-Identifier: BSD-3-Clause */
/* sudo and login: their own options that get in the second step's way. */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "check.h"
#include "check_files.h"
#include "check_run.h"

/* Is word the first one of the line, whatever its case? */
static bool
begins_with(const char *line, const char *word)
{
	size_t length = strlen(word);

	line += strspn(line, " \t");
	return strncasecmp(line, word, length) == 0 &&
	    strchr(" \t=\n", line[length]) != NULL;
}

static unsigned
find_line(const char *path, const char *word, bool anywhere)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;
	unsigned number = 0, found = 0;

	while (file != NULL && found == 0 && getline(&line, &room, file) >= 0) {
		number++;
		if (line[strspn(line, " \t")] == '#')
			continue;
		if (anywhere ? strstr(line, word) != NULL
			     : begins_with(line, word))
			found = number;
	}
	free(line);
	if (file != NULL)
		(void)fclose(file);
	return found;
}

void
check_find_word(const char *const *patterns, const char *word, bool anywhere,
    char *where, size_t size)
{
	/* Where nothing is said, the main file is the place to say it. */
	const char *file = patterns[0];

	for (; *patterns != NULL; patterns++) {
		glob_t found;
		unsigned line = 0;

		if (strchr(*patterns, '*') == NULL)
			file = *patterns;
		if (glob(*patterns, 0, NULL, &found) != 0)
			continue;
		for (size_t i = 0; i < found.gl_pathc && line == 0; i++) {
			line = find_line(found.gl_pathv[i], word, anywhere);
			if (line != 0)
				(void)snprintf(where, size, "%s:%u",
				    found.gl_pathv[i], line);
		}
		globfree(&found);
		if (line != 0)
			return;
	}
	(void)snprintf(where, size, "%s", file);
}

static void
check_login(struct check *check)
{
	static const char *const files[] = {"/etc/login.defs", NULL};
	char where[512], *text;
	const struct check_place place = {
	    CHECK_WARNING, where, "set LOGIN_TIMEOUT to 300", NULL, NULL};
	size_t size;
	long seconds = 60;

	if (!check_has_ours(check, "login"))
		return;
	if (check_read("/etc/login.defs", &text, &size) == 0) {
		char *rest = text, *line;

		while ((line = strsep(&rest, "\n")) != NULL) {
			line += strspn(line, " \t");
			if (begins_with(line, "LOGIN_TIMEOUT"))
				seconds = strtol(
				    line + strlen("LOGIN_TIMEOUT"), NULL, 10);
		}
		free(text);
	}
	if (seconds == 0 || seconds >= CHECK_TIME_LEAST)
		return;
	check_find_word(files, "LOGIN_TIMEOUT", false, where, sizeof(where));
	check_find(check, &place,
	    "%ld seconds at the console are too short for a lost phone, a "
	    "backup code and noting its successor",
	    seconds);
}

/* Is it set for somebody? What stands later for everybody wins. */
static bool
is_set(json_object *defaults, const char *name)
{
	bool for_all = false, for_one = false;

	for (size_t i = 0; i < json_object_array_length(defaults); i++) {
		json_object *entry = json_object_array_get_idx(defaults, i);
		json_object *options = NULL, *value, *binding;
		bool bound =
		    json_object_object_get_ex(entry, "Binding", &binding);

		if (!json_object_object_get_ex(entry, "Options", &options) ||
		    !json_object_is_type(options, json_type_array))
			continue;
		for (size_t k = 0; k < json_object_array_length(options); k++) {
			if (!json_object_object_get_ex(
				json_object_array_get_idx(options, k), name,
				&value))
				continue;
			if (bound)
				for_one |= json_object_get_boolean(value);
			else
				for_all = json_object_get_boolean(value);
		}
	}
	return for_all || for_one;
}

/* sudo -V shows no option that holds for some only; cvtsudoers shows all. */
static void
check_sudo(struct check *check)
{
	static const char *const argv[] = {
	    "/usr/bin/cvtsudoers", "-f", "json", "/etc/sudoers", NULL};
	static const char *const files[] = {
	    "/etc/sudoers.d/*", "/etc/sudoers", NULL};
	char where[512], *text;
	const struct check_place place = {
	    CHECK_ERROR, where, "take passprompt_override out", NULL, NULL};
	json_object *all, *defaults = NULL;

	if (!check_has_ours(check, "sudo") && !check_has_ours(check, "sudo-i"))
		return;
	if (access("/etc/sudoers", F_OK) != 0)
		return;
	if (!check_run(argv, &text)) {
		check_remark(check,
		    "/etc/sudoers was not looked at: cvtsudoers does not read "
		    "it");
		return;
	}
	all = json_tokener_parse(text);
	free(text);
	if (all != NULL &&
	    json_object_object_get_ex(all, "Defaults", &defaults) &&
	    json_object_is_type(defaults, json_type_array) &&
	    is_set(defaults, "passprompt_override")) {
		check_find_word(
		    files, "passprompt_override", true, where, sizeof(where));
		check_find(check, &place,
		    "passprompt_override puts sudo's own prompt in place of "
		    "every question, the new backup code included");
	}
	json_object_put(all);
}

void
check_programs(struct check *check)
{
	check_login(check);
	check_sudo(check);
}
