/* A frame never wraps: when it does not fit before the end of the ring, it begins at the front,
 * and the bytes left over stay unused for this round.  Positions count on for ever; modulo
 * the size they are places in the ring, and their order is the order of writing. */
#include "gateway/frame_log.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

struct frame {
	uint64_t at; /* position of the first byte */
	size_t len;
};

struct frame_log {
	char *memory; /* headroom, then the ring */
	char *ring;
	size_t size;
	struct frame *frames; /* by seq modulo capacity */
	size_t capacity;
	uint64_t first, newest; /* seqs; empty when first is newest + 1 */
	uint64_t end;           /* position after the newest frame */
};

size_t frame_header(enum frame_opcode opcode, size_t payload,
		    unsigned char out[FRAME_HEADER_MAX])
{
	size_t bytes = payload < 126 ? 0 : payload <= 0xffff ? 2 : 8;

	out[0] = (unsigned char)opcode;
	out[1] = bytes == 0 ? (unsigned char)payload : bytes == 2 ? 126 : 127;
	for (size_t i = 0; i < bytes; i++)
		out[2 + i] = (unsigned char)(payload >> 8 * (bytes - 1 - i));
	return 2 + bytes;
}

/* RFC 6455 5.5.1: a status code in network byte order, then text. */
size_t frame_close(uint16_t code, const char *reason, unsigned char out[FRAME_CLOSE_MAX])
{
	size_t text = strlen(reason), len = frame_header(FRAME_CLOSE, 2 + text, out);

	assert(len + 2 + text <= FRAME_CLOSE_MAX);
	out[len++] = (unsigned char)(code >> 8);
	out[len++] = (unsigned char)(code & 0xff);
	memcpy(out + len, reason, text);
	return len + text;
}

struct frame_log *frame_log_new(size_t bytes, size_t frames)
{
	struct frame_log *l = xcalloc(1, sizeof *l);

	l->memory = xcalloc(1, bytes + FRAME_LOG_HEADROOM);
	l->ring = l->memory + FRAME_LOG_HEADROOM;
	l->size = bytes;
	l->frames = xcalloc(frames, sizeof *l->frames);
	l->capacity = frames;
	frame_log_restart(l, 0);
	return l;
}

void frame_log_free(struct frame_log **l)
{
	if (l == NULL || *l == NULL)
		return;
	free((*l)->memory);
	free((*l)->frames);
	free(*l);
	*l = NULL;
}

void frame_log_restart(struct frame_log *l, uint64_t after)
{
	l->newest = after;
	l->first = after + 1;
	l->end = 0;
}

static struct frame *frame_of(const struct frame_log *l, uint64_t seq)
{
	return &l->frames[seq % l->capacity];
}

void frame_log_add(struct frame_log *l, struct slice payload)
{
	unsigned char header[FRAME_HEADER_MAX];
	size_t header_len = frame_header(FRAME_TEXT, payload.len, header);
	struct frame f = {l->end, header_len + payload.len};
	size_t place = (size_t)(l->end % l->size);

	assert(f.len <= l->size);
	if (place + f.len > l->size) {
		f.at += l->size - place;
		place = 0;
	}
	/* The frames that this one overwrites, or whose entry it takes, are gone. */
	while (l->first <= l->newest &&
	       (l->newest + 1 - l->first == l->capacity ||
		frame_of(l, l->first)->at + l->size < f.at + f.len))
		l->first++;
	memcpy(l->ring + place, header, header_len);
	memcpy(l->ring + place + header_len, payload.ptr, payload.len);
	l->end = f.at + f.len;
	l->newest++;
	*frame_of(l, l->newest) = f;
}

uint64_t frame_log_newest(const struct frame_log *l)
{
	return l->newest;
}

uint64_t frame_log_first(const struct frame_log *l)
{
	return l->first;
}

uint64_t frame_log_part(const struct frame_log *l, size_t parts)
{
	uint64_t low = l->first, high = l->newest + 1;

	if (high - low > l->capacity / parts)
		low = high - l->capacity / parts;
	/* The first frame from which on no more than this part lies: frames lie in the order of their seqs. */
	while (low < high) {
		uint64_t mid = low + (high - low) / 2;

		if (l->end - frame_of(l, mid)->at > l->size / parts)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct slice frame_log_read(const struct frame_log *l, uint64_t seq, size_t cap,
			    uint64_t *next_out)
{
	const struct frame *first = frame_of(l, seq);
	size_t room =
		l->size - (size_t)(first->at % l->size); /* up to the end of the ring */
	uint64_t low = seq, high = l->newest;

	assert(seq >= l->first && seq <= l->newest);
	if (cap > room)
		cap = room;
	/* The last frame that ends within cap: frames lie in the order of their seqs. */
	while (low < high) {
		uint64_t mid = low + (high - low + 1) / 2;
		const struct frame *f = frame_of(l, mid);

		if (f->at + f->len - first->at <= cap)
			low = mid;
		else
			high = mid - 1;
	}
	*next_out = low + 1;
	return (struct slice){
		l->ring + (size_t)(first->at % l->size),
		(size_t)(frame_of(l, low)->at + frame_of(l, low)->len - first->at)};
}

struct slice frame_log_rest(const struct frame_log *l, uint64_t seq, size_t sent,
			    uint64_t *next_out)
{
	struct slice frame = {l->ring, 0};

	*next_out = seq;
	while (sent > 0) {
		frame = frame_log_read(l, *next_out, 0, next_out);
		if (frame.len > sent)
			return (struct slice){frame.ptr + sent, frame.len - sent};
		sent -= frame.len;
	}
	return (struct slice){frame.ptr + frame.len, 0};
}
