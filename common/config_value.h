/* config_value.h - one value: from text into the field of a program's struct, and back.
 */
#ifndef COMMON_CONFIG_VALUE_H
#define COMMON_CONFIG_VALUE_H

#include <stdio.h>

#include "common/attr.h"
#include "common/config.h"
#include "common/slice.h"
#include "common/status.h"

/* Makes the field empty: NULL, 0, no, no items. */
void config_value_clear(const struct config_option *o, void *target);
/* Parses text and stores it.  text must live as long as the process; a list is separated
 * by commas and replaces what was there.  The field is unchanged or partly set on error.
 */
enum status config_value_set(const struct config_option *o, void *target,
			     const char *text) ATTR_USE_RESULT;
/* Adds one item to a list.  ST_FULL: there are CONFIG_LIST_MAX. */
enum status config_value_append(const struct config_option *o, void *target,
				const char *item) ATTR_USE_RESULT;

/* What the option takes, in words that follow "is not": "a number from 1 to 9". */
void config_value_print_allowed(const struct config_option *o, FILE *out);
/* Writes what somebody typed, or wrote into a file, for a terminal: a character that it would obey as
 * \xNN for each of its bytes.  NULL is nothing. */
void config_value_print_text(const char *text, FILE *out);
/* The value as one could write it again; a secret as three asterisks. */
void config_value_print(const struct config_option *o, const void *target, FILE *out);

/* Of two structs of one program: is this field the same?  Makes it the same. */
bool config_value_is_equal(const struct config_option *o, const void *a, const void *b);
void config_value_copy(const struct config_option *o, const void *from, void *to);

/* Gives a copy that lives as long as the process. */
char *config_value_keep(struct slice text);

#endif
