/* SPDX-License-Identifier: BSD-3-Clause */
/* Which of two slots is valid: every tear, every flip, every swap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store_slots.h"
#include "tests/state.h"

#define SECTOR 512
#define SECTORS (XS_SLOT_SIZE / SECTOR)

static const char key[] = "1000";

/* Each slot takes a short text after a long one and the other way round. */
static struct xs_plain
numbered(unsigned n)
{
	struct xs_plain plain = {.length = n % 4 < 2 ? 40 : 4000};

	memset(plain.text, ' ', sizeof(plain.text));
	snprintf(plain.text, 32, "text %u", n);
	return plain;
}

static bool
is_numbered(const struct xs_plain *plain, unsigned n)
{
	struct xs_plain expected = numbered(n);

	return plain->length == expected.length &&
	    memcmp(plain->text, expected.text, plain->length) == 0;
}

/* A file after n commits; its text is number n, its generation n + 1. */
static void
make_file(struct xs_slots *slots, const struct xs_keyring *ring, unsigned n)
{
	struct xs_plain plain = numbered(0);
	uint8_t slot[XS_SLOT_SIZE];

	assert_int_equal(
	    xs_slots_first(slots, ring, &xs_env_system, key, &plain, NULL), 0);
	for (unsigned i = 1; i <= n; i++) {
		struct xs_plain former;

		assert_int_equal(
		    xs_slots_open(slots, ring, key, &former, NULL), 0);
		plain = numbered(i);
		assert_int_equal(xs_slots_next(slots, ring, &xs_env_system, key,
				     &plain, slot, NULL),
		    0);
		memcpy(slots->bytes + (1 - slots->current) * XS_SLOT_SIZE, slot,
		    sizeof(slot));
	}
}

static void
copy_sector(struct xs_slots *to, const struct xs_slots *from, size_t sector)
{
	memcpy(
	    to->bytes + sector * SECTOR, from->bytes + sector * SECTOR, SECTOR);
}

/* The torn file opens as either text, and the next commit works on it. */
static void
check_torn(
    const struct xs_slots *torn, const struct xs_keyring *ring, unsigned before)
{
	struct xs_slots slots = *torn;
	struct xs_plain plain, next = numbered(77);
	uint8_t slot[XS_SLOT_SIZE];
	struct xs_fault fault = {""};

	if (xs_slots_open(&slots, ring, key, &plain, &fault) != 0)
		fail_msg("torn after commit %u: %s", before, fault.text);
	assert_true(
	    is_numbered(&plain, before) || is_numbered(&plain, before + 1));
	assert_int_equal(
	    xs_slots_next(&slots, ring, &xs_env_system, key, &next, slot, NULL),
	    0);
	memcpy(slots.bytes + (1 - slots.current) * XS_SLOT_SIZE, slot,
	    sizeof(slot));
	assert_int_equal(xs_slots_open(&slots, ring, key, &plain, NULL), 0);
	assert_true(is_numbered(&plain, 77));
}

static void
test_torn_write_leaves_one_of_the_two_texts(void **state)
{
	struct xs_slots before, after, torn;
	struct xs_keyring ring;
	unsigned seed = 1;

	(void)state;
	fill_ring(&ring, 1, 1);
	/* The first commit ever, and then each position with each length. */
	for (unsigned n = 0; n < 6; n++) {
		struct xs_plain plain, next = numbered(n + 1);
		size_t first;

		make_file(&before, &ring, n);
		assert_int_equal(
		    xs_slots_open(&before, &ring, key, &plain, NULL), 0);
		after = before;
		first = (1 - before.current) * (size_t)SECTORS;
		assert_int_equal(
		    xs_slots_next(&before, &ring, &xs_env_system, key, &next,
			after.bytes + first * SECTOR, NULL),
		    0);
		for (size_t cut = 0; cut <= SECTORS; cut++) {
			torn = before; /* the head was written */
			for (size_t i = 0; i < cut; i++)
				copy_sector(&torn, &after, first + i);
			check_torn(&torn, &ring, n);
			torn = after; /* the tail was written */
			for (size_t i = 0; i < cut; i++)
				copy_sector(&torn, &before, first + i);
			check_torn(&torn, &ring, n);
		}
		for (int round = 0; round < 200; round++) {
			torn = before; /* any of them */
			for (size_t i = 0; i < SECTORS; i++)
				if (rand_r(&seed) % 2 == 0)
					copy_sector(&torn, &after, first + i);
			check_torn(&torn, &ring, n);
		}
	}
}

static void
flip_and_check(struct xs_slots *file, const struct xs_keyring *ring, size_t bit)
{
	struct xs_slots slots = *file;
	struct xs_plain plain;
	size_t current = bit / 8 / XS_SLOT_SIZE;
	int r;

	slots.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	r = xs_slots_open(&slots, ring, key, &plain, NULL);
	if (r != 0) {
		assert_int_equal(r, XS_E_STATE);
		return;
	}
	/* The valid slot is 0, text 2: a flip in it can only bring text 1. */
	assert_true(is_numbered(&plain, current == 0 ? 1 : 2));
}

static void
test_flipped_bits_never_bring_another_text(void **state)
{
	const size_t slot_used[2] = {
	    XS_SEAL_HEADER_SIZE + 4000 + XS_SEAL_TAG_SIZE,
	    XS_SEAL_HEADER_SIZE + 40 + XS_SEAL_TAG_SIZE};
	struct xs_slots file;
	struct xs_keyring ring;

	(void)state;
	fill_ring(&ring, 1, 1);
	make_file(&file, &ring, 2);
	for (size_t byte = 0; byte < XS_SLOTS_SIZE; byte++) {
		size_t at = byte % XS_SLOT_SIZE;
		bool header = at < XS_SEAL_HEADER_SIZE;
		bool all = header ||
		    (at < slot_used[byte / XS_SLOT_SIZE] && byte % 8 == 0);

		for (size_t bit = 0; bit < 8; bit++)
			if (all || bit == byte % 8)
				flip_and_check(&file, &ring, byte * 8 + bit);
	}
}

static void
test_flips_in_a_new_record_are_refused(void **state)
{
	struct xs_slots file, slots;
	struct xs_keyring ring;
	struct xs_plain plain;

	(void)state;
	fill_ring(&ring, 1, 1);
	make_file(&file, &ring, 0);
	for (size_t byte = 0; byte < XS_SLOT_SIZE; byte++) {
		slots = file;
		slots.bytes[byte] ^= (uint8_t)(1 << byte % 8);
		assert_int_equal(
		    xs_slots_open(&slots, &ring, key, &plain, NULL),
		    XS_E_STATE);
	}
}

struct craft {
	struct xs_slots slots;
	struct xs_keyring ring;
};

/* A file of two slots of the given generations (0: empty). */
static int
open_generations(struct craft *craft, uint64_t a, uint64_t b)
{
	const uint64_t generations[2] = {a, b};
	struct xs_plain plain = numbered(0), found;
	uint8_t nonce[12] = {1};

	memset(&craft->slots, 0, sizeof(craft->slots));
	for (size_t i = 0; i < 2; i++)
		if (generations[i] != 0)
			assert_int_equal(
			    xs_seal(&craft->ring, key, generations[i], nonce,
				plain.text, plain.length,
				craft->slots.bytes + i * XS_SLOT_SIZE,
				XS_SLOT_SIZE),
			    0);
	return xs_slots_open(&craft->slots, &craft->ring, key, &found, NULL);
}

static void
test_slot_put_back_is_refused(void **state)
{
	struct craft craft;

	(void)state;
	fill_ring(&craft.ring, 1, 1);
	assert_int_equal(open_generations(&craft, 1, 0), 0);
	assert_int_equal(open_generations(&craft, 1, 2), 0);
	assert_int_equal(craft.slots.current, 1);
	assert_int_equal(open_generations(&craft, 9, 8), 0);
	assert_int_equal(craft.slots.current, 0);
	assert_int_equal(open_generations(&craft, 0, 0), XS_E_STATE);
	assert_int_equal(open_generations(&craft, 0, 1), XS_E_STATE);
	assert_int_equal(open_generations(&craft, 0, 2), XS_E_STATE);
	assert_int_equal(open_generations(&craft, 2, 0), XS_E_STATE);
	assert_int_equal(open_generations(&craft, 5, 5), XS_E_STATE);
	assert_int_equal(open_generations(&craft, 5, 3), XS_E_STATE);
	assert_int_equal(open_generations(&craft, 3, 5), XS_E_STATE);
	assert_int_equal(open_generations(&craft, UINT64_MAX, 1), XS_E_STATE);
}

static void
test_generations_that_ran_out_refuse_the_commit(void **state)
{
	struct xs_plain plain = numbered(0);
	uint8_t slot[XS_SLOT_SIZE];
	struct craft craft;

	(void)state;
	fill_ring(&craft.ring, 1, 1);
	assert_int_equal(
	    open_generations(&craft, UINT64_MAX - 1, UINT64_MAX), 0);
	assert_int_equal(xs_slots_next(&craft.slots, &craft.ring,
			     &xs_env_system, key, &plain, slot, NULL),
	    XS_E_COMMIT);
}

static void
test_torn_write_falls_back_one_generation_only(void **state)
{
	struct xs_plain plain;
	struct craft craft;

	(void)state;
	fill_ring(&craft.ring, 1, 1);
	assert_int_equal(open_generations(&craft, 4, 5), 0);
	/* The newer tag broken, then the older one as well. */
	craft.slots.bytes[XS_SLOT_SIZE + XS_SEAL_HEADER_SIZE] ^= 1;
	assert_int_equal(
	    xs_slots_open(&craft.slots, &craft.ring, key, &plain, NULL), 0);
	assert_int_equal(craft.slots.generation, 4);
	assert_int_equal(craft.slots.current, 0);
	craft.slots.bytes[XS_SEAL_HEADER_SIZE] ^= 1;
	assert_int_equal(
	    xs_slots_open(&craft.slots, &craft.ring, key, &plain, NULL),
	    XS_E_STATE);
}

static void
test_what_is_not_torn_is_never_passed_over(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		const char *why;
	} cases[] = {
	    {0, 'X', "not a record"}, /* the magic */
	    {11, 2, "another version"}, {11, 0, "another version"},
	    {15, 9, "key that the key file lacks"},
	    {36, 1, "malformed"},    /* a length beyond the slot */
	    {63, 1, "not a record"}, /* a reserved byte */
	};
	struct xs_plain plain;
	struct craft craft;
	struct xs_fault fault;

	(void)state;
	fill_ring(&craft.ring, 1, 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(open_generations(&craft, 4, 5), 0);
		craft.slots.bytes[XS_SLOT_SIZE + cases[i].at] = cases[i].value;
		assert_int_equal(xs_slots_open(&craft.slots, &craft.ring, key,
				     &plain, &fault),
		    XS_E_STATE);
		assert_non_null(strstr(fault.text, "slot 2: "));
		assert_non_null(strstr(fault.text, cases[i].why));
	}
	/* In the slot that is not current they say that something is wrong
	 * with the file, too. */
	assert_int_equal(open_generations(&craft, 4, 5), 0);
	craft.slots.bytes[11] = 2;
	assert_int_equal(
	    xs_slots_open(&craft.slots, &craft.ring, key, &plain, &fault),
	    XS_E_STATE);
}

static void
test_record_of_another_account_does_not_open(void **state)
{
	struct xs_slots file;
	struct xs_keyring ring;
	struct xs_plain plain;

	(void)state;
	fill_ring(&ring, 1, 1);
	for (unsigned n = 0; n < 3; n++) {
		make_file(&file, &ring, n);
		assert_int_equal(
		    xs_slots_open(&file, &ring, "1001", &plain, NULL),
		    XS_E_STATE);
		assert_int_equal(
		    xs_slots_open(&file, &ring, key, &plain, NULL), 0);
	}
}

static int
compare_nonces(const void *a, const void *b)
{
	return memcmp(a, b, 12);
}

/* The same text, for the same slot and generation, again and again. */
static void
test_no_nonce_is_used_twice(void **state)
{
	enum { WRITES = 20000, AT_NONCE = 24 };
	static uint8_t nonces[WRITES][12];
	const struct xs_plain plain = numbered(1);
	uint8_t slot[XS_SLOT_SIZE];
	struct xs_keyring ring;
	struct xs_slots file;
	struct xs_plain former;

	(void)state;
	fill_ring(&ring, 1, 1);
	make_file(&file, &ring, 0);
	assert_int_equal(xs_slots_open(&file, &ring, key, &former, NULL), 0);
	for (unsigned n = 0; n < WRITES; n++) {
		assert_int_equal(xs_slots_next(&file, &ring, &xs_env_system,
				     key, &plain, slot, NULL),
		    0);
		memcpy(nonces[n], slot + AT_NONCE, 12);
	}
	qsort(nonces, WRITES, 12, compare_nonces);
	for (unsigned n = 1; n < WRITES; n++)
		assert_memory_not_equal(nonces[n - 1], nonces[n], 12);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_torn_write_leaves_one_of_the_two_texts),
	    cmocka_unit_test(test_flipped_bits_never_bring_another_text),
	    cmocka_unit_test(test_flips_in_a_new_record_are_refused),
	    cmocka_unit_test(test_slot_put_back_is_refused),
	    cmocka_unit_test(test_generations_that_ran_out_refuse_the_commit),
	    cmocka_unit_test(test_torn_write_falls_back_one_generation_only),
	    cmocka_unit_test(test_what_is_not_torn_is_never_passed_over),
	    cmocka_unit_test(test_record_of_another_account_does_not_open),
	    cmocka_unit_test(test_no_nonce_is_used_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
