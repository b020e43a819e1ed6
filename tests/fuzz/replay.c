/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs one fuzz target, without a fuzzer, over the files named or over its
 * corpus, and says so in cmocka's words, which tests/run counts.
 */
#include <dirent.h>

#include "fuzz.h"

#define INPUT_MAX (1 << 20)

static void
replay(const char *path)
{
	uint8_t *bytes = malloc(INPUT_MAX), *exact;
	FILE *file = fopen(path, "re");
	size_t size;

	MUST(bytes != NULL && file != NULL);
	size = fread(bytes, 1, INPUT_MAX, file);
	MUST(!ferror(file) && fclose(file) == 0);
	/* Without room behind, so that a sanitizer sees one byte too many. */
	exact = malloc(size + (size == 0));
	MUST(exact != NULL);
	memcpy(exact, bytes, size);
	free(bytes);
	printf("[ RUN      ] %s\n", path);
	(void)fflush(stdout);
	(void)LLVMFuzzerTestOneInput(exact, size);
	free(exact);
	printf("[       OK ] %s\n", path);
}

static int
is_seed(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int
main(int argc, char **argv)
{
	const char *name = strstr(argv[0], "replay_");
	char dir[256], path[600];
	struct dirent **seeds;
	int count;

	for (int i = 1; i < argc; i++)
		replay(argv[i]);
	if (argc > 1)
		return 0;
	MUST(name != NULL);
	(void)snprintf(
	    dir, sizeof(dir), "tests/fuzz/corpus/%s", name + strlen("replay_"));
	count = scandir(dir, &seeds, is_seed, alphasort);
	MUST(count > 0);
	for (int i = 0; i < count; i++) {
		(void)snprintf(
		    path, sizeof(path), "%s/%s", dir, seeds[i]->d_name);
		replay(path);
		free(seeds[i]);
	}
	free(seeds);
	return 0;
}
