/* SPDX-License-Identifier: BSD-3-Clause */
/* A service, its includes, and "other", into lists of lines. */
#include "stack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fault.h"
#include "stack_line.h"

/*
 * gcc's analyzer loses sight of what is put into a list through a pointer;
 * the fuzzing of the reader looks for leaks.
 */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

#define ANY_TYPE XS_STACK_TYPES /* a whole file, not an include of a type */
#define READS_MAX 4096          /* files that include each other many times */
#define GIVEN_UP 1              /* libpam ends with PAM_ABORT */

struct reader {
	struct xs_service *service;
	const struct xs_service_source *source;
	const char *name;
	unsigned reads;
};

/* Where in the files the reader is. */
struct place {
	unsigned file;
	unsigned line;
	unsigned depth; /* of includes */
	unsigned level; /* of substacks */
	int wanted;     /* enum xs_stack_type or ANY_TYPE */
	bool named;     /* lines do not begin with a service */
	bool other;
};

static int read_file(struct reader *reader, const char *path,
    const struct place *from, bool *opened);

static void
note(struct reader *reader, const struct place *place,
    enum xs_stack_trouble trouble, const char *word)
{
	struct xs_service *service = reader->service;
	struct xs_stack_problem *problem;

	if (service->problems_count == XS_SERVICE_PROBLEMS_MAX)
		return;
	problem = &service->problems[service->problems_count++];
	problem->trouble = trouble;
	problem->file = place->file;
	problem->line = place->line;
	(void)snprintf(problem->word, sizeof(problem->word), "%s",
	    word == NULL ? "" : word);
}

/* The index of a file's name. Returns 0, GIVEN_UP or XS_E_NOMEM. */
static int
add_file(struct xs_service *service, const char *path, unsigned *index)
{
	unsigned i;

	for (i = 0; i < service->files_count; i++) {
		if (strcmp(service->files[i], path) == 0) {
			*index = i;
			return 0;
		}
	}
	if (i == XS_SERVICE_FILES_MAX)
		return GIVEN_UP;
	service->files[i] = strdup(path);
	if (service->files[i] == NULL)
		return XS_E_NOMEM;
	service->files_count++;
	*index = i;
	return 0;
}

static int
grow(struct xs_stack *stack)
{
	size_t room = stack->room == 0 ? 16 : 2 * stack->room;
	struct xs_step *steps =
	    reallocarray(stack->steps, room, sizeof(*steps));

	if (steps == NULL)
		return XS_E_NOMEM;
	stack->steps = steps;
	stack->room = room;
	return 0;
}

/* A new step at the end of the list, all zero but its place. */
static int
add_step(struct reader *reader, const struct place *place,
    enum xs_stack_type type, struct xs_step **ret)
{
	struct xs_service *service = reader->service;
	struct xs_stack *stack =
	    place->other ? service->other + type : service->own + type;
	struct xs_step *step;

	if (stack->count == XS_STACK_STEPS_MAX) {
		note(reader, place, XS_TROUBLE_SIZE, NULL);
		return GIVEN_UP;
	}
	if (stack->count == stack->room && grow(stack) != 0)
		return XS_E_NOMEM;
	step = stack->steps + stack->count++;
	memset(step, 0, sizeof(*step));
	step->level = place->level;
	step->file = place->file;
	step->line = place->line;
	*ret = step;
	return 0;
}

static void
set_actions(int *actions, int success, int other)
{
	for (int i = 0; i < XS_PAM_RESULTS; i++)
		actions[i] = other;
	if (success == XS_ACTION_UNSET)
		return;
	actions[XS_PAM_SUCCESS] = success;
	actions[XS_PAM_NEW_AUTHTOK_REQD] = success;
	if (other != XS_ACTION_IGNORE)
		actions[XS_PAM_IGNORE] = XS_ACTION_IGNORE;
}

/* The words that are not pairs. False: it is none of them. */
static bool
is_keyword(const char *word, int *actions)
{
	static const struct {
		const char *word;
		int success;
		int other;
	} keywords[] = {
	    {"required", XS_ACTION_OK, XS_ACTION_BAD},
	    {"requisite", XS_ACTION_OK, XS_ACTION_DIE},
	    {"optional", XS_ACTION_OK, XS_ACTION_IGNORE},
	    {"sufficient", XS_ACTION_DONE, XS_ACTION_IGNORE},
	};

	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
		if (strcasecmp(word, keywords[i].word) == 0) {
			set_actions(
			    actions, keywords[i].success, keywords[i].other);
			return true;
		}
	}
	return false;
}

/* libpam needs a name for its log; without one it gives up, or crashes. */
static bool
is_usable_name(const char *module)
{
	const char *base = strrchr(module, '/'), *dot;
	size_t length;

	base = base == NULL ? module : base + 1;
	dot = strrchr(base, '.');
	length = dot == NULL ? strlen(base) : (size_t)(dot - base);
	return length > 1 || (length == 1 && *base != '?');
}

static int
read_arguments(struct xs_step *step, char *rest)
{
	size_t most = rest == NULL ? 0 : strlen(rest) / 2 + 1;
	char *word;

	if (most == 0)
		return 0;
	step->argv = calloc(most, sizeof(*step->argv));
	if (step->argv == NULL)
		return XS_E_NOMEM;
	while ((word = xs_stack_word(&rest)) != NULL)
		step->argv[step->argc++] = word;
	return 0;
}

/* A line that fails whatever stands in it. */
static int
add_failing(struct reader *reader, const struct place *place, int type)
{
	struct xs_step *step;
	int r;

	if (type == ANY_TYPE) /* "@include" in a service's own file */
		return GIVEN_UP;
	r = add_step(reader, place, (enum xs_stack_type)type, &step);
	if (r == 0) {
		step->kind = XS_STEP_MUST_FAIL;
		set_actions(step->actions, XS_ACTION_UNSET, XS_ACTION_BAD);
	}
	return r;
}

/*
 * A file includes files: as deep as libpam goes, XS_STACK_LEVELS_MAX, and
 * READS_MAX of them. NOLINTBEGIN(misc-no-recursion)
 */

/*
 * The lines of another file in place of this one. Debian's libpam looks for
 * a relative name in one directory only.
 */
static int
read_include(struct reader *reader, const struct place *place, int type,
    bool substack, const char *name)
{
	const char *dir = reader->source->include_dir;
	struct place inner = *place;
	struct xs_step *step;
	char *path = NULL;
	bool opened;
	int r;

	if (name == NULL) {
		note(reader, place, XS_TROUBLE_NAMELESS, NULL);
		return GIVEN_UP;
	}
	if (substack) {
		r = add_step(reader, place, (enum xs_stack_type)type, &step);
		if (r != 0)
			return r;
		step->kind = XS_STEP_SUBSTACK;
		if (!is_usable_name(name)) {
			note(reader, place, XS_TROUBLE_NAME, name);
			return GIVEN_UP;
		}
	}
	inner.wanted = type;
	inner.level += substack;
	inner.depth++;
	inner.named = true;
	if (inner.depth >= XS_STACK_LEVELS_MAX) {
		note(reader, place, XS_TROUBLE_DEPTH, name);
		return add_failing(reader, place, type);
	}
	if (*name != '/' && dir == NULL)
		r = GIVEN_UP;
	else if (asprintf(&path, "%s%s%s", *name == '/' ? "" : dir,
		     *name == '/' ? "" : "/", name) < 0)
		return XS_E_NOMEM;
	else
		r = read_file(reader, path, &inner, &opened);
	free(path);
	if (r != GIVEN_UP)
		return r;
	note(reader, place, XS_TROUBLE_INCLUDE, name);
	return add_failing(reader, place, type);
}

/* Returns the type of a line, -1 when it is to be skipped. */
static int
read_type(struct reader *reader, const struct place *place, const char *word,
    bool *usable)
{
	int type = 0;

	while (word != NULL && type < XS_STACK_TYPES &&
	    strcasecmp(word, xs_stack_type_name(type)) != 0)
		type++;
	*usable = word != NULL && type < XS_STACK_TYPES;
	if (!*usable) {
		note(reader, place, XS_TROUBLE_TYPE, word);
		/* libpam puts it where it does the most harm. */
		type =
		    place->wanted == ANY_TYPE ? XS_STACK_AUTH : place->wanted;
	}
	return place->wanted != ANY_TYPE && type != place->wanted ? -1 : type;
}

static void
read_control(struct reader *reader, const struct place *place, const char *word,
    struct xs_step *step)
{
	if (word == NULL) {
		note(reader, place, XS_TROUBLE_CONTROL, NULL);
		step->kind = XS_STEP_MUST_FAIL;
		set_actions(step->actions, XS_ACTION_UNSET, XS_ACTION_BAD);
	} else if (!is_keyword(word, step->actions) &&
	    !xs_stack_control(word, step->actions)) {
		note(reader, place, XS_TROUBLE_CONTROL, word);
	}
}

static int
read_module(struct reader *reader, const struct place *place,
    struct xs_step *step, char *rest)
{
	step->module = xs_stack_word(&rest);
	if (step->module == NULL) {
		if (step->kind != XS_STEP_MUST_FAIL)
			note(reader, place, XS_TROUBLE_MODULE, NULL);
		step->kind = XS_STEP_MUST_FAIL;
	} else if (!is_usable_name(step->module)) {
		note(reader, place, XS_TROUBLE_NAME, step->module);
		step->kind = XS_STEP_MUST_FAIL;
		return GIVEN_UP;
	}
	return read_arguments(step, rest);
}

/* A line's words behind the service; takes the line over. */
static int
read_words(
    struct reader *reader, const struct place *place, char *line, char *rest)
{
	char *word = xs_stack_word(&rest);
	bool quiet = word != NULL && *word == '-', usable, substack;
	struct xs_step *step;
	int type, r;

	if (quiet)
		word++;
	if (word != NULL && strcasecmp(word, "@include") == 0) {
		word = xs_stack_word(&rest);
		r = read_include(reader, place, place->wanted, false, word);
		free(line);
		return r;
	}
	type = read_type(reader, place, word, &usable);
	if (type < 0) {
		free(line);
		return 0;
	}
	word = xs_stack_word(&rest);
	substack = word != NULL && strcasecmp(word, "substack") == 0;
	if (substack || (word != NULL && strcasecmp(word, "include") == 0)) {
		word = xs_stack_word(&rest);
		r = read_include(reader, place, type, substack, word);
		free(line);
		return r;
	}
	r = add_step(reader, place, (enum xs_stack_type)type, &step);
	if (r != 0) {
		free(line);
		return r;
	}
	step->text = line;
	step->quiet = quiet;
	step->kind = usable ? XS_STEP_MODULE : XS_STEP_MUST_FAIL;
	read_control(reader, place, word, step);
	return read_module(reader, place, step, rest);
}

/* One line of pam.conf or of a service's file; takes it over. */
static int
read_line(struct reader *reader, struct place *place, char *line)
{
	char *rest = line, *service;

	if (!place->named) {
		service = xs_stack_word(&rest);
		place->other =
		    service != NULL && strcasecmp(service, "other") == 0;
		if (service == NULL ||
		    (strcasecmp(service, reader->name) != 0 && !place->other)) {
			free(line);
			return 0;
		}
		reader->service->found |= !place->other;
	}
	return read_words(reader, place, line, rest);
}

static int
read_text(
    struct reader *reader, struct place *place, const char *bytes, size_t size)
{
	struct xs_stack_text text;
	char *line;
	int more, r = 0;

	xs_stack_text_start(&text, bytes, size);
	do {
		more = xs_stack_text_line(&text, &line);
		place->line = text.too_long;
		if (text.too_long != 0)
			note(reader, place, XS_TROUBLE_LENGTH, NULL);
		place->line = text.line;
		if (text.gap && more != 0)
			note(reader, place, XS_TROUBLE_GAP, NULL);
		if (more == 1)
			r = read_line(reader, place, line);
	} while (more == 1 && r == 0);
	if (more == -1) {
		note(reader, place, XS_TROUBLE_END, NULL);
		return GIVEN_UP;
	}
	return more < 0 ? more : r;
}

/*
 * Reads a file from where it is included. Returns 0, GIVEN_UP when it cannot
 * be opened or used, or XS_E_NOMEM.
 */
static int
read_file(struct reader *reader, const char *path, const struct place *from,
    bool *opened)
{
	struct place place = *from;
	char *bytes;
	size_t size;
	int r =
	    reader->source->read(reader->source->context, path, &bytes, &size);

	*opened = r == 0;
	if (r != 0)
		return r < 0 ? r : GIVEN_UP;
	r = add_file(reader->service, path, &place.file);
	if (reader->reads++ == READS_MAX)
		r = GIVEN_UP;
	if (r == GIVEN_UP)
		note(reader, from, XS_TROUBLE_SIZE, path);
	if (r == 0)
		r = read_text(reader, &place, bytes, size);
	free(bytes);
	return r;
}

/* NOLINTEND(misc-no-recursion) */

/* A service's file in the first directory that has one. */
static int
read_service(struct reader *reader, const char *name, bool other, bool *opened)
{
	const char *const *dir = reader->source->dirs;
	const struct place place = {
	    .wanted = ANY_TYPE, .named = true, .other = other};
	char *path;
	int r = 0;

	for (*opened = false; *dir != NULL && !*opened; dir++) {
		if (asprintf(&path, "%s/%s", *dir, name) < 0)
			return XS_E_NOMEM;
		r = read_file(reader, path, &place, opened);
		free(path);
	}
	return r == GIVEN_UP && !*opened ? 0 : r;
}

int
xs_service_load(struct xs_service *service, const char *name,
    const struct xs_service_source *source)
{
	const struct place place = {.wanted = ANY_TYPE};
	struct reader reader = {
	    .service = service, .source = source, .name = name};
	bool opened;
	int r;

	*service = (struct xs_service){0};
	if (source->dirs[0] == NULL) {
		r = read_file(&reader, source->conf, &place, &opened);
	} else {
		r = read_service(
		    &reader, name, strcmp(name, "other") == 0, &opened);
		service->found = opened;
		if (r == 0)
			r = read_service(&reader, "other", true, &opened);
		if (r == 0 && !opened && !service->found)
			r = GIVEN_UP;
	}
	service->broken = r == GIVEN_UP;
	return r < 0 ? r : 0;
}
