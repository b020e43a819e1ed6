/* SPDX-License-Identifier: BSD-3-Clause */
/* Key, state directory, disk, clock, senders. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/fs.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "file.h"

#define PATH_SIZE (XS_OPTION_MAX + 32)
#define ROOM_LEAST (16L * 1024 * 1024) /* bytes; some thousand records */
#define FILES_LEAST 100
#define INIT "run \"xsuite-admin init\", or restore it from its backup"

#define MAGIC_TMPFS 0x01021994
#define MAGIC_RAMFS 0x858458f6
#define MAGIC_BTRFS 0x9123683e
#define MAGIC_ZFS 0x2fc12fc1
#define MAGIC_BCACHEFS 0xca451a4e

void
check_fault(struct check *check, enum check_level level,
    const struct xs_fault *fault, const char *otherwise, const char *mend)
{
	const char *colon = strstr(fault->text, ": ");
	size_t length = fault->text[0] == '/' && colon != NULL
	    ? (size_t)(colon - fault->text)
	    : 0;
	char *where = strndup(fault->text, length);
	const struct check_place place = {
	    level, length > 0 ? where : otherwise, mend, NULL, NULL};

	if (where == NULL)
		check->failed = true;
	else
		check_find(
		    check, &place, "%s", length > 0 ? colon + 2 : fault->text);
	free(where);
}

/* A directory that others can write lets them swap what is in it. */
static void
check_parent(struct check *check, const char *path)
{
	char parent[PATH_SIZE];
	const struct check_place place = {CHECK_ERROR, parent,
	    "chown root and chmod go-w the directory", NULL, NULL};
	char *slash;
	struct stat about;

	(void)snprintf(parent, sizeof(parent), "%s", path);
	slash = strrchr(parent, '/');
	if (slash == NULL || slash == parent)
		return;
	*slash = '\0';
	if (stat(parent, &about) == 0 &&
	    ((about.st_mode & 0022) != 0 ||
		(about.st_uid != 0 && about.st_uid != geteuid())))
		check_find(check, &place,
		    "others than root can change what is in this directory");
}

static bool
open_key(struct check *check)
{
	struct admin *admin = check->admin;
	const char *path = admin->config.key_file;
	struct xs_fault fault = {""};
	struct stat about;

	check_parent(check, path);
	if (xs_keyring_load(&admin->keys, path, &fault) == 0)
		return true;
	check_fault(check, CHECK_ERROR, &fault, path,
	    lstat(path, &about) == 0
		? "chown root and chmod 0400 the file, or restore it from its "
		  "backup; until then every login is refused"
		: INIT);
	return false;
}

/* The parts of the state directory; what is open to others is no state. */
static void
check_directories(struct check *check)
{
	static const char *const parts[] = {"", "/host", "/users", "/names"};
	/* Whichever the store is, a host has limits of its own. */
	size_t count = check->admin->config.store == XS_STORE_FILE ? 4 : 2;

	for (size_t i = 0; i < count; i++) {
		char path[PATH_SIZE];
		struct xs_fault fault = {""};
		struct xs_dir dir = {.fd = -1};
		int r;

		(void)snprintf(path, sizeof(path), "%s%s",
		    check->admin->config.state_dir, parts[i]);
		r = xs_dir_open(&dir, NULL, path, i == 0 ? 0022 : 0077, &fault);
		if (r == XS_E_NORECORD)
			(void)xs_fault_set(&fault, r, "%s: is not there", path);
		if (r != 0)
			check_fault(check, CHECK_ERROR, &fault, path,
			    r == XS_E_NORECORD
				? INIT
				: "chown root and chmod 0700 the directory, "
				  "on a local file system");
		xs_dir_close(&dir);
		if (r != 0 && i == 0)
			return;
	}
}

/* The marker proves that this is the state and not an empty mount point. */
static bool
open_state(struct check *check)
{
	struct admin *admin = check->admin;
	const struct xs_identity nobody = {"nobody has such a name", (uid_t)-2};
	struct xs_fault fault = {""};
	struct xs_plain plain;
	size_t before = check->count;
	int r;

	check_directories(check);
	if (check->count > before)
		return false;
	r = xs_store_file_open(&admin->store, admin->config.state_dir,
	    &admin->keys, &xs_env_system, &fault);
	if (r == 0)
		r = admin->store.ops->read(
		    &admin->store, &nobody, &plain, &fault);
	if (r == XS_E_NORECORD)
		return true;
	check_fault(check, CHECK_ERROR, &fault, admin->config.state_dir, INIT);
	return false;
}

static void
check_room(struct check *check)
{
	const char *path = check->admin->config.state_dir;
	const struct check_place place = {CHECK_WARNING, path,
	    "make room: a login whose code cannot be recorded is refused", NULL,
	    NULL};
	const struct check_place frozen = {
	    CHECK_ERROR, path, "mount it read-write", NULL, NULL};
	struct statvfs about;

	if (statvfs(path, &about) != 0)
		return;
	if ((about.f_flag & ST_RDONLY) != 0)
		check_find(check, &frozen,
		    "is on a file system that is read-only: every login is "
		    "refused");
	else if ((double)about.f_bfree * (double)about.f_frsize < ROOM_LEAST)
		check_find(check, &place, "less than 16M of the disk are free");
	else if (about.f_files > 0 && about.f_ffree < FILES_LEAST)
		check_find(check, &place,
		    "fewer than %d files can be made on this disk",
		    FILES_LEAST);
}

/* On btrfs a record is written in place only if it was made NOCOW. */
static bool
is_nocow(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	int flags = 0;
	bool nocow = fd >= 0 && ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0 &&
	    (flags & FS_NOCOW_FL) != 0;

	if (fd >= 0)
		(void)close(fd);
	return nocow;
}

static void
check_file_system(struct check *check)
{
	char marker[PATH_SIZE];
	const char *path = check->admin->config.state_dir;
	const struct check_place copying = {CHECK_WARNING, path,
	    "put the state on ext4 or xfs, or watch the free space closely",
	    NULL, NULL};
	const struct check_place memory = {
	    CHECK_WARNING, path, "put the state on a disk", NULL, NULL};
	struct statfs about;
	uint32_t magic;

	(void)snprintf(marker, sizeof(marker), "%s/users/.store", path);
	if (statfs(path, &about) != 0)
		return;
	magic = (uint32_t)about.f_type;
	if (magic == MAGIC_TMPFS || magic == MAGIC_RAMFS)
		check_find(check, &memory,
		    "is kept in memory: after a restart nothing is left, and "
		    "every login is refused");
	else if (magic == MAGIC_ZFS || magic == MAGIC_BCACHEFS ||
	    (magic == MAGIC_BTRFS && !is_nocow(marker)))
		check_find(check, &copying,
		    "is on a file system that writes every change to a new "
		    "place: when the disk is full, every login is refused");
}

static void
check_clock(struct check *check)
{
	const struct check_place place = {CHECK_WARNING, "clock",
	    "run an NTP client, such as systemd-timesyncd or chrony", NULL,
	    NULL};
	struct timex about = {0};
	int state = adjtimex(&about);

	if (state == TIME_ERROR || (about.status & STA_UNSYNC) != 0)
		check_find(check, &place,
		    "the clock is not synchronised: app codes are refused once "
		    "it is half a minute wrong");
}

/* As the program would be started, with all directories above it. */
static bool
may_execute(const struct passwd *user, const char *path)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(initgroups(user->pw_name, user->pw_gid) != 0 ||
		    setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0 ||
		    access(path, X_OK) != 0);
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

/* Returns false when there is no program to judge further. */
static bool
check_program_file(
    struct check *check, const struct check_place *place, const char *key)
{
	struct stat about;

	if (stat(place->where, &about) != 0)
		check_find(check, place, "%s: %s", key, strerror(errno));
	else if (!S_ISREG(about.st_mode) || (about.st_mode & 0111) == 0)
		check_find(check, place, "%s: is no program", key);
	else if ((about.st_mode & 0022) != 0)
		check_find(check, place, "%s: others can change it", key);
	else if (geteuid() == 0 && about.st_uid != 0)
		check_find(check, place, "%s: uid %u can change it", key,
		    (unsigned)about.st_uid);
	else
		return true;
	return false;
}

static void
check_command(struct check *check, const char *key, const char *command)
{
	char path[PATH_SIZE];
	const struct check_place place = {CHECK_ERROR, path,
	    "install the program, and make it executable for sms_user", NULL,
	    NULL};
	const char *user = check->admin->config.sms_user;
	const struct passwd *entry;
	bool there;

	if (command[0] == '\0')
		return;
	(void)snprintf(
	    path, sizeof(path), "%.*s", (int)strcspn(command, " \t"), command);
	there = check_program_file(check, &place, key);
	if (geteuid() != 0)
		return;
	entry = getpwnam(user);
	if (entry == NULL || entry->pw_uid == 0)
		check_find(check, &place, "sms_user = %s: %s", user,
		    entry == NULL ? "there is no such account"
				  : "must not be root");
	else if (there && !may_execute(entry, path))
		check_find(
		    check, &place, "%s: %s may not execute it", key, user);
}

bool
check_host(struct check *check)
{
	const struct xs_config *config = &check->admin->config;
	bool has_key, has_state;

	check_clock(check);
	check_command(check, "sms_command", config->sms_command);
	check_command(check, "notify_command", config->notify_command);
	has_key = open_key(check);
	if (config->store != XS_STORE_FILE) {
		check_directories(check);
		return has_key && check_database(check);
	}
	check_room(check);
	check_file_system(check);
	if (!has_key) {
		check_directories(check);
		return false;
	}
	has_state = open_state(check);
	return has_state;
}
