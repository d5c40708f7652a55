/* What a mail server or a provider answers, from its first byte on; the first byte of the input says
 * which of the two it is.
 *
 * An attempt ends once.  A letter counts as sent only after words that say so (a 354 and a 250, a status
 * of 2xx), and as refused for good only after a status that says so: never for garbage, for a connection
 * that was cut, or for silence.  A wish to wait is at most a day, the pause of everything at most a
 * quarter of an hour.  What was said is kept within bounds, and of the dialogue that an operator is shown
 * no line has what commands a terminal, or the password. */
#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <uv.h>

#include "common/log.h"
#include "common/memory.h"
#include "mailer/advice.h"
#include "mailer/curl_job.h"
#include "mailer/detail.h"
#include "mailer/letter.h"
#include "mailer/talk.h"
#include "mailer/transport.h"
#include "tests/fuzz/fuzz.h"

#define PASSWORD "wonderful-strong-horse"
#define DAY_MS UINT64_C(86400000)

enum { TIMEOUT_MS = 20000 };

static struct {
	uv_loop_t loop;
	uv_tcp_t server, peer;
	struct transport *ways[2]; /* SMTP, HTTP */
	struct letter *letter;
	struct slice answer;
	char sink[65536];
	struct talk talk;
	bool is_done, has_peer;
	struct delivery_result result;
} post;

/* -- the server: it says all it has to say, and hears everything -- */

static void on_gone(uv_handle_t *h)
{
	(void)h;
	post.has_peer = false;
}

static void room(uv_handle_t *h, size_t suggested, uv_buf_t *out)
{
	(void)h;
	(void)suggested;
	*out = uv_buf_init(post.sink, sizeof post.sink);
}

static void on_heard(uv_stream_t *s, ssize_t n, const uv_buf_t *buf)
{
	(void)buf;
	if (n < 0)
		uv_close((uv_handle_t *)s, on_gone);
}

static void on_said(uv_shutdown_t *request, int status)
{
	(void)request;
	(void)status;
}

static void on_connected(uv_stream_t *server, int status)
{
	static uv_shutdown_t end;
	uv_stream_t *peer = (uv_stream_t *)&post.peer;
	uv_buf_t words = uv_buf_init((char *)(uintptr_t)post.answer.ptr,
				     (unsigned int)post.answer.len);

	assert(status == 0 && !post.has_peer);
	uv_tcp_init(&post.loop, &post.peer);
	assert(uv_accept(server, peer) == 0);
	post.has_peer = true;
	if (words.len > 0)
		(void)uv_try_write(peer, &words, 1);
	(void)uv_shutdown(&end, peer, on_said);
	(void)uv_read_start(peer, room, on_heard);
}

/* -- the mailer -- */

static void on_talk(void *ctx, enum talk_who who, struct slice line)
{
	char shown[TALK_CAP];

	(void)ctx;
	if (!talk_show(&post.talk, who, line, shown))
		return;
	assert(memchr(shown, '\0', sizeof shown) != NULL);
	for (const char *at = shown; *at != '\0'; at++)
		assert(*at >= ' ' && *at < 0x7f);
	/* A server may say it by chance; we never do. */
	assert(who != TALK_WE || strstr(shown, PASSWORD) == NULL);
}

static void on_done(void *ctx, const struct delivery_result *result)
{
	(void)ctx;
	assert(!post.is_done);
	post.is_done = true;
	post.result = *result;
}

static void start(void)
{
	static const struct letter_style style = {.from = "plume@chat.example",
						  .room = "Plume"};
	struct letter_facts facts = {.number = 7,
				     .reference = S("K7Q-2MX"),
				     .email = S("ann@a.example"),
				     .name = S("ann"),
				     .code = S("12345678"),
				     .salt = 9};
	struct sockaddr_in at;
	int len = sizeof at;
	char *smtp, *http;
	struct transport_settings s = {.on_talk = on_talk, .tls = TLS_NEVER};

	(void)signal(SIGPIPE, SIG_IGN);
	log_init("fuzz", LOG_ERROR);
	log_set(LOG_ERROR, LOG_LOGFMT);
	assert(curl_job_init() == ST_OK && uv_loop_init(&post.loop) == 0);
	assert(uv_ip4_addr("127.0.0.1", 0, &at) == 0);
	uv_tcp_init(&post.loop, &post.server);
	assert(uv_tcp_bind(&post.server, (struct sockaddr *)&at, 0) == 0);
	assert(uv_listen((uv_stream_t *)&post.server, 16, on_connected) == 0);
	assert(uv_tcp_getsockname(&post.server, (struct sockaddr *)&at, &len) == 0);
	smtp = xasprintf("smtp://127.0.0.1:%u", (unsigned)ntohs(at.sin_port));
	http = xasprintf("http://127.0.0.1:%u/v3", (unsigned)ntohs(at.sin_port));
	assert(transport_spec_parse(smtp, &s.spec) == ST_OK);
	s.smtp_user = "plume";
	s.smtp_password = PASSWORD;
	assert(transport_new(&post.loop, &s, &post.ways[0]) == ST_OK);
	assert(transport_spec_parse("mailgun:chat.example", &s.spec) == ST_OK);
	s.mailgun_key = PASSWORD;
	s.mailgun_url = http;
	assert(transport_new(&post.loop, &s, &post.ways[1]) == ST_OK);
	assert(letter_new(&style, &facts, &post.letter) == ST_OK);
	free(smtp);
	free(http);
}

/* -- what has to hold -- */

/* Is there a line that begins with prefix, in any case of letters?  (curl takes "http/1.1", too.) */
static bool has_line(struct slice said, const char *prefix)
{
	struct slice line;

	while (said.len > 0) {
		slice_cut(said, '\n', &line, &said);
		if (line.len >= strlen(prefix) &&
		    strncasecmp(line.ptr, prefix, strlen(prefix)) == 0)
			return true;
	}
	return false;
}

/* Is there a line that begins with this number?  (curl takes "0550", too.) */
static bool has_code(struct slice said, int code)
{
	struct slice line;

	while (said.len > 0) {
		int number = 0;

		slice_cut(said, '\n', &line, &said);
		for (size_t i = 0; i < line.len && i < 5 && line.ptr[i] >= '0' &&
				   line.ptr[i] <= '9' && number != code;
		     i++)
			number = number * 10 + line.ptr[i] - '0';
		if (number == code)
			return true;
	}
	return false;
}

static void check_smtp(const struct delivery_result *r)
{
	if (r->verdict == VERDICT_SENT)
		assert(has_line(post.answer, "354") && has_line(post.answer, "2"));
	if (r->verdict == VERDICT_REFUSED)
		assert(r->code >= 500 && r->code <= 599);
	if (r->code != 0)
		assert(has_code(post.answer, r->code));
	assert(r->retry_after_ms == 0);
}

/* A status line may be any of the answer's: 1xx go before the one that counts. */
static void check_http(const struct delivery_result *r)
{
	if (r->code != 0)
		assert(has_line(post.answer, "HTTP/"));
	if (r->verdict == VERDICT_SENT)
		assert(r->code >= 200 && r->code <= 299);
	if (r->verdict == VERDICT_REFUSED)
		assert(r->code >= 300 && r->code <= 499 && r->code != 408 &&
		       r->code != 429);
}

static void check(bool is_http)
{
	static const struct slice secrets[] = {{"ann@a.example", 13}, {"12345678", 8}};
	const struct delivery_result *r = &post.result;
	char detail[DETAIL_CAP];

	assert(r->verdict <= VERDICT_REFUSED);
	assert(r->code == 0 || (r->code >= 100 && r->code <= 999));
	assert(memchr(r->detail, '\0', sizeof r->detail) != NULL);
	assert(r->retry_after_ms <= DAY_MS);
	assert(delivery_pause(r) <= DELIVERY_PAUSE_MAX_MS);
	if (is_http)
		check_http(r);
	else
		check_smtp(r);
	detail_write(slice_of(r->detail), secrets, 2, detail);
	assert(strstr(detail, "ann@a.example") == NULL);
	assert(advice_on(is_http ? TRANSPORT_MAILGUN : TRANSPORT_SMTP, r) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool is_http = size > 0 && data[0] % 2 == 1;

	if (post.letter == NULL)
		start();
	if (size == 0)
		return 0;
	post.answer = fuzz_slice(data + 1, size - 1);
	post.is_done = false;
	post.talk = (struct talk){0};
	transport_start(post.ways[is_http ? 1 : 0], post.letter, TIMEOUT_MS, on_done,
			NULL);
	while (!post.is_done || post.has_peer)
		uv_run(&post.loop, UV_RUN_ONCE);
	check(is_http);
	return 0;
}
