/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands about the host itself: init and config. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin.h"

#define MADE_MAX 8
#define PATH_SIZE (XS_OPTION_MAX + 32)

/* What init had to make, for its answer. */
struct made {
	unsigned count;
	char path[MADE_MAX][PATH_SIZE];
};

static void
note_made(struct made *made, const char *path)
{
	if (made->count < MADE_MAX)
		snprintf(made->path[made->count++], PATH_SIZE, "%s", path);
}

static bool
is_there(const char *path)
{
	struct stat about;

	return lstat(path, &about) == 0 || errno != ENOENT;
}

/* Makes the last directory of the path; those above it must be there. */
static int
make_directory(const char *path, mode_t mode, struct made *made)
{
	if (mkdir(path, mode) != 0) {
		if (errno == EEXIST)
			return 0;
		admin_say("%s: %s", path, strerror(errno));
		return EX_CANTCREAT;
	}
	if (chmod(path, mode) != 0) { /* whatever the umask was */
		admin_say("%s: %s", path, strerror(errno));
		return EX_CANTCREAT;
	}
	note_made(made, path);
	return 0;
}

/* Is anything in users/, the marker or a record, that some key has sealed? */
static bool
holds_state(const char *state_dir)
{
	char path[PATH_SIZE];
	struct dirent *entry;
	bool any = false;
	DIR *directory;

	snprintf(path, sizeof path, "%s/users", state_dir);
	directory = opendir(path);
	if (directory == NULL)
		return errno != ENOENT;
	errno = 0;
	while (!any && (entry = readdir(directory)) != NULL)
		any = strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0;
	any = any || errno != 0;
	closedir(directory);
	return any;
}

/*
 * A new key opens nothing that an old one has sealed, and would hide that
 * the old one is lost. test_admin.py: test_init_never_replaces_a_lost_key
 */
static int
refuse_new_key(const struct xs_config *config)
{
	if (config->store != XS_STORE_FILE)
		admin_say("%s is missing, and the database holds records that "
			  "only it opens. Copy it from a host that has it, or "
			  "restore it from its backup.",
		    config->key_file);
	else
		admin_say(
		    "%s is missing, and %s holds records that only it opens. "
		    "Restore the key from its backup; without it, move the "
		    "state directory away, run init, and enrol everybody anew.",
		    config->key_file, config->state_dir);
	return EX_IOERR;
}

/* Whether the database has a marker: XS_E_EXISTS, XS_E_NORECORD, an error. */
static int
find_marker(const struct xs_config *config, struct xs_fault *fault)
{
	const struct xs_keyring none = {.count = 0};
	struct xs_store store = {.ops = NULL};
	int err = xs_store_open(&store, config, &none, &xs_env_system, fault);

	if (err == 0)
		err = store.ops->init(&store, fault);
	xs_store_close(&store);
	return err;
}

/* Is there anything that another key has sealed? 0: no; else an exit code. */
static int
check_unsealed(const struct xs_config *config)
{
	struct xs_fault fault = {""};
	int err;

	if (config->store == XS_STORE_FILE)
		return holds_state(config->state_dir) ? refuse_new_key(config)
						      : 0;
	err = find_marker(config, &fault);
	if (err == XS_E_EXISTS)
		return refuse_new_key(config);
	return err == XS_E_NORECORD ? 0 : admin_fail(err, &fault);
}

static int
make_key(const struct xs_config *config, struct made *made)
{
	uint8_t key[XS_HOST_KEY_SIZE];
	char directory[PATH_SIZE];
	struct xs_fault fault = {""};
	char *slash;
	int err, code;

	if ((code = check_unsealed(config)) != 0)
		return code;
	snprintf(directory, sizeof directory, "%s", config->key_file);
	slash = strrchr(directory, '/');
	if (slash != NULL && slash != directory) {
		*slash = '\0';
		code = make_directory(directory, 0755, made);
		if (code != 0)
			return code;
	}
	err = xs_env_system.random(xs_env_system.context, key, sizeof key);
	if (err == 0)
		err = xs_keyring_create(config->key_file, key, &fault);
	explicit_bzero(key, sizeof key);
	if (err != 0)
		return admin_exit_code(err) == ADMIN_NO
		    ? 0 /* another init was quicker */
		    : admin_fail(err, &fault);
	note_made(made, config->key_file);
	return 0;
}

/* The schema, and what of a host with a shared store is its own. */
static int
make_database(struct admin *admin, struct made *made)
{
	const struct xs_config *config = &admin->config;
	struct xs_fault fault = {""};
	char path[PATH_SIZE];
	int err, code = make_directory(config->state_dir, 0700, made);

	snprintf(path, sizeof path, "%s/host", config->state_dir);
	if (code == 0)
		code = make_directory(path, 0700, made);
	if (code != 0)
		return code;
	err = find_marker(config, &fault);
	if (err == XS_E_EXISTS || err == XS_E_NORECORD) {
		if (err == XS_E_NORECORD)
			note_made(made, "postgresql: schema xsuite");
		err = admin->store.ops->init(&admin->store, &fault);
	}
	return err == 0 ? 0 : admin_fail(err, &fault);
}

static int
make_state(struct admin *admin, struct made *made)
{
	static const char *const parts[] = {
	    "", "/users", "/names", "/host", "/users/.store"};
	const char *state_dir = admin->config.state_dir;
	bool before[sizeof parts / sizeof *parts];
	struct xs_fault fault = {""};
	char path[PATH_SIZE];
	int err;

	if (admin->config.store != XS_STORE_FILE)
		return make_database(admin, made);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		snprintf(path, sizeof path, "%s%s", state_dir, parts[i]);
		before[i] = is_there(path);
	}
	err = admin->store.ops->init(&admin->store, &fault);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		snprintf(path, sizeof path, "%s%s", state_dir, parts[i]);
		if (!before[i] && is_there(path))
			note_made(made, path);
	}
	return err == 0 ? 0 : admin_fail(err, &fault);
}

static void
print_made(const struct admin *admin, const struct made *made)
{
	json_object *answer, *list;

	if (admin->json) {
		answer = json_object_new_object();
		list = json_object_new_array();
		for (unsigned i = 0; i < made->count; i++)
			json_object_array_add(
			    list, json_object_new_string(made->path[i]));
		json_object_object_add(answer, "made", list);
		admin_json_print(answer);
		return;
	}
	for (unsigned i = 0; i < made->count; i++) {
		printf("made %s\n", made->path[i]);
		if (strcmp(made->path[i], admin->config.key_file) == 0)
			puts("  Keep a copy of this key, apart from the "
			     "backups of the state: without it\n"
			     "  no record opens, and with it a copy of the "
			     "state does.");
	}
	if (made->count == 0)
		puts("Everything is there; nothing was changed.");
}

/* The directory of the options, which may be the key's as well. */
static int
make_parent(const char *path)
{
	char parent[PATH_SIZE];
	char *slash;

	snprintf(parent, sizeof parent, "%s", path);
	slash = strrchr(parent, '/');
	if (slash == NULL || slash == parent)
		return 0;
	*slash = '\0';
	if (mkdir(parent, 0755) != 0)
		return errno == EEXIST ? 0 : -1;
	return chmod(parent, 0755); /* whatever the umask was */
}

int
admin_write_options(const char *path)
{
	FILE *file = NULL;
	bool written;
	int fd;

	if (is_there(path))
		return EX_OK;
	fd = make_parent(path) == 0
	    ? open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		  0644)
	    : -1;
	if (fd >= 0 && (file = fdopen(fd, "w")) == NULL)
		(void)close(fd);
	if (file == NULL) {
		admin_say("%s: %s", path, strerror(errno));
		return EX_CANTCREAT;
	}
	xs_config_template(file);
	written = fflush(file) == 0 && !ferror(file) && fchmod(fd, 0644) == 0 &&
	    fsync(fd) == 0;
	if (fclose(file) != 0 || !written) {
		admin_say("%s: %s", path, strerror(errno));
		(void)unlink(path);
		return EX_CANTCREAT;
	}
	return EX_OK;
}

int
admin_init(struct admin *admin, int argc, char **argv)
{
	struct made made = {0};
	int code = admin_operands(argc, argv, 0, 0);

	if (code == 0 && !is_there(admin->config.key_file))
		code = make_key(&admin->config, &made);
	if (code == 0)
		code = admin_open(admin);
	if (code == 0)
		code = make_state(admin, &made);
	if (code == 0 || made.count > 0)
		print_made(admin, &made);
	return code;
}

static void
print_option(
    void *context, const char *key, const char *value, const char *where)
{
	(void)context;
	printf("# %s\n%s =%s%s\n", where, key, *value ? " " : "", value);
}

/* The values as members of one object, the places as those of another. */
struct config_json {
	json_object *answer, *origins;
};

static void
add_option(void *context, const char *key, const char *value, const char *where)
{
	const struct config_json *both = context;

	json_object_object_add(
	    both->answer, key, json_object_new_string(value));
	json_object_object_add(
	    both->origins, key, json_object_new_string(where));
}

/* As an options file would have it, so that it can be kept as one. */
int
admin_config(struct admin *admin, int argc, char **argv)
{
	struct config_json both;
	int code = admin_operands(argc, argv, 0, 0);

	if (code != 0)
		return code;
	if (!admin->json) {
		xs_config_walk(&admin->config, print_option, NULL);
		return EX_OK;
	}
	both.answer = json_object_new_object();
	both.origins = json_object_new_object();
	xs_config_walk(&admin->config, add_option, &both);
	json_object_object_add(both.answer, "origins", both.origins);
	admin_json_print(both.answer);
	return EX_OK;
}
