/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Loaded beforehand: of the allocations that pam_xsuite.so or xsuite-admin
 * itself asks for, number XS_ALLOCATION fails (the first is 0), with
 * XS_ALLOCATION_FOR_GOOD also all after it. That it came to that is told by
 * the file XS_ALLOCATION_FAILED.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INSTEAD __attribute__((visibility("default")))
#define CALLER __builtin_return_address(0)

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static long left = -1; /* until the one that fails; below 0: none does */
static bool for_good;

__attribute__((constructor)) static void
begin(void)
{
	const char *number = getenv("XS_ALLOCATION");

	if (number != NULL)
		left = strtol(number, NULL, 10);
	for_good = getenv("XS_ALLOCATION_FOR_GOOD") != NULL;
}

static bool
is_ours(const void *caller)
{
	Dl_info info;
	const char *slash;

	if (dladdr(caller, &info) == 0 || info.dli_fname == NULL ||
	    (slash = strrchr(info.dli_fname, '/')) == NULL)
		return false;
	return strcmp(slash, "/pam_xsuite.so") == 0 ||
	    strcmp(slash, "/xsuite-admin") == 0;
}

static bool
is_refused(const void *caller)
{
	const char *told = getenv("XS_ALLOCATION_FAILED");
	int fd;

	if (left < 0 || !is_ours(caller))
		return false;
	if (left > 0) {
		left--;
		return false;
	}
	if (!for_good)
		left = -1;
	fd = told == NULL ? -1
			  : open(told, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0)
		(void)close(fd);
	errno = ENOMEM;
	return true;
}

INSTEAD void *
malloc(size_t size)
{
	return is_refused(CALLER) ? NULL : __libc_malloc(size);
}

INSTEAD void *
calloc(size_t count, size_t size)
{
	return is_refused(CALLER) ? NULL : __libc_calloc(count, size);
}

INSTEAD void *
realloc(void *old, size_t size)
{
	return is_refused(CALLER) ? NULL : __libc_realloc(old, size);
}

INSTEAD void *
reallocarray(void *old, size_t count, size_t size)
{
	size_t bytes;

	if (is_refused(CALLER))
		return NULL;
	if (__builtin_mul_overflow(count, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return __libc_realloc(old, bytes);
}

INSTEAD char *
strdup(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = is_refused(CALLER) ? NULL : __libc_malloc(size);

	return copy == NULL ? NULL : memcpy(copy, text, size);
}
