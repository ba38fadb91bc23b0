/* term.c: see term.h. */
#include "base/term.h"

#include <errno.h>
#include <inttypes.h>
#include <langinfo.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool wants_color(FILE *out, enum color_choice choice)
{
	const char *no = getenv("NO_COLOR"), *kind = getenv("TERM");

	if (choice != COLOR_AUTO)
		return choice == COLOR_ALWAYS;
	return !(no && *no) && isatty(fileno(out)) && !(kind && !strcmp(kind, "dumb"));
}

struct term term_on(FILE *out, enum color_choice choice)
{
	return (struct term){ out, wants_color(out, choice), !strcmp(nl_langinfo(CODESET), "UTF-8") };
}

void term_print(const struct term *t, enum shade shade, const char *format, ...)
{
	static const char *const codes[] = { "", "1;31", "33", "32", "1", "2" };
	bool is_shaded = t->color && shade != SHADE_PLAIN;
	va_list args;

	if (is_shaded)
		fprintf(t->out, "\033[%sm", codes[shade]);
	va_start(args, format);
	vfprintf(t->out, format, args);
	va_end(args);
	if (is_shaded)
		fputs("\033[0m", t->out);
}

void term_clean(const struct term *t, const char *text)
{
	for (const unsigned char *s = (const unsigned char *)text; *s; s++) {
		/* U+0080 .. U+009F are control characters to some terminals */
		bool is_c1 = *s == 0xc2 && s[1] >= 0x80 && s[1] < 0xa0;

		if (*s < 0x20 || *s == 0x7f || is_c1 || (*s >= 0x80 && !t->utf8))
			fputc('?', t->out);
		else
			fputc(*s, t->out);
		s += is_c1;
	}
}

size_t term_columns(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

const char *term_glyph(const struct term *t, enum glyph glyph)
{
	static const char *const drawn[][2] = {
		[GLYPH_ARROW] = { "->", "─▶" }, [GLYPH_LINE] = { "-", "─" },   [GLYPH_TOP] = { ",", "╭" },
		[GLYPH_SIDE] = { "|", "│" },	[GLYPH_BOTTOM] = { "`", "╰" }, [GLYPH_DOTS] = { "...", "…" },
		[GLYPH_TIMES] = { "x", "×" },
	};

	return drawn[glyph][t->utf8];
}

/* ---- numbers in words ---------------------------------------------------------------------------------- */

const char *human_count(char text[TERM_TEXT], uint64_t count)
{
	char digits[24];
	size_t n = (size_t)snprintf(digits, sizeof digits, "%" PRIu64, count), used = 0;

	for (size_t i = 0; i < n; i++) {
		if (i && (n - i) % 3 == 0)
			text[used++] = ',';
		text[used++] = digits[i];
	}
	text[used] = '\0';
	return text;
}

const char *human_bytes(char text[TERM_TEXT], uint64_t bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double scaled = (double)bytes / 1024;
	size_t unit = 0;

	if (bytes < 10000) {
		human_count(text, bytes);
		strcat(text, " B");
		return text;
	}
	for (; scaled >= 1023.95 && unit + 1 < sizeof units / sizeof *units; unit++)
		scaled /= 1024;
	snprintf(text, TERM_TEXT, "%.1f %s", scaled, units[unit]);
	return text;
}

const char *human_time(char text[TERM_TEXT], uint64_t ns)
{
	double s = (double)ns / 1e9;

	if (s < 0.1)
		snprintf(text, TERM_TEXT, "%.1f ms", s * 1e3);
	else if (s < 60)
		snprintf(text, TERM_TEXT, "%.1f s", s);
	else
		snprintf(text, TERM_TEXT, "%" PRIu64 " min %" PRIu64 " s", ns / 60000000000u,
			 ns / 1000000000u % 60);
	return text;
}

const char *human_things(char *text, size_t room, uint64_t count, const char *noun)
{
	char number[TERM_TEXT];

	snprintf(text, room, "%s %s%s", human_count(number, count), noun, count == 1 ? "" : "s");
	return text;
}

/* ---- the pager ----------------------------------------------------------------------------------------- */

static const char *pager_command(void)
{
	const char *own = getenv("LEAKGRAPH_PAGER"), *any = getenv("PAGER");

	return own ? own : any ? any : "if command -v less >/dev/null; then less -FRX; else cat; fi";
}

/* A pager that is not there loses nothing: the shell says so, and cat takes its place. */
static FILE *pager_start(const char *command)
{
	char *whole = NULL;

	if (asprintf(&whole, "%s\ncase $? in 126 | 127) exec cat ;; esac", command) < 0)
		return NULL;
	FILE *pipe = popen(whole, "we");
	free(whole);
	return pipe;
}

void pager_open(struct pager *p, bool wanted)
{
	const char *command = pager_command();

	*p = (struct pager){ stdout, false };
	if (!wanted || !isatty(STDOUT_FILENO) || !*command || !strcmp(command, "cat"))
		return;
	fflush(stdout);
	setenv("LESS", "FRX", 0);
	FILE *pipe = pager_start(command);
	if (!pipe)
		return;
	signal(SIGPIPE, SIG_IGN); /* the reader may leave early; that is no error */
	*p = (struct pager){ pipe, true };
}

int pager_close(struct pager *p)
{
	if (p->is_pipe) {
		pclose(p->out);
		return 0;
	}
	return fflush(p->out) || ferror(p->out) ? -1 : 0;
}
