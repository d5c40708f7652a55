/* status.h - the one error type: what a function that can fail returns. */
#ifndef COMMON_STATUS_H
#define COMMON_STATUS_H

#define STATUS_LIST(X)                                   \
	X(ST_OK, 0, "ok")                                \
	X(ST_END, -1, "nothing more")                    \
	X(ST_IO, -2, "the system refused")               \
	X(ST_SHORT, -3, "message ends too early")        \
	X(ST_LONG, -4, "longer than its limit")          \
	X(ST_TYPE, -5, "field has another type")         \
	X(ST_UTF8, -6, "text is not valid UTF-8")        \
	X(ST_DEPTH, -7, "nested too deeply")             \
	X(ST_TRAILING, -8, "bytes after the end")        \
	X(ST_RANGE, -9, "value out of range")            \
	X(ST_UNKNOWN, -10, "not a known kind")           \
	X(ST_VERSION, -11, "another major version")      \
	X(ST_PROTOCOL, -12, "not allowed in this state") \
	X(ST_FULL, -13, "bound reached")                 \
	X(ST_EXISTS, -14, "exists already")              \
	X(ST_ABSENT, -15, "does not exist")              \
	X(ST_DAMAGED, -16, "contents are damaged")       \
	X(ST_BUSY, -17, "used by somebody else")         \
	X(ST_DENIED, -18, "permission denied")

enum status {
#define X(name, number, text) name = number,
	STATUS_LIST(X)
#undef X
};

/* A sentence fragment for logs, never NULL. */
const char *status_text(enum status st);

#endif
