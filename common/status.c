/* status.c - the texts of the one error type, from the list that defines it. */
#include "common/status.h"

const char *status_text(enum status st)
{
	/* clang-format off */
	switch (st) {
#define X(name, number, text) case name: return text;
	STATUS_LIST(X)
#undef X
	}
	/* clang-format on */
	return "not a status"; /* somebody cast a number */
}
