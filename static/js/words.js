// The words of a post in pieces that are safe to show: text, links, mentions.

const FOUND = new RegExp("((?:https?:\\/\\/|mailto:)" +
	"[^\\s<>\"`\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]+)" +
	"|@([\\p{L}\\p{M}\\p{N}_.-]{0,31}[\\p{L}\\p{M}\\p{N}_-])", "giu");
const SAFE = ["http:", "https:", "mailto:"];
const TOWER = /(\p{M}{200})\p{M}+/gu; // so many combining marks are no word

// [{text}, {text, href}, {text, mention}].  Joined they are the words, but for towers and
// hosts in punycode.
export function pieces(words) {
	const text = words.replace(TOWER, "$1");
	const out = [];
	let end = 0;

	for (const { 0: all, 1: url, 2: mention, index } of text.matchAll(FOUND)) {
		const shown = url ? trim(url) : all;
		const piece = url ? link(shown) : { text: all, mention };

		if (!piece || /[\p{L}\p{N}]/u.test(text[index - 1] ?? "")) continue;
		if (index > end) out.push({ text: text.slice(end, index) });
		out.push(piece);
		end = index + shown.length;
	}
	if (end < text.length || out.length === 0) out.push({ text: text.slice(end) });
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
	if (!SAFE.includes(url.protocol) || url.username || url.password ||
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
