/* SPDX-License-Identifier: BSD-3-Clause */
/* The PAM files of this host. */
#ifndef XS_CHECK_FILES_H
#define XS_CHECK_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "stack.h"

/* The services that have a file. */
struct check_names {
	size_t count;
	char **list;
};

/* Returns 0 or XS_E_NOMEM; free it in either case. */
int check_names_load(struct check_names *names)
    __attribute__((warn_unused_result));

/* Adds a copy unless the name is there. Returns 0 or XS_E_NOMEM. */
int check_names_add(struct check_names *names, const char *name)
    __attribute__((warn_unused_result));

void check_names_free(struct check_names *names);
bool check_names_have(const struct check_names *names, const char *name);

/* Loads a service as libpam on this host does. Returns 0 or XS_E_NOMEM. */
int check_load(struct xs_service *service, const char *name)
    __attribute__((warn_unused_result));

/*
 * A whole file, at most 1 MiB, into memory from malloc, a NUL behind it; a
 * directory is empty. Returns 0, 1 if it cannot be read, or XS_E_NOMEM.
 */
int check_read(const char *path, char **text, size_t *size)
    __attribute__((warn_unused_result));

#endif
