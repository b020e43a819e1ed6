/* SPDX-License-Identifier: BSD-3-Clause */
/* The options in force: defaults, then the file, then the arguments. */
#include "config_option.h"

#include <stdlib.h>
#include <string.h>

/* Text has room for a NUL behind its length. */
static int
apply_text(
    struct xs_config *config, char *text, size_t length, struct xs_fault *fault)
{
	char *end = text + length;

	for (int line = 1; text < end; line++) {
		char *feed = memchr(text, '\n', (size_t)(end - text));
		char *stop = feed == NULL ? end : feed;
		int err;

		*stop = '\0';
		if (text + strlen(text) != stop)
			return xs_fault_set(fault, XS_E_CONFIG,
			    "%.150s:%d: a NUL byte, none is allowed",
			    config->path, line);
		err = xs_config_line(config, text, config->path, line, fault);
		if (err != 0)
			return err;
		text = stop + 1;
	}
	return 0;
}

/* Text has room for XS_CONFIG_FILE_MAX bytes and a NUL. */
static int
apply_file(struct xs_config *config, char *text, struct xs_fault *fault)
{
	size_t length = 0;
	bool found = false;
	int err = xs_config_read(config->path, text, &length, &found, fault);

	if (err != 0)
		return err;
	/*
	 * Never the defaults in the place of a file that was moved away or cut
	 * to nothing: not_enrolled = refuse would become pass
	 * (test_a_missing_or_an_empty_file_is_refused).
	 */
	if (!found || length == 0)
		return xs_fault_set(fault, XS_E_CONFIG,
		    "%.300s: the file is %s", config->path,
		    found ? "empty" : "not there");
	return apply_text(config, text, length, fault);
}

static int
choose_file(struct xs_config *config, const char *path_default, int argc,
    const char *const *argv, struct xs_fault *fault)
{
	size_t length = strlen(path_default);
	int err = xs_config_arguments(config, argc, argv, true, fault);

	if (err != 0)
		return err;
	if (config->path[0] != '\0')
		return 0;
	if (length >= sizeof(config->path))
		return xs_fault_set(fault, XS_E_CONFIG,
		    "%.300s: the path has more than the 1024 bytes allowed",
		    path_default);
	memcpy(config->path, path_default, length + 1);
	return 0;
}

int
xs_config_load(struct xs_config *config, const char *path_default, int argc,
    const char *const *argv, struct xs_fault *fault)
{
	/* Too large for the stack of a thread in somebody else's process. */
	struct {
		struct xs_config config;
		char text[XS_CONFIG_FILE_MAX + 1];
	} *work = malloc(sizeof(*work));
	int err;

	if (work == NULL)
		return xs_fault_set(
		    fault, XS_E_NOMEM, "no memory to read the options");
	xs_config_init(&work->config);
	err = choose_file(&work->config, path_default, argc, argv, fault);
	if (err == 0)
		err = apply_file(&work->config, work->text, fault);
	if (err == 0)
		err = xs_config_arguments(
		    &work->config, argc, argv, false, fault);
	if (err == 0) {
		xs_config_follow_profile(&work->config);
		err = xs_config_check(&work->config, fault);
	}
	if (err == 0)
		*config = work->config;
	free(work);
	return err;
}
