/* Back-off doubles from one second to thirty; a quarter of jitter to both sides keeps
 * the letters that one broken server deferred together from coming back together. */
#include "mailer/delivery.h"

#include <stddef.h>

#include "common/attr.h"

enum { HTTP_TIMEOUT = 408, HTTP_TOO_MANY = 429, HTTP_UNAVAILABLE = 503 };

enum delivery_verdict delivery_of_smtp(bool done, long code)
{
	if (done)
		return VERDICT_SENT;
	return code >= 500 && code <= 599 ? VERDICT_REFUSED : VERDICT_DEFERRED;
}

enum delivery_verdict delivery_of_http(long status)
{
	if (status >= 200 && status <= 299)
		return VERDICT_SENT;
	if (status == HTTP_TIMEOUT || status == HTTP_TOO_MANY)
		return VERDICT_DEFERRED;
	/* redirects are not followed: the address of the API is wrong */
	return status >= 300 && status <= 499 ? VERDICT_REFUSED : VERDICT_DEFERRED;
}

uint64_t delivery_pause(const struct delivery_result *result)
{
	uint64_t pause = result->retry_after_ms;

	if (result->code != HTTP_TOO_MANY &&
	    (result->code != HTTP_UNAVAILABLE || pause == 0))
		return 0;
	if (pause < DELIVERY_FIRST_RETRY_MS)
		pause = DELIVERY_FIRST_RETRY_MS;
	return pause < DELIVERY_PAUSE_MAX_MS ? pause : DELIVERY_PAUSE_MAX_MS;
}

bool delivery_is_no_way(const struct delivery_result *result)
{
	/* RFC 4954 6 and RFC 3207 4; HTTP */
	static const int codes[] = {0, 454, 530, 534, 535, 538, 401, 403, 404};

	for (size_t i = 0; i < NELEMS(codes); i++) {
		if (result->verdict != VERDICT_SENT && result->code == codes[i])
			return true;
	}
	return false;
}

void delivery_begin(struct delivery *d, uint64_t life_ms, uint64_t now_ms)
{
	uint64_t life = life_ms;

	if (life == 0 || life > DELIVERY_LIFE_MAX_MS)
		life = DELIVERY_LIFE_MAX_MS;
	*d = (struct delivery){.end_ms = now_ms + life};
}

bool delivery_is_over(const struct delivery *d, uint64_t now_ms)
{
	return now_ms >= d->end_ms;
}

uint64_t delivery_time(const struct delivery *d, uint64_t most_ms, uint64_t now_ms)
{
	uint64_t left = delivery_is_over(d, now_ms) ? 0 : d->end_ms - now_ms;

	return left < most_ms ? left : most_ms;
}

static uint64_t back_off(unsigned attempts, const struct entropy *e)
{
	uint64_t wait = DELIVERY_FIRST_RETRY_MS;

	for (unsigned i = 1; i < attempts && wait < DELIVERY_LAST_RETRY_MS; i++)
		wait *= 2;
	if (wait > DELIVERY_LAST_RETRY_MS)
		wait = DELIVERY_LAST_RETRY_MS;
	return wait - wait / 4 + e->below(e->ctx, (uint32_t)(wait / 2) + 1);
}

struct delivery_step delivery_next(struct delivery *d,
				   const struct delivery_result *result, uint64_t now_ms,
				   const struct entropy *e)
{
	uint64_t wait;

	d->attempts++;
	switch (result->verdict) {
	case VERDICT_SENT:
		return (struct delivery_step){MAIL_SENT, 0};
	case VERDICT_REFUSED:
		return (struct delivery_step){MAIL_REFUSED, 0};
	case VERDICT_DEFERRED:
		break;
	}
	wait = back_off(d->attempts, e);
	if (wait < result->retry_after_ms)
		wait = result->retry_after_ms;
	if (delivery_is_over(d, now_ms) || wait >= d->end_ms - now_ms)
		return (struct delivery_step){MAIL_EXPIRED, 0};
	return (struct delivery_step){MAIL_DEFERRED, wait};
}
