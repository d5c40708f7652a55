/* Writing, by hand: a post is written once for everybody, so this is the hot half. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "gateway/browser_json.h"

struct slice browser_out_slice(const struct browser_out *t)
{
	return (struct slice){t->ptr, t->len};
}

void browser_out_clear(struct browser_out *t)
{
	t->len = 0;
}

void browser_out_fini(struct browser_out *t)
{
	free(t->ptr);
	*t = (struct browser_out){NULL, 0, 0};
}

static void reserve(struct browser_out *t, size_t more)
{
	if (t->cap - t->len >= more)
		return;
	t->cap = 2 * t->cap + more;
	t->ptr = xrealloc(t->ptr, t->cap);
}

static void put(struct browser_out *t, struct slice s)
{
	reserve(t, s.len);
	if (s.len > 0)
		memcpy(t->ptr + t->len, s.ptr, s.len);
	t->len += s.len;
}

static void put_number(struct browser_out *t, uint64_t n)
{
	char digits[24];

	if (fmt(digits, sizeof digits, "%" PRIu64, n))
		put(t, slice_of(digits));
}

/* RFC 8259 7: quotation mark, reverse solidus and control characters are escaped; s is UTF-8. */
static void put_string(struct browser_out *t, struct slice s)
{
	static const char hex[] = "0123456789abcdef";
	char *out;

	reserve(t, 6 * s.len + 2);
	out = t->ptr + t->len;
	*out++ = '"';
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (c == '"' || c == '\\') {
			*out++ = '\\';
			*out++ = (char)c;
		} else if (c == '\n') {
			*out++ = '\\';
			*out++ = 'n';
		} else if (c < 0x20) {
			memcpy(out, "\\u00", 4);
			out[4] = hex[c >> 4];
			out[5] = hex[c & 15];
			out += 6;
		} else {
			*out++ = (char)c;
		}
	}
	*out++ = '"';
	t->len = (size_t)(out - t->ptr);
}

/* -- pieces: {"type":n,"user":{"name":...},"text":... [,"key":value ...] } -- */

static void begin(struct browser_out *t, uint64_t type, struct slice name,
		  struct slice text)
{
	put(t, S("{\"type\":"));
	put_number(t, type);
	put(t, S(",\"user\":{\"name\":"));
	put_string(t, name);
	put(t, S("},\"text\":"));
	put_string(t, text);
}

static void key(struct browser_out *t, const char *name)
{
	put(t, S(",\""));
	put(t, slice_of(name));
	put(t, S("\":"));
}

static void add_string(struct browser_out *t, const char *name, struct slice value)
{
	key(t, name);
	put_string(t, value);
}

static void add_number(struct browser_out *t, const char *name, uint64_t value)
{
	key(t, name);
	put_number(t, value);
}

/* Empty: not known. */
static void add_mark(struct browser_out *t, struct slice mark)
{
	if (mark.len > 0)
		add_string(t, "mark", mark);
}

/* Names with a space between two; empty: none, or not known. */
static void add_mentions(struct browser_out *t, struct slice names)
{
	struct slice one;

	if (names.len == 0)
		return;
	key(t, "mentions");
	for (char before = '['; names.len > 0; before = ',') {
		slice_cut(names, ' ', &one, &names);
		put(t, (struct slice){&before, 1});
		put_string(t, one);
	}
	put(t, S("]"));
}

static void add_reason(struct browser_out *t, uint64_t reason)
{
	add_string(t, "reason", slice_of(reason_name(reason)));
}

/* The words of the reason, unless the broker has better ones. */
static struct slice words(uint64_t reason, struct slice text)
{
	return text.len > 0 ? text : slice_of(reason_text(reason));
}

static void end(struct browser_out *t)
{
	put(t, S("}"));
}

/* -- messages; types as in docs/PROTOCOL.md -- */

void browser_write_post(struct browser_out *t, const struct bus_post *m)
{
	static const char *const events[] = {
		[POST_TEXT] = NULL, [POST_ENTERED] = "entered", [POST_LEFT] = "left"};

	begin(t, 1, m->name, m->text);
	add_number(t, "seq", m->seq);
	add_number(t, "ts", m->time_ms);
	if (m->id.len > 0)
		add_string(t, "id", m->id);
	if (m->event < NELEMS(events) && events[m->event] != NULL)
		add_string(t, "event", slice_of(events[m->event]));
	if (m->people > 0)
		add_number(t, "people", m->people);
	add_mark(t, m->mark);
	add_mentions(t, m->mentions);
	end(t);
}

void browser_write_line(struct browser_out *t, struct slice name, struct slice text)
{
	begin(t, 1, name, text);
	end(t);
}

void browser_write_ack(struct browser_out *t, const struct bus_admitted *m,
		       uint64_t epoch)
{
	char hex[17];

	begin(t, 3, m->name, S(""));
	if (m->token.len > 0)
		add_string(t, "token", m->token);
	if (m->proof.len > 0)
		add_string(t, "proof", m->proof);
	if (fmt(hex, sizeof hex, "%016" PRIx64, epoch))
		add_string(t, "epoch", slice_of(hex));
	add_number(t, "seq", m->newest);
	add_number(t, "from", m->after + 1);
	if (m->people > 0)
		add_number(t, "people", m->people);
	add_mark(t, m->mark);
	key(t, "resumed");
	put(t, m->resumed ? S("true") : S("false"));
	end(t);
}

void browser_write_legacy_ack(struct browser_out *t, struct slice name)
{
	begin(t, 3, name, S(""));
	end(t);
}

void browser_write_reset(struct browser_out *t, uint64_t reason, struct slice text)
{
	begin(t, 4, S(""), words(reason, text));
	add_reason(t, reason);
	end(t);
}

void browser_write_may_not_enter(struct browser_out *t, struct slice name,
				 uint64_t reason, struct slice text)
{
	begin(t, 5, name, words(reason, text));
	add_reason(t, reason);
	end(t);
}

void browser_write_waiting(struct browser_out *t, const struct bus_waiting *m,
			   struct slice ticket)
{
	begin(t, 7, m->name, S(""));
	if (ticket.len > 0)
		add_string(t, "ticket", ticket);
	add_number(t, "digits", 8);
	add_number(t, "expires_in", m->expires_ms);
	add_number(t, "resend_in", m->resend_ms);
	add_string(t, "mail", slice_of(mail_state_name((enum mail_state)m->mail)));
	add_string(t, "sender", m->sender);
	add_string(t, "subject", m->subject);
	if (m->reference.len > 0)
		add_string(t, "reference", m->reference);
	if (m->mailed_ms > 0)
		add_number(t, "mailed_at", m->mailed_ms);
	if (m->mail == MAIL_DEFERRED)
		add_number(t, "mail_retry_in", m->retry_ms);
	if (m->mailers > 0)
		add_number(t, "mailers", m->mailers - 1);
	end(t);
}

void browser_write_refused(struct browser_out *t, const struct bus_refused *m)
{
	begin(t, 8, S(""), words(m->reason, m->text));
	add_reason(t, m->reason);
	if (m->id.len > 0)
		add_string(t, "id", m->id);
	if (m->retry_ms > 0)
		add_number(t, "retry_in", m->retry_ms);
	end(t);
}

void browser_write_accepted(struct browser_out *t, const struct bus_accepted *m)
{
	begin(t, 9, S(""), S(""));
	add_string(t, "id", m->id);
	add_number(t, "seq", m->seq);
	end(t);
}

void browser_write_notice(struct browser_out *t, const char *notice, const char *text,
			  uint64_t retry_ms)
{
	begin(t, 10, S(""), slice_of(text));
	add_string(t, "notice", slice_of(notice));
	if (retry_ms > 0)
		add_number(t, "retry_in", retry_ms);
	end(t);
}

void browser_write_typing(struct browser_out *t, const struct bus_typing *m)
{
	begin(t, 13, m->name, S(""));
	add_mark(t, m->mark);
	end(t);
}

void browser_write_signed_out(struct browser_out *t, uint64_t reason, struct slice text)
{
	begin(t, 15, S(""), words(reason, text));
	add_reason(t, reason);
	end(t);
}

void browser_write_here(struct browser_out *t)
{
	begin(t, 12, S(""), S(""));
	key(t, "people");
	put(t, S("["));
}

void browser_write_here_person(struct browser_out *t, const struct bus_present *m,
			       bool is_first)
{
	put(t, is_first ? S("{\"name\":") : S(",{\"name\":"));
	put_string(t, m->name);
	add_mark(t, m->mark);
	put(t, S("}"));
}

void browser_write_here_end(struct browser_out *t, bool more)
{
	put(t, S("]"));
	key(t, "more");
	put(t, more ? S("true") : S("false"));
	end(t);
}
