/* log.h - one line per fact to stderr: time, level, event and key=value pairs.
 *
 *   2026-01-31T12:00:00.000Z info program=plume-broker event=ready state=room.db      logfmt
 *   {"time":"2026-01-31T12:00:00.000Z","level":"info","program":"plume-broker", ...}  json
 *   <6>info program=plume-broker event=ready state=room.db       journal, which has the time itself
 *
 * error: somebody must act; warn: we coped; info: lifecycle; debug: every message.
 * The event is a constant, greppable word.  Whatever a stranger wrote goes through
 * log_quote(); login codes, keys, tokens, texts and whole addresses never go here.
 * A line longer than 2048 bytes is clipped and ends in three dots; errno is left alone.
 * Lines over log_set_rate() are left out and counted.
 * Threads: any, after log_init(). */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/slice.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };
/* AUTO: journal when stderr is the journal's (systemd.exec(5), JOURNAL_STREAM), else logfmt. */
enum log_format { LOG_AUTO, LOG_LOGFMT, LOG_JSON, LOG_JOURNAL };

/* program: a literal that every line carries; level: lines above it are not written. */
void log_init(const char *program, enum log_level level);
/* At any time, from the thread that began: from now on. */
void log_set(enum log_level level, enum log_format format);
/* From now on at most so many lines of errors a second, and as many of all other levels, after some seconds' worth
 * at once (log_budget.h).  0, as at the beginning: no bound. */
void log_set_rate(uint64_t lines_per_s);
/* How many lines of a level were left out so far. */
uint64_t log_lines_dropped(enum log_level level);
/* How many of all levels since this was last asked.  Unless it is 0, the next line of this thread is written
 * whatever the bound is: it is to tell. */
uint64_t log_take_dropped(void);
/* How many lines of a level were written so far. */
uint64_t log_lines(enum log_level level);
bool log_is_on(enum log_level level);
/* ST-like lookup of "error", "warn", "info", "debug": false when it is none of them. */
bool log_level_parse(struct slice name, enum log_level *out);

/* format: the key=value pairs, "" for none. */
void log_error(const char *event, const char *format, ...) ATTR_PRINTF(2, 3);
void log_warn(const char *event, const char *format, ...) ATTR_PRINTF(2, 3);
void log_info(const char *event, const char *format, ...) ATTR_PRINTF(2, 3);
void log_debug(const char *event, const char *format, ...) ATTR_PRINTF(2, 3);

/* Writes s in double quotes with everything that is not a printable ASCII character, a
 * quote or a backslash as \xNN, clipped to what fits in cap (at least 8), "…" written as
 * three dots when clipped.  Returns buf. */
const char *log_quote(char *buf, size_t cap, struct slice s);
/* A mail address so that a person recognises it and a reader of logs does not learn it:
 * "a***@example.org"; without an @ only "***".  Quoted as log_quote() does.
 * Returns buf. */
const char *log_address(char *buf, size_t cap, struct slice address);

#endif
