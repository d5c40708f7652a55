/* audit_export.h - rows as lines: for people, for programs, for spreadsheets.
 *
 * Pure but for the FILE.  Nothing but printable ASCII leaves here: every other byte is written as \xNN,
 * whoever put it there.  In CSV a cell that a spreadsheet would take for a formula begins with an
 * apostrophe; in JSON its first character is written as \u00NN, which is the same text (SECURITY A5). */
#ifndef MAILER_AUDIT_EXPORT_H
#define MAILER_AUDIT_EXPORT_H

#include <stdio.h>

#include "mailer/audit_chain.h"

enum audit_format { FORMAT_TEXT, FORMAT_CSV, FORMAT_JSONL };

/* The first line; text and JSON lines have none. */
void audit_export_begin(FILE *out, enum audit_format format);
/* address: what the row's sealed address opens to; "" when it does not. */
void audit_export_row(FILE *out, enum audit_format format, const struct audit_row *row,
		      const char *address);

#endif
