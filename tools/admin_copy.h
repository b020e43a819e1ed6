/* SPDX-License-Identifier: BSD-3-Clause */
/* The inside of the command copy. */
#ifndef XS_ADMIN_COPY_H
#define XS_ADMIN_COPY_H

#include "admin_progress.h"

enum copy_outcome {
	COPY_DONE,
	COPY_UPDATED,
	COPY_EQUAL,
	COPY_ONLY_THERE,
	COPY_DIFFERS,
	COPY_NO_ACCOUNT,
	COPY_CHANGED,
	COPY_FAILED
};
#define COPY_OUTCOMES (COPY_FAILED + 1)

struct copy {
	struct admin *admin; /* its store is the one that is copied to */
	struct xs_store from;
	bool update;
	bool again; /* the second time round */
	struct admin_progress progress;
	json_object *told;  /* whose record was left alone, and why was said */
	json_object *names; /* in the source at this time, as in names/ */
	unsigned long counts[COPY_OUTCOMES];
};

/* A record on its way. */
struct copy_passage {
	struct copy *copy;
	const struct xs_identity *who; /* as the source has it */
	struct xs_account account;     /* as it is to be */
	enum copy_outcome outcome;
	struct xs_fault why;
};

/*
 * Whose is it? Judges the account, and gives it the uid that it is to have.
 * False: it stays where it is; outcome and why say more.
 */
bool copy_find_owner(struct copy_passage *passage);

/* Puts the record there, if there is none, and reads it again. */
void copy_put(struct copy_passage *passage);

/* Is what was copied still what the source has? */
void copy_compare(struct copy_passage *passage);

#endif
