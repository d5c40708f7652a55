/* Mailgun's HTTP API: POST {base}/{domain}/messages as multipart/form-data, with basic
 * authentication as "api" (documentation.mailgun.com, "Sending messages"). */
#include "mailer/transport.h"

#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/memory.h"
#include "common/secret.h"
#include "mailer/curl_job.h"
#include "mailer/letter.h"

struct mailgun {
	struct transport base;
	uv_loop_t *loop;
	enum curl_protocol protocol;
	char *url;
	char *key;
	curl_talk_fn *on_talk; /* NULL: nobody listens */
	void *talk_ctx;
};

struct posting {
	curl_mime *form;
	transport_done_fn *on_done;
	void *ctx;
};

static void judge(const struct curl_outcome *outcome, struct delivery_result *out)
{
	struct slice said = outcome->said;

	memset(out, 0, sizeof *out);
	/* The status decides, whatever became of the body: with 200 the letter is in their queue. */
	out->verdict = delivery_of_http(outcome->code);
	out->code = (int)outcome->code;
	out->retry_after_ms = outcome->retry_after_ms;
	said.len = said.len < sizeof out->detail ? said.len : sizeof out->detail - 1;
	memcpy(out->detail, said.ptr, said.len);
	if (outcome->code == 401 || outcome->code == 403 || outcome->code == 404)
		log_error("mailgun_refused",
			  "status=%ld why=\"see key, domain and base URL\"",
			  outcome->code);
}

static void on_posted(void *arg, const struct curl_outcome *outcome)
{
	struct posting *p = arg;
	struct delivery_result result;

	judge(outcome, &result);
	p->on_done(p->ctx, &result);
	curl_mime_free(p->form);
	free(p);
}

static bool add_field(curl_mime *form, const char *name, const char *value)
{
	curl_mimepart *part = curl_mime_addpart(form);

	return part != NULL && curl_mime_name(part, name) == CURLE_OK &&
	       curl_mime_data(part, value, CURL_ZERO_TERMINATED) == CURLE_OK;
}

/* h:NAME adds a header.  Tracking would rewrite the letter and its link. */
static bool fill_form(curl_mime *form, const struct letter *l)
{
	return form != NULL && add_field(form, "from", l->from) &&
	       add_field(form, "to", l->to) && add_field(form, "subject", l->subject) &&
	       add_field(form, "text", l->text) && add_field(form, "html", l->html) &&
	       add_field(form, "h:Message-ID", l->message_id) &&
	       add_field(form, "h:Auto-Submitted", "auto-generated") &&
	       add_field(form, "h:X-Auto-Response-Suppress", "All") &&
	       add_field(form, "h:Content-Language", "en") &&
	       add_field(form, "o:tracking", "no");
}

#define SET(option, value) curl_easy_setopt(easy, option, value)

static bool set_post(CURL *easy, const struct mailgun *t, curl_mime *form)
{
	return SET(CURLOPT_URL, t->url) == CURLE_OK &&
	       SET(CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC) == CURLE_OK &&
	       SET(CURLOPT_USERNAME, "api") == CURLE_OK &&
	       SET(CURLOPT_PASSWORD, t->key) == CURLE_OK &&
	       SET(CURLOPT_MIMEPOST, form) == CURLE_OK;
}

static void mailgun_start(struct transport *base, const struct letter *letter,
			  uint64_t timeout_ms, transport_done_fn *on_done, void *ctx)
{
	struct mailgun *t = (struct mailgun *)base;
	struct posting *p = xcalloc(1, sizeof *p);
	struct curl_job *job = curl_job_new(t->protocol, timeout_ms);

	p->on_done = on_done;
	p->ctx = ctx;
	p->form = curl_mime_init(curl_job_handle(job));
	if (!fill_form(p->form, letter) || !set_post(curl_job_handle(job), t, p->form))
		abort(); /* out of memory, or a libcurl without HTTP */
	if (t->on_talk != NULL)
		curl_job_listen(job, t->on_talk, t->talk_ctx);
	curl_job_start(job, t->loop, on_posted, p);
}

static void mailgun_free(struct transport *base)
{
	struct mailgun *t = (struct mailgun *)base;

	secret_wipe(t->key, strlen(t->key));
	free(t->key);
	free(t->url);
	free(t);
}

struct transport *transport_mailgun_new(uv_loop_t *loop,
					const struct transport_settings *s)
{
	static const struct transport_class class = {mailgun_start, mailgun_free};
	struct slice url = slice_of(s->mailgun_url);
	struct mailgun *t = xcalloc(1, sizeof *t);

	while (url.len > 0 && url.ptr[url.len - 1] == '/')
		url.len--;
	t->base.class = &class;
	t->loop = loop;
	t->protocol = slice_starts(url, S("https:")) ? CURL_HTTPS : CURL_HTTP;
	t->url = xasprintf("%.*s/%s/messages", SLICE_ARGS(url), s->spec.where);
	t->key = xstrdup(s->mailgun_key);
	t->on_talk = s->on_talk;
	t->talk_ctx = s->talk_ctx;
	return &t->base;
}
