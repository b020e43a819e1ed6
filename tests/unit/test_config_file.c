/* SPDX-License-Identifier: BSD-3-Clause */
/* Which files are refused, and that nothing is left behind. */
#include "tests/config_place.h"

#include <dirent.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#define NOBODY 65534

static void
test_files_are_read_to_64_kib(void **state)
{
	struct place *p = *state;
	static char text[65537];

	memset(text, '\n', sizeof(text));
	memcpy(text + 65536 - 9, "tries = 2", 9);
	write_bytes(p->file, text, 65536);
	assert_int_equal(load_file(p), 0);
	assert_int_equal(p->config.tries, 2);
	write_bytes(p->file, text, 65537);
	assert_file_refused(p, "more than the 65536 bytes allowed");
}

static void
test_what_is_no_regular_file_is_refused(void **state)
{
	struct place *p = *state;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd;

	assert_int_equal(mkdir(p->file, 0755), 0);
	assert_file_refused(p, "not a regular file");
	assert_int_equal(rmdir(p->file), 0);
	assert_int_equal(mkfifo(p->file, 0644), 0);
	assert_file_refused(p, "not a regular file");
	assert_int_equal(unlink(p->file), 0);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	strcpy(address.sun_path, p->file);
	assert_int_equal(
	    bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_file_refused(p, "not a regular file");
	close(fd);
	assert_int_equal(unlink(p->file), 0);
	/* A link, even to nothing: not the same as a file that is missing. */
	assert_int_equal(symlink("/dev/null/x", p->file), 0);
	assert_file_refused(p, "symbolic link");
	assert_int_equal(unlink(p->file), 0);
	assert_int_equal(symlink("/etc/hostname", p->file), 0);
	assert_file_refused(p, "symbolic link");
}

static void
test_a_path_without_a_name_is_refused(void **state)
{
	struct place *p = *state;

	snprintf(p->file, sizeof(p->file), "%s/", p->directory);
	assert_int_equal(load_file(p), XS_E_CONFIG);
	p->file[0] = '\0';
	assert_int_equal(load_file(p), XS_E_CONFIG);
}

static void
test_a_file_that_others_can_write_is_refused(void **state)
{
	struct place *p = *state;

	write_file(p, "tries = 2\n");
	assert_int_equal(chmod(p->file, 0664), 0);
	assert_file_refused(p, "the file can be written by others (mode 0664)");
	assert_int_equal(chmod(p->file, 0646), 0);
	assert_file_refused(p, "the file can be written by others (mode 0646)");
	assert_int_equal(chmod(p->file, 0400), 0);
	assert_int_equal(load_file(p), 0);
}

static void
test_a_directory_that_others_can_write_is_refused(void **state)
{
	static const mode_t modes[] = {0775, 0757, 01777};
	struct place *p = *state;

	for (size_t i = 0; i < COUNT(modes); i++) {
		unlink(p->file);
		assert_int_equal(chmod(p->directory, modes[i]), 0);
		/* Even with no file in it: there could be one. */
		assert_int_equal(load_file(p), XS_E_CONFIG);
		write_file(p, "tries = 2\n");
		assert_file_refused(p, "its directory can be written by");
	}
	assert_int_equal(chmod(p->directory, 0755), 0);
	assert_int_equal(load_file(p), 0);
}

static void
test_a_directory_that_is_a_link_is_refused(void **state)
{
	struct place *p = *state;
	char real[160];

	write_file(p, "tries = 2\n");
	snprintf(real, sizeof(real), "%s/link", p->directory);
	assert_int_equal(symlink(p->directory, real), 0);
	snprintf(
	    p->file, sizeof(p->file), "%.64s/link/xsuite.conf", p->directory);
	snprintf(p->argument, sizeof(p->argument), "config=%s", p->file);
	assert_file_refused(p,
	    "its directory: that is no directory, or a "
	    "symbolic link");
}

static void
test_strangers_files_are_refused(void **state)
{
	struct place *p = *state;

	if (geteuid() != 0)
		skip();
	write_file(p, "tries = 2\n");
	assert_int_equal(chown(p->file, NOBODY, NOBODY), 0);
	assert_file_refused(p, "the file belongs to uid 65534");
	assert_int_equal(chown(p->file, 0, 0), 0);
	assert_int_equal(chown(p->directory, NOBODY, NOBODY), 0);
	assert_file_refused(p, "its directory belongs to uid 65534");
}

/* The demo and the tests run unprivileged. */
static void
test_the_effective_users_files_are_read(void **state)
{
	struct place *p = *state;
	int status = -1;
	pid_t child;

	if (geteuid() != 0)
		skip();
	write_file(p, "tries = 2\n");
	assert_int_equal(chown(p->file, NOBODY, NOBODY), 0);
	assert_int_equal(chown(p->directory, NOBODY, NOBODY), 0);
	child = fork();
	if (child == 0) {
		/* A directory that may be searched, and not listed. */
		if (chmod(p->directory, 0311) != 0 || seteuid(NOBODY) != 0)
			_exit(2);
		_exit(load_file(p) == 0 && p->config.tries == 2 ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static int
count_descriptors(void)
{
	DIR *all = opendir("/proc/self/fd");
	int count = 0;

	assert_non_null(all);
	while (readdir(all) != NULL)
		count++;
	closedir(all);
	return count;
}

static void
test_no_descriptor_stays_open(void **state)
{
	struct place *p = *state;
	int before = count_descriptors();

	load_file(p);
	write_file(p, "bad\n");
	load_file(p);
	chmod(p->file, 0666);
	load_file(p);
	chmod(p->directory, 0777);
	load_file(p);
	chmod(p->directory, 0755);
	write_file(p, "tries = 2\n");
	assert_int_equal(load_file(p), 0);
	assert_int_equal(count_descriptors(), before);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_files_are_read_to_64_kib),
	    TEST(test_what_is_no_regular_file_is_refused),
	    TEST(test_a_path_without_a_name_is_refused),
	    TEST(test_a_file_that_others_can_write_is_refused),
	    TEST(test_a_directory_that_others_can_write_is_refused),
	    TEST(test_a_directory_that_is_a_link_is_refused),
	    TEST(test_strangers_files_are_refused),
	    TEST(test_the_effective_users_files_are_read),
	    TEST(test_no_descriptor_stays_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
