/* plumectl: options, one question to the broker, its answer. */
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uv.h>

#include "common/attr.h"
#include "common/bus_msg.h"
#include "common/bus_options.h"
#include "common/config.h"
#include "common/config_secret.h"
#include "common/log.h"
#include "common/number.h"
#include "common/secret.h"
#include "common/utf8.h"
#include "ctl/health.h"
#include "ctl/printable.h"
#include "ctl/question.h"
#include "ctl/report.h"
#include "ctl/tail.h"
#include "ctl/verb.h"

struct options {
	struct bus_settings bus;
	const char *control_key, *admin, *after;
	struct verb_options verb;
	bool json;
	uint64_t timeout_ms;
};

enum { SHOWN_CAP = 128, KEY_MAX = 128 }; /* ASK */

#define AT(field) offsetof(struct options, field)
#define HOUR UINT64_C(3600000) /* in milliseconds */
#define BACKUP_MS (HOUR / 6)
enum { CLIENTS_MS = 4000 };
#define CENTURY (876000 * HOUR)

static const struct config_option table[] = {
	BUS_OPTIONS(struct options, bus),
	BUS_CA_OPTION(struct options, bus),
	BUS_ENDPOINT_OPTION(struct options, bus.endpoints[ENDPOINT_CONTROL], "control"),
	{"control-key", CONFIG_STRING, AT(control_key), "plume.control-key", 0, 0, NULL,
	 "FILE", "the key that plume-broker made beside its state"},
	{"admin", CONFIG_STRING, AT(admin), "127.0.0.1:4885", 0, 0, NULL, "HOST:PORT",
	 "the admin address of the process that health asks"},
	{"json", CONFIG_FLAG, AT(json), NULL, 0, 0, NULL, NULL,
	 "whether the answer is written as JSON"},
	{"after", CONFIG_STRING, AT(after), NULL, 0, 0, NULL, "N",
	 "tail: begin after the post of this number [with the next one]"},
	{"for", CONFIG_DURATION, AT(verb.for_ms), "0", 0, CENTURY, NULL, "TIME",
	 "mute and ban: how long; 0 is until it is lifted"},
	{"reason", CONFIG_STRING, AT(verb.reason), NULL, 0, 0, NULL, "TEXT",
	 "mute and ban: what those are told whom it keeps out"},
	{"timeout", CONFIG_DURATION, AT(timeout_ms), "5s", 1, HOUR, NULL, "TIME",
	 "how long the broker may take to answer"},
};

static const struct config_program program = {
	"plumectl", "Asks and tells the broker of a Plume room.",
	"status|who|say TEXT...|why REFERENCE|kick NAME|release NAME|backup FILE|health [live|ready]"
	"|clients|drain GATEWAY|tail|mute NAME|unmute NAME|ban WHAT VALUE|unban WHAT VALUE"
	"|bans [TEXT]",
	table, NELEMS(table),
	/* A file that the environment names is that of a server beside which this runs. */
	"PLUME_CTL_CONFIG", "say"};

#define COMPLAIN(source, ...) config_complain(&program, source, __VA_ARGS__)

/* False: a complaint was written. */
static bool read_key(const struct config_source *source, const char *path,
		     struct slice *out)
{
	char shown[SHOWN_CAP];
	const char *key, *why;
	enum status st = config_secret_read(path, &key, &why);

	*out = slice_of(key);
	if (st == ST_OK && (out->len > KEY_MAX || !utf8_is_valid(*out))) {
		st = ST_DAMAGED;
		why = "does not hold a control key";
	}
	if (st == ST_OK)
		return true;
	COMPLAIN(source, "--control-key: %s: %s%s",
		 log_quote(shown, sizeof shown, slice_of(path)), why,
		 st == ST_IO ? "; plume-broker makes it beside its state when it starts"
			     : "");
	return false;
}

/* Asks and prints; returns the exit code. */
static int ask(const struct config_source *source, const struct options *o,
	       const struct bus_address *at, struct bus_ask *question)
{
	enum control_verb verb = (enum control_verb)question->verb;
	struct question *q;
	struct slice answer;
	uint64_t timeout_ms;
	enum status st;

	/* A copy takes as long as it takes. */
	timeout_ms = verb == CONTROL_BACKUP && o->timeout_ms < BACKUP_MS ? BACKUP_MS
									 : o->timeout_ms;
	/* An answer that the broker waits for itself is not asked for twice. */
	st = question_new(uv_default_loop(), at, verb == CONTROL_CLIENTS ? CLIENTS_MS : 0,
			  &q);
	if (st == ST_OK) {
		question_send(q, question);
		st = question_wait(q, timeout_ms, &answer);
	}
	if (st != ST_OK) {
		COMPLAIN(source, "no answer from a broker at %s within %" PRIu64 " ms",
			 at->url, timeout_ms);
		return 1;
	}
	st = report_print(answer, verb, o->json ? REPORT_JSON : REPORT_TEXT, source->out,
			  source->err);
	if (st != ST_OK && st != ST_DENIED)
		COMPLAIN(source, "the answer from %s is not understood: %s", at->url,
			 status_text(st));
	return st == ST_OK ? 0 : 1;
}

static int follow(const struct config_source *source, const struct options *o,
		  const struct bus_address *at, struct slice key)
{
	struct tail_setup setup = {.at = at,
				   .key = key,
				   .timeout_ms = o->timeout_ms,
				   .has_after = o->after != NULL,
				   .out = source->out,
				   .err = source->err};
	char shown[SHOWN_CAP];

	if (o->after != NULL && number_parse(slice_of(o->after), &setup.after) != ST_OK) {
		COMPLAIN(source, "--after: %s is not the number of a post",
			 log_quote(shown, sizeof shown, slice_of(o->after)));
		return 2;
	}
	switch (tail_run(uv_default_loop(), &setup)) {
	case TAIL_STOPPED:
		return 0;
	case TAIL_DENIED:
		return 1;
	case TAIL_ABSENT:
		COMPLAIN(source, "no answer from a broker at %s within %" PRIu64 " ms",
			 at->url, o->timeout_ms);
		return 1;
	case TAIL_STRANGE:
		break;
	}
	COMPLAIN(source, "the answer from %s is not understood, or could not be written",
		 at->url);
	return 1;
}

/* -- health -- */

static int tell_health(const struct config_source *source, const struct options *o,
		       const struct health *h)
{
	bool is_good = h->status == 200;

	if (o->json) {
		fprintf(source->out, "{\"healthy\": %s, \"status\": %u}\n",
			is_good ? "true" : "false", h->status);
	} else {
		printable_write(slice_of(h->text), source->out);
		fputc('\n', source->out);
	}
	return is_good ? 0 : 1;
}

static int ask_health(const struct config_source *source, const struct options *o, int at)
{
	const char *what = at < source->argc ? source->argv[at] : "ready";
	bool is_live = strcmp(what, "live") == 0;
	char shown[SHOWN_CAP];
	struct health h;
	enum status st;

	if (at + 1 < source->argc || (!is_live && strcmp(what, "ready") != 0)) {
		COMPLAIN(source, "health takes live or ready");
		return 2;
	}
	st = health_ask(o->admin, is_live ? "/livez" : "/readyz", o->timeout_ms, &h);
	if (st == ST_OK)
		return tell_health(source, o, &h);
	log_quote(shown, sizeof shown, slice_of(o->admin));
	if (st == ST_RANGE) {
		COMPLAIN(source, "--admin: %s is not HOST:PORT", shown);
		return 2;
	}
	COMPLAIN(source, "no answer of health from %s", shown);
	return 1;
}

int main(int argc, char **argv)
{
	struct config_source source = {argc, argv, config_env, stdout, stderr};
	static char text[VERB_TEXT_MAX]; /* static: too large for a stack */
	struct bus_ask question = {.text = {text, 0}};
	char id[SECRET_TOKEN_LEN + 1];
	struct options o;
	enum verb verb;
	static struct bus_address control; /* what it points to lives as long */
	int at, code;
	enum config_outcome outcome = config_load(&program, &source, &o, &at);

	if (outcome == CONFIG_DONE || outcome == CONFIG_BAD)
		return outcome == CONFIG_DONE ? 0 : 2;
	if (outcome == CONFIG_RUN) {
		if (!verb_read(&program, &source, at, &verb))
			return 2;
		if (verb == VERB_HEALTH) /* it takes no bus */
			return ask_health(&source, &o, at + 1);
	}
	if (!bus_option_resolve(&program, &source, &o.bus, ENDPOINT_CONTROL,
				BUS_PEER_LISTENS, &control))
		return 2;
	if (outcome == CONFIG_CHECK)
		return 0;
	if (!verb_read_text(&program, &source, at + 1, verb, text, &question.text.len) ||
	    !verb_read_question(&program, &source, &o.verb, verb, &question))
		return 2;

	log_init(program.name, LOG_ERROR);
	if (secret_init() != ST_OK || !read_key(&source, o.control_key, &question.key))
		_exit(1);
	if (verb == VERB_SAY) {
		secret_token(&entropy_system, id);
		question.id = slice_of(id);
	}
	if (verb == VERB_TAIL)
		_exit(follow(&source, &o, &control, question.key));
	code = ask(&source, &o, &control, &question);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		COMPLAIN(&source, "the answer could not be written");
		code = 1;
	}
	_exit(code); /* without closing the socket: question.h */
}
