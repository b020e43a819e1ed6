/* SPDX-License-Identifier: BSD-3-Clause */
#include "store_slots.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

/* The slots' headers; generation 0 stands for a slot never written. */
struct headers {
	uint64_t generation[2];
};

static const uint8_t *
slot_at(const struct xs_slots *slots, unsigned i)
{
	return slots->bytes + (size_t)i * XS_SLOT_SIZE;
}

static int
read_header(const struct xs_slots *slots, unsigned i, struct headers *headers,
    struct xs_fault *fault)
{
	struct xs_seal_header header;

	switch (xs_seal_read_header(slot_at(slots, i), &header)) {
	case XS_SEAL_EMPTY:
		headers->generation[i] = 0;
		return 0;
	case XS_SEAL_RECORD:
		if (header.generation == 0)
			return xs_fault_set(
			    fault, XS_E_STATE, "slot %u: generation 0", i + 1);
		headers->generation[i] = header.generation;
		return 0;
	case XS_SEAL_NEWER:
		return xs_fault_set(fault, XS_E_STATE,
		    "slot %u: written by another version of pam_xsuite", i + 1);
	case XS_SEAL_FOREIGN:
		break;
	}
	return xs_fault_set(
	    fault, XS_E_STATE, "slot %u: not a record of pam_xsuite", i + 1);
}

/*
 * Commits keep the two generations one apart. Anything else means that a
 * slot was lost or put back, and the newer of what is left may be older
 * than a code that was used: test_slot_put_back_is_refused.
 */
static int
check_history(const struct headers *headers, struct xs_fault *fault)
{
	uint64_t a = headers->generation[0], b = headers->generation[1];

	if (a == 0 && b == 0)
		return xs_fault_set(fault, XS_E_STATE, "both slots are empty");
	if ((a > b ? a - b : b - a) != 1 || (a == 0 && b == 1))
		return xs_fault_set(fault, XS_E_STATE,
		    "generations %" PRIu64 " and %" PRIu64
		    " do not follow each other",
		    a, b);
	return 0;
}

static enum xs_unseal_result
open_slot(const struct xs_slots *slots, unsigned i,
    const struct xs_keyring *keys, const char *record_key,
    struct xs_plain *plain)
{
	return xs_unseal(keys, record_key, slot_at(slots, i), XS_SLOT_SIZE,
	    plain->text, sizeof(plain->text), &plain->length);
}

static int
refuse(enum xs_unseal_result why, unsigned i, struct xs_fault *fault)
{
	switch (why) {
	case XS_UNSEAL_UNKNOWN_KEY:
		return xs_fault_set(fault, XS_E_STATE,
		    "slot %u: sealed with a key that the key file lacks",
		    i + 1);
	case XS_UNSEAL_MALFORMED:
		return xs_fault_set(
		    fault, XS_E_STATE, "slot %u: malformed", i + 1);
	case XS_UNSEAL_TRAILING:
		return xs_fault_set(fault, XS_E_STATE,
		    "slot %u: unused bytes are not zero", i + 1);
	case XS_UNSEAL_BAD_TAG:
		return xs_fault_set(fault, XS_E_STATE,
		    "slot %u: does not open: changed, another record's, or "
		    "sealed with another key of the same id",
		    i + 1);
	default:
		return xs_fault_set(
		    fault, XS_E_INTERNAL, "slot %u: decryption failed", i + 1);
	}
}

/* What a write that a power cut ended half way can leave. */
static bool
is_torn(enum xs_unseal_result result)
{
	return result == XS_UNSEAL_BAD_TAG || result == XS_UNSEAL_TRAILING;
}

int
xs_slots_open(struct xs_slots *slots, const struct xs_keyring *keys,
    const char *record_key, struct xs_plain *plain, struct xs_fault *fault)
{
	struct headers headers = {0};
	enum xs_unseal_result result;
	unsigned newer, i;
	int r;

	if ((r = read_header(slots, 0, &headers, fault)) != 0 ||
	    (r = read_header(slots, 1, &headers, fault)) != 0 ||
	    (r = check_history(&headers, fault)) != 0)
		return r;
	i = newer = headers.generation[1] > headers.generation[0] ? 1 : 0;
	result = open_slot(slots, newer, keys, record_key, plain);
	if (is_torn(result) && headers.generation[1 - newer] > 0) {
		i = 1 - newer;
		if (open_slot(slots, i, keys, record_key, plain) ==
		    XS_UNSEAL_OK)
			result = XS_UNSEAL_OK;
	}
	if (result != XS_UNSEAL_OK)
		return refuse(result, newer, fault);
	slots->current = i;
	slots->generation = headers.generation[i];
	slots->torn = i != newer;
	return 0;
}

bool
xs_slots_are_current(
    const struct xs_slots *slots, const struct xs_keyring *keys)
{
	struct xs_seal_header header;

	for (unsigned i = 0; i < 2; i++) {
		if (xs_seal_read_header(slot_at(slots, i), &header) ==
			XS_SEAL_RECORD &&
		    (keys->count == 0 || header.key_id != keys->keys[0].id))
			return false;
	}
	return true;
}

static int
seal_generation(const struct xs_keyring *keys, const struct xs_env *env,
    const char *record_key, uint64_t generation, const struct xs_plain *plain,
    uint8_t slot[XS_SLOT_SIZE], struct xs_fault *fault)
{
	uint8_t nonce[12];

	if (plain->length > sizeof(plain->text))
		return xs_fault_set(fault, XS_E_COMMIT, "the text is too long");
	if (env->nonce(env->context, nonce, sizeof(nonce)) != 0)
		return xs_fault_set(fault, XS_E_COMMIT, "no random bytes");
	if (xs_seal(keys, record_key, generation, nonce, plain->text,
		plain->length, slot, XS_SLOT_SIZE) != 0)
		return xs_fault_set(fault, XS_E_COMMIT, "encryption failed");
	return 0;
}

int
xs_slots_first(struct xs_slots *slots, const struct xs_keyring *keys,
    const struct xs_env *env, const char *record_key,
    const struct xs_plain *plain, struct xs_fault *fault)
{
	memset(slots, 0, sizeof(*slots));
	slots->generation = 1;
	return seal_generation(
	    keys, env, record_key, 1, plain, slots->bytes, fault);
}

int
xs_slots_next(const struct xs_slots *slots, const struct xs_keyring *keys,
    const struct xs_env *env, const char *record_key,
    const struct xs_plain *plain, uint8_t slot[XS_SLOT_SIZE],
    struct xs_fault *fault)
{
	if (slots->generation == UINT64_MAX)
		return xs_fault_set(
		    fault, XS_E_COMMIT, "the generations are used up");
	return seal_generation(
	    keys, env, record_key, slots->generation + 1, plain, slot, fault);
}
