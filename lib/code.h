/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Random codes: make, show, read back, and hash with Argon2id (RFC 9106).
 */
#ifndef XS_CODE_H
#define XS_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "env.h"
#include "fault.h"
#include "shield.h"

#define XS_CODE_MAX 20       /* characters of the longest code */
#define XS_CODE_SHOWN_MAX 24 /* the same in groups of four */
#define XS_SALT_SIZE 16
#define XS_HASH_SIZE 32
#define XS_ARGON2_WAIT_MS 5000

/*
 * DIGITS: 8, 10, 12, 16 or 20. BASE32: Crockford's alphabet without I L O U,
 * 13 or 16, case ignored.
 */
enum xs_code_alphabet { XS_CODE_DIGITS, XS_CODE_BASE32 };

struct xs_code_format {
	enum xs_code_alphabet alphabet;
	unsigned length;
};

/* "digits:8"; false if it is not one of the forms above. */
bool xs_code_format_parse(const char *text, struct xs_code_format *format);
void xs_code_format_name(const struct xs_code_format *format, char out[16]);

/*
 * A new code, every one of the form equally likely (rejection sampling,
 * leading zeros allowed). Returns 0, or XS_E_INTERNAL.
 */
int xs_code_make(const struct xs_code_format *format, const struct xs_env *env,
    char out[XS_CODE_MAX + 1]) __attribute__((warn_unused_result));

/* In groups of four: "1234 5678". */
void xs_code_show(const char *code, char out[XS_CODE_SHOWN_MAX + 1]);

/*
 * Reads typed text as a code of that form: spaces and hyphens removed, case
 * folded for base32. False (and out empty) if it is not of the form.
 */
bool xs_code_read(const struct xs_code_format *format, const char *typed,
    char out[XS_CODE_MAX + 1]) __attribute__((warn_unused_result));

/*
 * Reads typed text as exactly that many digits (out has room for them and a
 * NUL), spaces and hyphens removed: an app's code, or one of an SMS. What out
 * holds otherwise is no code; wipe it in any case.
 */
bool xs_digits_read(const char *typed, unsigned digits, char *out)
    __attribute__((warn_unused_result));

/* Cost of Argon2id, as in a PHC string: m (KiB), t, p. Version is 19. */
struct xs_argon2_cost {
	uint32_t memory;
	uint32_t time;
	uint32_t lanes;
};

/* Not below OWASP's table, not above 1 GiB, 16 passes, 16 lanes. */
bool xs_argon2_cost_ok(const struct xs_argon2_cost *cost);

/*
 * Argon2id of a code in the calling thread alone (no threads are made).
 * Returns 0, XS_E_NOMEM or XS_E_INTERNAL.
 */
int xs_code_hash(const struct xs_argon2_cost *cost,
    const uint8_t salt[XS_SALT_SIZE], const char *code,
    uint8_t out[XS_HASH_SIZE]) __attribute__((warn_unused_result));

/* Compares in constant time. */
bool xs_hash_equal(const uint8_t a[XS_HASH_SIZE], const uint8_t b[XS_HASH_SIZE])
    __attribute__((warn_unused_result));

/*
 * Argon2 runs at most as many times at once on a host as there are
 * processors, in two pools, so that who can stop his own set-uid processes
 * cannot keep the daemons' logins waiting; accounts without a record share
 * one single slot. A slot is a file in host_dir that is locked.
 */
enum xs_argon2_pool { XS_POOL_ROOT, XS_POOL_USER, XS_POOL_NOBODY };

struct xs_argon2_slot {
	int fd;
	struct xs_shield shield;
};

/* The pool for a caller with that real uid. */
enum xs_argon2_pool xs_argon2_pool_of(uid_t real);

/*
 * Waits at most timeout_ms for a slot; while it is held the shield is up.
 * Returns 0; XS_E_BUSY; XS_E_STATE when host_dir or a slot's file cannot be
 * used (missing, wrong owner, mode or type).
 */
int xs_argon2_slot_take(struct xs_argon2_slot *slot, const char *host_dir,
    enum xs_argon2_pool pool, unsigned timeout_ms, struct xs_fault *fault)
    __attribute__((warn_unused_result));
void xs_argon2_slot_give(struct xs_argon2_slot *slot);

#endif
