/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "qr.h"

#define SIDE_MAX 200 /* modules */
#define PIXELS 4     /* of a module's side */

static const char uri[] =
    "otpauth://totp/web01.example.org:alice"
    "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=web01.example.org"
    "&algorithm=SHA1&digits=6&period=30";

/* The same in brief, as it is drawn in ASCII. */
static const char brief[] = "otpauth://totp/web01.example.org:alice"
			    "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/* What a camera sees, read from the text alone. */
struct picture {
	int width, height;
	bool light[SIDE_MAX][SIDE_MAX];
};

static const char *
next_half_block(const char *at, bool *upper, bool *lower)
{
	static const char *const blocks[] = {
	    " ", "\xe2\x96\x84", "\xe2\x96\x80", "\xe2\x96\x88"};

	for (unsigned i = 0; i < 4; i++) {
		size_t length = strlen(blocks[i]);

		if (strncmp(at, blocks[i], length) == 0) {
			*upper = (i & 2) != 0;
			*lower = (i & 1) != 0;
			return at + length;
		}
	}
	fail_msg("unexpected byte %02x", (unsigned char)*at);
	return NULL;
}

static const char *
next_ascii(const char *at, bool *module)
{
	*module = strncmp(at, "#@", 2) == 0;
	if (!*module && strncmp(at, "  ", 2) != 0)
		fail_msg("unexpected byte %02x", (unsigned char)*at);
	return at + 2;
}

static void
read_picture(const char *text, enum xs_qr_form form, struct picture *picture)
{
	int rows = form == XS_QR_ASCII ? 1 : 2;

	memset(picture, 0, sizeof *picture);
	for (; *text != '\0'; text++) {
		bool(*line)[SIDE_MAX] = &picture->light[picture->height];
		int column = 0;

		assert_true(picture->height + rows <= SIDE_MAX);
		for (; *text != '\n'; column++) {
			assert_true(*text != '\0' && column < SIDE_MAX);
			if (form == XS_QR_ASCII)
				text = next_ascii(text, &line[0][column]);
			else
				text = next_half_block(
				    text, &line[0][column], &line[1][column]);
		}
		if (picture->height > 0)
			assert_int_equal(column, picture->width);
		picture->width = column;
		picture->height += rows;
	}
}

static void
write_picture(const struct picture *picture, const char *path)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	fprintf(file, "P5 %d %d 255\n", picture->width * PIXELS,
	    picture->height * PIXELS);
	for (int y = 0; y < picture->height * PIXELS; y++)
		for (int x = 0; x < picture->width * PIXELS; x++)
			putc(picture->light[y / PIXELS][x / PIXELS] ? 255 : 0,
			    file);
	assert_int_equal(fclose(file), 0);
}

static void
scan(const char *path, char *out, size_t size)
{
	extern char **environ;
	char *const argv[] = {(char[]){"zbarimg"}, (char[]){"--raw"},
	    (char[]){"-q"}, (char[]){"--nodbus"}, strdup(path), NULL};
	posix_spawn_file_actions_t actions;
	size_t length = 0;
	ssize_t got;
	int ends[2], status = -1;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
	posix_spawn_file_actions_addclose(&actions, ends[0]);
	posix_spawn_file_actions_addclose(&actions, ends[1]);
	assert_int_equal(
	    posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ), 0);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	while (length < size - 1 &&
	    (got = read(ends[0], out + length, size - 1 - length)) > 0)
		length += (size_t)got;
	out[length] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	free(argv[4]);
}

static void
assert_scans(const char *text, enum xs_qr_form form)
{
	char dir[] = "/tmp/xs-qr-XXXXXX", path[64], scanned[1024];
	struct picture picture;
	char *drawn = xs_qr_draw(text, form);

	assert_non_null(drawn);
	read_picture(drawn, form, &picture);
	free(drawn);
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/qr.pgm", dir);
	write_picture(&picture, path);
	scan(path, scanned, sizeof scanned);
	unlink(path);
	rmdir(dir);
	assert_int_equal(strncmp(scanned, text, strlen(text)), 0);
	assert_string_equal(scanned + strlen(text), "\n");
}

static void
test_half_blocks_scan(void **state)
{
	(void)state;
	assert_scans(uri, XS_QR_HALF_BLOCKS);
	assert_scans("otpauth://totp/a:b?secret=AA", XS_QR_HALF_BLOCKS);
}

static void
test_ascii_scans(void **state)
{
	(void)state;
	assert_scans(brief, XS_QR_ASCII);
	assert_scans("otpauth://totp/a:b?secret=AA", XS_QR_ASCII);
}

/* SHA-512 with a long host name: 64 bytes are 103 characters. */
static void
test_longest_secret_scans(void **state)
{
	char text[320];

	(void)state;
	snprintf(text, sizeof text,
	    "otpauth://totp/web01.branch.example.org:alice?secret=%s%s"
	    "&issuer=web01.branch.example.org&algorithm=SHA512&digits=8"
	    "&period=30",
	    "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZD",
	    "GNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNA");
	assert_scans(text, XS_QR_HALF_BLOCKS);
}

/* 41 modules and 1 on each side are 86 characters; 37 and 2 are 82. */
static void
test_quiet_zone_shrinks_before_the_picture_is_refused(void **state)
{
	static struct picture picture;
	char longer[sizeof brief + 16];
	char *drawn;

	(void)state;
	assert_null(xs_qr_draw(uri, XS_QR_ASCII));
	snprintf(longer, sizeof longer, "%s&issuer=web0", brief);
	assert_non_null(drawn = xs_qr_draw(longer, XS_QR_ASCII));
	read_picture(drawn, XS_QR_ASCII, &picture);
	free(drawn);
	assert_int_equal(picture.width, 39);
	assert_scans(longer, XS_QR_ASCII);
}

/* Version 6 is 41 modules, and two on each side stay light. */
static void
test_size_and_quiet_zone_are_as_promised(void **state)
{
	static struct picture picture;

	char *drawn = xs_qr_draw(uri, XS_QR_HALF_BLOCKS);

	(void)state;
	assert_non_null(drawn);
	read_picture(drawn, XS_QR_HALF_BLOCKS, &picture);
	free(drawn);
	assert_int_equal(picture.width, 45);
	assert_int_equal(picture.height, 46);
	for (int i = 0; i < 45; i++) {
		for (int k = 0; k < 2; k++) {
			assert_true(picture.light[k][i]);
			assert_true(picture.light[44 - k][i]);
			assert_true(picture.light[i][k]);
			assert_true(picture.light[i][44 - k]);
		}
	}
	/* No half row too many below. */
	assert_false(picture.light[45][0]);
	/* The corners of the finder patterns are dark. */
	assert_false(picture.light[2][2]);
	assert_false(picture.light[2][42]);
	assert_false(picture.light[42][2]);
}

static void
test_both_forms_are_the_same_picture(void **state)
{
	static struct picture blocks, ascii;
	char *drawn;

	(void)state;
	assert_non_null(drawn = xs_qr_draw(brief, XS_QR_HALF_BLOCKS));
	read_picture(drawn, XS_QR_HALF_BLOCKS, &blocks);
	free(drawn);
	assert_non_null(drawn = xs_qr_draw(brief, XS_QR_ASCII));
	read_picture(drawn, XS_QR_ASCII, &ascii);
	free(drawn);
	assert_int_equal(ascii.width, 37);
	for (int y = 0; y < 37; y++)
		for (int x = 0; x < 37; x++)
			assert_int_equal(blocks.light[y][x], ascii.light[y][x]);
}

static void
test_text_that_does_not_fit_is_refused(void **state)
{
	static char text[4000];
	static struct picture picture;
	int widest[2] = {0, 0};

	(void)state;
	for (size_t length = 1; length < sizeof text; length += 7) {
		memset(text, 'a', length);
		text[length] = '\0';
		for (int form = XS_QR_HALF_BLOCKS; form <= XS_QR_ASCII;
		     form++) {
			char *drawn = xs_qr_draw(text, form);

			if (drawn == NULL)
				continue;
			read_picture(drawn, form, &picture);
			free(drawn);
			if (picture.width > widest[form])
				widest[form] = picture.width;
		}
	}
	/* Versions 15 and 5 are the last ones to fit, with a slim border. */
	assert_int_equal(widest[XS_QR_HALF_BLOCKS], 79);
	assert_int_equal(widest[XS_QR_ASCII], 39);
	assert_null(xs_qr_draw("", XS_QR_ASCII));
	assert_null(xs_qr_draw(text, XS_QR_HALF_BLOCKS));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_half_blocks_scan),
	    cmocka_unit_test(test_ascii_scans),
	    cmocka_unit_test(test_longest_secret_scans),
	    cmocka_unit_test(
		test_quiet_zone_shrinks_before_the_picture_is_refused),
	    cmocka_unit_test(test_size_and_quiet_zone_are_as_promised),
	    cmocka_unit_test(test_both_forms_are_the_same_picture),
	    cmocka_unit_test(test_text_that_does_not_fit_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
