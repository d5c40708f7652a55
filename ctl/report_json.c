/* JSON for programs that a person may look at, too. */
#include <inttypes.h>
#include <stdio.h>

#include "common/memory.h"
#include "ctl/report_private.h"

json_t *report_number(uint64_t value)
{
	return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

json_t *report_hexadecimal(uint64_t value)
{
	char text[17];

	if (!fmt(text, sizeof text, "%016" PRIx64, value))
		return NULL; /* cannot be: 64 bits are 16 digits */
	return json_string(text);
}

json_t *report_string(struct slice text)
{
	return json_stringn(text.ptr == NULL ? "" : text.ptr, text.len);
}

/* JSON_ENSURE_ASCII leaves DEL alone; it can only be within a string. */
static int put_json(const char *text, size_t len, void *ctx)
{
	FILE *out = ctx;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == 0x7f)
			fputs("\\u007F", out);
		else
			fputc(text[i], out);
	}
	return 0;
}

/* ASCII, because people read it on terminals, too. */
void report_write_json(json_t *json, size_t flags, FILE *out)
{
	json_dump_callback(json, put_json, out, flags | JSON_ENSURE_ASCII);
	fputc('\n', out);
	json_decref(json);
}
