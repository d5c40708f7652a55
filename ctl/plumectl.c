/* plumectl: options, a verb, one question to the broker, its answer. */
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
#include "common/config_name.h"
#include "common/config_secret.h"
#include "common/log.h"
#include "common/utf8.h"
#include "ctl/health.h"
#include "ctl/printable.h"
#include "ctl/question.h"
#include "ctl/report.h"

struct options {
	struct bus_settings bus;
	const char *control_key, *admin, *reason;
	uint64_t for_ms;
	bool json;
	uint64_t timeout_ms;
};

enum { SHOWN_CAP = 128, KEY_MAX = 128, TEXT_MAX = 65536 }; /* ASK */

#define AT(field) offsetof(struct options, field)
#define HOUR UINT64_C(3600000) /* in milliseconds */
#define BACKUP_MS (HOUR / 6)
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
	{"for", CONFIG_DURATION, AT(for_ms), "0", 0, CENTURY, NULL, "TIME",
	 "mute and ban: how long; 0 is until it is lifted"},
	{"reason", CONFIG_STRING, AT(reason), NULL, 0, 0, NULL, "TEXT",
	 "mute and ban: what those are told whom it keeps out"},
	{"timeout", CONFIG_DURATION, AT(timeout_ms), "5s", 1, HOUR, NULL, "TIME",
	 "how long the broker may take to answer"},
};

static const struct config_program program = {
	"plumectl", "Asks and tells the broker of a Plume room.",
	"status|who|say TEXT...|why REFERENCE|kick NAME|release NAME|backup FILE|health [live|ready]"
	"|mute NAME|unmute NAME|ban WHAT VALUE|unban WHAT VALUE|bans [TEXT]",
	table, NELEMS(table),
	/* A file that the environment names is that of a server beside which this runs. */
	"PLUME_CTL_CONFIG"};

/* What this program can do: the verbs of the broker, and those that ask somebody else. */
enum {
	VERB_HEALTH = CONTROL_BACKUP + 1,
	VERB_MUTE,
	VERB_UNMUTE,
	VERB_BAN,
	VERB_UNBAN,
	VERB_BANS
};

#define BAN_VALUE "name, person, address or network, and which"

/* The verbs as a table of names, in the order of enum control_verb, so that a mistyped one is
 * looked up as a mistyped option is; value: the operand that it needs. */
static const struct config_option verb_names[] = {
	[CONTROL_STATUS] = {.name = "status"},
	[CONTROL_WHO] = {.name = "who"},
	[CONTROL_SAY] = {.name = "say", .value = "a text"},
	[CONTROL_WHY] = {.name = "why", .value = "a reference"},
	[CONTROL_KICK] = {.name = "kick", .value = "a name"},
	[CONTROL_RELEASE] = {.name = "release", .value = "a name"},
	[CONTROL_BACKUP] = {.name = "backup", .value = "a file, named from the root"},
	[VERB_HEALTH] = {.name = "health"},
	[VERB_MUTE] = {.name = "mute", .value = "a name"},
	[VERB_UNMUTE] = {.name = "unmute", .value = "a name"},
	[VERB_BAN] = {.name = "ban", .value = BAN_VALUE},
	[VERB_UNBAN] = {.name = "unban", .value = BAN_VALUE},
	[VERB_BANS] = {.name = "bans"},
};
static const struct config_program verbs = {"plumectl",         "",  NULL, verb_names,
					    NELEMS(verb_names), NULL};

#define VERBS                                                                           \
	"status, who, say, why, kick, release, mute, unmute, ban, unban, bans, backup " \
	"and health"

#define COMPLAIN(source, ...) config_complain(&program, source, __VA_ARGS__)

static bool find_verb(struct slice word, unsigned *out)
{
	for (size_t i = 0; i < NELEMS(verb_names); i++) {
		if (slice_equal(word, slice_of(verb_names[i].name))) {
			*out = (unsigned)i;
			return true;
		}
	}
	return false;
}

/* False: a complaint was written. */
static bool read_verb(const struct config_source *source, int at, unsigned *out)
{
	char shown[SHOWN_CAP], nearest[CONFIG_NAME_CAP];
	unsigned near;
	struct slice word;

	if (at == source->argc) {
		COMPLAIN(source, "nothing to do: " VERBS "; see plumectl(1)");
		return false;
	}
	word = slice_of(source->argv[at]);
	if (find_verb(word, out))
		return true;
	log_quote(shown, sizeof shown, word);
	/* The nearest may also be --help and the like, which is no verb. */
	if (config_name_nearest(&verbs, word, nearest) &&
	    find_verb(slice_of(nearest), &near))
		COMPLAIN(source, "unknown command %s; did you mean %s?", shown, nearest);
	else
		COMPLAIN(source, "unknown command %s; there are " VERBS, shown);
	return false;
}

/* Joins what follows the verb with spaces; false: a complaint was written. */
static bool read_text(const struct config_source *source, int at, unsigned verb,
		      char text[TEXT_MAX], size_t *len_out)
{
	const char *needed = verb_names[verb].value;
	size_t len = 0;

	*len_out = 0;
	if (needed == NULL && at < source->argc && verb != VERB_BANS) {
		COMPLAIN(source, "%s takes no operand", verb_names[verb].name);
		return false;
	}
	for (int i = at; i < source->argc; i++) {
		struct slice word = slice_of(source->argv[i]);

		if (i > at && len < TEXT_MAX)
			text[len++] = ' ';
		if (word.len > TEXT_MAX - len) {
			COMPLAIN(source, "the text is longer than %d bytes", TEXT_MAX);
			return false;
		}
		memcpy(text + len, word.ptr, word.len);
		len += word.len;
	}
	if (needed != NULL && len == 0) {
		COMPLAIN(source, "%s needs %s", verb_names[verb].name, needed);
		return false;
	}
	if (!utf8_is_valid((struct slice){text, len})) {
		COMPLAIN(source, "the text is not UTF-8");
		return false;
	}
	*len_out = len;
	return true;
}

/* What the broker is asked, of what the person said.  False: a complaint was written. */
static bool read_question(const struct config_source *source, const struct options *o,
			  unsigned verb, struct bus_ask *out)
{
	bool is_made = verb == VERB_MUTE || verb == VERB_BAN;
	struct slice what;

	out->verb = verb;
	if (!is_made && (o->for_ms != 0 || o->reason != NULL)) {
		COMPLAIN(source, "--for and --reason are of mute and ban");
		return false;
	}
	if (verb < VERB_MUTE)
		return true;
	out->verb = verb == VERB_BANS ? CONTROL_BANS
		    : is_made         ? CONTROL_BAN
				      : CONTROL_UNBAN;
	out->for_ms = o->for_ms;
	out->reason = slice_of(o->reason);
	out->what = BAN_MUTE;
	if (verb == VERB_BAN || verb == VERB_UNBAN) {
		slice_cut(out->text, ' ', &what, &out->text);
		out->what = ban_kind_of(what);
		if (out->what == 0 || out->what == BAN_MUTE || out->text.len == 0) {
			COMPLAIN(source, "%s needs " BAN_VALUE, verb_names[verb].name);
			return false;
		}
	}
	if (out->reason.len > TEXT_MAX || !utf8_is_valid(out->reason)) {
		COMPLAIN(source, "the reason is not UTF-8, or too long");
		return false;
	}
	return true;
}

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
	struct slice answer;
	uint64_t timeout_ms;
	enum status st;

	if (!read_key(source, o->control_key, &question->key))
		return 1;
	/* A copy takes as long as it takes. */
	timeout_ms = verb == CONTROL_BACKUP && o->timeout_ms < BACKUP_MS ? BACKUP_MS
									 : o->timeout_ms;
	st = question_ask(uv_default_loop(), at, question, timeout_ms, &answer);
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
	static char text[TEXT_MAX]; /* static: too large for a stack */
	struct bus_ask question = {.text = {text, 0}};
	unsigned verb;
	struct options o;
	static struct bus_address control; /* what it points to lives as long */
	int at, code;
	enum config_outcome outcome = config_load(&program, &source, &o, &at);

	if (outcome == CONFIG_DONE || outcome == CONFIG_BAD)
		return outcome == CONFIG_DONE ? 0 : 2;
	if (outcome == CONFIG_RUN) {
		if (!read_verb(&source, at, &verb))
			return 2;
		if (verb == VERB_HEALTH) /* it takes no bus */
			return ask_health(&source, &o, at + 1);
	}
	if (!bus_option_resolve(&program, &source, &o.bus, ENDPOINT_CONTROL,
				BUS_PEER_LISTENS, &control))
		return 2;
	if (outcome == CONFIG_CHECK)
		return 0;
	if (!read_text(&source, at + 1, verb, text, &question.text.len) ||
	    !read_question(&source, &o, verb, &question))
		return 2;

	log_init(program.name, LOG_ERROR);
	code = ask(&source, &o, &control, &question);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		COMPLAIN(&source, "the answer could not be written");
		code = 1;
	}
	_exit(code); /* without closing the socket: question.h */
}
