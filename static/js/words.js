// The words of a post in pieces that are safe to show: text, links, mentions.

const FOUND = /(?<![\p{L}\p{N}])(?:((?:https?:\/\/|mailto:)[^\s<>"`\p{Bidi_C}]+)|@((?:\.*[\p{Alpha}\p{M}\p{N}\p{DI}_-])+))/giu;
// As in broker/mentions.h: neither turned nor blank, and few.
const WORD = /^[^\u202a-\u202e\u2066-\u2069\u115f\u1160\u3164\uffa0]{1,32}$/u;
const MOST = 16;
const TOWER = /(\p{M}{200})\p{M}+/gu; // so many combining marks are no word

// [{text}, {text, href}, {text, mention}]: joined the words, but for towers and punycode.
export function pieces(words) {
	const text = words.replace(TOWER, "$1");
	const out = [];
	const called = new Set();
	let end = 0;

	for (const { 0: all, 1: url, 2: mention, index } of text.matchAll(FOUND)) {
		const shown = url ? trim(url) : all;
		const piece = url ? link(shown)
			: WORD.test(mention) && called.add(mention).size <= MOST && { text: all, mention };

		if (!piece) continue;
		if (index > end) out.push({ text: text.slice(end, index) });
		out.push(piece);
		end = index + shown.length;
	}
	if (end < text.length || !out.length) out.push({ text: text.slice(end) });
	return out;
}

// null: no URL, another scheme, or a user name like a host.
function link(shown) {
	let url;

	try {
		url = new URL(shown);
	} catch {
		return null;
	}
	if (!/^(https?|mailto):$/.test(url.protocol) || url.username || url.password ||
		(url.protocol === "mailto:" && !url.pathname.includes("@")))
		return null;
	const host = shown.match(/^https?:\/\/([^/?#]*)/i)?.[1] ?? "";
	return { text: /[^\x21-\x7e]/.test(host) ? url.href : shown, href: url.href };
}

// Without the punctuation around it.
function trim(found) {
	let end = found.length;
	let extra = found.split(")").length - found.split("(").length; // closed, never opened

	while (/[.,;:!?'*_~…\]}]/.test(found[end - 1]) || (found[end - 1] === ")" && extra-- > 0))
		end--;
	return found.slice(0, end);
}
