// What begins with a slash or an @.

import { fold } from "./identity.js";

export const HELP = `/who – tells who is here
/me waves – says what you do
@name – calls somebody
Shift and Enter – begins a new line`;

const NAME = "[\\p{L}\\p{M}\\p{N}_.-]";
const ASKING = new RegExp(`(?<!${NAME})@(${NAME}{0,32})$`, "u");
const OFFERED = 6;

// {words} to say, {show: "who" or "help"}, or {wrong: sentence}.
export function command(words) {
	const [, name, rest] = /^\/([a-z]+)(?:\s+(.*))?$/is.exec(words.trimEnd()) ?? [];

	if (name === undefined) return { words };
	if (/^(who|help)$/i.test(name)) return { show: name.toLowerCase() };
	if (!/^me$/i.test(name)) return { wrong: `There is no /${name}. Type /help, or a space in front.` };
	return rest ? { words: `/me ${rest}` } : { wrong: "What do you do? For example: /me waves" };
}

export const action = (words) => words.startsWith("/me ") ? words.slice(4) : null;

// The @name that ends at the caret: {at, names that fit}, or null.
export function asking(text, caret, names) {
	const found = ASKING.exec(text.slice(0, caret));
	const fitting = found && names.filter((name) => fold(name).startsWith(fold(found[1])));

	return fitting?.length > 0 ? { at: found.index, names: fitting.slice(0, OFFERED) } : null;
}
