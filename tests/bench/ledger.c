/* A ring of posts; the first who gets one reads its stamp, all others only count. */
#define _GNU_SOURCE /* memmem */
#include "tests/bench/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

struct ledger *ledger_new(void)
{
	struct ledger *l = xcalloc(1, sizeof *l);

	l->posts = xcalloc(LEDGER_POSTS, sizeof *l->posts);
	return l;
}

void ledger_free(struct ledger **l)
{
	if (l == NULL || *l == NULL)
		return;
	free((*l)->posts);
	free(*l);
	*l = NULL;
}

void ledger_begin(struct ledger *l, size_t readers)
{
	l->readers = (uint32_t)readers;
	l->deliveries = l->seen = l->complete = l->lost = l->doubled = 0;
	histogram_clear(&l->each);
	histogram_clear(&l->last);
}

struct slice ledger_field(struct slice json, const char *key)
{
	char quoted[32];
	const char *p, *end = json.ptr + json.len;
	size_t len;

	if (!fmt(quoted, sizeof quoted, "\"%s\":", key))
		return S("");
	len = strlen(quoted);
	p = memmem(json.ptr, json.len, quoted, len);
	if (p == NULL)
		return S("");
	p += len;
	if (p < end && *p == '"') {
		const char *close = memchr(p + 1, '"', (size_t)(end - p - 1));

		return close == NULL ? S("")
				     : (struct slice){p + 1, (size_t)(close - p - 1)};
	}
	for (len = 0; p + len < end && p[len] != ',' && p[len] != '}'; len++)
		;
	return (struct slice){p, len};
}

uint64_t ledger_number(struct slice json, const char *key)
{
	struct slice digits = ledger_field(json, key);
	uint64_t n = 0;

	for (size_t i = 0; i < digits.len; i++) {
		if (digits.ptr[i] < '0' || digits.ptr[i] > '9')
			return 0;
		n = 10 * n + (uint64_t)(digits.ptr[i] - '0');
	}
	return n;
}

static const char hex[] = "0123456789abcdef";

void ledger_stamp(char *out, uint64_t now_ns)
{
	out[0] = 'b';
	for (int i = 0; i < LEDGER_STAMP - 1; i++)
		out[1 + i] = hex[now_ns >> (60 - 4 * i) & 15];
}

static uint64_t stamp_of(struct slice text)
{
	uint64_t ns = 0;

	if (text.len < LEDGER_STAMP || text.ptr[0] != 'b')
		return 0;
	for (size_t i = 1; i < LEDGER_STAMP; i++) {
		const char *digit = memchr(hex, text.ptr[i], 16);

		if (digit == NULL)
			return 0;
		ns = ns << 4 | (uint64_t)(digit - hex);
	}
	return ns;
}

/* What a sampled reader sees with its own eyes. */
static void check(struct ledger *l, struct ledger_cursor *c, struct slice payload)
{
	uint64_t seq = ledger_number(payload, "seq");

	if (c->next == 0 || seq == c->next) {
		c->next = seq;
	} else if (seq > c->next) {
		l->lost += seq - c->next;
		c->next = seq;
	} else {
		l->doubled++; /* or late, which is no better */
	}
}

void ledger_take(struct ledger *l, struct ledger_cursor *c, struct slice payload,
		 uint64_t now_ns)
{
	struct ledger_post *p;

	if (c->is_sampled || c->next == 0)
		check(l, c, payload);
	p = &l->posts[c->next % LEDGER_POSTS];
	if (p->seq != c->next) {
		*p = (struct ledger_post){c->next,
					  stamp_of(ledger_field(payload, "text")), 0};
		if (c->next > l->newest)
			l->newest = c->next;
		l->seen += p->sent_ns != 0;
	}
	c->next++;
	l->deliveries++;
	p->readers++;
	if (p->sent_ns == 0)
		return;
	histogram_add(&l->each, now_ns - p->sent_ns);
	if (p->readers == l->readers) {
		l->complete++;
		histogram_add(&l->last, now_ns - p->sent_ns);
	}
}
