/* SPDX-License-Identifier: BSD-3-Clause */
/* The sentences in each language, and whose language a login speaks. */
#include "login_fixture.h"

#include "config_option.h"

/* A line that is broken where English is not would not be read to its end. */
#define LONGER_MAX 40

static const char *const english[XS_MSG_COUNT] = {
#define ROW(id, text) [XS_MSG_##id] = text,
    XS_MESSAGES(ROW)
#undef ROW
};

/* The languages that can be chosen are those of the option. */
static void
for_each_language(void (*look)(const char *language))
{
	char words[64], *next = words, *word;

	(void)snprintf(
	    words, sizeof(words), "%s", xs_option_find("language")->words);
	while ((word = strsep(&next, " ")) != NULL)
		look(word);
}

static void
fail_sentence(const char *language, unsigned id, const char *what)
{
	fail_msg("%s: %s: \"%s\"", language, what, english[id]);
}

static bool
has_letters(const char *text)
{
	for (; *text != '\0'; text += *text == '%' ? 2 : 1)
		if ((*text | 0x20) >= 'a' && (*text | 0x20) <= 'z')
			return true;
	return false;
}

static void
look_whether_all_is_said(const char *language)
{
	for (unsigned i = 0; i < XS_MSG_COUNT; i++) {
		const char *text = xs_message(language, i);

		if (text == NULL || text[0] == '\0')
			fail_sentence(language, i, "missing");
		if (has_letters(english[i]) && strcmp(language, "en") != 0 &&
		    strcmp(text, english[i]) == 0)
			fail_sentence(language, i, "left in English");
	}
}

static void
test_no_sentence_is_missing(void **state)
{
	(void)state;
	for_each_language(look_whether_all_is_said);
}

static void
test_any_other_language_is_english(void **state)
{
	static const char *const others[] = {
	    "en", "", "de", "NL", "nl_NL", "n", "nlx", "C"};

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		for (unsigned id = 0; id < XS_MSG_COUNT; id++)
			assert_string_equal(
			    xs_message(others[i], id), english[id]);
}

/* Only what our sentences use; anything else would take the wrong argument. */
static void
list_placeholders(const char *text, char out[16])
{
	size_t n = 0;

	while ((text = strchr(text, '%')) != NULL) {
		if (strchr("us", text[1]) == NULL || text[1] == '\0' || n == 15)
			fail_msg("what is \"%s\"?", text);
		out[n++] = text[1];
		text += 2;
	}
	out[n] = '\0';
}

static void
look_at_placeholders(const char *language)
{
	char wanted[16], found[16];

	for (unsigned i = 0; i < XS_MSG_COUNT; i++) {
		list_placeholders(english[i], wanted);
		list_placeholders(xs_message(language, i), found);
		if (strcmp(wanted, found) != 0)
			fail_sentence(language, i, "placeholders");
	}
}

static void
test_placeholders_are_the_same(void **state)
{
	(void)state;
	for_each_language(look_at_placeholders);
}

/* How a text ends says what it is: a line, a prompt, a piece of a line. */
static const char *
ending(const char *text)
{
	size_t n = strlen(text);

	if (n >= 2 && strcmp(text + n - 2, "\n\n") == 0)
		return "paragraph";
	if (n >= 1 && text[n - 1] == '\n')
		return "line";
	if (n >= 2 && strcmp(text + n - 2, ": ") == 0)
		return "prompt";
	return "piece";
}

static size_t
count_lines(const char *text)
{
	size_t n = 0;

	for (; (text = strchr(text, '\n')) != NULL; text++)
		n++;
	return n;
}

static size_t
longest_line(const char *text)
{
	size_t longest = 0, n;

	for (; *text != '\0'; text += n + (text[n] == '\n')) {
		n = strcspn(text, "\n");
		longest = n > longest ? n : longest;
	}
	return longest;
}

static void
look_at_shape(const char *language)
{
	for (unsigned i = 0; i < XS_MSG_COUNT; i++) {
		const char *text = xs_message(language, i);

		if (strcmp(ending(text), ending(english[i])) != 0)
			fail_sentence(language, i, "ends otherwise");
		if (count_lines(text) != count_lines(english[i]))
			fail_sentence(language, i, "has other lines");
		if (longest_line(text) > longest_line(english[i]) + LONGER_MAX)
			fail_sentence(language, i, "too long");
	}
}

static void
test_sentences_have_the_shape_of_the_english(void **state)
{
	(void)state;
	for_each_language(look_at_shape);
}

/*
 * Letters without accents: an ssh client in the C locale shows any other byte
 * as \303. Control characters would act on the terminal.
 */
static void
look_at_characters(const char *language)
{
	for (unsigned i = 0; i < XS_MSG_COUNT; i++)
		for (const char *c = xs_message(language, i); *c != '\0'; c++)
			if (*c != '\n' && (*c < 0x20 || *c > 0x7e))
				fail_sentence(language, i, "character");
}

static void
test_sentences_reach_every_terminal(void **state)
{
	(void)state;
	for_each_language(look_at_characters);
}

static void
test_durations_are_counted(void **state)
{
	static const struct {
		int64_t seconds;
		const char *dutch, *english;
	} rows[] = {
	    {0, "1 seconde", "1 second"},
	    {1, "1 seconde", "1 second"},
	    {2, "2 seconden", "2 seconds"},
	    {59, "59 seconden", "59 seconds"},
	    {60, "1 minuut", "1 minute"},
	    {61, "2 minuten", "2 minutes"},
	    {7199, "120 minuten", "120 minutes"},
	    {7200, "2 uur", "2 hours"},
	    {7201, "3 uur", "3 hours"},
	};
	char text[64];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		xs_message_duration("nl", rows[i].seconds, text, sizeof(text));
		assert_string_equal(text, rows[i].dutch);
		xs_message_duration("en", rows[i].seconds, text, sizeof(text));
		assert_string_equal(text, rows[i].english);
	}
	assert_string_equal(xs_message("nl", XS_MSG_HOURS_ONE), "1 uur");
}

/* What is rounded up would promise more than there is. */
static void
test_validity_is_never_longer_than_it_is(void **state)
{
	static const struct {
		unsigned seconds;
		const char *dutch, *english;
	} rows[] = {
	    {1, "1 seconde", "1 second"},
	    {59, "59 seconden", "59 seconds"},
	    {60, "1 minuut", "1 minute"},
	    {61, "61 seconden", "61 seconds"},
	    {90, "90 seconden", "90 seconds"},
	    {300, "5 minuten", "5 minutes"},
	    {599, "599 seconden", "599 seconds"},
	    {600, "10 minuten", "10 minutes"},
	};
	char text[64];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		xs_message_validity("nl", rows[i].seconds, text, sizeof(text));
		assert_string_equal(text, rows[i].dutch);
		xs_message_validity("en", rows[i].seconds, text, sizeof(text));
		assert_string_equal(text, rows[i].english);
	}
}

/* ---- Whose language ---- */

static void
assert_first_prompt(struct fixture *fixture, const char *language)
{
	const char *prompt = xs_message(language, XS_MSG_APP_PROMPT_OTHERS);

	fixture->transcript[0] = '\0';
	assert_int_equal(LOGIN(fixture, NULL), XS_E_CONV);
	if (strncmp(fixture->transcript, prompt, strlen(prompt)) != 0)
		fail_msg("%s", fixture->transcript);
}

static void
test_own_language_beats_the_hosts(void **state)
{
	static const struct {
		const char *host, *own, *shown;
	} rows[] = {
	    {"en", "", "en"},
	    {"nl", "", "nl"},
	    {"en", "nl", "nl"},
	    {"nl", "en", "en"},
	    {"nl", "fr", "en"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct xs_account account = fixture_account(f);

		strcpy(account.language, rows[i].own);
		strcpy(f->config.language, rows[i].host);
		fixture_save(f, &account);
		assert_first_prompt(f, rows[i].shown);
	}
}

static void
test_who_has_no_record_sees_the_hosts(void **state)
{
	struct fixture *f = *state;

	f->config.not_enrolled = XS_NOT_ENROLLED_REFUSE;
	assert_first_prompt(f, "en");
	strcpy(f->config.language, "nl");
	assert_first_prompt(f, "nl");
	f->login.is_account = false;
	f->verify.who.name = "";
	assert_first_prompt(f, "nl");
}

/* What cannot be read has no language: the host's. */
static void
test_error_before_the_record_is_in_the_hosts(void **state)
{
	struct fixture *f = *state;
	struct xs_account account = fixture_account(f);

	strcpy(account.language, "en");
	strcpy(f->config.language, "nl");
	fixture_save(f, &account);
	f->verify.who.name = "bob";
	assert_int_equal(LOGIN(f, NULL), XS_E_MISMATCH);
	assert_string_equal(f->transcript,
	    "! De tweede stap kan nu niet worden gecontroleerd. "
	    "Neem contact op met uw beheerder.\n-> mismatch\n");
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_no_sentence_is_missing),
	    cmocka_unit_test(test_any_other_language_is_english),
	    cmocka_unit_test(test_placeholders_are_the_same),
	    cmocka_unit_test(test_sentences_have_the_shape_of_the_english),
	    cmocka_unit_test(test_sentences_reach_every_terminal),
	    cmocka_unit_test(test_durations_are_counted),
	    cmocka_unit_test(test_validity_is_never_longer_than_it_is),
	    TEST(test_own_language_beats_the_hosts),
	    TEST(test_who_has_no_record_sees_the_hosts),
	    TEST(test_error_before_the_record_is_in_the_hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
