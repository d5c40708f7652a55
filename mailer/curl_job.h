/* curl_job.h - one transfer by libcurl, on a worker thread of libuv.
 *
 * Not by curl's multi interface, because that blocks: with SMTP it waits within
 * curl_multi_perform() for the answer to the end of DATA and for the answer to QUIT
 * (smtp_done() and smtp_disconnect() of libcurl 7.88; curl's issue 8555; measured: a
 * server that takes 4 s for the one and 3 s for the other stops the loop for 7 s).  So
 * each transfer has a thread that may wait, and the loop has none that does.
 *
 * Every transfer has the settings of SECURITY M5: one protocol, no redirects, no
 * proxy, no .netrc, certificates verified, limits on time and size. */
#ifndef MAILER_CURL_JOB_H
#define MAILER_CURL_JOB_H

#include <stdint.h>

#include <curl/curl.h>
#include <uv.h>

#include "common/attr.h"
#include "common/slice.h"
#include "common/status.h"
#include "mailer/talk.h"

/* What is left of a transfer; borrowed for the call. */
struct curl_outcome {
	CURLcode result;
	long code;               /* last of SMTP or HTTP; 0: none came */
	uint64_t retry_after_ms; /* 0: not asked for */
	struct slice said;       /* by the server, or else by curl; clipped */
};
typedef void curl_job_fn(void *ctx, const struct curl_outcome *outcome);

enum curl_protocol { CURL_SMTP, CURL_SMTPS, CURL_HTTP, CURL_HTTPS };

struct curl_job;

/* Once per process, before any thread. */
enum status curl_job_init(void) ATTR_USE_RESULT;

/* One that may take timeout_ms. */
struct curl_job *curl_job_new(enum curl_protocol protocol, uint64_t timeout_ms);
/* For the settings of the protocol; the job's own may not be changed. */
CURL *curl_job_handle(struct curl_job *job);
/* Tells what is said, line by line and unaltered: with the secrets.  On the worker's thread. */
typedef void curl_talk_fn(void *ctx, enum talk_who who, struct slice line);
void curl_job_listen(struct curl_job *job, curl_talk_fn *on_talk, void *ctx);
/* Takes job.  What was set in the handle by pointer must stay until on_done(), which
 * is called on the loop's thread, when curl no longer uses any of it. */
void curl_job_start(struct curl_job *job, uv_loop_t *loop, curl_job_fn *on_done,
		    void *ctx);

#endif
