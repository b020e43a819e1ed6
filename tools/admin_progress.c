/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A bar on the terminal, for work that takes more than a moment. Without a
 * terminal on standard error there is none, nor where the answer itself
 * scrolls over it.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "admin_progress.h"

#define WIDTH 40
#define QUIET_MS 1000 /* what is done by then needs no bar */
#define STEP_MS 200

static int64_t
clock_ms(void)
{
	struct timespec now = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* How many records there are about to be; 0: that is not known. */
static unsigned
count_records(const struct xs_config *config)
{
	char path[XS_OPTION_MAX + 8];
	struct dirent *entry;
	unsigned count = 0;
	DIR *directory;

	snprintf(path, sizeof path, "%s/users", config->state_dir);
	directory = config->store == XS_STORE_FILE ? opendir(path) : NULL;
	while (directory != NULL && (entry = readdir(directory)) != NULL)
		count += entry->d_name[0] >= '0' && entry->d_name[0] <= '9';
	if (directory != NULL)
		(void)closedir(directory);
	return count;
}

void
admin_progress_begin(
    struct admin_progress *progress, const struct xs_config *config, bool rows)
{
	memset(progress, 0, sizeof *progress);
	if (isatty(STDERR_FILENO) != 1 || (rows && isatty(STDOUT_FILENO) == 1))
		return;
	progress->total = count_records(config);
	progress->next = clock_ms() + QUIET_MS;
	progress->on = true;
}

static void
draw(const struct admin_progress *progress)
{
	static const char full[] = "########################################";
	unsigned done = progress->done, total = progress->total;
	int part;

	if (total < done)
		total = done; /* some came while this one looked */
	if (progress->total == 0) {
		fprintf(stderr, "\r%u records", done);
		return;
	}
	part = (int)((uint64_t)done * WIDTH / total);
	fprintf(stderr, "\r[%.*s%*s] %u of %u records", part, full,
	    WIDTH - part, "", done, total);
}

void
admin_progress_step(struct admin_progress *progress)
{
	int64_t now;

	progress->done++;
	if (!progress->on || (now = clock_ms()) < progress->next)
		return;
	progress->next = now + STEP_MS;
	progress->drawn = true;
	draw(progress);
}

void
admin_progress_clear(struct admin_progress *progress)
{
	if (progress->drawn)
		fprintf(stderr, "\r%*s\r", 79, "");
	progress->drawn = false;
}
