/* delivery.h - what an attempt to send a letter means, and what is done next.
 *
 * Pure: the clock and the randomness are arguments.
 *
 * The states of a letter are drawn in outbox.h. */
#ifndef MAILER_DELIVERY_H
#define MAILER_DELIVERY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/bus_msg.h"
#include "common/entropy.h"

enum delivery_verdict {
	VERDICT_SENT,     /* the server has taken the letter */
	VERDICT_DEFERRED, /* another try makes sense */
	VERDICT_REFUSED,  /* it does not */
};

enum { DELIVERY_DETAIL_CAP = 512 };

/* What one attempt came to. */
struct delivery_result {
	enum delivery_verdict verdict;
	int code;                /* of SMTP or HTTP; 0: the server said nothing */
	uint64_t retry_after_ms; /* the server's wish; 0: none */
	char detail
		[DELIVERY_DETAIL_CAP]; /* what the server or the system said, as it came */
};

/* done: the server has taken responsibility (RFC 5321 4.2.5). */
enum delivery_verdict delivery_of_smtp(bool done, long code);
/* status 0: there was no answer. */
enum delivery_verdict delivery_of_http(long status);

/* For how long a result asks that nothing at all be sent (429, or 503 with Retry-After); 0: it does
 * not. */
uint64_t delivery_pause(const struct delivery_result *result);

/* Is it the way that is broken (no connection, no TLS, no login), and not this letter? */
bool delivery_is_no_way(const struct delivery_result *result);

/* One letter's way. */
struct delivery {
	uint64_t end_ms; /* when no try may be begun any more */
	unsigned attempts;
};

enum {
	DELIVERY_FIRST_RETRY_MS = 1000, /* doubled with every try */
	DELIVERY_LAST_RETRY_MS = 30000,
	DELIVERY_PAUSE_MAX_MS =
		15 * 60 * 1000, /* of everything, whatever a server says */
	DELIVERY_LIFE_MAX_MS = 24 * 60 * 60 * 1000, /* of a code that does not end */
};

/* life_ms: of the code; 0: it does not end. */
void delivery_begin(struct delivery *d, uint64_t life_ms, uint64_t now_ms);
bool delivery_is_over(const struct delivery *d, uint64_t now_ms);
/* How long an attempt begun now may last: most_ms, but not beyond the code's life. */
uint64_t delivery_time(const struct delivery *d, uint64_t most_ms, uint64_t now_ms);

struct delivery_step {
	enum mail_state state; /* MAIL_SENT, _DEFERRED, _REFUSED or _EXPIRED */
	uint64_t retry_ms;     /* from now, when deferred */
};
/* Counts the attempt that ended with result.  A letter whose next try would fall after
 * its code's end is expired at once: nothing more will happen to it. */
struct delivery_step delivery_next(struct delivery *d,
				   const struct delivery_result *result, uint64_t now_ms,
				   const struct entropy *e);

#endif
