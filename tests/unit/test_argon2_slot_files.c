/* SPDX-License-Identifier: BSD-3-Clause */
/* What must be refused about the directory and the files of the slots. */
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "code.h"

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define STRANGER 54321 /* some uid that is neither root's nor ours */

static char *
path_in(const char *dir, const char *name)
{
	static char path[128];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	return path;
}

static int
set_up(void **state)
{
	char template[] = "/tmp/xs-slot-XXXXXX";

	*state = mkdtemp(template) != NULL ? strdup(template) : NULL;
	return *state != NULL ? 0 : -1;
}

static int
tear_down(void **state)
{
	struct dirent *entry;
	DIR *dir = opendir(*state);

	while (dir != NULL && (entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.' &&
		    unlinkat(dirfd(dir), entry->d_name, 0) != 0)
			unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR);
	if (dir != NULL)
		closedir(dir);
	rmdir(*state);
	free(*state);
	return 0;
}

static int
take_and_give(const char *dir, enum xs_argon2_pool pool, char *text)
{
	struct xs_argon2_slot slot = {.fd = -1};
	struct xs_fault fault = {""};
	int r = xs_argon2_slot_take(&slot, dir, pool, 0, &fault);

	strcpy(text, fault.text);
	xs_argon2_slot_give(&slot);
	return r;
}

static void
assert_taken(const char *dir)
{
	char text[sizeof(struct xs_fault)];

	assert_int_equal(take_and_give(dir, XS_POOL_USER, text), 0);
	assert_string_equal(text, "");
}

/* Every time, however many slots are good, and with words that help. */
static void
assert_refused(const char *dir, const char *words)
{
	char text[sizeof(struct xs_fault)];

	for (int i = 0; i < 10; i++) {
		assert_int_equal(
		    take_and_give(dir, XS_POOL_USER, text), XS_E_STATE);
		if (strstr(text, words) == NULL)
			fail_msg("\"%s\" is not in \"%s\"", words, text);
	}
}

static void
test_slots_are_created_private(void **state)
{
	const mode_t umasks[] = {0, 022, 0777};
	struct stat st;

	for (size_t i = 0; i < sizeof umasks / sizeof umasks[0]; i++) {
		mode_t before = umask(umasks[i]);

		unlink(path_in(*state, "argon2-user.0"));
		assert_taken(*state);
		assert_int_equal(umask(before), umasks[i]);
		assert_int_equal(
		    stat(path_in(*state, "argon2-user.0"), &st), 0);
		assert_int_equal(st.st_mode, S_IFREG | 0600);
		assert_int_equal(st.st_uid, geteuid());
		assert_int_equal(st.st_size, 0);
	}
}

static void
test_every_pool_has_its_files(void **state)
{
	unsigned count = (unsigned)sysconf(_SC_NPROCESSORS_ONLN), files = 0;
	char text[sizeof(struct xs_fault)], name[40];
	struct dirent *entry;
	DIR *dir;

	for (int pool = XS_POOL_ROOT; pool <= XS_POOL_NOBODY; pool++)
		assert_int_equal(take_and_give(*state, pool, text), 0);
	for (unsigned i = 0; i < count; i++) {
		snprintf(name, sizeof name, "argon2-root.%u", i);
		assert_int_equal(access(path_in(*state, name), F_OK), 0);
		snprintf(name, sizeof name, "argon2-user.%u", i);
		assert_int_equal(access(path_in(*state, name), F_OK), 0);
	}
	assert_int_equal(access(path_in(*state, "argon2-nobody.0"), F_OK), 0);
	assert_non_null(dir = opendir(*state));
	while ((entry = readdir(dir)) != NULL)
		files += entry->d_name[0] != '.';
	closedir(dir);
	assert_int_equal(files, 2 * count + 1);
}

static void
test_bad_directories_are_refused(void **state)
{
	char *real = strdup(path_in(*state, "real"));
	char *odd = strdup(path_in(*state, "odd"));

	assert_non_null(real);
	assert_non_null(odd);
	assert_refused(odd, odd);
	assert_int_equal(mkdir(real, 0700), 0);
	assert_int_equal(symlink(real, odd), 0);
	assert_refused(odd, odd);
	assert_int_equal(unlink(odd), 0);
	assert_int_equal(mknod(odd, S_IFREG | 0600, 0), 0);
	assert_refused(odd, odd);
	for (mode_t bit = 1; bit <= 040; bit <<= 1) {
		assert_int_equal(chmod(real, 0700 | bit), 0);
		assert_refused(real, real);
	}
	assert_int_equal(chmod(real, 0700), 0);
	if (geteuid() == 0) {
		assert_int_equal(chown(real, STRANGER, 0), 0);
		assert_refused(real, real);
	}
	/* Nothing was made in any of them. */
	assert_int_equal(rmdir(real), 0);
	free(real);
	free(odd);
}

static void
test_one_bad_slot_always_refuses(void **state)
{
	static const mode_t modes[] = {
	    0601, 0602, 0604, 0610, 0620, 0640, 0700, 01600, 02600, 04600};
	char *slot, *other = strdup(path_in(*state, "other"));
	char text[sizeof(struct xs_fault)];

	assert_taken(*state);
	slot = path_in(*state, "argon2-user.0");
	assert_non_null(other);
	for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
		assert_int_equal(chmod(slot, modes[i]), 0);
		assert_refused(*state, "argon2-user.0: has not the mode");
	}
	assert_int_equal(chmod(slot, 0600), 0);
	assert_taken(*state);
	assert_int_equal(link(slot, other), 0);
	assert_refused(*state, "argon2-user.0: has another name");
	assert_int_equal(unlink(slot), 0);
	assert_int_equal(symlink(other, slot), 0);
	assert_refused(*state, "argon2-user.0: ");
	assert_int_equal(unlink(slot), 0);
	assert_int_equal(mkfifo(slot, 0600), 0);
	assert_refused(*state, "argon2-user.0: is no regular file");
	assert_int_equal(unlink(slot), 0);
	assert_int_equal(mkdir(slot, 0700), 0);
	assert_refused(*state, "argon2-user.0: is no regular file");
	/* The other pools have nothing to do with it. */
	assert_int_equal(take_and_give(*state, XS_POOL_ROOT, text), 0);
	assert_int_equal(rmdir(slot), 0);
	assert_taken(*state);
	free(other);
}

static void
test_slot_of_a_stranger_is_refused(void **state)
{
	if (geteuid() != 0)
		skip();
	assert_taken(*state);
	assert_int_equal(
	    chown(path_in(*state, "argon2-user.0"), STRANGER, 0), 0);
	assert_refused(*state, "argon2-user.0: does not belong");
}

/* In a mount namespace of its own. */
static int
use_read_only(const char *dir)
{
	char text[sizeof(struct xs_fault)];

	if (unshare(CLONE_NEWNS) != 0 ||
	    mount(NULL, "/", "none", MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount(dir, dir, "none", MS_BIND, NULL) != 0 ||
	    mount(NULL, dir, "none", MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) !=
		0)
		return 77;
	if (take_and_give(dir, XS_POOL_USER, text) != 0)
		return 1;
	if (take_and_give(dir, XS_POOL_ROOT, text) != XS_E_STATE ||
	    strstr(text, "argon2-root.") == NULL ||
	    strstr(text, "Read-only") == NULL)
		return 2;
	return 0;
}

static void
test_read_only_file_system_needs_the_files(void **state)
{
	int status = -1;
	pid_t pid;

	assert_taken(*state);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(use_read_only(*state));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77 && geteuid() != 0)
		skip();
	assert_int_equal(status, 0);
}

/* As su and sudo run: real uid the caller's, effective uid root's. */
static int
use_as_set_uid(const char *dir)
{
	struct xs_argon2_slot slot;
	uid_t real, effective, saved;

	if (setresuid(STRANGER, 0, 0) != 0)
		return 1;
	if (xs_argon2_slot_take(&slot, dir, XS_POOL_USER, 0, NULL) != 0)
		return 2;
	if (getresuid(&real, &effective, &saved) != 0 || real != 0)
		return 3;
	xs_argon2_slot_give(&slot);
	if (getresuid(&real, &effective, &saved) != 0 || real != STRANGER ||
	    effective != 0 || saved != 0)
		return 4;
	return 0;
}

static void
test_set_uid_holder_cannot_be_stopped(void **state)
{
	int status = -1;
	pid_t pid;

	if (geteuid() != 0)
		skip();
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(use_as_set_uid(*state));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	/* And what it made is root's: the next one may use it. */
	assert_taken(*state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_slots_are_created_private),
	    TEST(test_every_pool_has_its_files),
	    TEST(test_bad_directories_are_refused),
	    TEST(test_one_bad_slot_always_refuses),
	    TEST(test_slot_of_a_stranger_is_refused),
	    TEST(test_read_only_file_system_needs_the_files),
	    TEST(test_set_uid_holder_cannot_be_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
