/* SPDX-License-Identifier: BSD-3-Clause */
/* A directory with a file of options, and reading it. */
#ifndef XS_TESTS_CONFIG_PLACE_H
#define XS_TESTS_CONFIG_PLACE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/config_cases.h"

struct place {
	char directory[64];
	char file[128];
	char argument[160]; /* "config=" and the file */
	struct xs_config config;
	struct xs_fault fault;
};

static inline int
set_up(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	strcpy(p->directory, "/tmp/test_config.XXXXXX");
	if (mkdtemp(p->directory) == NULL)
		return -1;
	snprintf(p->file, sizeof(p->file), "%s/xsuite.conf", p->directory);
	snprintf(p->argument, sizeof(p->argument), "config=%s", p->file);
	*state = p;
	return 0;
}

static inline int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline int
tear_down(void **state)
{
	struct place *p = *state;
	int err = nftw(p->directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);

	free(p);
	return err;
}

static inline void
write_bytes(const char *path, const char *text, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, size), (ssize_t)size);
	assert_int_equal(fchmod(fd, 0644), 0);
	assert_int_equal(close(fd), 0);
}

static inline void
write_file(struct place *p, const char *text)
{
	write_bytes(p->file, text, strlen(text));
}

#define LOAD(p, ...) load((p), (const char *const[]){__VA_ARGS__, NULL})

/* With the arguments, up to NULL, and the place's file as the default. */
static inline int
load(struct place *p, const char *const *arguments)
{
	int count = 0;

	while (arguments[count] != NULL)
		count++;
	p->fault.text[0] = '\0';
	return xs_config_load(&p->config, p->file, count, arguments, &p->fault);
}

static inline int
load_file(struct place *p)
{
	p->fault.text[0] = '\0';
	return xs_config_load(&p->config, p->file, 0, NULL, &p->fault);
}

/* Both with the file as the default and named; nothing is applied. */
static inline void
assert_file_refused(struct place *p, const char *why)
{
	struct xs_config before;

	memset(&p->config, 0x5a, sizeof(p->config));
	before = p->config;
	assert_int_equal(load_file(p), XS_E_CONFIG);
	if (strstr(p->fault.text, why) == NULL ||
	    strstr(p->fault.text, p->file) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", p->fault.text, why);
	assert_int_equal(LOAD(p, p->argument), XS_E_CONFIG);
	assert_non_null(strstr(p->fault.text, why));
	assert_int_equal(LOAD(p, p->argument, "tries=2"), XS_E_CONFIG);
	assert_memory_equal(&p->config, &before, sizeof(before));
	assert_int_equal(
	    xs_config_load(&p->config, p->file, 0, NULL, NULL), XS_E_CONFIG);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
