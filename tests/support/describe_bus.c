/* describe_bus: the tables of docs/PROTOCOL.md, from the tables that the programs themselves use.
 *
 *	describe_bus bus-messages|reasons|mail-states|close-reasons|browser-limits
 *
 * Writes one of them in Markdown; script/protocol puts it where it belongs. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/attr.h"
#include "common/bus_msg.h"

static const char *const role_names[] = {
	[BUS_GATEWAY] = "gateway",
	[BUS_BROKER] = "broker",
	[BUS_MAILER] = "mailer",
	[BUS_CONTROL] = "plumectl",
};

/* Kinds are numbered by endpoint. */
static const struct {
	unsigned from; /* first kind */
	const char *endpoint;
} endpoints[] = {
	{1, "commands"},
	{50, "events"},
	{60, "mail"},
	{70, "control"},
};

static void print_limits(const struct bus_field *f)
{
	if (f->type == BUS_BLN)
		fputs("boolean |", stdout);
	else if (f->type == BUS_STR)
		printf("string | %" PRIu64 " to %" PRIu64 " bytes", f->lo, f->hi);
	else if (f->hi != UINT64_MAX)
		printf("number | %" PRIu64 " to %" PRIu64, f->lo, f->hi);
	else if (f->lo > 0)
		printf("number | from %" PRIu64, f->lo);
	else
		fputs("number |", stdout);
}

static void print_kind(const struct bus_kind_info *k)
{
	printf("\n**%d %s** (%s → %s): %s.\n\n| field | type | limits | meaning |\n"
	       "|---|---|---|---|\n",
	       (int)k->kind, k->name, role_names[k->from], role_names[k->to], k->doc);
	for (size_t i = 0; i < k->n_fields; i++) {
		printf("| `%s` | ", k->fields[i].name);
		print_limits(&k->fields[i]);
		printf(" | %s", k->fields[i].doc);
		if (k->fields[i].since > 0)
			printf(" (since 1.%u)", k->fields[i].since);
		puts(" |");
	}
}

static void print_bus_messages(void)
{
	size_t n, at = 0;
	const struct bus_kind_info *kinds = bus_kinds(&n);

	for (size_t i = 0; i < n; i++) {
		if (at < NELEMS(endpoints) &&
		    (unsigned)kinds[i].kind >= endpoints[at].from) {
			printf("%s#### On the %s endpoint\n", at == 0 ? "" : "\n",
			       endpoints[at].endpoint);
			at++;
		}
		print_kind(&kinds[i]);
	}
}

static void print_reasons(void)
{
	fputs("| number | name | text |\n|---|---|---|\n", stdout);
#define REASON(symbol, number, name, text) \
	printf("| %d | `%s` | %s |\n", number, name, text);
#include "common/reasons.def"
#undef REASON
}

static void print_mail_states(void)
{
	fputs("| number | state |\n|---|---|\n", stdout);
#define X(symbol, name) printf("| %d | `%s` |\n", (int)MAIL_##symbol, name);
	MAIL_STATES(X)
#undef X
}

static void print_close_reasons(void)
{
	fputs("| code | reason | when |\n|---|---|---|\n", stdout);
#define CLOSE(symbol, code, name, text) printf("| %d | %s | %s |\n", code, name, text);
#include "gateway/close_reasons.def"
#undef CLOSE
}

static void print_browser_limits(void)
{
	fputs("| type | name | key | most | absent |\n|---|---|---|---|---|\n", stdout);
/* clang-format off */
#define MSG(symbol, name, type) { static const int number = type;
#define NEED(message, field, key, most) \
	printf("| %d | %s | `%s` | %d bytes | refused |\n", number, #message, key, most);
#define STR(message, field, key, most) \
	printf("| %d | %s | `%s` | %d bytes | empty |\n", number, #message, key, most);
#define U64(message, field, key, most) \
	printf("| %d | %s | `%s` | %" PRIu64 " | 0 |\n", number, #message, key, (uint64_t)most);
#define BLN(message, field, key) \
	printf("| %d | %s | `%s` | true or false | false |\n", number, #message, key);
#define END(message) (void)number; }
#include "gateway/browser_messages.def"
#undef MSG
#undef NEED
#undef STR
#undef U64
#undef BLN
#undef END
	/* clang-format on */
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*print)(void);
	} tables[] = {
		{"bus-messages", print_bus_messages},
		{"reasons", print_reasons},
		{"mail-states", print_mail_states},
		{"close-reasons", print_close_reasons},
		{"browser-limits", print_browser_limits},
	};

	for (size_t i = 0; argc == 2 && i < NELEMS(tables); i++) {
		if (strcmp(argv[1], tables[i].name) == 0) {
			tables[i].print();
			return 0;
		}
	}
	fputs("describe_bus: bus-messages, reasons, mail-states, close-reasons or "
	      "browser-limits\n",
	      stderr);
	return 2;
}
