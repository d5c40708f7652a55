/* frame_log.h - the latest posts, each already a whole WebSocket frame, in a ring of bytes.
 *
 * Posts are framed once, here; a connection is a cursor (the seq it wants next) and is
 * given all that waits for it as one run of bytes.  The oldest frames are overwritten: a cursor that falls behind frame_log_first()
 * has to be told so.  Bounds: the bytes and the number of frames given at the start. */
#ifndef GATEWAY_FRAME_LOG_H
#define GATEWAY_FRAME_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "common/slice.h"

enum {
	FRAME_HEADER_MAX = 10,     /* RFC 6455 5.2, a server's frame: no masking key */
	FRAME_CLOSE_MAX = 2 + 125, /* 5.5: a control frame's most */
	/* Bytes in front of any run that frame_log_read() gives, for who writes in front. */
	FRAME_LOG_HEADROOM = 32,
};

/* Opcodes of RFC 6455 5.2, with the FIN bit. */
enum frame_opcode { FRAME_TEXT = 0x81, FRAME_CLOSE = 0x88, FRAME_PING = 0x89 };

/* Writes the header of a frame with this payload into out; returns its length. */
size_t frame_header(enum frame_opcode opcode, size_t payload,
		    unsigned char out[FRAME_HEADER_MAX]);

/* Writes a whole close frame into out; returns its length.  reason: of at most 123 bytes. */
size_t frame_close(uint16_t code, const char *reason, unsigned char out[FRAME_CLOSE_MAX]);

struct frame_log;

/* bytes: more than the largest frame; frames: how many at most. */
struct frame_log *frame_log_new(size_t bytes, size_t frames);
void frame_log_free(struct frame_log **l);

/* Empties it; the next post is the one after `after`. */
void frame_log_restart(struct frame_log *l, uint64_t after);
/* Adds the post with the seq newest + 1, as a text frame of this payload. */
void frame_log_add(struct frame_log *l, struct slice payload);
/* Seq of the newest post added; and of the oldest one still here, newest + 1 when there is none. */
uint64_t frame_log_newest(const struct frame_log *l);
uint64_t frame_log_first(const struct frame_log *l);

/* Who wants this seq lacks about one part of so many parts of the log, in bytes or in frames: who wants an
 * older one lacks more. */
uint64_t frame_log_part(const struct frame_log *l, size_t parts);

/* Whole frames from seq on, as many as lie together and fit cap bytes, but at least one; seq must be in
 * first..newest.  Borrowed until the next frame_log_add().  *next_out is the seq after the run. */
struct slice frame_log_read(const struct frame_log *l, uint64_t seq, size_t cap,
			    uint64_t *next_out);
/* After only `sent` bytes of the run from seq were taken, fewer than it has: what is left of the frame that was
 * begun, empty when none was.  *next_out is the seq that goes on after that. */
struct slice frame_log_rest(const struct frame_log *l, uint64_t seq, size_t sent,
			    uint64_t *next_out);

#endif
