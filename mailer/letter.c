/* Two templates, text and HTML, filled with checked or escaped strings, wrapped in
 * headers. */
#include "mailer/letter.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/memory.h"
#include "common/secret.h"
#include "common/utf8.h"
#include "mailer/address.h"
#include "mailer/mime.h"

enum {
	ROOM_MAX = 64,
	URL_MAX = 500,
};

static const char subject_template[] = "Your %s login code is %.*s";

static const char text_template[] =
	"Hello%s%s,\n"
	"\n"
	"your login code for %s is\n"
	"\n"
	"    %s\n"
	"\n"
	"%s\n"
	"Type it in the window where you asked for it.\n"
	"\n"
	"If you did not ask for it, you need not do anything: without\n"
	"this code nobody gets in with your address.\n"
	"\n"
	"Asked for on %s, reference %s\n"
	"%s%s";

static const char html_template[] =
	"<!DOCTYPE html>\n"
	"<html lang=\"en\">\n"
	"<head><meta charset=\"utf-8\"><title>Login code</title></head>\n"
	"<body style=\"font-family: sans-serif; line-height: 1.5\">\n"
	"<p>Hello%s<bdi>%s</bdi>,</p>\n"
	"<p>your login code for %s is</p>\n"
	"<p style=\"font-size: 2em; font-weight: bold; letter-spacing: 0.1em\">\n"
	"%s</p>\n"
	"<p>%s<br>\n"
	"Type it in the window where you asked for it.</p>\n"
	"<p>If you did not ask for it, you need not do anything: without\n"
	"this code nobody gets in with your address.</p>\n"
	"<p><small>Asked for on %s, reference %s</small></p>\n"
	"%s"
	"</body>\n"
	"</html>\n";

/* RFC 3834 5 (Auto-Submitted); X-Auto-Response-Suppress is Exchange's (MS-OXCMAIL). */
static const char message_template[] =
	"Date: %s\r\n"
	"From: %s\r\n"
	"To: %s\r\n"
	"Message-ID: %s\r\n"
	"Subject: %s\r\n"
	"Auto-Submitted: auto-generated\r\n"
	"X-Auto-Response-Suppress: All\r\n"
	"Content-Language: en\r\n"
	"MIME-Version: 1.0\r\n"
	"Content-Type: multipart/alternative; boundary=\"%s\"\r\n"
	"\r\n"
	"--%s\r\n"
	"Content-Type: text/plain; charset=utf-8\r\n"
	"Content-Transfer-Encoding: quoted-printable\r\n"
	"\r\n"
	"%s\r\n"
	"--%s\r\n"
	"Content-Type: text/html; charset=utf-8\r\n"
	"Content-Transfer-Encoding: quoted-printable\r\n"
	"\r\n"
	"%s\r\n"
	"--%s--\r\n";

/* -- checks -- */

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029;
}

bool letter_room_is_valid(struct slice room)
{
	uint32_t c;

	if (room.len < 1 || room.len > ROOM_MAX || slice_trim(room).len != room.len)
		return false;
	while (utf8_next(&room, &c)) {
		if (is_control(c))
			return false;
	}
	return room.len == 0; /* else it is not UTF-8 */
}

bool letter_url_is_valid(struct slice url)
{
	if (url.len > URL_MAX ||
	    !(slice_starts(url, S("https://")) || slice_starts(url, S("http://"))))
		return false;
	for (size_t i = 0; i < url.len; i++) {
		if (url.ptr[i] <= ' ' || url.ptr[i] > '~' ||
		    strchr("\"'<>\\", url.ptr[i]) != NULL)
			return false;
	}
	return true;
}

/* The code and the reference are the broker's; the code is in a header all the same. */
static bool is_plain_word(struct slice word)
{
	for (size_t i = 0; i < word.len; i++) {
		if (!is_alnum(word.ptr[i]) && word.ptr[i] != '-')
			return false;
	}
	return word.len > 0;
}

/* -- strings -- */

/* Gives the name as a person may see it in a mail that a stranger can have sent to them:
 * without control and invisible characters, and with a word joiner (U+2060, not shown)
 * after what a mail reader would need to make a link of "buy.example". */
static char *name_for_people(struct slice name)
{
	char *out = xcalloc(name.len * 4 + 1, 1);
	size_t len = 0;
	uint32_t c;

	for (const char *at = name.ptr; utf8_next(&name, &c); at = name.ptr) {
		if (!utf8_is_harmless(c))
			continue;
		memcpy(out + len, at, (size_t)(name.ptr - at));
		len += (size_t)(name.ptr - at);
		if (c == '.' || c == ':' || c == '/' || c == '@') {
			memcpy(out + len, "\xe2\x81\xa0", 3);
			len += 3;
		}
	}
	return out;
}

static const char *html_entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

static char *html_escape(const char *text)
{
	char *out = xcalloc(strlen(text) * 6 + 1, 1);
	size_t len = 0;

	for (; *text != '\0'; text++) {
		const char *entity = html_entity(*text);
		size_t n = entity == NULL ? 1 : strlen(entity);

		memcpy(out + len, entity == NULL ? text : entity, n);
		len += n;
	}
	return out;
}

static void format_time(uint64_t wall_ms, const char *format, char *buf, size_t cap)
{
	time_t seconds = (time_t)(wall_ms / 1000);
	struct tm utc;

	buf[0] = '\0';
	if (gmtime_r(&seconds, &utc) != NULL)
		strftime(buf, cap, format, &utc);
}

/* A clock time stays true however late the letter arrives. */
static char *validity(const struct letter_facts *facts)
{
	char until[sizeof "14:03"];

	if (facts->end_ms == 0)
		return xasprintf("It works once.");
	format_time(facts->end_ms, "%H:%M", until, sizeof until);
	return xasprintf("It works once, until %s UTC.", until);
}

/* -- the letter -- */

static void write_bodies(struct letter *l, const struct letter_style *style,
			 const struct letter_facts *facts)
{
	const char *url = style->public_url;
	char *code = slice_dup(facts->code);
	char *reference = slice_dup(facts->reference);
	char *name = name_for_people(facts->name);
	char *html_name = html_escape(name);
	char *html_room = html_escape(style->room);
	char *html_url = html_escape(url == NULL ? "" : url);
	char *link = url == NULL ? xstrdup("")
				 : xasprintf("<p><a href=\"%s\">%s</a></p>\n", html_url,
					     html_url);
	char *valid = validity(facts);
	const char *space = name[0] == '\0' ? "" : " ";
	char date[sizeof "2026-01-31 at 14:03 UTC"];

	format_time(facts->asked_ms, "%Y-%m-%d at %H:%M UTC", date, sizeof date);
	l->text = xasprintf(text_template, space, name, style->room, code, valid, date,
			    reference, url == NULL ? "" : url, url == NULL ? "" : "\n");
	l->html = xasprintf(html_template, space, html_name, html_room, code, valid, date,
			    reference, link);
	secret_wipe(code, strlen(code));
	free(code);
	free(reference);
	free(name);
	free(html_name);
	free(html_room);
	free(html_url);
	free(link);
	free(valid);
}

static void write_subject(struct letter *l, const struct letter_style *style,
			  struct slice code)
{
	if (style->code_in_subject)
		l->subject =
			xasprintf(subject_template, style->room, (int)code.len, code.ptr);
	else
		l->subject = xasprintf("Your %s login code", style->room);
}

char *letter_subject_shown(const struct letter_style *style)
{
	if (style->code_in_subject)
		return xasprintf(subject_template, style->room, 3, "...");
	return xasprintf("Your %s login code", style->room);
}

static void wipe(char *text)
{
	if (text == NULL)
		return;
	secret_wipe(text, strlen(text));
	free(text);
}

static void write_message(struct letter *l, const struct letter_facts *facts)
{
	/* "=_" cannot come from quoted-printable (RFC 2045 6.7), so no body has this boundary */
	char *boundary = xasprintf("=_plume_%016" PRIx64, facts->salt);
	char *subject = mime_header_text(slice_of(l->subject));
	char *text = mime_quoted_printable(slice_of(l->text));
	char *html = mime_quoted_printable(slice_of(l->html));
	char date[MIME_DATE_CAP];

	mime_date(facts->asked_ms, date);
	l->message =
		xasprintf(message_template, date, l->from, l->to, l->message_id, subject,
			  boundary, boundary, text, boundary, html, boundary);
	l->message_len = strlen(l->message);
	wipe(subject);
	wipe(text);
	wipe(html);
	free(boundary);
}

enum status letter_new(const struct letter_style *style, const struct letter_facts *facts,
		       struct letter **out)
{
	struct letter *l;

	*out = NULL;
	if (!address_is_valid(facts->email) || !is_plain_word(facts->code) ||
	    !is_plain_word(facts->reference))
		return ST_RANGE;

	l = xcalloc(1, sizeof *l);
	l->from = xstrdup(style->from);
	l->to = slice_dup(facts->email);
	l->message_id = xasprintf("<plume.%" PRIu64 ".%016" PRIx64 "%s>", facts->number,
				  facts->salt, strchr(style->from, '@'));
	write_subject(l, style, facts->code);
	write_bodies(l, style, facts);
	write_message(l, facts);
	*out = l;
	return ST_OK;
}

void letter_free(struct letter **l)
{
	if (l == NULL || *l == NULL)
		return;
	free((*l)->from);
	free((*l)->to);
	free((*l)->message_id);
	wipe((*l)->subject);
	wipe((*l)->text);
	wipe((*l)->html);
	wipe((*l)->message);
	free(*l);
	*l = NULL;
}
