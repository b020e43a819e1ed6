/* SPDX-License-Identifier: BSD-3-Clause */
/* A way through a stack, in words. */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *
check_where(const struct check_service *service, size_t step)
{
	const struct xs_step *at = &service->auth->steps[step];
	char *where;

	if (asprintf(
		&where, "%s:%u", service->files.files[at->file], at->line) < 0)
		return NULL;
	return where;
}

/* What the line did. */
static void
print_action(FILE *out, const struct xs_way *way)
{
	switch (way->action) {
	case XS_ACTION_IGNORE:
		fputs("goes on", out);
		break;
	case XS_ACTION_OK:
		fputs("goes on with yes", out);
		break;
	case XS_ACTION_DONE:
		fputs("ends with yes, if nothing said no before", out);
		break;
	case XS_ACTION_BAD:
		fputs("goes on with no", out);
		break;
	case XS_ACTION_DIE:
		fputs("ends with no", out);
		break;
	case XS_ACTION_RESET:
		fputs("goes on as if nothing had been said", out);
		break;
	default:
		fprintf(out, "skips %d", way->action);
	}
}

static void
print_step(
    FILE *out, const struct check_service *service, const struct xs_way *way)
{
	const struct xs_step *step = &service->auth->steps[way->step];
	const char *module = step->module == NULL ? "" : step->module;
	const char *slash = strrchr(module, '/');

	if (step->kind == XS_STEP_SUBSTACK)
		return;
	fprintf(out, "    %s:%u  %s", service->files.files[step->file],
	    step->line,
	    step->kind == XS_STEP_MUST_FAIL ? "a line that always fails"
		: slash == NULL             ? module
					    : slash + 1);
	if (step->kind == XS_STEP_MODULE)
		fprintf(out, " says %s", xs_pam_result_name(way->result));
	fputs(": ", out);
	print_action(out, way);
	fputc('\n', out);
}

char *
check_way(const struct check_service *service, const struct xs_ending *ending)
{
	const struct xs_search *search = &service->search;
	size_t length = xs_search_way(search, ending, NULL, 0), size = 0;
	struct xs_way *way = calloc(length + 1, sizeof(*way));
	char *text = NULL;
	FILE *out = way == NULL ? NULL : open_memstream(&text, &size);

	if (out == NULL) {
		free(way);
		return NULL;
	}
	(void)xs_search_way(search, ending, way, length);
	for (size_t i = 0; i < length; i++)
		print_step(out, service, &way[i]);
	fprintf(out, "    %s %s\n", service->name,
	    ending->success ? "lets in" : "refuses");
	free(way);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
