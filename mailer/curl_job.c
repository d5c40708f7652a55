/* The handle is set up on the loop's thread, used on a worker's, and read and freed on
 * the loop's again; libuv's queue orders the three. */
#include "mailer/curl_job.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/memory.h"

enum {
	BODY_MAX = 64 << 10, /* SECURITY M5 */
	SAID_CAP = 1024,
	CONNECT_MAX_MS = 10000,
	RETRY_AFTER_MAX_S = 24 * 60 * 60,
	SMTP_CLOSING = 221, /* the answer to our QUIT tells nothing */
};

struct curl_job {
	uv_work_t work;
	CURL *easy;
	enum curl_protocol protocol;
	CURLcode result;
	size_t body; /* bytes received */
	char said[SAID_CAP];
	size_t said_len;
	bool line_is_last; /* of an SMTP reply */
	char error[CURL_ERROR_SIZE];
	curl_job_fn *on_done;
	void *ctx;
	curl_talk_fn *on_talk; /* NULL: nobody listens */
	void *talk_ctx;
};

static const struct {
	const char *name;
	bool is_http;
} protocols[] = {
	[CURL_SMTP] = {"smtp", false},
	[CURL_SMTPS] = {"smtps", false},
	[CURL_HTTP] = {"http", true},
	[CURL_HTTPS] = {"https", true},
};

enum status curl_job_init(void)
{
	CURLcode rc = curl_global_init(CURL_GLOBAL_DEFAULT);

	if (rc == CURLE_OK)
		return ST_OK;
	log_error("curl_init", "why=\"%s\"", curl_easy_strerror(rc));
	return ST_IO;
}

static void keep(struct curl_job *job, const char *bytes, size_t n)
{
	size_t room = sizeof job->said - job->said_len;

	if (n > room)
		n = room;
	memcpy(job->said + job->said_len, bytes, n);
	job->said_len += n;
}

/* Anything but n ends the transfer. */
static size_t on_body(char *bytes, size_t size, size_t n, void *arg)
{
	struct curl_job *job = arg;

	n *= size;
	if (n > BODY_MAX - job->body)
		return 0;
	job->body += n;
	keep(job, bytes, n);
	return n;
}

/* Of SMTP these are the replies, line by line: the last one is kept.  RFC 5321 4.2.1:
 * "250-" begins a line that others follow, "250 " the last. */
static size_t on_reply_line(char *bytes, size_t size, size_t n, void *arg)
{
	struct curl_job *job = arg;
	struct slice line = {bytes, n * size};

	if (slice_starts(line, S("221")))
		return line.len;
	if (job->line_is_last)
		job->said_len = 0;
	keep(job, line.ptr, line.len);
	job->line_is_last = line.len < 4 || line.ptr[3] != '-';
	return line.len;
}

static void must(CURLcode rc)
{
	assert(rc == CURLE_OK); /* options of a libcurl that has them all */
	(void)rc;
}

static void limit_time(CURL *easy, uint64_t timeout_ms)
{
	long total = (long)(timeout_ms < 1000 ? 1000 : timeout_ms);

	must(curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, total));
	must(curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
			      total < CONNECT_MAX_MS ? total : (long)CONNECT_MAX_MS));
	/* for the answer to QUIT, which the total does not bound */
	must(curl_easy_setopt(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, total / 1000));
}

static void set_common(struct curl_job *job)
{
	CURL *easy = job->easy;

	must(curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR,
			      protocols[job->protocol].name));
	must(curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L));
	must(curl_easy_setopt(easy, CURLOPT_PROXY, ""));
	must(curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED));
	must(curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L));
	must(curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2));
	must(curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L));
	must(curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L));
	must(curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L));
	must(curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, job->error));
	must(curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body));
	must(curl_easy_setopt(easy, CURLOPT_WRITEDATA, job));
	if (protocols[job->protocol].is_http)
		return;
	must(curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_reply_line));
	must(curl_easy_setopt(easy, CURLOPT_HEADERDATA, job));
}

struct curl_job *curl_job_new(enum curl_protocol protocol, uint64_t timeout_ms)
{
	struct curl_job *job = xcalloc(1, sizeof *job);

	job->work.data = job;
	job->protocol = protocol;
	job->easy = curl_easy_init();
	assert(job->easy != NULL);
	set_common(job);
	limit_time(job->easy, timeout_ms);
	return job;
}

CURL *curl_job_handle(struct curl_job *job)
{
	return job->easy;
}

/* The letter itself and TLS's own bytes are not told. */
static int on_debug(CURL *easy, curl_infotype type, char *bytes, size_t size, void *arg)
{
	struct curl_job *job = arg;
	struct slice rest = {bytes, size}, line;
	enum talk_who who = type == CURLINFO_HEADER_OUT  ? TALK_WE
			    : type == CURLINFO_HEADER_IN ? TALK_THEY
							 : TALK_CURL;

	(void)easy;
	if (type != CURLINFO_TEXT && type != CURLINFO_HEADER_IN &&
	    type != CURLINFO_HEADER_OUT)
		return 0;
	while (rest.len > 0) {
		slice_cut(rest, '\n', &line, &rest);
		if (line.len > 0 && line.ptr[line.len - 1] == '\r')
			line.len--;
		job->on_talk(job->talk_ctx, who, line);
	}
	return 0;
}

void curl_job_listen(struct curl_job *job, curl_talk_fn *on_talk, void *ctx)
{
	job->on_talk = on_talk;
	job->talk_ctx = ctx;
	must(curl_easy_setopt(job->easy, CURLOPT_DEBUGFUNCTION, on_debug));
	must(curl_easy_setopt(job->easy, CURLOPT_DEBUGDATA, job));
	must(curl_easy_setopt(job->easy, CURLOPT_VERBOSE, 1L));
}

static void perform(uv_work_t *work)
{
	struct curl_job *job = work->data;

	job->result = curl_easy_perform(job->easy);
}

static void read_outcome(struct curl_job *job, struct curl_outcome *out)
{
	curl_off_t retry_after = 0;

	*out = (struct curl_outcome){.result = job->result};
	curl_easy_getinfo(job->easy, CURLINFO_RESPONSE_CODE, &out->code);
	/* "HTTP/2-1" is -1 for curl, and "5500" on a line of SMTP is that; a status has three digits. */
	if (out->code < 100 || out->code > 999)
		out->code = 0;
	curl_easy_getinfo(job->easy, CURLINFO_RETRY_AFTER, &retry_after);
	if (retry_after > RETRY_AFTER_MAX_S)
		retry_after = RETRY_AFTER_MAX_S;
	if (retry_after > 0)
		out->retry_after_ms = (uint64_t)retry_after * 1000;
	out->said = (struct slice){job->said, job->said_len};
	/* a code below 400 is not why it failed */
	if (job->result != CURLE_OK && (out->said.len == 0 || out->code < 400))
		out->said =
			slice_of(job->error[0] != '\0' ? job->error
						       : curl_easy_strerror(job->result));
}

static void performed(uv_work_t *work, int status)
{
	struct curl_job *job = work->data;
	struct curl_outcome outcome;

	(void)status; /* nobody cancels */
	read_outcome(job, &outcome);
	job->on_done(job->ctx, &outcome);
	curl_easy_cleanup(job->easy);
	free(job);
}

void curl_job_start(struct curl_job *job, uv_loop_t *loop, curl_job_fn *on_done,
		    void *ctx)
{
	job->on_done = on_done;
	job->ctx = ctx;
	if (uv_queue_work(loop, &job->work, perform, performed) != 0)
		abort(); /* only without a function */
}
