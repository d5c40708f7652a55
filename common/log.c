/* log.c - a line is composed on the stack and leaves in one write(2).
 *
 * One write of less than PIPE_BUF bytes is atomic on a pipe (POSIX, write), so the lines
 * of several threads, and of several processes that share a stderr, do not interleave;
 * no lock is held meanwhile, nothing is allocated, and a line is worth no second attempt. */
#include "common/log.h"

#include <errno.h>
#include <pthread.h>
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
#include "common/log_budget.h"
#include "common/log_json.h"
#include "common/utf8.h"

enum { LINE_CAP = 2048 }; /* with the newline; PIPE_BUF is 4096 on Linux */

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
static atomic_uint_least64_t lines_written[LOG_DEBUG + 1], lines_dropped[LOG_DEBUG + 1];
static atomic_uint_least64_t not_told; /* of the dropped ones */
static atomic_bool is_bounded;
static pthread_mutex_t budget_lock = PTHREAD_MUTEX_INITIALIZER;
static struct log_budget budget;

/* Of one thread: its next line says what was left out, and is written. */
static _Thread_local bool is_exempt;

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

void log_set_rate(uint64_t lines_per_s)
{
	pthread_mutex_lock(&budget_lock);
	log_budget_set(&budget, lines_per_s);
	pthread_mutex_unlock(&budget_lock);
	atomic_store(&is_bounded, lines_per_s > 0);
}

uint64_t log_lines_dropped(enum log_level level)
{
	return atomic_load(&lines_dropped[level]);
}

uint64_t log_take_dropped(void)
{
	uint64_t lines = atomic_exchange(&not_told, 0);

	is_exempt = lines > 0;
	return lines;
}

/* Within the bound, or counted as dropped. */
static bool may_write(enum log_level level)
{
	struct timespec now = {0, 0};
	bool may;

	if (is_exempt) {
		is_exempt = false;
		return true;
	}
	if (!atomic_load_explicit(&is_bounded, memory_order_relaxed))
		return true;
	clock_gettime(CLOCK_MONOTONIC, &now);
	pthread_mutex_lock(&budget_lock);
	may = log_budget_take(&budget, level == LOG_ERROR,
			      (uint64_t)now.tv_sec * 1000000 +
				      (uint64_t)now.tv_nsec / 1000);
	pthread_mutex_unlock(&budget_lock);
	if (may)
		return true;
	atomic_fetch_add(&lines_dropped[level], 1);
	atomic_fetch_add(&not_told, 1);
	return false;
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

	if (!log_is_on(level) || !may_write(level))
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
