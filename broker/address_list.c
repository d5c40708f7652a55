/* The pattern matcher steps back to its last star only, so that no pattern takes exponential time. */
#include "broker/address_list.h"

#include <string.h>

#include "common/slice.h"

bool address_list_fits(const char *pattern, const char *text)
{
	const char *star = NULL,
		   *from = NULL; /* the last star, and what it may end before */

	while (*text != '\0') {
		if (*pattern == '*') {
			star = pattern++;
			from = text;
		} else if (*pattern == '?' ||
			   (*pattern != '\0' &&
			    ascii_lower(*pattern) == ascii_lower(*text))) {
			pattern++;
			text++;
		} else if (star != NULL) {
			pattern = star + 1;
			text = ++from;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

static bool fits_one(const char *const *patterns, size_t n, const char *address)
{
	for (size_t i = 0; i < n; i++) {
		if (address_list_fits(patterns[i], address))
			return true;
	}
	return false;
}

bool address_list_denies(const struct address_list *list, const char *address)
{
	return fits_one(list->deny, list->n_deny, address) ||
	       (list->n_allow > 0 && !fits_one(list->allow, list->n_allow, address));
}

const char *address_pattern_why_not(const char *pattern)
{
	const char *at = strchr(pattern, '@');

	for (const char *c = pattern; *c != '\0'; c++) {
		if (*c <= ' ' || *c > '~')
			return "addresses are compared in ASCII, their domains as xn--...";
	}
	if (at == NULL)
		return strpbrk(pattern, "*?") == NULL
			       ? "no pattern of addresses; *@DOMAIN is one"
			       : NULL;
	if (strchr(at + 1, '@') != NULL)
		return "more than one @";
	if (at == pattern || at[1] == '\0')
		return "nothing on one side of its @";
	return strpbrk(at, ".*?") == NULL ? "a domain without a dot" : NULL;
}
