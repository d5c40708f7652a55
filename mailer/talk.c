/* Few lines of curl are worth showing, all of the server's, and ours but for the secrets. */
#include "mailer/talk.h"

#include <string.h>

#include "common/attr.h"
#include "mailer/detail.h"

_Static_assert(TALK_CAP >= (int)DETAIL_CAP, "a line is shown as a detail is");

/* What curl tells of connections and certificates (libcurl 7.88). */
static const char *const of_curl[] = {
	"Trying ",
	"Connected to ",
	"connect to ",
	"Could not resolve",
	"SSL connection using ",
	" subject:",
	" issuer:",
	" expire date:",
	"SSL certificate verify",
	"SSL certificate problem",
	"SSL: no alternative",
	"STARTTLS ",
	"Failed to connect",
	"Operation timed out",
	"Connection timed out",
	"TLS alert",
	"OpenSSL",
};

static const struct {
	const char *verb, *means;
} verbs[] = {
	{"EHLO", "we greet; the answer lists what the server can"},
	{"HELO", "we greet, as in the old days"},
	{"STARTTLS", "from the answer on everything is encrypted"},
	{"AUTH", "we show user and password (not shown here)"},
	{"MAIL FROM", "the sender, --from: may it send through this server?"},
	{"RCPT TO", "the recipient: does the server take mail for it?"},
	{"DATA", "the letter itself; the answer to its end decides"},
	{"QUIT", "we leave"},
	{"POST", "the letter, to the API"},
};

static char upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static bool begins(struct slice line, const char *with)
{
	size_t len = strlen(with);

	if (line.len < len)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (upper(line.ptr[i]) != upper(with[i]))
			return false;
	}
	return true;
}

static bool is_worth_it(struct slice line)
{
	for (size_t i = 0; i < NELEMS(of_curl); i++) {
		if (begins(line, of_curl[i]))
			return true;
	}
	return false;
}

/* "AUTH PLAIN AGFubg==" is shown as "AUTH PLAIN ***". */
static struct slice auth_argument(struct slice line)
{
	struct slice verb, mechanism, rest = {NULL, 0};

	if (begins(line, "AUTH ") && slice_cut(line, ' ', &verb, &mechanism))
		slice_cut(mechanism, ' ', &verb, &rest);
	if (begins(line, "Authorization:") || begins(line, "Proxy-Authorization:"))
		slice_cut(line, ':', &verb, &rest);
	return slice_trim(rest); /* spaces before it would not be found again */
}

bool talk_show(struct talk *t, enum talk_who who, struct slice line, char out[TALK_CAP])
{
	struct slice secret = {NULL, 0};

	out[0] = '\0';
	if (who == TALK_CURL && !is_worth_it(line))
		return false;
	if (who == TALK_THEY)
		t->answers_334 = begins(line, "334");
	if (who == TALK_WE && t->answers_334)
		secret = line;
	else if (who == TALK_WE)
		secret = auth_argument(line);
	detail_write(line, &secret, 1, out);
	return out[0] != '\0';
}

const char *talk_explain(struct slice line)
{
	for (size_t i = 0; i < NELEMS(verbs); i++) {
		if (begins(line, verbs[i].verb))
			return verbs[i].means;
	}
	return NULL;
}
