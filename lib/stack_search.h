/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every way through a stack, over all results that its modules can give.
 *
 * Not a sample: what can still happen depends on the next line, on the
 * verdict so far (undecided, success, another yes, no) here and where each
 * substack was entered, and on what the caller wants to remember of the way
 * (marks). Each such state is visited once.
 */
#ifndef XS_STACK_SEARCH_H
#define XS_STACK_SEARCH_H

#include "stack.h"

#define XS_MARKS 15 /* bits of them */

/* What the module of one step can do, and what is to be remembered of it. */
struct xs_step_model {
	uint32_t results;   /* a bit for each; INCOMPLETE is none of them */
	uint16_t yes;       /* marks set by PAM_SUCCESS */
	uint16_t ignored;   /* by PAM_IGNORE */
	uint16_t no;        /* by everything else */
	uint16_t shortcut;  /* when its result skips lines or ends with yes */
	uint16_t objection; /* when its result is counted as a no */
	/* Set when it is reached with all marks of when and none of unless. */
	uint16_t then;
	uint16_t when;
	uint16_t unless;
};

/* One way through the stack ends so. */
struct xs_ending {
	bool success;
	uint16_t marks;
	uint32_t node; /* the search's own */
};

struct xs_way {
	size_t step;
	int result;
	int action;
};

struct xs_search {
	const struct xs_stack *stack;
	bool complete; /* false: too many states, the rest was not looked at */
	size_t endings_count;
	struct xs_ending *endings; /* each success and marks once */
	size_t nodes_count;
	struct xs_search_node *nodes;
};

/* Returns 0 or XS_E_NOMEM; free it in either case. */
int xs_search_run(struct xs_search *search, const struct xs_stack *stack,
    const struct xs_step_model *models) __attribute__((warn_unused_result));

void xs_search_free(struct xs_search *search);

/*
 * A shortest way to that ending: writes up to room steps into way and
 * returns how many there are.
 */
size_t xs_search_way(const struct xs_search *search,
    const struct xs_ending *ending, struct xs_way *way, size_t room);

#endif
