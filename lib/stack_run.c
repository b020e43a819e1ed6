/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libpam's machine: an impression and a status, changed line by line.
 * test_stack_libpam: test_random_stacks_end_as_in_libpam.
 */
#include "stack.h"

#include <string.h>

/* What a stack that says nothing ends with. */
#define NO_ANSWER XS_PAM_PERM_DENIED

void
xs_machine_start(struct xs_machine *machine)
{
	memset(machine, 0, sizeof(*machine));
	machine->now.status = NO_ANSWER;
	machine->entered[0] = machine->now;
}

/* Is the step behind this one at its level or deeper? */
static bool
goes_on(const struct xs_stack *stack, size_t at, unsigned level)
{
	return at + 1 < stack->count && stack->steps[at + 1].level >= level;
}

/* Over so many steps; a substack is one. False: there are not so many. */
static bool
jump(struct xs_machine *machine, const struct xs_stack *stack, unsigned level,
    int over)
{
	size_t at = machine->next;

	for (; over > 0 && goes_on(stack, at, level); over--) {
		do
			at++;
		while (goes_on(stack, at, level + 1));
	}
	machine->next = at;
	return over == 0;
}

static void
approve(struct xs_standing *now, int result, int frozen)
{
	bool open = now->impression == XS_UNDECIDED ||
	    (now->impression == XS_POSITIVE && now->status == XS_PAM_SUCCESS);

	/* Where setcred ignores what authenticate did not, nothing is said. */
	if (open && (result != XS_PAM_IGNORE || frozen == result)) {
		now->impression = XS_POSITIVE;
		now->status = result;
	}
}

static void
object(struct xs_standing *now, int result)
{
	if (now->impression == XS_NEGATIVE)
		return;
	now->impression = XS_NEGATIVE;
	now->status = result == XS_PAM_IGNORE ? NO_ANSWER : result;
}

/* Leaves the stack or the substack. */
static void
leave(struct xs_machine *machine, const struct xs_stack *stack, unsigned level)
{
	while (goes_on(stack, machine->next, level))
		machine->next++;
}

static void
act(struct xs_machine *machine, const struct xs_stack *stack, unsigned level,
    int action, int result, int frozen)
{
	struct xs_standing *now = &machine->now;

	switch (action) {
	case XS_ACTION_RESET:
		*now = machine->entered[level];
		break;
	case XS_ACTION_OK:
	case XS_ACTION_DONE:
		approve(now, result, frozen);
		if (action == XS_ACTION_DONE && now->impression == XS_POSITIVE)
			leave(machine, stack, level);
		break;
	case XS_ACTION_BAD:
	case XS_ACTION_DIE:
		object(now, result);
		if (action == XS_ACTION_DIE)
			leave(machine, stack, level);
		break;
	case XS_ACTION_IGNORE:
		break;
	default:
		if (!jump(machine, stack, level, action)) {
			now->impression = XS_NEGATIVE;
			now->status = NO_ANSWER;
		}
	}
}

int
xs_machine_step(struct xs_machine *machine, const struct xs_stack *stack,
    int result, int frozen)
{
	const struct xs_step *step = &stack->steps[machine->next];
	unsigned level = step->level;
	int action = XS_ACTION_IGNORE;

	if (machine->level < level)
		machine->entered[level] = machine->now;
	if (result == XS_PAM_INCOMPLETE) {
		/* The application is to ask again: nothing is decided. */
		machine->now.impression = XS_UNDECIDED;
		machine->now.status = result;
		machine->next = stack->count;
		return action;
	}
	if (step->kind != XS_STEP_SUBSTACK) {
		action = step->actions[frozen];
		act(machine, stack, level, action, result, frozen);
	}
	machine->level = level;
	machine->next++;
	return action;
}

int
xs_machine_result(const struct xs_machine *machine)
{
	if (machine->now.status == XS_PAM_SUCCESS &&
	    machine->now.impression != XS_POSITIVE)
		return NO_ANSWER;
	return machine->now.status;
}

int
xs_stack_run(const struct xs_stack *stack, const int *results,
    const int *frozen, int *ran)
{
	struct xs_machine machine;

	for (size_t i = 0; ran != NULL && i < stack->count; i++)
		ran[i] = -1;
	xs_machine_start(&machine);
	while (machine.next < stack->count) {
		size_t at = machine.next;
		const struct xs_step *step = &stack->steps[at];
		int result =
		    step->kind == XS_STEP_MUST_FAIL ? NO_ANSWER : results[at];

		if (ran != NULL && step->kind != XS_STEP_SUBSTACK)
			ran[at] = result;
		(void)xs_machine_step(&machine, stack, result,
		    frozen != NULL && frozen[at] >= 0 ? frozen[at] : result);
	}
	return xs_machine_result(&machine);
}
