/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reading files that others may have laid out for us: links to other
 * people's files, pipes that never answer, directories that hang.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "admin_import.h"

#define OPEN_FLAGS (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
#define CHILD_MS 10000

/* What the process that reads a user's file tells before its bytes. */
struct told {
	char problem[IMPORT_PROBLEM_MAX]; /* "": none */
	bool there, exposed;
	uid_t owner;
	size_t size;
};

void
import_file_free(struct import_file *file)
{
	if (file->bytes != NULL)
		explicit_bzero(file->bytes, file->room);
	free(file->bytes);
	*file = (struct import_file){.bytes = NULL};
}

static const char *
problem_of(int error)
{
	switch (error) {
	case ELOOP:
		return "is a symbolic link";
	case ENXIO:
		return "is not a regular file";
	default:
		return strerrordesc_np(error);
	}
}

static const char *
judge(int fd, const uid_t owners[2], size_t most, struct told *told)
{
	struct stat about;

	if (fstat(fd, &about) != 0)
		return strerrordesc_np(errno);
	if (!S_ISREG(about.st_mode))
		return "is not a regular file";
	if (about.st_uid != owners[0] && about.st_uid != owners[1])
		return "belongs to another user";
	if (about.st_size < 0 || (size_t)about.st_size > most)
		return "is too long";
	told->there = true;
	told->owner = about.st_uid;
	told->exposed = (about.st_mode & (S_IRWXG | S_IRWXO)) != 0;
	told->size = (size_t)about.st_size;
	return NULL;
}

/* Up to size bytes, or what the file has. */
static const char *
read_bytes(int fd, char *bytes, size_t *size)
{
	size_t done = 0;

	while (done < *size) {
		ssize_t n = read(fd, bytes + done, *size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return strerrordesc_np(errno);
		if (n == 0)
			break;
		done += (size_t)n;
	}
	*size = done;
	return NULL;
}

static const char *
take_file(int fd, const uid_t owners[2], size_t most, struct import_file *file)
{
	struct told told = {.there = false};
	const char *problem = judge(fd, owners, most, &told);
	struct import_file new = {
	    .size = told.size, .owner = told.owner, .exposed = told.exposed};

	if (problem != NULL)
		return problem;
	new.room = new.size + 1;
	new.bytes = malloc(new.room);
	if (new.bytes == NULL)
		return strerrordesc_np(ENOMEM);
	problem = read_bytes(fd, new.bytes, &new.size);
	if (problem == NULL)
		*file = new;
	else
		import_file_free(&new);
	return problem;
}

/* The directory that holds the file, every step of the way a directory. */
static int
walk(const char *path, const char **last)
{
	char part[IMPORT_PATH_MAX];
	const char *slash;
	int next, error,
	    at = open(
		*path == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	while (at >= 0 &&
	    (path += strspn(path, "/"), slash = strchr(path, '/')) != NULL) {
		size_t size = (size_t)(slash - path);

		next = -1;
		errno = ENAMETOOLONG;
		if (size < sizeof(part)) {
			memcpy(part, path, size);
			part[size] = '\0';
			next = openat(at, part,
			    O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		}
		error = errno;
		close(at);
		errno = error;
		at = next;
		path = slash + 1;
	}
	*last = path;
	return at;
}

const char *
import_read_named(
    const char *path, uid_t owner, size_t most, struct import_file *file)
{
	uid_t owners[2] = {geteuid(), owner};
	const char *name, *problem;
	int fd, at = walk(path, &name);

	*file = (struct import_file){.bytes = NULL};
	if (at < 0)
		return errno == ENOTDIR
		    ? "a symbolic link or no directory stands in its path"
		    : strerrordesc_np(errno);
	fd = openat(at, name, OPEN_FLAGS);
	problem = fd < 0 ? problem_of(errno) : NULL;
	close(at);
	if (fd < 0)
		return problem;
	problem = take_file(fd, owners, most, file);
	close(fd);
	return problem;
}

static bool
become(uid_t uid, gid_t gid)
{
	if (uid == geteuid())
		return true;
	return setgroups(0, NULL) == 0 && setresgid(gid, gid, gid) == 0 &&
	    setresuid(uid, uid, uid) == 0 && geteuid() == uid;
}

static bool
send_all(int fd, const void *bytes, size_t size)
{
	const char *at = bytes;

	while (size > 0) {
		ssize_t n = write(fd, at, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += n;
		size -= (size_t)n;
	}
	return true;
}

static const char *
read_own(uid_t uid, const char *path, size_t most, struct import_file *file)
{
	const uid_t owners[2] = {uid, uid};
	int fd = open(path, OPEN_FLAGS);
	const char *problem;

	/* Who has no home, or a home that he cannot enter, has no file. */
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == EACCES))
		return NULL;
	if (fd < 0)
		return problem_of(errno);
	problem = take_file(fd, owners, most, file);
	close(fd);
	return problem;
}

static void __attribute__((noreturn))
serve(int out, uid_t uid, gid_t gid, const char *path, size_t most)
{
	struct import_file file = {.bytes = NULL};
	struct told told = {.there = false};
	const char *problem;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!become(uid, gid))
		problem = "cannot be read with the user's rights";
	else
		problem = read_own(uid, path, most, &file);
	if (problem != NULL)
		(void)snprintf(
		    told.problem, sizeof(told.problem), "%s", problem);
	told.there = file.bytes != NULL;
	told.exposed = file.exposed;
	told.owner = file.owner;
	told.size = file.size;
	if (send_all(out, &told, sizeof(told)) && told.there)
		(void)send_all(out, file.bytes, file.size);
	import_file_free(&file);
	_exit(0);
}

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Up to size bytes before the deadline; fewer at the end or after it. */
static size_t
receive(int in, void *bytes, size_t size, int64_t deadline)
{
	struct pollfd ready = {.fd = in, .events = POLLIN};
	size_t done = 0;

	while (done < size) {
		int64_t left = deadline - now_ms();
		ssize_t n;

		if (left <= 0 ||
		    (poll(&ready, 1, (int)left) < 0 && errno != EINTR))
			break;
		if (ready.revents == 0)
			continue;
		n = read(in, (char *)bytes + done, size - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	return done;
}

static const char *
collect(int in, size_t most, struct import_file *file)
{
	const int64_t deadline = now_ms() + CHILD_MS;
	struct told told;
	struct import_file new = {.bytes = NULL};

	if (receive(in, &told, sizeof(told), deadline) != sizeof(told))
		return "could not be read in time";
	told.problem[sizeof(told.problem) - 1] = '\0';
	strcpy(file->problem, told.problem);
	if (told.problem[0] != '\0')
		return file->problem;
	if (!told.there)
		return NULL;
	if (told.size > most)
		return "is too long";
	new = (struct import_file){.bytes = malloc(told.size + 1),
	    .size = told.size,
	    .room = told.size + 1,
	    .owner = told.owner,
	    .exposed = told.exposed};
	if (new.bytes == NULL)
		return strerrordesc_np(ENOMEM);
	if (receive(in, new.bytes, new.size, deadline) != new.size) {
		import_file_free(&new);
		return "could not be read in time";
	}
	*file = new;
	return NULL;
}

const char *
import_read_as(uid_t uid, gid_t gid, const char *path, size_t most,
    struct import_file *file)
{
	const char *problem;
	int pair[2];
	pid_t child;

	*file = (struct import_file){.bytes = NULL};
	if (pipe2(pair, O_CLOEXEC) != 0)
		return strerrordesc_np(errno);
	(void)fflush(NULL);
	child = fork();
	if (child == 0)
		serve(pair[1], uid, gid, path, most);
	close(pair[1]);
	problem =
	    child < 0 ? strerrordesc_np(errno) : collect(pair[0], most, file);
	close(pair[0]);
	if (child > 0) {
		/* One that hangs in the kernel is left to it. */
		(void)kill(child, SIGKILL);
		for (int i = 0; i < 100 && waitpid(child, NULL, WNOHANG) == 0;
		     i++)
			(void)poll(NULL, 0, 10);
	}
	return problem;
}
