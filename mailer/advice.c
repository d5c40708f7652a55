/* By the code of the server first, else by what curl said. */
#include "mailer/advice.h"

#include <string.h>

#include "common/attr.h"

struct of_code {
	int least, most;
	const char *told;
};

static const struct of_code smtp[] = {
	{421, 421,
	 "The server has no time for us now: too many connections, or it shuts down. "
	 "The mailer would try again."},
	{450, 452,
	 "The server puts the letter off: greylisting, a full mailbox or a limit. "
	 "The mailer would try again, and greylisting then lets it pass."},
	{454, 454,
	 "The server cannot do TLS or authenticate at the moment: see its log."},
	{530, 530, "The server wants --smtp-user and a password, or TLS, first."},
	{534, 535,
	 "User or password are not what the server expects: see --smtp-user and the "
	 "password file. Some providers want an app password."},
	{538, 538, "The server takes passwords only with TLS: --smtp-tls required."},
	{550, 551,
	 "The server does not take mail for this recipient, or not from us: is the "
	 "address right, may this server relay for us, is our IP on a block list?"},
	{552, 552, "The letter is too big for them, or the mailbox is full."},
	{553, 553,
	 "The sender is not allowed: --from must be an address that this user may "
	 "use."},
	{554, 554,
	 "Refused by policy: see what the server said; SPF, DKIM, a block list, or "
	 "spam filtering are the usual reasons (docs/OPERATIONS.md)."},
	{500, 599, "The server refuses for good: see what it said."},
	{400, 499, "The server puts the letter off: the mailer would try again."},
};

static const struct of_code http[] = {
	{400, 400, "Mailgun does not take the request: is --from of the sending domain?"},
	{401, 403,
	 "The key is not good for this domain: see the key file, and whether the "
	 "domain is in the EU (--mailgun-url https://api.eu.mailgun.net/v3)."},
	{404, 404,
	 "There is no such domain there: see mailgun:DOMAIN, and --mailgun-url for "
	 "the EU."},
	{429, 429, "Too many requests: the mailer waits as long as they ask for."},
	{500, 599, "Trouble at Mailgun: the mailer would try again."},
};

static const struct {
	const char *said, *told;
} words[] = {
	{"resolve",
	 "The name of the server is not known: see --transport and the DNS of this "
	 "host."},
	{"certificate", "The certificate is not good: it must be valid for the name in "
			"--transport, and signed by an authority of this system or of "
			"--smtp-ca."},
	{"SSL",
	 "TLS failed: does this port speak TLS (smtps:// on 465, STARTTLS on 587 and "
	 "25)? A server without STARTTLS may also be somebody in between who takes it "
	 "out; nothing was sent."},
	{"TLS", "TLS failed: does the server offer STARTTLS on this port?"},
	{"onnect",
	 "There is no connection: is host and port right, and does a firewall let "
	 "this host out? Many providers block port 25: use 587."},
	{"timed out",
	 "There was no answer in time: a firewall that drops, or a slow server "
	 "(--mail-timeout)."},
	{"Timeout",
	 "There was no answer in time: a firewall that drops, or a slow server "
	 "(--mail-timeout)."},
};

static const char *find(const struct of_code *rows, size_t n, int code)
{
	for (size_t i = 0; i < n; i++) {
		if (code >= rows[i].least && code <= rows[i].most)
			return rows[i].told;
	}
	return NULL;
}

const char *advice_on(enum transport_kind kind, const struct delivery_result *result)
{
	const char *told = kind == TRANSPORT_MAILGUN
				   ? find(http, NELEMS(http), result->code)
				   : find(smtp, NELEMS(smtp), result->code);

	if (told != NULL)
		return told;
	for (size_t i = 0; i < NELEMS(words); i++) {
		if (strstr(result->detail, words[i].said) != NULL)
			return words[i].told;
	}
	if (kind == TRANSPORT_MAILDIR)
		return "The directory cannot be written.";
	return "See what was said last, and the server's own log.";
}
