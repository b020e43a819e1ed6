/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whole files of options, line by line: a bad line changes nothing and is
 * named, and the dump of what is in force is read again as the same.
 */
#include "config.h"
#include "fuzz.h"

static struct xs_config config, before, again;
static struct xs_fault fault;

static void
feed(struct xs_config *to, const char *line, int number)
{
	before = *to;
	fault.text[0] = '\0';
	if (xs_config_line(to, line, "/etc/xsuite.conf", number, &fault) == 0)
		return;
	MUST(memcmp(to, &before, sizeof(before)) == 0);
	MUST(strncmp(fault.text, "/etc/xsuite.conf:", 17) == 0);
}

static void
read_dump(char *text)
{
	char *line;
	int number = 1;

	while ((line = strsep(&text, "\n")) != NULL)
		MUST(xs_config_line(&again, line, "/dump", number++, &fault) ==
		    0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *rest = text, *line, *dump = NULL;
	size_t dumped;
	int number = 1;
	FILE *out;

	MUST(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	xs_config_init(&config);
	xs_config_init(&again);
	while ((line = strsep(&rest, "\n")) != NULL)
		feed(&config, line, number++);
	fault.text[0] = '\0';
	MUST(
	    (xs_config_check(&config, &fault) == 0) == (fault.text[0] == '\0'));
	out = open_memstream(&dump, &dumped);
	MUST(out != NULL);
	xs_config_dump(&config, out);
	MUST(fclose(out) == 0);
	read_dump(dump);
	memcpy(again.set_at, config.set_at, sizeof(again.set_at));
	/* Module arguments have no line in the dump. */
	again.settings = config.settings;
	MUST(memcmp(&again, &config, sizeof(config)) == 0);
	free(dump);
	free(text);
	return 0;
}
