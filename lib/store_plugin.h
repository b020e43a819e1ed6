/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A store in a shared object of its own, loaded by the logins that use it:
 * what it links (libpq, and all that brings) enters no other login.
 *
 * It exports one symbol, a struct xs_store_plugin. It carries its own copy of
 * the parts of the library that it needs, so it has to be of the same build.
 * It stays mapped (-z nodelete): libpq and OpenSSL leave handlers behind that
 * run when the process ends.
 */
#ifndef XS_STORE_PLUGIN_H
#define XS_STORE_PLUGIN_H

#include "store.h"
#include "store_survey.h"

#define XS_STORE_POSTGRESQL_SYMBOL "xs_store_postgresql"
#define XS_STORE_POSTGRESQL_FILE "store_postgresql.so"

/* Sizes of what both sides look into: builds of one version can differ. */
struct xs_store_shape {
	size_t store, ops, keyring, env, plain, fault, resealing, survey;
};

#define XS_STORE_SHAPE                                                \
	{                                                             \
		sizeof(struct xs_store), sizeof(struct xs_store_ops), \
		    sizeof(struct xs_keyring), sizeof(struct xs_env), \
		    sizeof(struct xs_plain), sizeof(struct xs_fault), \
		    sizeof(struct xs_resealing),                      \
		    sizeof(struct xs_store_survey)                    \
	}

struct xs_store_plugin {
	const char *version; /* XS_VERSION; stays the first member */
	struct xs_store_shape shape;
	/*
	 * Reads the option "postgresql" and connects to nothing yet. keys and
	 * env must outlive the store. Returns 0, XS_E_CONFIG or XS_E_NOMEM.
	 */
	int (*open)(struct xs_store *store, const char *conninfo,
	    const struct xs_keyring *keys, const struct xs_env *env,
	    struct xs_fault *fault);
};

/*
 * Loads DIRECTORY/pam_xsuite/store_postgresql.so and opens its store. The
 * file and its directory must be ours and nobody else's to change.
 */
int xs_store_plugin_open(struct xs_store *store, const char *directory,
    const char *conninfo, const struct xs_keyring *keys,
    const struct xs_env *env, struct xs_fault *fault)
    __attribute__((warn_unused_result));

#endif
