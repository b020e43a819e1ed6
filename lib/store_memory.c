/* SPDX-License-Identifier: BSD-3-Clause */
#include "store.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "store_backend.h"
#include "store_names.h"
#include "store_slots.h"

/*
 * gcc's analyzer loses sight of what is put into a list through a pointer
 * to its links. LeakSanitizer (make check-asan) does not, and finds no leak.
 */
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

struct record {
	struct record *next; /* in the order of the uids */
	uid_t uid;
	struct xs_slots slots;
};

struct name {
	struct name *next;
	char encoded[XS_NAME_FILE_MAX + 1];
};

struct memory {
	struct record *records;
	struct name *names;
	bool initialised;
	struct xs_slots marker;
	struct record *open; /* the record of the transaction, or NULL */
	unsigned fail; /* commits and creations until one fails; 0: none */
};

/* The link that points to the record, or to where it belongs. */
static struct record **
find_record(struct memory *memory, uid_t uid)
{
	struct record **at = &memory->records;

	while (*at != NULL && (*at)->uid < uid)
		at = &(*at)->next;
	return at;
}

static bool
is_there(struct record *const *at, uid_t uid)
{
	return *at != NULL && (*at)->uid == uid;
}

/* The link to the name's entry, or to the end of the list. */
static struct name **
find_name(struct memory *memory, const char *encoded)
{
	struct name **at = &memory->names;

	while (*at != NULL && strcmp((*at)->encoded, encoded) != 0)
		at = &(*at)->next;
	return at;
}

static bool
has_name(struct memory *memory, const char *name)
{
	char encoded[XS_NAME_FILE_MAX + 1];

	return xs_name_encode(name, encoded) == 0 &&
	    *find_name(memory, encoded) != NULL;
}

static int
add_name(struct memory *memory, const char *name, struct xs_fault *fault)
{
	char encoded[XS_NAME_FILE_MAX + 1];
	struct name **at, *new;

	if (xs_name_encode(name, encoded) != 0)
		return xs_fault_set(fault, XS_E_INVALID,
		    "the name is empty or too long for a file name");
	if (*(at = find_name(memory, encoded)) != NULL)
		return 0;
	if ((new = calloc(1, sizeof(*new))) == NULL)
		return xs_fault_set(fault, XS_E_NOMEM, "out of memory");
	memcpy(new->encoded, encoded, sizeof(encoded));
	*at = new;
	return 0;
}

static void
drop_name(struct memory *memory, const char *name)
{
	char encoded[XS_NAME_FILE_MAX + 1];
	struct name **at, *gone;

	if (xs_name_encode(name, encoded) != 0 ||
	    (gone = *(at = find_name(memory, encoded))) == NULL)
		return;
	*at = gone->next;
	free(gone);
}

/* XS_E_NORECORD when absence is proved by a marker that opens. */
static int
check_marker(const struct xs_store *store, struct xs_fault *fault)
{
	struct memory *memory = store->private;
	struct xs_plain marker;
	int r;

	if (!memory->initialised)
		return xs_fault_set(
		    fault, XS_E_STATE, "the store was never initialised");
	if ((r = xs_slots_open(&memory->marker, store->keys, XS_MARKER_KEY,
		 &marker, fault)) != 0)
		return r;
	if (!xs_marker_is_right(&marker))
		return xs_fault_set(fault, XS_E_STATE, "not a marker");
	return xs_fault_set(fault, XS_E_NORECORD, "no record");
}

static int
open_record(const struct xs_store *store, struct record *record,
    struct xs_plain *plain, struct xs_fault *fault)
{
	struct xs_uid_key key = xs_uid_key(record->uid);

	return xs_slots_open(
	    &record->slots, store->keys, key.text, plain, fault);
}

static int
memory_init(struct xs_store *store, struct xs_fault *fault)
{
	struct memory *memory = store->private;
	struct xs_plain marker = {0};
	int r;

	if (!memory->initialised) {
		if ((r = xs_marker_make(store->env, &marker, fault)) != 0 ||
		    (r = xs_slots_first(&memory->marker, store->keys,
			 store->env, XS_MARKER_KEY, &marker, fault)) != 0)
			return r;
		memory->initialised = true;
	}
	r = check_marker(store, fault);
	return r == XS_E_NORECORD ? 0 : r;
}

static int
memory_read(struct xs_store *store, const struct xs_identity *who,
    struct xs_plain *plain, struct xs_fault *fault)
{
	struct memory *memory = store->private;
	struct record **at = find_record(memory, who->uid);

	if (is_there(at, who->uid))
		return open_record(store, *at, plain, fault);
	if (has_name(memory, who->name))
		return xs_fault_set(fault, XS_E_MISMATCH,
		    "names/%s has no record under this uid", who->name);
	return check_marker(store, fault);
}

static int
memory_begin(struct xs_store *store, const struct xs_identity *who,
    struct xs_plain *plain, struct xs_fault *fault)
{
	struct memory *memory = store->private;
	int r;

	if (memory->open != NULL)
		return xs_fault_set(
		    fault, XS_E_INTERNAL, "a transaction is open already");
	if ((r = memory_read(store, who, plain, fault)) == 0)
		memory->open = *find_record(memory, who->uid);
	return r;
}

/* Puts the next generation, sealed for uid, into a record. */
static int
put_next(const struct xs_store *store, struct record *record, uid_t uid,
    const struct xs_plain *plain, struct xs_fault *fault)
{
	struct xs_uid_key key = xs_uid_key(uid);
	uint8_t slot[XS_SLOT_SIZE];
	int r;

	r = xs_slots_next(&record->slots, store->keys, store->env, key.text,
	    plain, slot, fault);
	if (r == 0)
		memcpy(record->slots.bytes +
			(size_t)(1 - record->slots.current) * XS_SLOT_SIZE,
		    slot, sizeof(slot));
	return r;
}

static int
fail_as_told(struct memory *memory, struct xs_fault *fault)
{
	if (memory->fail == 0 || --memory->fail > 0)
		return 0;
	return xs_fault_set(fault, XS_E_COMMIT, "a commit made to fail");
}

static int
memory_commit(struct xs_store *store, const struct xs_plain *plain,
    struct xs_fault *fault)
{
	struct memory *memory = store->private;
	struct record *record = memory->open;
	int r;

	memory->open = NULL;
	if (record == NULL)
		return xs_fault_set(
		    fault, XS_E_INTERNAL, "no transaction is open");
	if ((r = fail_as_told(memory, fault)) != 0)
		return r;
	return put_next(store, record, record->uid, plain, fault);
}

static void
memory_abort(struct xs_store *store)
{
	struct memory *memory = store->private;

	memory->open = NULL;
}

static int
refuse_open(const struct memory *memory, struct xs_fault *fault)
{
	if (memory->open == NULL)
		return 0;
	return xs_fault_set(
	    fault, XS_E_INTERNAL, "a transaction is open already");
}

static int
add_record(struct xs_store *store, const struct xs_identity *who,
    const struct xs_plain *plain, struct xs_fault *fault)
{
	struct memory *memory = store->private;
	struct record **at = find_record(memory, who->uid);
	struct xs_uid_key key = xs_uid_key(who->uid);
	struct record *new = calloc(1, sizeof(*new));
	int r;

	if (new == NULL)
		return xs_fault_set(fault, XS_E_NOMEM, "out of memory");
	new->uid = who->uid;
	if ((r = xs_slots_first(&new->slots, store->keys, store->env, key.text,
		 plain, fault)) != 0 ||
	    (r = add_name(memory, who->name, fault)) != 0) {
		free(new);
		return r;
	}
	new->next = *at;
	*at = new;
	return 0;
}

static int
memory_create(struct xs_store *store, const struct xs_identity *who,
    const struct xs_plain *plain, struct xs_fault *fault)
{
	struct memory *memory = store->private;
	int r;

	if ((r = refuse_open(memory, fault)) != 0)
		return r;
	if (who->uid == (uid_t)-1)
		return xs_fault_set(fault, XS_E_INVALID, "not a uid");
	if (is_there(find_record(memory, who->uid), who->uid))
		return xs_fault_set(
		    fault, XS_E_EXISTS, "there is a record already");
	if ((r = check_marker(store, fault)) != XS_E_NORECORD)
		return r;
	if ((r = fail_as_told(memory, fault)) != 0)
		return r;
	return add_record(store, who, plain, fault);
}

static int
memory_remove(struct xs_store *store, const struct xs_identity *who,
    struct xs_fault *fault)
{
	struct memory *memory = store->private;
	struct record **at = find_record(memory, who->uid), *gone;
	int r;

	if ((r = refuse_open(memory, fault)) != 0)
		return r;
	if (is_there(at, who->uid)) {
		gone = *at;
		*at = gone->next;
		free(gone);
	} else if (!has_name(memory, who->name)) {
		return check_marker(store, fault);
	}
	drop_name(memory, who->name);
	return 0;
}

/* Takes the record out of the list and puts it in under another uid. */
static void
relink(struct memory *memory, struct record **at, uid_t to)
{
	struct record *record = *at;

	*at = record->next;
	record->uid = to;
	at = find_record(memory, to);
	record->next = *at;
	*at = record;
}

static int
move_record(struct xs_store *store, const struct xs_identity *from,
    const struct xs_identity *to, xs_store_rewrite *rewrite, void *context,
    struct xs_fault *fault)
{
	struct memory *memory = store->private;
	struct record **at = find_record(memory, from->uid);
	bool occupied = from->uid != to->uid &&
	    is_there(find_record(memory, to->uid), to->uid);
	struct xs_plain plain;
	int r;

	if (!is_there(at, from->uid))
		return occupied ? 0 : check_marker(store, fault);
	if (occupied)
		return xs_fault_set(
		    fault, XS_E_EXISTS, "there is a record already");
	r = open_record(store, *at, &plain, fault);
	if (r == 0)
		r = rewrite(context, &plain, fault);
	if (r == 0)
		r = put_next(store, *at, to->uid, &plain, fault);
	xs_plain_wipe(&plain);
	if (r == 0)
		relink(memory, at, to->uid);
	return r;
}

static int
memory_move(struct xs_store *store, const struct xs_identity *from,
    const struct xs_identity *to, xs_store_rewrite *rewrite, void *context,
    struct xs_fault *fault)
{
	struct memory *memory = store->private;
	bool made = !has_name(memory, to->name);
	int r;

	if ((r = refuse_open(memory, fault)) != 0)
		return r;
	if (to->uid == (uid_t)-1)
		return xs_fault_set(fault, XS_E_INVALID, "not a uid");
	if ((r = add_name(memory, to->name, fault)) != 0)
		return r;
	r = move_record(store, from, to, rewrite, context, fault);
	if (r != 0 && made)
		drop_name(memory, to->name);
	if (r == 0 && strcmp(from->name, to->name) != 0)
		drop_name(memory, from->name);
	return r;
}

static int
memory_each(struct xs_store *store, xs_store_visit *visit, void *context,
    struct xs_fault *fault)
{
	struct memory *memory = store->private;
	struct record *record = memory->records, *next;
	struct xs_identity who = {.name = NULL};
	struct xs_plain plain;
	struct xs_fault why;
	int r;

	if ((r = check_marker(store, fault)) != XS_E_NORECORD)
		return r;
	for (r = 0; record != NULL && r == 0; record = next) {
		next = record->next;
		why.text[0] = '\0';
		r = open_record(store, record, &plain, &why);
		who.uid = record->uid;
		r = visit(context, &who, r == 0 ? &plain : NULL, &why);
		xs_plain_wipe(&plain);
	}
	return r;
}

static int
memory_reseal(
    struct xs_store *store, struct xs_resealing *job, struct xs_fault *fault)
{
	(void)store;
	job->resealed = job->left = 0;
	return xs_fault_set(
	    fault, XS_E_NOTSUP, "a store in memory is not resealed");
}

static void
memory_close(struct xs_store *store)
{
	struct memory *memory = store->private;

	while (memory->records != NULL) {
		struct record *next = memory->records->next;

		free(memory->records);
		memory->records = next;
	}
	while (memory->names != NULL) {
		struct name *next = memory->names->next;

		free(memory->names);
		memory->names = next;
	}
	free(memory);
}

static const struct xs_store_ops memory_ops = {
    .name = "memory",
    .close = memory_close,
    .init = memory_init,
    .read = memory_read,
    .begin = memory_begin,
    .commit = memory_commit,
    .abort = memory_abort,
    .create = memory_create,
    .remove = memory_remove,
    .move = memory_move,
    .each = memory_each,
    .reseal = memory_reseal,
};

int
xs_store_memory_open(struct xs_store *store, const struct xs_keyring *keys,
    const struct xs_env *env)
{
	struct memory *memory = calloc(1, sizeof(*memory));

	if (memory == NULL)
		return XS_E_NOMEM;
	store->ops = &memory_ops;
	store->keys = keys;
	store->env = env;
	store->private = memory;
	return 0;
}

void
xs_store_memory_fail(struct xs_store *store, unsigned nth)
{
	struct memory *memory = store->private;

	memory->fail = nth;
}
