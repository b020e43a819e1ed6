/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The inside of config: the table of options and the kinds of values.
 * Only lib/config*.c and their test include this.
 */
#ifndef XS_CONFIG_OPTION_H
#define XS_CONFIG_OPTION_H

#include "config.h"

#define XS_CONFIG_FILE_MAX 65536 /* bytes of a file */

struct xs_option;

/* A unit of numbers: "m" is 60 of the field's unit. The largest first. */
struct xs_unit {
	const char *suffix;
	uint32_t factor;
};

struct xs_kind {
	/*
	 * Stores the value in the field. Returns NULL, or, with the field
	 * untouched, a reason to add to what is allowed ("": none).
	 */
	const char *(*parse)(
	    const struct xs_option *option, const char *value, void *field);
	/* The value as the parser would take it again. */
	void (*format)(const struct xs_option *option, const void *field,
	    char out[XS_OPTION_MAX]);
	const char *allowed;         /* "a number", "an absolute path" */
	const struct xs_unit *units; /* of numbers; ends with a factor of 0 */
	/* Of texts and of each item of a list; returns as parse does. */
	const char *(*check)(const char *item);
	bool hidden; /* a fault does not quote it */
};

extern const struct xs_kind xs_kind_choice; /* an int, from the words */
extern const struct xs_kind xs_kind_word;   /* a text, from the words */
extern const struct xs_kind xs_kind_bool;
extern const struct xs_kind xs_kind_number;
extern const struct xs_kind xs_kind_seconds;
extern const struct xs_kind xs_kind_size; /* in KiB */
extern const struct xs_kind xs_kind_budget;
extern const struct xs_kind xs_kind_date;
extern const struct xs_kind xs_kind_methods;
extern const struct xs_kind xs_kind_code_format;
extern const struct xs_kind xs_kind_path;
extern const struct xs_kind xs_kind_command;
extern const struct xs_kind xs_kind_conninfo;
extern const struct xs_kind xs_kind_issuer;
extern const struct xs_kind xs_kind_name;
extern const struct xs_kind xs_kind_names;
extern const struct xs_kind xs_kind_services;
extern const struct xs_kind xs_kind_networks;
extern const struct xs_kind xs_kind_country;
extern const struct xs_kind xs_kind_prefixes;

enum xs_option_place {
	XS_PLACE_ANY,      /* in the file and as an argument */
	XS_PLACE_ARGUMENT, /* as an argument only */
	XS_PLACE_WORD,     /* as an argument that is a bare word */
};

struct xs_option {
	const char *key;
	const struct xs_kind *kind;
	size_t offset; /* in struct xs_config */
	uint32_t min;  /* of numbers, in the field's unit */
	uint32_t max;
	const char *words;    /* of choices, separated by one blank */
	const char *fallback; /* the default; "": the option may be empty */
	enum xs_option_place place;
	const char *heading; /* of the group that begins here */
	const char *help;
};

extern const struct xs_option xs_options[];
extern const size_t xs_options_count;

/* NULL if there is none of that name. */
const struct xs_option *xs_option_find(const char *key);

/* The option's value in a configuration, as text. */
void xs_option_value(const struct xs_option *option,
    const struct xs_config *config, char out[XS_OPTION_MAX]);

/* Is the value the profile's, because nothing else says one? */
bool xs_option_follows(
    const struct xs_option *option, const struct xs_config *config);

/* What is allowed, as words that can follow "is not". */
void xs_option_allowed(const struct xs_option *option, char *out, size_t size);

/*
 * Applies the arguments: with files only those that are "config=", else all
 * others. Returns 0 or XS_E_CONFIG.
 */
int xs_config_arguments(struct xs_config *config, int argc,
    const char *const *argv, bool files, struct xs_fault *fault)
    __attribute__((warn_unused_result));

/*
 * Reads the file whole (at most XS_CONFIG_FILE_MAX bytes; text has room for
 * one more). A missing file is *found = false. Returns 0 or XS_E_CONFIG.
 */
int xs_config_read(const char *path, char *text, size_t *length, bool *found,
    struct xs_fault *fault) __attribute__((warn_unused_result));

#endif
