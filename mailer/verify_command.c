/* plume-mailer audit verify and erase. */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/attr.h"
#include "common/daemon.h"
#include "common/memory.h"
#include "common/secret.h"
#include "mailer/address.h"
#include "mailer/audit.h"
#include "mailer/audit_erase.h"
#include "mailer/audit_reader.h"
#include "mailer/audit_verify.h"
#include "mailer/command.h"

struct options {
	const char *audit, *head, *address;
};

/* clang-format off */
#define STRING(name, field, fallback, value, help) \
	{name, CONFIG_STRING, offsetof(struct options, field), fallback, 0, 0, NULL, value, help}

static const struct config_option verify_options[] = {
	STRING("audit", audit, "plume-mailer.db", "FILE", "SQLite file of the record"),
	STRING("head", head, NULL, "HEAD",
	       "ID:HEX from a log line audit_head, or a file that holds it, when it is not FILE.head"),
};
static const struct config_option erase_options[] = {
	STRING("audit", audit, "plume-mailer.db", "FILE", "SQLite file of the record"),
	STRING("address", address, NULL, "ADDRESS", "whose rows lose what tells that (required)"),
};
/* clang-format on */

static const struct config_program verify_program = {
	"plume-mailer audit verify",
	"Looks whether the record is what was written.",
	NULL,
	verify_options,
	NELEMS(verify_options),
	COMMAND_CONFIG_VARIABLE,
	NULL};
static const struct config_program erase_program = {"plume-mailer audit erase",
						    "Takes an address out of the record.",
						    NULL,
						    erase_options,
						    NELEMS(erase_options),
						    COMMAND_CONFIG_VARIABLE,
						    NULL};

/* -- verify -- */

/* ST_ABSENT: there is no such file. */
static enum status read_head(const char *path, struct audit_head *out)
{
	FILE *file = fopen(path, "re");
	char text[128];
	size_t n;

	if (file == NULL)
		return ST_ABSENT;
	n = fread(text, 1, sizeof text, file);
	fclose(file);
	return audit_head_parse((struct slice){text, n}, out);
}

/* Given, in a file that is given, or beside the record. */
static enum status find_head(const struct options *o, struct audit_head *out)
{
	char *beside = xasprintf("%s.head", o->audit);
	enum status st;

	if (o->head == NULL)
		st = read_head(beside, out);
	else if (audit_head_parse(slice_of(o->head), out) == ST_OK)
		st = ST_OK;
	else
		st = read_head(o->head, out) == ST_OK ? ST_OK : ST_TYPE;
	free(beside);
	return st;
}

static int tell(const struct audit_verdict *v, const struct audit_head *head)
{
	struct secret hex;
	char text[2 * SECRET_SIZE + 1];

	if (v->why != NULL && v->bad != 0)
		printf("row %" PRId64 ": %s\n", v->bad, v->why);
	else if (v->why != NULL)
		printf("%s\n", v->why);
	if (v->why != NULL)
		return EXIT_FAILURE;
	memcpy(hex.bytes, v->head.link.bytes, sizeof hex.bytes);
	secret_to_hex(&hex, text);
	printf("%" PRId64 " rows are as they were written, %" PRId64
	       " of them erased since\nhead %" PRId64 ":%s\n",
	       v->rows, v->erased, v->head.id, text);
	if (head != NULL)
		printf("compared with the head of row %" PRId64 "\n", head->id);
	else
		printf("no exported head is known: rows missing at the end were not looked "
		       "for\n");
	return EXIT_SUCCESS;
}

static int verify(const struct options *o, const struct audit_head *head)
{
	struct audit_reader r;
	struct audit_verdict v;
	const char *why;
	enum status st = audit_reader_open(o->audit, NULL, &r, &why);
	int code;

	if (st == ST_OK && !r.has_key) {
		st = ST_ABSENT;
		why = "its FILE.key is not there: the chain cannot be verified without it";
	}
	if (st == ST_OK) {
		st = audit_verify(r.audit, head, &v);
		why = status_text(st);
	}
	code = st == ST_OK ? tell(&v, head) : command_failed(o->audit, why);
	audit_reader_close(&r);
	return code;
}

int command_audit_verify(int argc, char **argv)
{
	struct config_source source = {argc, argv, command_env, stdout, stderr};
	struct options o = {0};
	struct audit_head head;
	const char *operand;
	enum status st;
	int code;

	if (command_load(&verify_program, &source, &o, &operand, &code) != CONFIG_RUN)
		return code;
	st = find_head(&o, &head);
	if (st == ST_OK || st == ST_ABSENT)
		return verify(&o, st == ST_OK ? &head : NULL);
	if (o.head == NULL) {
		printf("%s.head holds no head: somebody or something spoilt it\n",
		       o.audit);
		return EXIT_FAILURE;
	}
	config_complain(&verify_program, &source,
			"the head is not ID:HEX, nor a file that holds it");
	return COMMAND_USAGE;
}

/* -- erase -- */

int command_audit_erase(int argc, char **argv)
{
	struct config_source source = {argc, argv, command_env, stdout, stderr};
	struct options o = {0};
	struct audit *audit;
	const char *operand;
	int code;
	int64_t n;
	enum status st;

	if (command_load(&erase_program, &source, &o, &operand, &code) != CONFIG_RUN)
		return code;
	if (o.address == NULL || !address_is_valid(slice_of(o.address))) {
		config_complain(&erase_program, &source,
				"--address ADDRESS is required, like ann@example.org");
		return COMMAND_USAGE;
	}
	if (access(o.audit, F_OK) != 0)
		return command_failed(o.audit, "there is no such file");
	if (audit_open(o.audit, &entropy_system, &audit) != ST_OK)
		return command_failed(o.audit, NULL);
	st = audit_erase_address(audit, slice_of(o.address), daemon_wall_ms(), &n);
	audit_close(&audit);
	printf("%" PRId64 " rows erased\n", n);
	return st == ST_OK ? EXIT_SUCCESS : command_failed(o.audit, status_text(st));
}
