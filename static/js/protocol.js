// The browser protocol (docs/PROTOCOL.md, part 1) as pure functions.

const VERSION = 1;
export const TYPE = {
	HELLO: 0, TEXT: 1, AUTH: 2, AUTH_ACK: 3, AUTH_RESET: 4, MAY_NOT_ENTER: 5, RESUME: 6,
	WAITING: 7, REFUSED: 8, ACCEPTED: 9, NOTICE: 10, WHO: 11, HERE: 12, TYPING: 13,
	SIGN_OUT: 14, SIGNED_OUT: 15,
};

// In bytes of UTF-8; escapes count.
export const TEXT_MAX = 65536;
const FRAME_MAX = 72 * 1024;

const NUMBERS = ("seq ts from digits expires_in resend_in retry_in people mailed_at " +
	"mail_retry_in mailers").split(" ");
const STRINGS = ("text id event token epoch reason ticket mail sender subject notice mark " +
	"proof reference").split(" ");

export const bytes = (text) => new TextEncoder().encode(text).length;

// Without what strict JSON readers refuse.
export const clean = (words) => words.replace(/[\p{Cs}\0]/gu, "\ufffd");

export const hello = (name, email, proof) =>
	({ type: TYPE.HELLO, text: clean(`${name}\n${email}`), v: VERSION, proof });
export const text = (id, words) => ({ type: TYPE.TEXT, text: words, id });
// position: {epoch, seq} of the last post received, or nothing.
export const auth = (code, ticket, claim, position) =>
	({ type: TYPE.AUTH, text: code, ticket, claim, ...position });
export const resumeSession = (token, position) =>
	({ type: TYPE.RESUME, v: VERSION, token, ...position });
export const resumeLogin = (ticket) => ({ type: TYPE.RESUME, v: VERSION, ticket });
export const who = (after) => ({ type: TYPE.WHO, after });
export const typing = () => ({ type: TYPE.TYPING });
export const signOut = (everywhere) => ({ type: TYPE.SIGN_OUT, everywhere });

export const textFits = (words) => bytes(words) <= TEXT_MAX &&
	bytes(encode(text("x".repeat(64), words))) <= FRAME_MAX;

export const encode = (frame) => JSON.stringify({ user: { name: "" }, text: "", ...frame });

// Known fields, each of its kind or absent (people are `here`); null: no frame.
export function decode(data) {
	let raw;

	try {
		raw = JSON.parse(data);
	} catch {
		return null;
	}
	if (!Number.isInteger(raw?.type)) return null;

	const frame = { type: raw.type, name: "", text: "" };
	const string = (x) => typeof x === "string";
	const take = (keys, fits) => keys.forEach((key) => fits(raw[key]) && (frame[key] = raw[key]));
	if (string(raw.user?.name)) frame.name = raw.user.name;
	take(NUMBERS, (n) => Number.isSafeInteger(n) && n >= 0);
	take(STRINGS, string);
	take(["mentions"], Array.isArray);
	if (Array.isArray(raw.people))
		frame.here = raw.people.filter((p) => string(p?.name))
			.map(({ name, mark }) => ({ name, mark: string(mark) ? mark : "" }));
	frame.more = raw.more === true;
	return frame;
}
