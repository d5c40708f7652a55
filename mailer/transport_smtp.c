/* One letter, one connection: at the rate of logins its price does not matter, and no
 * letter depends on what another one left behind.  The protocol itself is curl's,
 * dot-stuffing included. */
#include "mailer/transport.h"

#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/memory.h"
#include "common/secret.h"
#include "mailer/curl_job.h"
#include "mailer/letter.h"

enum { SMTP_AUTH_REFUSED = 535 }; /* RFC 4954 6 */

struct smtp {
	struct transport base;
	uv_loop_t *loop;
	enum curl_protocol protocol;
	enum transport_tls tls;
	char *url;
	char *user, *password, *ca; /* NULL: none */
	curl_talk_fn *on_talk;      /* NULL: nobody listens */
	void *talk_ctx;
};

struct sending {
	const struct letter *letter;
	size_t sent; /* bytes of the message given to curl */
	struct curl_slist *recipients;
	transport_done_fn *on_done;
	void *ctx;
};

static size_t read_message(char *buf, size_t size, size_t n, void *arg)
{
	struct sending *s = arg;
	size_t left = s->letter->message_len - s->sent;

	n *= size;
	if (n > left)
		n = left;
	memcpy(buf, s->letter->message + s->sent, n);
	s->sent += n;
	return n;
}

static bool is_tls_failure(CURLcode rc)
{
	return rc == CURLE_USE_SSL_FAILED || rc == CURLE_SSL_CONNECT_ERROR ||
	       rc == CURLE_PEER_FAILED_VERIFICATION || rc == CURLE_SSL_CACERT_BADFILE ||
	       rc == CURLE_SSL_CERTPROBLEM || rc == CURLE_SSL_CIPHER;
}

/* When no reply was the reason - TLS, time, a lost connection - the last one is of
 * another matter. */
static long code_of(const struct curl_outcome *outcome, bool tls_failed)
{
	bool is_reason = outcome->result == CURLE_OK || outcome->code >= 400;

	return is_reason && !tls_failed ? outcome->code : 0;
}

static void judge(const struct curl_outcome *outcome, struct delivery_result *out)
{
	bool tls_failed = is_tls_failure(outcome->result);
	struct slice said = outcome->said;
	long code = code_of(outcome, tls_failed);

	memset(out, 0, sizeof *out);
	out->verdict = delivery_of_smtp(outcome->result == CURLE_OK, code);
	out->code = (int)code;
	if (tls_failed)
		said = slice_of(curl_easy_strerror(outcome->result));
	said.len = said.len < sizeof out->detail ? said.len : sizeof out->detail - 1;
	memcpy(out->detail, said.ptr, said.len);
	if (tls_failed)
		log_error("smtp_tls", "why=\"%s\"", curl_easy_strerror(outcome->result));
	if (code == SMTP_AUTH_REFUSED)
		log_error("smtp_auth", "why=\"the server refuses user or password\"");
}

static void on_sent(void *arg, const struct curl_outcome *outcome)
{
	struct sending *s = arg;
	struct delivery_result result;

	judge(outcome, &result);
	s->on_done(s->ctx, &result);
	curl_slist_free_all(s->recipients);
	free(s);
}

#define SET(option, value) curl_easy_setopt(easy, option, value)

static bool set_letter(CURL *easy, struct sending *s)
{
	char from[320], to[320];

	if (!fmt(from, sizeof from, "<%s>", s->letter->from) ||
	    !fmt(to, sizeof to, "<%s>", s->letter->to))
		return false;
	s->recipients = curl_slist_append(NULL, to);
	return SET(CURLOPT_MAIL_FROM, from) == CURLE_OK &&
	       SET(CURLOPT_MAIL_RCPT, s->recipients) == CURLE_OK &&
	       SET(CURLOPT_UPLOAD, 1L) == CURLE_OK &&
	       SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t)s->letter->message_len) ==
		       CURLE_OK &&
	       SET(CURLOPT_READFUNCTION, read_message) == CURLE_OK &&
	       SET(CURLOPT_READDATA, s) == CURLE_OK;
}

/* Opportunistic TLS without a CA given does not verify (RFC 7435): the alternative it
 * has is no encryption at all, and no password is ever sent that way. */
static bool set_server(CURL *easy, const struct smtp *t)
{
	static const long levels[] = {
		[TLS_REQUIRED] = CURLUSESSL_ALL,
		[TLS_OPPORTUNISTIC] = CURLUSESSL_TRY,
		[TLS_NEVER] = CURLUSESSL_NONE,
		[TLS_AUTO] = CURLUSESSL_ALL,
	};
	bool verified = t->tls != TLS_OPPORTUNISTIC || t->ca != NULL;

	return SET(CURLOPT_URL, t->url) == CURLE_OK &&
	       SET(CURLOPT_USE_SSL, levels[t->tls]) == CURLE_OK &&
	       SET(CURLOPT_SSL_VERIFYPEER, verified ? 1L : 0L) == CURLE_OK &&
	       SET(CURLOPT_SSL_VERIFYHOST, verified ? 2L : 0L) == CURLE_OK &&
	       (t->ca == NULL || SET(CURLOPT_CAINFO, t->ca) == CURLE_OK) &&
	       (t->user == NULL || (SET(CURLOPT_USERNAME, t->user) == CURLE_OK &&
				    SET(CURLOPT_PASSWORD, t->password) == CURLE_OK));
}

static void smtp_start(struct transport *base, const struct letter *letter,
		       uint64_t timeout_ms, transport_done_fn *on_done, void *ctx)
{
	struct smtp *t = (struct smtp *)base;
	struct sending *s = xcalloc(1, sizeof *s);
	struct curl_job *job = curl_job_new(t->protocol, timeout_ms);

	s->letter = letter;
	s->on_done = on_done;
	s->ctx = ctx;
	if (!set_server(curl_job_handle(job), t) || !set_letter(curl_job_handle(job), s))
		abort(); /* out of memory, or a libcurl without SMTP */
	if (t->on_talk != NULL)
		curl_job_listen(job, t->on_talk, t->talk_ctx);
	curl_job_start(job, t->loop, on_sent, s);
}

static void smtp_free(struct transport *base)
{
	struct smtp *t = (struct smtp *)base;

	if (t->password != NULL)
		secret_wipe(t->password, strlen(t->password));
	free(t->password);
	free(t->user);
	free(t->ca);
	free(t->url);
	free(t);
}

static char *copy_of(const char *text)
{
	return text == NULL ? NULL : xstrdup(text);
}

struct transport *transport_smtp_new(uv_loop_t *loop, const struct transport_settings *s)
{
	static const struct transport_class class = {smtp_start, smtp_free};
	bool bracketed = strchr(s->spec.where, ':') != NULL;
	struct smtp *t = xcalloc(1, sizeof *t);

	t->base.class = &class;
	t->loop = loop;
	t->protocol = s->spec.kind == TRANSPORT_SMTPS ? CURL_SMTPS : CURL_SMTP;
	t->tls = s->spec.kind == TRANSPORT_SMTPS ? TLS_REQUIRED : s->tls;
	t->url = xasprintf("%s://%s%s%s:%u", t->protocol == CURL_SMTPS ? "smtps" : "smtp",
			   bracketed ? "[" : "", s->spec.where, bracketed ? "]" : "",
			   (unsigned)s->spec.port);
	t->user = copy_of(s->smtp_user);
	t->password = copy_of(s->smtp_password);
	t->ca = copy_of(s->smtp_ca);
	t->on_talk = s->on_talk;
	t->talk_ctx = s->talk_ctx;
	return &t->base;
}
