/* WebSocket (RFC 6455), MQTT 3.1.1, the protocol of NATS, Engine.IO 4 with Socket.IO 5 in it. */
#include "tests/bench/peer.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/attr.h"
#include "tests/bench/frames.h"

/* S() is no constant. */
#define BYTES(literal)                         \
	{                                      \
		(literal), sizeof(literal) - 1 \
	}
#define UPGRADE(path) UPGRADE_TO(path, "")
#define UPGRADE_TO(path, more)                                                          \
	BYTES("GET " path " HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n" more \
	      "Connection: Upgrade\r\nSec-WebSocket-Key: cGx1bWUtYmVuY2gtLS0tLQ==\r\n"  \
	      "Sec-WebSocket-Version: 13\r\n\r\n")

static const struct peer_step websocket[] = {{UPGRADE("/room"), BYTES("\r\n\r\n")}};

static const struct peer_step mqtt[] = {
	/* CONNECT: MQTT, level 4, clean session, keep alive 600 s, no client id. */
	{BYTES("\x10\x0c\x00\x04MQTT\x04\x02\x02\x58\x00\x00"),
	 BYTES("\x20\x02\x00\x00")},
	/* SUBSCRIBE 1 to "room" with QoS 0. */
	{BYTES("\x82\x09\x00\x01\x00\x04room\x00"), BYTES("\x90\x03\x00\x01\x00")},
};

/* The same in masked WebSocket frames. */
static const struct peer_step mqtt_in_websocket[] = {
	{UPGRADE_TO("/mqtt", "Sec-WebSocket-Protocol: mqtt\r\n"), BYTES("\r\n\r\n")},
	{BYTES("\x82\x8e\0\0\0\0\x10\x0c\x00\x04MQTT\x04\x02\x02\x58\x00\x00"),
	 BYTES("\x20\x02\x00\x00")},
	{BYTES("\x82\x8b\0\0\0\0\x82\x09\x00\x01\x00\x04room\x00"),
	 BYTES("\x90\x03\x00\x01\x00")},
};

static const struct peer_step nats[] = {
	{BYTES(""), BYTES("INFO ")},
	{BYTES("CONNECT {\"verbose\":false,\"pedantic\":false}\r\nSUB room 1\r\nPING\r\n"),
	 BYTES("PONG\r\n")},
};

/* The frame "40" asks for the default namespace; it is masked with zeros. */
static const struct peer_step socketio[] = {
	{UPGRADE("/socket.io/?EIO=4&transport=websocket"), BYTES("\"sid\"")},
	{BYTES("\x81\x82\0\0\0\0"
	       "40"),
	 BYTES("40{")},
};

static const struct {
	const struct peer_step *steps;
	size_t n;
} kinds[] = {
	[PEER_WS] = {websocket, NELEMS(websocket)},
	[PEER_NCHAN] = {websocket, NELEMS(websocket)},
	[PEER_MOSQUITTO] = {mqtt, NELEMS(mqtt)},
	[PEER_NATS] = {nats, NELEMS(nats)},
	[PEER_SOCKETIO] = {socketio, NELEMS(socketio)},
	[PEER_MQTTWS] = {mqtt_in_websocket, NELEMS(mqtt_in_websocket)},
};

const struct peer_step *peer_steps(enum peer_kind kind, size_t *n_out)
{
	*n_out = kinds[kind].n;
	return kinds[kind].steps;
}

static size_t write_frame(int opcode, struct slice head, struct slice text,
			  struct slice tail, char *out)
{
	size_t len = head.len + text.len + tail.len, at = 8;

	out[0] = (char)opcode;
	out[1] = (char)(0x80 | 126);
	out[2] = (char)(len >> 8);
	out[3] = (char)(len & 0xff);
	memset(out + 4, 0, 4);
	memcpy(out + at, head.ptr, head.len);
	memcpy(out + at + head.len, text.ptr, text.len);
	memcpy(out + at + head.len + text.len, tail.ptr, tail.len);
	return at + len;
}

static size_t write_mqtt(struct slice text, char *out)
{
	size_t len = 2 + 4 + text.len, at = 1;

	out[0] = 0x30; /* PUBLISH, QoS 0 */
	if (len >= 128)
		out[at++] = (char)(0x80 | (len & 127));
	out[at++] = (char)(len >= 128 ? len >> 7 : len);
	memcpy(out + at, "\x00\x04room", 6);
	memcpy(out + at + 6, text.ptr, text.len);
	return at + len;
}

size_t peer_write(enum peer_kind kind, struct slice text, char out[PEER_FRAME_MAX])
{
	char packet[PEER_FRAME_MAX];

	switch (kind) {
	case PEER_MQTTWS:
		return write_frame(0x82, S(""),
				   (struct slice){packet, write_mqtt(text, packet)},
				   S(""), out);
	case PEER_MOSQUITTO:
		return write_mqtt(text, out);
	case PEER_NATS:
		return (size_t)snprintf(out, PEER_FRAME_MAX, "PUB room %zu\r\n%.*s\r\n",
					text.len, SLICE_ARGS(text));
	case PEER_SOCKETIO:
		return write_frame(FRAMES_TEXT, S("42[\"post\",\""), text, S("\"]"), out);
	case PEER_WS:
	case PEER_NCHAN:
		break;
	}
	return write_frame(FRAMES_TEXT, S(""), text, S(""), out);
}
