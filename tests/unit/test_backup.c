/* SPDX-License-Identifier: BSD-3-Clause */
/* A helpdesk code beside the user's own: one evaluation checks them all. */
#include "login_fixture.h"

#include "backup.h"

struct made {
	struct xs_backup backup;
	char code[XS_CODE_MAX + 1];
};

static struct made
make(struct fixture *f, const struct xs_backup *beside)
{
	struct made made;

	assert_int_equal(xs_backup_make_helpdesk(&f->config, &f->env, beside,
			     "bob", &made.backup, made.code),
	    0);
	return made;
}

/* Hashed with what the record holds, as a login does. */
static bool
matches(const struct xs_backup *record, const char *code, const uint8_t *hash)
{
	uint8_t own[XS_HASH_SIZE];

	assert_int_equal(
	    xs_code_hash(&record->cost, record->salt, code, own), 0);
	return xs_hash_equal(own, hash);
}

static void
test_helpdesk_code_shares_salt_and_cost_of_own_codes(void **state)
{
	struct fixture *f = *state;
	struct xs_backup record = fixture_account(f).backup;
	struct made made;

	f->config.argon2.time++; /* the options changed since the own code */
	made = make(f, &record);
	assert_int_not_equal(made.backup.cost.time, f->config.argon2.time);
	assert_true(xs_backup_put_helpdesk(&record, &made.backup));
	assert_true(matches(&record, FIRST_CODE, record.hashes[0]));
	assert_true(matches(&record, made.code, record.helpdesk.hash));
	assert_string_equal(record.helpdesk.made.by, "bob");
	assert_int_equal(record.count, 1);
}

static void
test_helpdesk_code_alone_has_a_new_salt(void **state)
{
	struct fixture *f = *state;
	struct xs_backup record = {.count = 0}, former;
	struct made made = make(f, &record);

	assert_true(xs_backup_put_helpdesk(&record, &made.backup));
	assert_true(matches(&record, made.code, record.helpdesk.hash));
	former = record;
	made = make(f, &record);
	assert_true(xs_backup_put_helpdesk(&record, &made.backup));
	assert_memory_not_equal(record.salt, former.salt, XS_SALT_SIZE);
	assert_true(matches(&record, made.code, record.helpdesk.hash));
}

static void
test_new_helpdesk_code_replaces_the_former(void **state)
{
	struct fixture *f = *state;
	struct xs_backup record = fixture_account(f).backup;
	struct made first = make(f, &record), second;

	assert_true(xs_backup_put_helpdesk(&record, &first.backup));
	second = make(f, &record);
	assert_true(xs_backup_put_helpdesk(&record, &second.backup));
	assert_false(matches(&record, first.code, record.helpdesk.hash));
	assert_true(matches(&record, second.code, record.helpdesk.hash));
}

static void
test_helpdesk_code_has_the_form_of_the_options(void **state)
{
	struct fixture *f = *state;
	struct xs_backup record = fixture_account(f).backup;
	struct made made;

	assert_true(
	    xs_code_format_parse("base32:13", &f->config.backup_format));
	made = make(f, &record);
	assert_int_equal(strlen(made.code), 13);
	assert_true(xs_backup_put_helpdesk(&record, &made.backup));
	assert_int_equal(record.helpdesk.format.alphabet, XS_CODE_BASE32);
	assert_int_equal(record.format.alphabet, XS_CODE_DIGITS);
}

static void
test_helpdesk_code_is_not_put_beside_a_new_salt(void **state)
{
	struct fixture *f = *state;
	struct xs_backup record = fixture_account(f).backup, before;
	struct made made = make(f, &record);

	record.salt[0] ^= 1; /* a login brought new own codes meanwhile */
	before = record;
	assert_false(xs_backup_put_helpdesk(&record, &made.backup));
	assert_memory_equal(&record, &before, sizeof(record));
	record.salt[0] ^= 1;
	record.cost.time++;
	assert_false(xs_backup_put_helpdesk(&record, &made.backup));
	assert_false(record.helpdesk.set);
}

/* One was made without own codes there, and then there were some. */
static void
test_helpdesk_code_is_not_put_beside_codes_that_came(void **state)
{
	struct fixture *f = *state;
	struct xs_backup none = {.count = 0};
	struct xs_backup record = fixture_account(f).backup;
	struct made made = make(f, &none);

	assert_false(xs_backup_put_helpdesk(&record, &made.backup));
	assert_false(record.helpdesk.set);
}

static void
test_helpdesk_code_is_no_own_code(void **state)
{
	struct fixture *f = *state;
	struct xs_account account = fixture_account(f);
	struct made made;

	fixture_make_set(&account, 3);
	made = make(f, &account.backup);
	memcpy(
	    account.backup.hashes[2], made.backup.helpdesk.hash, XS_HASH_SIZE);
	assert_false(xs_backup_put_helpdesk(&account.backup, &made.backup));
	assert_false(account.backup.helpdesk.set);
}

/* Each answer twice, so that each code is made twice. */
static int
random_in_pairs(void *context, void *buffer, size_t size)
{
	struct fixture *f = context;

	memset(buffer, (int)(f->seed++ / 2 % 200), size);
	return 0;
}

/* Two that are alike would be one code that works twice. */
static void
test_codes_of_a_set_are_all_different(void **state)
{
	struct fixture *f = *state;
	char codes[XS_CODES_MAX][XS_CODE_MAX + 1];
	struct xs_backup made;

	f->config.backup_codes = 5;
	f->env.random = random_in_pairs;
	f->seed = 1; /* the salt takes the other of the first pair */
	assert_int_equal(
	    xs_backup_make(&f->config, &f->env, "alice", &made, codes), 0);
	assert_int_equal(made.count, 5);
	for (unsigned i = 0; i < made.count; i++) {
		assert_true(matches(&made, codes[i], made.hashes[i]));
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(codes[i], codes[j]);
	}
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_helpdesk_code_shares_salt_and_cost_of_own_codes),
	    TEST(test_helpdesk_code_alone_has_a_new_salt),
	    TEST(test_new_helpdesk_code_replaces_the_former),
	    TEST(test_helpdesk_code_has_the_form_of_the_options),
	    TEST(test_helpdesk_code_is_not_put_beside_a_new_salt),
	    TEST(test_helpdesk_code_is_not_put_beside_codes_that_came),
	    TEST(test_helpdesk_code_is_no_own_code),
	    TEST(test_codes_of_a_set_are_all_different),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
