/* report.h - what the broker answered, for people or as JSON. */
#ifndef CTL_REPORT_H
#define CTL_REPORT_H

#include <stdio.h>

#include "common/attr.h"
#include "common/bus_msg.h"
#include "common/slice.h"
#include "common/status.h"

enum report_form { REPORT_TEXT, REPORT_JSON };

/* Writes the answer to verb, which is in frame, to out.  ST_DENIED: the broker said no; its words are
 * written to err.  Another status: the frame is not an answer to verb, nothing was written. */
enum status report_print(struct slice frame, enum control_verb verb,
			 enum report_form form, FILE *out, FILE *err) ATTR_USE_RESULT;

#endif
