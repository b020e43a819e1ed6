/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files of PAM services: the service, then, each behind a form feed, "other",
 * "/a" and "/b", which they may include. Whatever stands in them: every line
 * that is read is one that the machine can run, and the search ends where the
 * machine does.
 */
#include "fuzz.h"
#include "stack_search.h"

#define FILES 4
#define SEARCHED_MAX 12 /* steps; more take too long to fuzz */

struct files {
	const char *at[FILES];
	size_t size[FILES];
};

static int
read_part(void *context, const char *path, char **text, size_t *size)
{
	static const char *const names[FILES] = {
	    "/etc/pam.d/service", "/etc/pam.d/other", "/a", "/b"};
	const struct files *files = context;

	for (int i = 0; i < FILES; i++) {
		if (strcmp(path, names[i]) != 0 || files->at[i] == NULL)
			continue;
		/* Exactly as long, so that a sanitizer sees one too many. */
		*text = malloc(files->size[i] + (files->size[i] == 0));
		MUST(*text != NULL);
		memcpy(*text, files->at[i], files->size[i]);
		*size = files->size[i];
		return 0;
	}
	return 1;
}

static void
split(const uint8_t *data, size_t size, struct files *files)
{
	const char *at = (const char *)data, *end = at + size;

	for (int i = 0; i < FILES && at != NULL; i++) {
		const char *stop = memchr(at, '\f', (size_t)(end - at));

		files->at[i] = at;
		files->size[i] = (size_t)((stop == NULL ? end : stop) - at);
		at = stop == NULL ? NULL : stop + 1;
	}
}

static void
check_step(const struct xs_service *service, const struct xs_step *step)
{
	MUST(step->level < XS_STACK_LEVELS_MAX);
	MUST(step->file < service->files_count);
	if (step->kind != XS_STEP_MODULE)
		return;
	MUST(step->module != NULL && step->module[0] != '\0');
	for (int i = 0; i < XS_PAM_RESULTS; i++)
		MUST(step->actions[i] >= XS_ACTION_RESET);
	for (int i = 0; i < step->argc; i++)
		MUST(strlen(step->argv[i]) < 1 << 20);
}

static void
check_search(const struct xs_stack *stack)
{
	struct xs_step_model models[SEARCHED_MAX] = {{0}};
	struct xs_way way[SEARCHED_MAX];
	struct xs_search search;

	for (size_t i = 0; i < stack->count; i++)
		models[i] =
		    (struct xs_step_model){.results = 1U << XS_PAM_SUCCESS |
			    1U << XS_PAM_IGNORE | 1U << XS_PAM_AUTH_ERR,
			.yes = i == 0,
			.no = i == 1 ? 2 : 0};
	MUST(xs_search_run(&search, stack, models) == 0);
	MUST(search.endings_count > 0);
	for (size_t i = 0; i < search.endings_count; i++) {
		const struct xs_ending *ending = &search.endings[i];
		size_t length =
		    xs_search_way(&search, ending, way, SEARCHED_MAX);
		struct xs_machine machine;

		MUST(length <= SEARCHED_MAX);
		xs_machine_start(&machine);
		for (size_t k = 0; k < length; k++) {
			MUST(machine.next == way[k].step);
			MUST(xs_machine_step(&machine, stack, way[k].result,
				 way[k].result) == way[k].action);
		}
		MUST(machine.next == stack->count);
		MUST((xs_machine_result(&machine) == XS_PAM_SUCCESS) ==
		    ending->success);
	}
	xs_search_free(&search);
}

static void
check_stack(const struct xs_service *service, const struct xs_stack *stack)
{
	static int results[XS_STACK_STEPS_MAX], ran[XS_STACK_STEPS_MAX];
	int result;

	MUST(stack->count <= XS_STACK_STEPS_MAX);
	for (size_t i = 0; i < stack->count; i++) {
		check_step(service, &stack->steps[i]);
		results[i] = (int)(i * 7 % XS_PAM_INCOMPLETE);
	}
	result = xs_stack_run(stack, results, NULL, ran);
	MUST(result >= 0 && result < XS_PAM_RESULTS);
	result = xs_stack_run(stack, results, ran, NULL);
	MUST(result >= 0 && result < XS_PAM_RESULTS);
	if (stack->count <= SEARCHED_MAX)
		check_search(stack);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const dirs[] = {
	    "/etc/pam.d", "/usr/lib/pam.d", NULL};
	struct files files = {{NULL}, {0}};
	struct xs_service_source source = {.read = read_part,
	    .context = &files,
	    .dirs = dirs,
	    .include_dir = "/etc/pam.d",
	    .conf = "/a"};
	struct xs_service service;

	split(data, size, &files);
	/* Once as pam.d, once as pam.conf. */
	for (int round = 0; round < 2; round++) {
		MUST(xs_service_load(&service, "service", &source) == 0);
		MUST(service.problems_count <= XS_SERVICE_PROBLEMS_MAX);
		for (int i = 0; i < XS_STACK_TYPES; i++) {
			check_stack(&service, &service.own[i]);
			check_stack(&service, &service.other[i]);
		}
		xs_service_free(&service);
		source.dirs += 2;
	}
	return 0;
}
