/* HTTP: the files of the page, each answered from memory; everything else is refused by name. */
#include "gateway/server_private.h"

#include <string.h>

#include <libwebsockets.h>

#include "common/attr.h"
#include "gateway/gateway.h"

_Static_assert(LWS_PRE <= ASSET_HEADROOM,
	       "the library may write in front of what it is given");

static const struct {
	const char *name, *value;
} security_headers[] = {
#define HEADER(name, value) {name, value},
#include "gateway/security_headers.def"
#undef HEADER
};

static char page_404[ASSET_HEADROOM + 16] = "";
static char page_405[ASSET_HEADROOM + 24] = "";
static char page_426[ASSET_HEADROOM + 32] = "";

struct answer {
	unsigned int status;
	const struct asset *asset;
	const char *extra_name, *extra_value; /* a header more; NULL: none */
	bool has_body, is_last;               /* is_last: close after it */
};

static bool add_header(struct lws *wsi, const char *name, const char *value,
		       unsigned char **p, unsigned char *end)
{
	return lws_add_http_header_by_name(wsi, (const unsigned char *)name,
					   (const unsigned char *)value,
					   (int)strlen(value), p, end) == 0;
}

static int write_answer(struct lws *wsi, struct peer *peer, const struct answer *a)
{
	unsigned char buf[LWS_PRE + 2048], *start = buf + LWS_PRE, *p = start;
	unsigned char *end = buf + sizeof buf;
	bool good = lws_add_http_header_status(wsi, a->status, &p, end) == 0;

	if (a->status != 304)
		good = good &&
		       add_header(wsi, "content-type:", a->asset->type, &p, end) &&
		       lws_add_http_header_content_length(wsi, a->asset->len, &p, end) ==
			       0;
	if (a->asset->etag[0] != '\0')
		good = good && add_header(wsi, "etag:", a->asset->etag, &p, end);
	if (a->extra_name != NULL)
		good = good && add_header(wsi, a->extra_name, a->extra_value, &p, end);
	for (size_t i = 0; good && i < NELEMS(security_headers); i++)
		good = add_header(wsi, security_headers[i].name,
				  security_headers[i].value, &p, end);
	if (!good || lws_finalize_write_http_header(wsi, start, &p, end) != 0)
		return -1;
	if (!a->has_body || a->asset->len == 0)
		return a->is_last || lws_http_transaction_completed(wsi) != 0 ? -1 : 0;
	if (a->is_last) {
		(void)lws_write(wsi, (unsigned char *)a->asset->body, a->asset->len,
				LWS_WRITE_HTTP_FINAL);
		return -1;
	}
	peer->body = a->asset;
	lws_callback_on_writable(wsi);
	return 0;
}

int server_http_writeable(struct lws *wsi, struct peer *peer)
{
	const struct asset *x = peer->body;

	if (x == NULL)
		return 0;
	peer->body = NULL;
	if (lws_write(wsi, (unsigned char *)x->body, x->len, LWS_WRITE_HTTP_FINAL) < 0)
		return -1;
	return lws_http_transaction_completed(wsi) != 0 ? -1 : 0;
}

static struct asset page(char *memory, const char *text)
{
	return (struct asset){.type = "text/plain; charset=utf-8",
			      .body = memcpy(memory + ASSET_HEADROOM, text, strlen(text)),
			      .len = strlen(text)};
}

int server_http(struct lws *wsi, struct peer *peer, const char *path)
{
	struct gateway *g = server_gateway(wsi);
	const struct asset *x = assets_find(g->assets, slice_of(path));
	struct asset not_found = page(page_404, "not found\n");
	struct asset not_allowed = page(page_405, "method not allowed\n");
	struct asset upgrade = page(page_426, "this is for WebSockets\n");
	char *uri, match[64] = "";
	int len, method = lws_http_get_uri_and_method(wsi, &uri, &len);
	struct answer a = {
		.status = 200, .asset = x, .has_body = method == LWSHUMETH_GET};

	if (method != LWSHUMETH_GET && method != LWSHUMETH_HEAD) {
		/* is_last: what follows the header would be the body, not a request. */
		a = (struct answer){405, &not_allowed, "allow:", "GET, HEAD", true, true};
	} else if (strcmp(path, "/connect") == 0) {
		a = (struct answer){
			426, &upgrade, "upgrade:", "websocket", a.has_body, true};
	} else if (x == NULL) {
		a = (struct answer){404, &not_found, NULL, NULL, a.has_body, true};
	} else if (lws_hdr_copy(wsi, match, sizeof match, WSI_TOKEN_HTTP_IF_NONE_MATCH) >
			   0 &&
		   strstr(match, x->etag) != NULL) {
		a.status = 304;
		a.has_body = false;
	}
	/* A body that we do not read would be taken for the next request. */
	if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0)
		a.is_last = true;
	return write_answer(wsi, peer, &a);
}
