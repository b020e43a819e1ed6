/* SPDX-License-Identifier: BSD-3-Clause */
#include "stack_search.h"

#include <stdlib.h>
#include <string.h>

#include "fault.h"

#define NODES_MAX 400000
#define NOWHERE UINT32_MAX

/*
 * A state in 64 bits: the next step, the level of the last one, the verdict
 * now and at the entrance of each level but the first, and the marks.
 */
#define STEP_BITS 11
#define LEVEL_BITS 4
_Static_assert(XS_STACK_STEPS_MAX < 1 << STEP_BITS, "a step's number fits");
_Static_assert(XS_STACK_LEVELS_MAX <= 1 << LEVEL_BITS, "a level fits");
_Static_assert(
    STEP_BITS + LEVEL_BITS + 2 * XS_STACK_LEVELS_MAX + XS_MARKS <= 64,
    "a state fits");

struct xs_search_node {
	uint64_t state;
	uint32_t from;
	uint16_t step;
	uint8_t result;
	int action;
};

/* An open-addressed set of nodes by their state. */
struct visited {
	uint32_t *slots;
	size_t size; /* a power of two */
};

/* Of the status only success matters: it alone lets a later yes change it. */
enum verdict { UNDECIDED, SUCCESS, OTHER_YES, NO };

static uint64_t
pack_verdict(const struct xs_standing *verdict)
{
	if (verdict->impression == XS_NEGATIVE)
		return NO;
	if (verdict->impression == XS_UNDECIDED)
		return UNDECIDED;
	return verdict->status == XS_PAM_SUCCESS ? SUCCESS : OTHER_YES;
}

static struct xs_standing
unpack_verdict(uint64_t packed)
{
	static const struct xs_standing verdicts[] = {
	    [UNDECIDED] = {XS_UNDECIDED, XS_PAM_PERM_DENIED},
	    [SUCCESS] = {XS_POSITIVE, XS_PAM_SUCCESS},
	    [OTHER_YES] = {XS_POSITIVE, XS_PAM_NEW_AUTHTOK_REQD},
	    [NO] = {XS_NEGATIVE, XS_PAM_AUTH_ERR},
	};

	return verdicts[packed & 3];
}

static uint64_t
pack(const struct xs_machine *machine, uint16_t marks)
{
	uint64_t state = machine->next;

	state = state << LEVEL_BITS | machine->level;
	state = state << 2 | pack_verdict(&machine->now);
	/* Deeper ones are entered anew before they matter. */
	for (unsigned i = 1; i < XS_STACK_LEVELS_MAX; i++)
		state = state << 2 |
		    (i <= machine->level ? pack_verdict(&machine->entered[i])
					 : UNDECIDED);
	return state << XS_MARKS | marks;
}

static uint16_t
unpack(uint64_t state, struct xs_machine *machine)
{
	uint16_t marks = state & ((1 << XS_MARKS) - 1);

	xs_machine_start(machine);
	state >>= XS_MARKS;
	for (unsigned i = XS_STACK_LEVELS_MAX - 1; i > 0; i--, state >>= 2)
		machine->entered[i] = unpack_verdict(state);
	machine->now = unpack_verdict(state);
	state >>= 2;
	machine->level = state & ((1 << LEVEL_BITS) - 1);
	machine->next = state >> LEVEL_BITS;
	return marks;
}

static uint32_t *
find_slot(const struct visited *visited, const struct xs_search_node *nodes,
    uint64_t state)
{
	size_t at = (state * 0x9e3779b97f4a7c15ULL) >> 20;

	while (visited->slots[at &= visited->size - 1] != NOWHERE &&
	    nodes[visited->slots[at]].state != state)
		at++;
	return &visited->slots[at];
}

/* Makes room for one node more, at most half of the set in use. */
static int
grow(struct xs_search *search, struct visited *visited)
{
	size_t size = visited->size == 0 ? 256 : 2 * visited->size;
	struct xs_search_node *nodes;

	if (2 * search->nodes_count < visited->size)
		return 0;
	nodes = realloc(search->nodes, size / 2 * sizeof(*nodes));
	if (nodes == NULL)
		return XS_E_NOMEM;
	search->nodes = nodes;
	free(visited->slots);
	visited->size = size;
	visited->slots = malloc(size * sizeof(*visited->slots));
	if (visited->slots == NULL)
		return XS_E_NOMEM;
	memset(visited->slots, 0xff, size * sizeof(*visited->slots));
	for (size_t i = 0; i < search->nodes_count; i++)
		*find_slot(visited, nodes, nodes[i].state) = (uint32_t)i;
	return 0;
}

/* Adds the state unless it is known. */
static int
visit(struct xs_search *search, struct visited *visited,
    const struct xs_search_node *node)
{
	uint32_t *slot;
	int r;

	if (search->nodes_count == NODES_MAX) {
		search->complete = false;
		return 0;
	}
	r = grow(search, visited);
	if (r != 0)
		return r;
	slot = find_slot(visited, search->nodes, node->state);
	if (*slot == NOWHERE) {
		*slot = (uint32_t)search->nodes_count;
		search->nodes[search->nodes_count++] = *node;
	}
	return 0;
}

static int
end_here(struct xs_search *search, const struct xs_machine *machine,
    uint16_t marks, uint32_t node)
{
	const struct xs_ending ending = {
	    xs_machine_result(machine) == XS_PAM_SUCCESS, marks, node};
	struct xs_ending *more;

	for (size_t i = 0; i < search->endings_count; i++) {
		if (search->endings[i].success == ending.success &&
		    search->endings[i].marks == ending.marks)
			return 0;
	}
	more = realloc(search->endings,
	    (search->endings_count + 1) * sizeof(*search->endings));
	if (more == NULL)
		return XS_E_NOMEM;
	search->endings = more;
	search->endings[search->endings_count++] = ending;
	return 0;
}

static uint16_t
marks_after(
    const struct xs_step_model *model, uint16_t marks, int result, int action)
{
	if ((marks & model->when) == model->when && !(marks & model->unless))
		marks |= model->then;
	if (result == XS_PAM_SUCCESS)
		marks |= model->yes;
	else if (result == XS_PAM_IGNORE)
		marks |= model->ignored;
	else
		marks |= model->no;
	if (action > 0 || action == XS_ACTION_DONE)
		marks |= model->shortcut;
	if (action == XS_ACTION_BAD || action == XS_ACTION_DIE)
		marks |= model->objection;
	return marks;
}

/* All that can follow a state whose next step runs a module. */
static int
expand(struct xs_search *search, struct visited *visited, uint32_t from,
    const struct xs_step_model *models)
{
	struct xs_machine before, after;
	uint16_t marks = unpack(search->nodes[from].state, &before);
	const struct xs_step *step = &search->stack->steps[before.next];
	uint32_t results = models[before.next].results;
	int r = 0;

	if (step->kind == XS_STEP_MUST_FAIL)
		results = 1U << XS_PAM_PERM_DENIED;
	else if (step->kind == XS_STEP_SUBSTACK)
		results = 1U << XS_PAM_SUCCESS;
	/* What people know first: of ways that are alike, it is shown. */
	for (int i = -3; i < XS_PAM_INCOMPLETE && r == 0; i++) {
		int result = i >= 0 ? i
		    : i == -3       ? XS_PAM_SUCCESS
		    : i == -2       ? XS_PAM_IGNORE
				    : XS_PAM_AUTH_ERR;
		struct xs_search_node node = {
		    .from = from, .step = (uint16_t)before.next};

		if (!(results >> result & 1))
			continue;
		after = before;
		node.result = (uint8_t)result;
		node.action =
		    xs_machine_step(&after, search->stack, result, result);
		node.state = pack(&after,
		    step->kind == XS_STEP_SUBSTACK
			? marks
			: marks_after(&models[before.next], marks, result,
			      node.action));
		r = visit(search, visited, &node);
	}
	return r;
}

int
xs_search_run(struct xs_search *search, const struct xs_stack *stack,
    const struct xs_step_model *models)
{
	struct xs_search_node first = {.from = NOWHERE};
	struct visited visited = {0};
	struct xs_machine machine;
	int r;

	*search = (struct xs_search){.stack = stack, .complete = true};
	xs_machine_start(&machine);
	first.state = pack(&machine, 0);
	r = visit(search, &visited, &first);
	/* In order, so that the first way to a state is a shortest. */
	for (uint32_t i = 0; i < search->nodes_count && r == 0; i++) {
		uint16_t marks = unpack(search->nodes[i].state, &machine);

		if (machine.next >= stack->count)
			r = end_here(search, &machine, marks, i);
		else
			r = expand(search, &visited, i, models);
	}
	free(visited.slots);
	return r;
}

void
xs_search_free(struct xs_search *search)
{
	free(search->endings);
	free(search->nodes);
	*search = (struct xs_search){0};
}

size_t
xs_search_way(const struct xs_search *search, const struct xs_ending *ending,
    struct xs_way *way, size_t room)
{
	const struct xs_search_node *nodes = search->nodes;
	size_t length = 0, at;

	for (uint32_t i = ending->node; nodes[i].from != NOWHERE;
	     i = nodes[i].from)
		length++;
	at = length;
	for (uint32_t i = ending->node; nodes[i].from != NOWHERE;
	     i = nodes[i].from) {
		if (--at < room)
			way[at] = (struct xs_way){
			    nodes[i].step, nodes[i].result, nodes[i].action};
	}
	return length;
}
