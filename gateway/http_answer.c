#include "gateway/http_answer.h"

#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "gateway/origin.h"

static const struct {
	unsigned int status;
	const char *phrase, *text, *more;
} statuses[] = {
	{200, "OK", "", NULL},
	{304, "Not Modified", "", NULL},
	{400, "Bad Request", "this is no request\n", NULL},
	{403, "Forbidden", "not from that page\n", NULL},
	{404, "Not Found", "not found\n", NULL},
	{405, "Method Not Allowed", "method not allowed\n", "allow: GET, HEAD\r\n"},
	{408, "Request Timeout", "that took too long\n", NULL},
	{426, "Upgrade Required", "this is for WebSockets\n",
	 /* RFC 9110 7.8: Upgrade is always listed in Connection */
	 "upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n"},
	{429, "Too Many Requests", "too many connections of your network\n",
	 "retry-after: 10\r\n"},
	{431, "Request Header Fields Too Large", "too long a request\n", NULL},
	{503, "Service Unavailable", "too many connections here, or it is restarting\n",
	 "retry-after: 5\r\n"},
	{505, "HTTP Version Not Supported", "this speaks HTTP/1.1\n", NULL},
};

static size_t row_of(unsigned int status)
{
	for (size_t i = 0; i < NELEMS(statuses); i++) {
		if (statuses[i].status == status)
			return i;
	}
	abort(); /* every status that the code names stands there */
}

struct http_answer http_answer_status(unsigned int status)
{
	size_t row = row_of(status);
	struct slice text = slice_of(statuses[row].text);

	return (struct http_answer){.status = status,
				    .more = statuses[row].more,
				    .body = text,
				    .length = text.len,
				    .is_last = true};
}

/* RFC 9110 13.1.2, by the weak comparison. */
static bool is_known(const struct http_head *h, const char *etag)
{
	struct slice list, member;

	http_head_value(h, S("if-none-match"), &list);
	while (list.len > 0) {
		slice_cut(list, ',', &member, &list);
		member = slice_trim(member);
		if (slice_starts(member, S("W/")))
			member = (struct slice){member.ptr + 2, member.len - 2};
		if (slice_equal(member, slice_of(etag)) || slice_equal(member, S("*")))
			return true;
	}
	return false;
}

bool http_is_for_connect(const struct http_head *h)
{
	return slice_equal(h->path, S("/connect"));
}

struct http_answer http_answer_to(const struct http_head *h, const struct assets *assets)
{
	const struct asset *file = assets_find(assets, h->path);
	bool is_head = slice_equal(h->method, S("HEAD"));
	struct http_answer a;

	if (!is_head && !slice_equal(h->method, S("GET"))) {
		a = http_answer_status(405);
	} else if (http_is_for_connect(h)) {
		a = http_answer_status(426);
	} else if (file == NULL) {
		a = http_answer_status(404);
		a.is_last = false;
	} else {
		a = http_answer_status(200);
		a.file = file;
		a.more = "accept-ranges: none\r\n";
		a.body = (struct slice){file->body, file->len};
		a.length = file->len;
		a.is_last = false;
		if (is_known(h, file->etag))
			a = (struct http_answer){.status = 304, .file = file};
	}
	if (is_head)
		a.body = S("");
	/* Whoever wanted another protocol, too, may speak it next. */
	a.is_last |= h->is_last || h->has_body ||
		     http_head_lists(h, S("connection"), S("upgrade"));
	return a;
}

/* -- upgrades */

/* RFC 6455 4.2.1: 16 bytes in base64. */
static bool is_key(struct slice key)
{
	if (key.len != 24 || key.ptr[22] != '=' || key.ptr[23] != '=')
		return false;
	for (size_t i = 0; i < 22; i++) {
		char c = key.ptr[i];

		if ((c < 'a' || c > 'z') && (c < 'A' || c > 'Z') &&
		    (c < '0' || c > '9') && c != '+' && c != '/')
			return false;
	}
	return true;
}

unsigned int http_upgrade_refusal(const struct http_head *h,
				  const struct http_upgrade_rules *rules,
				  struct slice *key_out)
{
	struct slice version, origin, host;
	size_t origins = http_head_value(h, S("origin"), &origin);
	size_t versions = http_head_value(h, S("sec-websocket-version"), &version);

	http_head_value(h, S("host"), &host);
	if (!slice_equal(h->method, S("GET")))
		return 405;
	/* RFC 9110 7.8: what HTTP/1.0 says of an upgrade is ignored */
	if (h->is_1_0 || !http_head_lists(h, S("upgrade"), S("websocket")) ||
	    !http_head_lists(h, S("connection"), S("upgrade")) || versions != 1 ||
	    !slice_equal(version, S("13")))
		return 426; /* RFC 6455 4.4; HTTP/2, too: shared frames are HTTP/1.1's */
	if (h->has_body || http_head_value(h, S("sec-websocket-key"), key_out) != 1 ||
	    !is_key(*key_out))
		return 400;
	if (origins > 1 || (origins == 1 && origin.len == 0) ||
	    (origins == 0 && rules->needs_origin) ||
	    !origin_is_allowed(rules->origins, origin, host, rules->by_https))
		return 403;
	return 0;
}

/* -- writing */

static const char security_headers[] =
#define HEADER(name, value) name " " value "\r\n"
#include "gateway/security_headers.def"
#undef HEADER
	;

/* What is written is ours alone and has a known size: it fits. */
static void add(char *out, size_t *len, const char *name, const char *value)
{
	if (!fmt(out + *len, HTTP_ANSWER_HEAD_MAX - *len, "%s%s\r\n", name, value))
		abort();
	*len += strlen(out + *len);
}

static void add_date(char *out, size_t *len, time_t now)
{
	char date[40];
	struct tm utc;

	gmtime_r(&now, &utc);
	strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &utc);
	add(out, len, "date: ", date);
}

static void add_number(char *out, size_t *len, const char *name, uint64_t n)
{
	char text[24];

	if (!fmt(text, sizeof text, "%llu", (unsigned long long)n))
		abort();
	add(out, len, name, text);
}

size_t http_answer_write_head(const struct http_answer *a,
			      const struct http_context *context,
			      char out[HTTP_ANSWER_HEAD_MAX])
{
	const char *type = a->file != NULL ? a->file->type : "text/plain; charset=utf-8";
	size_t len = 0;

	if (!fmt(out, HTTP_ANSWER_HEAD_MAX, "HTTP/1.1 %u %s\r\n", a->status,
		 statuses[row_of(a->status)].phrase))
		abort();
	len = strlen(out);
	add_date(out, &len, context->now);
	if (a->status != 304) {
		add(out, &len, "content-type: ", type);
		add_number(out, &len, "content-length: ", a->length);
	}
	if (a->file != NULL)
		add(out, &len, "etag: ", a->file->etag);
	if (a->is_last)
		add(out, &len, "connection: ", "close");
	if (context->hsts_s > 0)
		add_number(out, &len,
			   "strict-transport-security: max-age=", context->hsts_s);
	if (!fmt(out + len, HTTP_ANSWER_HEAD_MAX - len, "%s%s\r\n",
		 a->more != NULL ? a->more : "", security_headers))
		abort();
	return len + strlen(out + len);
}
