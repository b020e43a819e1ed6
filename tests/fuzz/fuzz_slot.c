/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The two slots of a record: bytes of anyone's, and sealed texts of which
 * bytes were changed, a slot torn or put back. Nothing opens but a text that
 * was sealed, in full.
 */
#include "account.h"
#include "fuzz.h"
#include "store_slots.h"

#define RECORD_KEY "1000"

static const struct xs_keyring keys = {2, {{1, {1}}, {7, {7}}}, ""};
static struct xs_plain first, second, opened;
static struct xs_slots slots;
static struct xs_fault fault;

static int
any_random(void *context, void *buffer, size_t size)
{
	struct input *in = context;

	for (size_t i = 0; i < size; i++)
		((uint8_t *)buffer)[i] = take_byte(in);
	return 0;
}

static void
open_foreign(struct input *in)
{
	memset(&slots, 0, sizeof(slots));
	memcpy(slots.bytes, in->at,
	    in->left < XS_SLOTS_SIZE ? in->left : XS_SLOTS_SIZE);
	if (xs_slots_open(&slots, &keys, RECORD_KEY, &opened, &fault) == 0)
		MUST(opened.length <= sizeof(opened.text));
	else
		MUST(fault.text[0] != '\0');
}

/* A record that was written twice, with changes to its file. */
static void
open_changed(struct input *in)
{
	static const struct xs_plain *const current[] = {&first, &second};
	struct xs_env env = {.nonce = any_random, .context = in};
	unsigned changes = take_byte(in) % 8;

	first.length = take_number(in, 2) % (XS_PLAIN_MAX + 1);
	second.length = take_number(in, 2) % (XS_PLAIN_MAX + 1);
	for (size_t i = 0; i < XS_PLAIN_MAX; i++)
		second.text[i] = (char)(i < 64 ? take_byte(in) : 0);
	MUST(xs_slots_first(&slots, &keys, &env, RECORD_KEY, &first, &fault) ==
	    0);
	MUST(xs_slots_next(&slots, &keys, &env, RECORD_KEY, &second,
		 slots.bytes + XS_SLOT_SIZE, &fault) == 0);
	for (unsigned i = 0; i < changes; i++)
		slots.bytes[take_number(in, 2) % XS_SLOTS_SIZE] ^=
		    take_byte(in);
	if (xs_slots_open(&slots, &keys, RECORD_KEY, &opened, &fault) != 0)
		MUST(changes > 0 && fault.text[0] != '\0');
	else
		MUST(opened.length == current[slots.current]->length &&
		    memcmp(opened.text, current[slots.current]->text,
			opened.length) == 0);
	MUST(changes > 0 || slots.current == 1);
	MUST(xs_slots_open(&slots, &keys, "1001", &opened, &fault) != 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};

	fault.text[0] = '\0';
	if (take_byte(&in) % 2 == 0)
		open_foreign(&in);
	else
		open_changed(&in);
	return 0;
}
