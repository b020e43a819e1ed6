/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two slots, of which one is valid: the decisions of the file store, as
 * functions over bytes.
 *
 * A commit writes the slot that is not current, so whatever a kill or a
 * power cut does to that write, the former record is there. The price is
 * that a reader has to tell a write that was torn from one that was
 * tampered with: doc/state-format.md, "Reading".
 */
#ifndef XS_STORE_SLOTS_H
#define XS_STORE_SLOTS_H

#include <stdbool.h>
#include <stdint.h>

#include "env.h"
#include "fault.h"
#include "seal.h"
#include "store.h"

#define XS_SLOTS_SIZE (2L * XS_SLOT_SIZE)

struct xs_slots {
	uint8_t bytes[XS_SLOTS_SIZE]; /* the file */
	unsigned current;             /* the valid slot, 0 or 1 */
	uint64_t generation;          /* its own */
	bool torn;                    /* the other is newer; does not open */
};

/*
 * Decides which slot of bytes is valid, and opens it. Returns 0,
 * XS_E_INTERNAL, or XS_E_STATE with a fault that says why (without the
 * path).
 */
int xs_slots_open(struct xs_slots *slots, const struct xs_keyring *keys,
    const char *record_key, struct xs_plain *plain, struct xs_fault *fault)
    __attribute__((warn_unused_result));

/* Is every slot that was written sealed with the current key? */
bool xs_slots_are_current(
    const struct xs_slots *slots, const struct xs_keyring *keys);

/* The bytes of a new file. Returns 0 or XS_E_COMMIT. */
int xs_slots_first(struct xs_slots *slots, const struct xs_keyring *keys,
    const struct xs_env *env, const char *record_key,
    const struct xs_plain *plain, struct xs_fault *fault)
    __attribute__((warn_unused_result));

/*
 * Seals the next generation into slot, which takes the place of the one
 * that is not current. Returns 0 or XS_E_COMMIT.
 */
int xs_slots_next(const struct xs_slots *slots, const struct xs_keyring *keys,
    const struct xs_env *env, const char *record_key,
    const struct xs_plain *plain, uint8_t slot[XS_SLOT_SIZE],
    struct xs_fault *fault) __attribute__((warn_unused_result));

#endif
