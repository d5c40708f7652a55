/* A table of names, so that a mistyped verb is looked up as a mistyped option is. */
#include "ctl/verb.h"

#include <string.h>

#include "common/attr.h"
#include "common/config_name.h"
#include "common/log.h"
#include "common/utf8.h"

enum { SHOWN_CAP = 128 };

#define BAN_VALUE "name, person, address or network, and which"

/* value: the operand that it needs. */
static const struct config_option names[] = {
	[VERB_STATUS] = {.name = "status"},
	[VERB_WHO] = {.name = "who"},
	[VERB_SAY] = {.name = "say", .value = "a text"},
	[VERB_WHY] = {.name = "why", .value = "a reference"},
	[VERB_KICK] = {.name = "kick", .value = "a name"},
	[VERB_RELEASE] = {.name = "release", .value = "a name"},
	[VERB_BACKUP] = {.name = "backup", .value = "a file, named from the root"},
	[VERB_CLIENTS] = {.name = "clients"},
	[VERB_DRAIN] = {.name = "drain", .value = "the number of a gateway"},
	[VERB_TAIL] = {.name = "tail"},
	[VERB_MUTE] = {.name = "mute", .value = "a name"},
	[VERB_UNMUTE] = {.name = "unmute", .value = "a name"},
	[VERB_BAN] = {.name = "ban", .value = BAN_VALUE},
	[VERB_UNBAN] = {.name = "unban", .value = BAN_VALUE},
	[VERB_BANS] = {.name = "bans"},
	[VERB_HEALTH] = {.name = "health"},
};
static const struct config_program verbs = {
	.name = "plumectl", .summary = "", .options = names, .n_options = NELEMS(names)};

/* As the broker knows them. */
static const enum control_verb asked[] = {
	[VERB_STATUS] = CONTROL_STATUS, [VERB_WHO] = CONTROL_WHO,
	[VERB_SAY] = CONTROL_SAY,       [VERB_WHY] = CONTROL_WHY,
	[VERB_KICK] = CONTROL_KICK,     [VERB_RELEASE] = CONTROL_RELEASE,
	[VERB_BACKUP] = CONTROL_BACKUP, [VERB_CLIENTS] = CONTROL_CLIENTS,
	[VERB_DRAIN] = CONTROL_DRAIN,   [VERB_TAIL] = CONTROL_TAIL,
	[VERB_MUTE] = CONTROL_BAN,      [VERB_UNMUTE] = CONTROL_UNBAN,
	[VERB_BAN] = CONTROL_BAN,       [VERB_UNBAN] = CONTROL_UNBAN,
	[VERB_BANS] = CONTROL_BANS,
};

#define VERBS                                                                      \
	"status, who, clients, say, tail, why, kick, release, mute, unmute, ban, " \
	"unban, bans, drain, backup and health"

#define COMPLAIN(...) config_complain(program, source, __VA_ARGS__)

static bool find(struct slice word, enum verb *out)
{
	for (size_t i = 0; i < NELEMS(names); i++) {
		if (slice_equal(word, slice_of(names[i].name))) {
			*out = (enum verb)i;
			return true;
		}
	}
	return false;
}

bool verb_read(const struct config_program *program, const struct config_source *source,
	       int at, enum verb *out)
{
	char shown[SHOWN_CAP], nearest[CONFIG_NAME_CAP];
	struct slice word;
	enum verb near;

	if (at == source->argc) {
		COMPLAIN("nothing to do: " VERBS "; see plumectl(1)");
		return false;
	}
	word = slice_of(source->argv[at]);
	if (find(word, out))
		return true;
	log_quote(shown, sizeof shown, word);
	/* The nearest may also be --help and the like, which is no verb. */
	if (config_name_nearest(&verbs, word, nearest) && find(slice_of(nearest), &near))
		COMPLAIN("unknown command %s; did you mean %s?", shown, nearest);
	else
		COMPLAIN("unknown command %s; there are " VERBS, shown);
	return false;
}

bool verb_read_text(const struct config_program *program,
		    const struct config_source *source, int at, enum verb verb,
		    char text[VERB_TEXT_MAX], size_t *len_out)
{
	const char *needed = names[verb].value;
	size_t len = 0;

	*len_out = 0;
	if (needed == NULL && at < source->argc && verb != VERB_BANS) {
		COMPLAIN("%s takes no operand", names[verb].name);
		return false;
	}
	for (int i = at; i < source->argc; i++) {
		struct slice word = slice_of(source->argv[i]);

		if (i > at && len < VERB_TEXT_MAX)
			text[len++] = ' ';
		if (word.len > VERB_TEXT_MAX - len) {
			COMPLAIN("the text is longer than %d bytes", VERB_TEXT_MAX);
			return false;
		}
		memcpy(text + len, word.ptr, word.len);
		len += word.len;
	}
	if (needed != NULL && len == 0) {
		COMPLAIN("%s needs %s", names[verb].name, needed);
		return false;
	}
	if (!utf8_is_valid((struct slice){text, len})) {
		COMPLAIN("the text is not UTF-8");
		return false;
	}
	*len_out = len;
	return true;
}

/* The first word says what the rest is. */
static bool read_ban_kind(enum verb verb, struct bus_ask *out)
{
	struct slice what;

	out->what = BAN_MUTE;
	if (verb != VERB_BAN && verb != VERB_UNBAN)
		return true;
	slice_cut(out->text, ' ', &what, &out->text);
	out->what = ban_kind_of(what);
	return out->what != 0 && out->what != BAN_MUTE && out->text.len > 0;
}

bool verb_read_question(const struct config_program *program,
			const struct config_source *source,
			const struct verb_options *options, enum verb verb,
			struct bus_ask *out)
{
	bool is_made = verb == VERB_MUTE || verb == VERB_BAN;

	out->verb = asked[verb];
	if (!is_made && (options->for_ms != 0 || options->reason != NULL)) {
		COMPLAIN("--for and --reason are of mute and ban");
		return false;
	}
	if (!is_made && verb != VERB_UNMUTE && verb != VERB_UNBAN)
		return true;
	out->for_ms = options->for_ms;
	out->reason = slice_of(options->reason);
	if (!read_ban_kind(verb, out)) {
		COMPLAIN("%s needs " BAN_VALUE, names[verb].name);
		return false;
	}
	if (out->reason.len > VERB_TEXT_MAX || !utf8_is_valid(out->reason)) {
		COMPLAIN("the reason is not UTF-8, or too long");
		return false;
	}
	return true;
}
