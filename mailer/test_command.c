/* plume-mailer test: one real letter by the configured way, and what is said meanwhile. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "common/attr.h"
#include "common/daemon.h"
#include "common/entropy.h"
#include "mailer/advice.h"
#include "mailer/command.h"
#include "mailer/curl_job.h"
#include "mailer/detail.h"
#include "mailer/letter.h"
#include "mailer/options.h"
#include "mailer/transport.h"

struct test {
	struct options options;
	struct options_meaning meaning;
	struct talk talk;
	struct letter *letter;
	struct delivery_result result;
};

/* On the worker's thread, which is the only one that prints until it ends. */
static void on_talk(void *ctx, enum talk_who who, struct slice line)
{
	static const char *const names[] = {
		[TALK_WE] = "we:  ", [TALK_THEY] = "they:", [TALK_CURL] = "     "};
	struct test *t = ctx;
	const char *means = who == TALK_WE ? talk_explain(line) : NULL;
	char shown[TALK_CAP];

	if (!talk_show(&t->talk, who, line, shown))
		return;
	printf("%s %s", names[who], shown);
	if (means != NULL)
		printf("\n      (%s)", means);
	printf("\n");
	fflush(stdout);
}

static void on_done(void *ctx, const struct delivery_result *result)
{
	struct test *t = ctx;

	t->result = *result;
}

static int tell(const struct test *t)
{
	struct slice secrets[] = {slice_of(options_key(&t->options))};
	char detail[DETAIL_CAP];

	detail_write(slice_of(t->result.detail), secrets, NELEMS(secrets), detail);
	if (t->result.verdict == VERDICT_SENT) {
		printf("sent: the server has taken the letter%s%s.\n"
		       "Should it not arrive, look into the spam folder, and see SPF, DKIM and "
		       "DMARC in docs/OPERATIONS.md.\n",
		       detail[0] != '\0' ? ": " : "", detail);
		return EXIT_SUCCESS;
	}
	printf("not sent (%s)",
	       t->result.verdict == VERDICT_REFUSED ? "refused" : "deferred");
	if (t->result.code != 0)
		printf(", code %d", t->result.code);
	printf(": %s\n%s\n", detail,
	       advice_on(t->meaning.settings.spec.kind, &t->result));
	return EXIT_FAILURE;
}

static enum status write_letter(struct test *t, struct slice address)
{
	const struct options *o = &t->options;
	struct letter_style style = {o->from, o->room, o->public_url, o->code_in_subject};
	struct letter_facts facts = {
		.number = entropy_id(&entropy_system),
		.reference = S("TEST"),
		.email = address,
		.name = S("this is only a test"),
		.code = S("TEST"),
		.asked_ms = daemon_wall_ms(),
		.salt = entropy_id(&entropy_system),
	};

	return letter_new(&style, &facts, &t->letter);
}

static int send_letter(struct test *t)
{
	uv_loop_t *loop = uv_default_loop();
	struct transport *transport;
	int code;

	t->meaning.settings.on_talk = on_talk;
	t->meaning.settings.talk_ctx = t;
	if (curl_job_init() != ST_OK ||
	    transport_new(loop, &t->meaning.settings, &transport) != ST_OK)
		return EXIT_FAILURE;
	printf("a test letter to %s, by %s, TLS %s\n", t->letter->to,
	       t->options.transport, options_tls_name(&t->meaning));
	fflush(stdout);
	transport_start(transport, t->letter, t->options.mail_timeout, on_done, t);
	uv_run(loop, UV_RUN_DEFAULT);
	code = tell(t);
	transport_free(&transport);
	return code;
}

int command_test(int argc, char **argv)
{
	struct config_program program = options_program;
	struct config_source source = {argc, argv, config_env, stdout, stderr};
	struct test t = {0};
	const char *address;
	enum config_outcome outcome;
	int code;

	program.name = "plume-mailer test";
	program.summary = "Sends a test letter and tells each step of the delivery.";
	program.operands = "ADDRESS";
	outcome = command_load(&program, &source, &t.options, &address, &code);
	if (outcome != CONFIG_RUN && outcome != CONFIG_CHECK)
		return code;
	if (!options_check(&t.options, &source, &t.meaning))
		return COMMAND_USAGE;
	code = EXIT_SUCCESS;
	if (write_letter(&t, slice_of(address)) != ST_OK) {
		config_complain(&program, &source,
				"ADDRESS is not one like ann@example.org");
		code = COMMAND_USAGE;
	} else if (outcome != CONFIG_CHECK)
		code = send_letter(&t);
	letter_free(&t.letter);
	bus_ends_free(&t.meaning.mail.ends);
	return code;
}
