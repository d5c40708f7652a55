// The browser protocol (docs/PROTOCOL.md, part 1) as pure functions: what a client
// says, and what it understands of what it hears.  Knows no socket, page or clock.

export const VERSION = 1;

export const TYPE = Object.freeze({
	HELLO: 0,
	TEXT: 1,
	AUTH: 2,
	AUTH_ACK: 3,
	AUTH_RESET: 4,
	MAY_NOT_ENTER: 5,
	RESUME: 6,
	WAITING: 7,
	REFUSED: 8,
	ACCEPTED: 9,
	NOTICE: 10,
});

// In bytes of UTF-8.  FRAME_MAX is what the gateway closes over (1.3): escapes count.
export const FIELD_MAX = 120;
export const TEXT_MAX = 65536;
export const FRAME_MAX = 72 * 1024;

const FROM_SERVER = new Set([1, 3, 4, 5, 7, 8, 9, 10]);
const NUMBERS = ["seq", "ts", "from", "digits", "expires_in", "resend_in", "retry_in"];
const STRINGS = ["text", "id", "event", "token", "epoch", "reason", "ticket", "mail", "sender",
	"subject", "notice"];

export function bytes(text) {
	return new TextEncoder().encode(text).length;
}

// Without what strict JSON readers refuse whole: halves of surrogate pairs, and NUL.
export function clean(words) {
	return words.replace(/[\p{Cs}\0]/gu, "\ufffd");
}

export function hello(name, email) {
	return { type: TYPE.HELLO, text: clean(`${name}\n${email}`), v: VERSION };
}

export function text(id, words) {
	return { type: TYPE.TEXT, text: words, id };
}

// position: {epoch, seq} of the last post received, or {} for none.
export function auth(code, ticket, claim, position = {}) {
	return { type: TYPE.AUTH, text: code, ticket, claim, ...position };
}

export function resumeSession(token, position = {}) {
	return { type: TYPE.RESUME, v: VERSION, token, ...position };
}

export function resumeLogin(ticket) {
	return { type: TYPE.RESUME, v: VERSION, ticket };
}

// A text that fits both limits, its own and that of the frame around it.
export function textFits(words) {
	return bytes(words) <= TEXT_MAX && bytes(encode(text("x".repeat(64), words))) <= FRAME_MAX;
}

export function encode(frame) {
	return JSON.stringify({ user: { name: "" }, text: "", ...frame });
}

// What was heard as {type, name, text, …}, with every known field of its right kind or
// absent; null for what is no frame or of a type that this client does not know.
export function decode(data) {
	let raw;

	try {
		raw = JSON.parse(data);
	} catch {
		return null;
	}
	if (raw === null || typeof raw !== "object" || !FROM_SERVER.has(raw.type))
		return null;

	const frame = { type: raw.type, name: "" };
	if (typeof raw.user?.name === "string")
		frame.name = raw.user.name;
	for (const key of NUMBERS)
		if (Number.isSafeInteger(raw[key]) && raw[key] >= 0)
			frame[key] = raw[key];
	for (const key of STRINGS)
		if (typeof raw[key] === "string")
			frame[key] = raw[key];
	frame.text ??= "";
	frame.resumed = raw.resumed === true;
	return frame;
}
