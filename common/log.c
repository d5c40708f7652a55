/* log.c - a line is composed on the stack and leaves in one write(2).
 *
 * One write of less than PIPE_BUF bytes is atomic on a pipe (POSIX, write), so the lines
 * of several threads, and of several processes that share a stderr, do not interleave;
 * there is no lock and no allocation, and a line is worth no second attempt. */
#include "common/log.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/calendar.h"
#include "common/log_json.h"
#include "common/utf8.h"

enum {
	LINE_CAP = 2048, /* with the newline; PIPE_BUF is 4096 on Linux */
	/* RFC 5321 4.5.3.1: 64 bytes before the @, 255 after it. */
	ADDRESS_CAP = 64 + 1 + 255,
};

struct line {
	char text[LINE_CAP]; /* the last byte is kept for the newline */
	size_t len;
};

static const char *const level_names[] = {"error", "warn", "info", "debug"};

/* What the journal takes a line's first characters for (sd-daemon(3)). */
static const char *const level_marks[] = {"<3>", "<4>", "<6>", "<7>"};

/* Of the process, like the stderr they describe; log_init() sets the name before any thread
 * starts. */
static const char *program_name = "plume";
static atomic_int level_limit = LOG_INFO;
static atomic_int line_format = LOG_LOGFMT;
static atomic_uint_least64_t lines_written[LOG_DEBUG + 1];

void log_init(const char *program, enum log_level level)
{
	program_name = program;
	atomic_store(&level_limit, (int)level);
}

/* The variable outlives a redirection of stderr, so it says which file it means. */
static bool is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	struct stat st;
	char mine[64];

	return stream != NULL && fstat(STDERR_FILENO, &st) == 0 &&
	       snprintf(mine, sizeof mine, "%ju:%ju", (uintmax_t)st.st_dev,
			(uintmax_t)st.st_ino) < (int)sizeof mine &&
	       strcmp(mine, stream) == 0;
}

void log_set(enum log_level level, enum log_format format)
{
	if (format == LOG_AUTO)
		format = is_journal() ? LOG_JOURNAL : LOG_LOGFMT;
	atomic_store(&level_limit, (int)level);
	atomic_store(&line_format, (int)format);
}

uint64_t log_lines(enum log_level level)
{
	return atomic_load(&lines_written[level]);
}

bool log_is_on(enum log_level level)
{
	return (int)level <= atomic_load(&level_limit);
}

bool log_level_parse(struct slice name, enum log_level *out)
{
	*out = LOG_ERROR;
	for (size_t i = 0; i < NELEMS(level_names); i++) {
		if (slice_equal(name, slice_of(level_names[i]))) {
			*out = (enum log_level)i;
			return true;
		}
	}
	return false;
}

static ATTR_PRINTF(2, 0) void line_vadd(struct line *line, const char *format,
					va_list args)
{
	size_t room = sizeof line->text - line->len;
	int wanted = vsnprintf(line->text + line->len, room, format, args);

	if (wanted < 0)
		return;
	if ((size_t)wanted < room) {
		line->len += (size_t)wanted;
		return;
	}
	line->len = sizeof line->text - 1;
	memcpy(line->text + line->len - 3, "...", 3); /* clipped */
}

static ATTR_PRINTF(2, 3) void line_add(struct line *line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	line_vadd(line, format, args);
	va_end(args);
}

static void line_add_time(struct line *line)
{
	struct timespec now = {0, 0};
	struct calendar at;

	clock_gettime(CLOCK_REALTIME, &now);
	calendar_of((uint64_t)now.tv_sec, &at);
	line_add(line, "%04u-%02u-%02uT%02u:%02u:%02u.%03ldZ", at.year, at.month, at.day,
		 at.hour, at.minute, at.second, now.tv_nsec / 1000000);
}

/* Callers quote what strangers wrote; should one forget, a line still stays one line. */
static void line_tame(struct line *line)
{
	struct slice rest = {line->text, line->len};

	while (rest.len > 0) {
		char *at = line->text + (line->len - rest.len);
		uint32_t c;
		size_t n = 1;

		if (utf8_next(&rest, &c)) {
			n = (size_t)(rest.ptr - at);
			if (utf8_is_harmless(c))
				continue;
		} else {
			rest.ptr++;
			rest.len--;
		}
		memset(at, '?', n);
	}
}

static void line_write(struct line *line)
{
	ssize_t n;

	line_tame(line);
	while (line->len > 0 && line->text[line->len - 1] == ' ')
		line->len--;
	line->text[line->len++] = '\n';
	do {
		n = write(STDERR_FILENO, line->text, line->len);
	} while (n < 0 && errno == EINTR);
}

/* The pairs are composed first, and become JSON as far as it fits. */
static ATTR_PRINTF(4, 0) void compose_json(struct line *line, enum log_level level,
					   const char *event, const char *format,
					   va_list args)
{
	struct line pairs;

	pairs.len = 0;
	line_vadd(&pairs, format, args);
	line_add(line, "{\"time\":\"");
	line_add_time(line);
	line_add(line, "\",\"level\":\"%s\",\"program\":\"%s\",\"event\":\"%s\"",
		 level_names[level], program_name, event);
	/* Two bytes are kept: for the brace and the newline. */
	line->len += log_json(line->text + line->len, sizeof line->text - line->len - 2,
			      (struct slice){pairs.text, pairs.len});
	line_add(line, "}");
}

static ATTR_PRINTF(3, 0) void log_line(enum log_level level, const char *event,
				       const char *format, va_list args)
{
	int saved = errno; /* callers log first and look at errno later */
	struct line line;

	if (!log_is_on(level))
		return;

	line.len = 0;
	switch ((enum log_format)atomic_load(&line_format)) {
	case LOG_JSON:
		compose_json(&line, level, event, format, args);
		break;
	case LOG_JOURNAL:
		line_add(&line, "%s%s program=%s event=%s ", level_marks[level],
			 level_names[level], program_name, event);
		line_vadd(&line, format, args);
		break;
	case LOG_AUTO:
	case LOG_LOGFMT:
		line_add_time(&line);
		line_add(&line, " %s program=%s event=%s ", level_names[level],
			 program_name, event);
		line_vadd(&line, format, args);
		break;
	}
	line_write(&line);
	atomic_fetch_add_explicit(&lines_written[level], 1, memory_order_relaxed);
	errno = saved;
}

void log_error(const char *event, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(LOG_ERROR, event, format, args);
	va_end(args);
}

void log_warn(const char *event, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(LOG_WARN, event, format, args);
	va_end(args);
}

void log_info(const char *event, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(LOG_INFO, event, format, args);
	va_end(args);
}

void log_debug(const char *event, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(LOG_DEBUG, event, format, args);
	va_end(args);
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static size_t quoted_len(struct slice s, size_t enough)
{
	size_t len = 0;

	for (size_t i = 0; i < s.len && len <= enough; i++)
		len += is_plain((unsigned char)s.ptr[i]) ? 1 : sizeof "\\xNN" - 1;
	return len;
}

static size_t put_quoted(char *at, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";

	if (is_plain(c)) {
		at[0] = (char)c;
		return 1;
	}
	at[0] = '\\';
	at[1] = 'x';
	at[2] = hex[c >> 4];
	at[3] = hex[c & 0xf];
	return 4;
}

const char *log_quote(char *buf, size_t cap, struct slice s)
{
	size_t room = cap - sizeof "\"\""; /* two quotes and the NUL */
	size_t len = 0;
	bool clipped;

	assert(cap >= 8);
	clipped = quoted_len(s, room) > room;
	if (clipped)
		room -= sizeof "..." - 1;

	buf[len++] = '"';
	for (size_t i = 0; i < s.len; i++) {
		char one[4];
		size_t n = put_quoted(one, (unsigned char)s.ptr[i]);

		if (n > room)
			break;
		memcpy(buf + len, one, n);
		len += n;
		room -= n;
	}
	memcpy(buf + len, clipped ? "...\"" : "\"", clipped ? 5 : 2);
	return buf;
}

static size_t put_clipped(char *buf, size_t cap, size_t len, struct slice s)
{
	size_t n = s.len < cap - len ? s.len : cap - len;

	if (n > 0)
		memcpy(buf + len, s.ptr, n);
	return len + n;
}

/* The last @ counts: a quoted local part may hold others (RFC 5321 4.1.2). */
static struct slice domain_with_at(struct slice address)
{
	for (size_t i = address.len; i > 0; i--) {
		if (address.ptr[i - 1] == '@')
			return (struct slice){address.ptr + i - 1, address.len - i + 1};
	}
	return (struct slice){NULL, 0};
}

const char *log_address(char *buf, size_t cap, struct slice address)
{
	struct slice domain = domain_with_at(address);
	struct slice first = {address.ptr, 0};
	struct slice rest = {address.ptr, address.len - domain.len};
	char masked[ADDRESS_CAP];
	uint32_t c;
	size_t len;

	if (domain.len > 0 && utf8_next(&rest, &c))
		first.len = (size_t)(rest.ptr - address.ptr);
	len = put_clipped(masked, sizeof masked, 0, first);
	len = put_clipped(masked, sizeof masked, len, S("***"));
	len = put_clipped(masked, sizeof masked, len, domain);
	return log_quote(buf, cap, (struct slice){masked, len});
}
