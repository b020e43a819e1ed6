/* SPDX-License-Identifier: BSD-3-Clause */
/* The telephone's texts: what conf/sms/sms-spool left in a directory. */
#ifndef TESTS_DEMO_INBOX_H
#define TESTS_DEMO_INBOX_H

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct inbox {
	char path[4096]; /* "": there is none */
	char newest[256];
	char text[512];
};

static inline void
inbox_open(struct inbox *inbox, const char *directory)
{
	DIR *dir;

	snprintf(inbox->path, sizeof inbox->path, "%s/sms/inbox", directory);
	dir = opendir(inbox->path);
	if (dir == NULL)
		inbox->path[0] = '\0';
	else
		closedir(dir);
}

/* A file is the number, an empty line and the text. */
static inline bool
inbox_read(struct inbox *inbox)
{
	char path[sizeof inbox->path + sizeof inbox->newest + 1], data[512];
	const char *text;
	size_t length;
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", inbox->path, inbox->newest);
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	length = fread(data, 1, sizeof data - 1, file);
	data[length] = '\0';
	fclose(file);
	text = strstr(data, "\n\n");
	if (text == NULL)
		return false;
	snprintf(inbox->text, sizeof inbox->text, "%.*s",
	    (int)strcspn(text + 2, "\n"), text + 2);
	return true;
}

/* Has one come since the last look? Their names begin with the time. */
static inline bool
inbox_look(struct inbox *inbox)
{
	const struct dirent *entry;
	bool new = false;
	DIR *dir;

	dir = inbox->path[0] != '\0' ? opendir(inbox->path) : NULL;
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.' ||
		    strcmp(entry->d_name, inbox->newest) <= 0)
			continue;
		snprintf(
		    inbox->newest, sizeof inbox->newest, "%s", entry->d_name);
		new = true;
	}
	if (dir != NULL)
		closedir(dir);
	return new &&inbox_read(inbox);
}

#endif
