/* SPDX-License-Identifier: BSD-3-Clause */
/* Which store the options name, and where its code is. */
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "file.h"
#include "store.h"
#include "store_plugin.h"

#ifndef XS_PAM_DIR
#define XS_PAM_DIR "/usr/lib/security"
#endif

/*
 * A file or directory that nobody else can have put there or can change
 * (test_store_open: test_plugin_that_others_can_change_is_not_loaded).
 */
static int
check_ours(const char *path, mode_t type, struct xs_fault *fault)
{
	struct stat about;

	if (lstat(path, &about) != 0)
		return xs_fault_set(fault, XS_E_CONFIG,
		    "store = postgresql: %s: %s", path,
		    errno == ENOENT ? "is not installed (on Debian: the "
				      "package libpam-xsuite-postgresql)"
				    : xs_errno_text(errno));
	if ((about.st_mode & S_IFMT) == type &&
	    (about.st_uid == 0 || about.st_uid == geteuid()) &&
	    (about.st_mode & 0022) == 0)
		return 0;
	return xs_fault_set(fault, XS_E_CONFIG,
	    "store = postgresql: %s: others than root can change it", path);
}

static bool
is_of_this_build(const struct xs_store_plugin *plugin)
{
	const struct xs_store_shape shape = XS_STORE_SHAPE;

	return strcmp(plugin->version, XS_VERSION) == 0 &&
	    memcmp(&plugin->shape, &shape, sizeof(shape)) == 0;
}

static const struct xs_store_plugin *
load(const char *path, struct xs_fault *fault)
{
	const struct xs_store_plugin *plugin;
	void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	if (object == NULL) {
		(void)xs_fault_set(
		    fault, XS_E_CONFIG, "store = postgresql: %s", dlerror());
		return NULL;
	}
	plugin = dlsym(object, XS_STORE_POSTGRESQL_SYMBOL);
	if (plugin != NULL && is_of_this_build(plugin))
		return plugin;
	(void)xs_fault_set(fault, XS_E_CONFIG,
	    "store = postgresql: %s: not of this version (%s) of pam_xsuite",
	    path, XS_VERSION);
	return NULL;
}

int
xs_store_plugin_open(struct xs_store *store, const char *directory,
    const char *conninfo, const struct xs_keyring *keys,
    const struct xs_env *env, struct xs_fault *fault)
{
	const struct xs_store_plugin *plugin;
	static const char file[] = "/" XS_STORE_POSTGRESQL_FILE;
	char path[PATH_MAX];
	int n, r;

	n = snprintf(path, sizeof(path), "%s/pam_xsuite", directory);
	if (n < 0 || (size_t)n + sizeof(file) > sizeof(path))
		return xs_fault_set(fault, XS_E_CONFIG,
		    "store = postgresql: its path is too long");
	if ((r = check_ours(path, S_IFDIR, fault)) != 0)
		return r;
	memcpy(path + n, file, sizeof(file));
	if ((r = check_ours(path, S_IFREG, fault)) != 0)
		return r;
	if ((plugin = load(path, fault)) == NULL)
		return XS_E_CONFIG;
	return plugin->open(store, conninfo, keys, env, fault);
}

/* Cuts the last part off a path. False: it is not absolute. */
static bool
cut_name(char *path)
{
	char *slash = strrchr(path, '/');

	if (path[0] != '/')
		return false;
	*slash = '\0';
	return true;
}

/*
 * A program in a build tree has the plug-in beside it. One that runs with
 * more rights than its caller has may have been linked into the caller's
 * directory, and does not look there.
 */
static bool
beside_program(char directory[PATH_MAX])
{
	char path[PATH_MAX + 16];
	ssize_t n = readlink("/proc/self/exe", directory, PATH_MAX - 1);

	if (n <= 0 || n >= PATH_MAX - 1 || getauxval(AT_SECURE) != 0)
		return false;
	directory[n] = '\0';
	if (!cut_name(directory))
		return false;
	(void)snprintf(path, sizeof(path), "%s/pam_xsuite", directory);
	return access(path, F_OK) == 0;
}

/* The directory that "beside the module" means. */
static int
find_directory(char directory[PATH_MAX], struct xs_fault *fault)
{
	Dl_info here, program;

	/* The code that this is may be the module's, or a program's own. */
	if (dladdr((void *)(uintptr_t)find_directory, &here) == 0)
		return xs_fault_set(fault, XS_E_INTERNAL, "dladdr failed");
	if (dladdr((void *)getauxval(AT_PHDR), &program) == 0 ||
	    program.dli_fbase != here.dli_fbase) {
		if (strlen(here.dli_fname) >= PATH_MAX)
			return xs_fault_set(
			    fault, XS_E_INTERNAL, "the path is too long");
		memcpy(directory, here.dli_fname, strlen(here.dli_fname) + 1);
		if (cut_name(directory))
			return 0;
		return xs_fault_set(fault, XS_E_CONFIG,
		    "store = postgresql: the module's path is not absolute");
	}
	if (!beside_program(directory))
		memcpy(directory, XS_PAM_DIR, sizeof(XS_PAM_DIR));
	return 0;
}

int
xs_store_open(struct xs_store *store, const struct xs_config *config,
    const struct xs_keyring *keys, const struct xs_env *env,
    struct xs_fault *fault)
{
	char directory[PATH_MAX];
	int r;

	if (config->store == XS_STORE_FILE)
		return xs_store_file_open(
		    store, config->state_dir, keys, env, fault);
	if ((r = find_directory(directory, fault)) != 0)
		return r;
	return xs_store_plugin_open(
	    store, directory, config->postgresql, keys, env, fault);
}
