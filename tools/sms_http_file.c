/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading the options file, which holds credentials. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "sms_http.h"

/*
 * The directory of the path. O_PATH: the sender's user must be able to search
 * it, not to read it, which xs_dir_open_parent would ask.
 */
static int
open_directory(struct xs_dir *dir, const char *path, const char **ret_name,
    struct xs_fault *fault)
{
	const char *slash = strrchr(path, '/');
	size_t n = slash != NULL ? (size_t)(slash - path) : 0;

	if (n >= sizeof(dir->path))
		return xs_fault_set(
		    fault, XS_E_STATE, "%s: the path is too long", path);
	memcpy(dir->path, path, n);
	dir->path[n] = '\0';
	if (n == 0)
		strcpy(dir->path, slash != NULL ? "/" : ".");
	dir->fd = open(dir->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir->fd < 0)
		return xs_fault_set(fault, XS_E_STATE, "%s: %s", dir->path,
		    xs_errno_text(errno));
	*ret_name = slash != NULL ? slash + 1 : path;
	return 0;
}

/* Who can write the directory can put another file there. */
static int
check_directory(const struct xs_dir *dir, struct xs_fault *fault)
{
	struct stat st;

	if (fstat(dir->fd, &st) != 0)
		return xs_fault_set(fault, XS_E_STATE, "%s: %s", dir->path,
		    xs_errno_text(errno));
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return xs_fault_set(fault, XS_E_STATE,
		    "%s: belongs to uid %u, not to root", dir->path,
		    (unsigned)st.st_uid);
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return xs_fault_set(fault, XS_E_STATE,
		    "%s: mode %04o lets others write (chmod go-w)", dir->path,
		    (unsigned)st.st_mode & 07777);
	return 0;
}

/*
 * The group's bit is for the group that the sender runs with, nobody else's;
 * root, who only checks, cannot know which one that will be.
 */
static int
check_group(int fd, const char *path, struct xs_fault *fault)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return xs_fault_set(
		    fault, XS_E_STATE, "%s: %s", path, xs_errno_text(errno));
	if ((st.st_mode & S_IRGRP) != 0 && geteuid() != 0 &&
	    st.st_gid != getegid())
		return xs_fault_set(fault, XS_E_STATE,
		    "%s: group %u can read it, which is not the sender's own",
		    path, (unsigned)st.st_gid);
	return 0;
}

static int
read_all(int fd, const char *path, struct sms_http_text *text,
    struct xs_fault *fault)
{
	char part[4096];
	ssize_t n;
	int err = 0;

	while (err == 0 && (n = read(fd, part, sizeof(part))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			err = xs_fault_set(fault, XS_E_STATE, "%s: %s", path,
			    xs_errno_text(errno));
		else if (text->length + (size_t)n > SMS_HTTP_FILE_MAX)
			err = xs_fault_set(fault, XS_E_CONFIG,
			    "%s: more than the 65536 bytes allowed", path);
		else
			err = sms_http_text_add(text, part, (size_t)n);
	}
	explicit_bzero(part, sizeof(part));
	return err;
}

static int
read_file(const char *path, struct sms_http_text *text, struct xs_fault *fault)
{
	const struct xs_file_want want = {
	    .flags = O_RDONLY, .allowed = 0640, .size = -1};
	struct xs_dir dir = {.fd = -1};
	const char *name = path;
	int fd = -1;
	int err = open_directory(&dir, path, &name, fault);

	if (err == 0)
		err = check_directory(&dir, fault);
	if (err == 0)
		err = xs_file_open(&dir, name, &want, &fd, fault);
	if (err == 0)
		err = check_group(fd, path, fault);
	if (err == 0)
		err = read_all(fd, path, text, fault);
	if (fd >= 0)
		close(fd);
	xs_dir_close(&dir);
	return err;
}

static int
feed_lines(struct sms_http_config *config, char *text, size_t length,
    const char *path, struct xs_fault *fault)
{
	char *end = text + length;
	int err = 0;

	for (int line = 1; text < end && err == 0; line++) {
		char *stop = memchr(text, '\n', (size_t)(end - text));

		if (stop == NULL)
			stop = end;
		*stop = '\0';
		if (strlen(text) < (size_t)(stop - text))
			return xs_fault_set(fault, XS_E_CONFIG,
			    "%.300s:%d: line: a NUL, none is allowed", path,
			    line);
		err = sms_http_config_line(config, text, path, line, fault);
		text = stop + 1;
	}
	return err;
}

int
sms_http_config_load(
    struct sms_http_config *config, const char *path, struct xs_fault *fault)
{
	struct sms_http_text text = {0};
	int err;

	sms_http_config_init(config);
	err = read_file(path, &text, fault);
	if (err == 0)
		err = feed_lines(config, text.data, text.length, path, fault);
	if (err == 0)
		err = sms_http_config_check(config, path, fault);
	sms_http_text_wipe(&text);
	return err;
}
