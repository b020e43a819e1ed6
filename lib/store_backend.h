/* SPDX-License-Identifier: BSD-3-Clause */
/* What the backends of a store share. */
#ifndef XS_STORE_BACKEND_H
#define XS_STORE_BACKEND_H

#include <stdbool.h>

#include "store.h"

#define XS_MARKER_KEY ".store"

/* The key of an account's record where the uid is the key: in decimal. */
struct xs_uid_key {
	char text[16];
};

struct xs_uid_key xs_uid_key(uid_t uid);

/* The uid that text is the key of: 1, or 0 when it is not written so. */
int xs_uid_key_parse(const char *text, uid_t *uid);

/* The text of a new marker. Returns 0 or XS_E_COMMIT. */
int xs_marker_make(const struct xs_env *env, struct xs_plain *plain,
    struct xs_fault *fault) __attribute__((warn_unused_result));

bool xs_marker_is_right(const struct xs_plain *plain);

#endif
