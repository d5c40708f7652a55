// The words of a post, cut into pieces that are safe to show: plain text and links.

const LINK = /(?:https?:\/\/|mailto:)[^\s<>"`\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gi;
const SAFE = new Set(["http:", "https:", "mailto:"]);
const MARKS_MAX = 200; // SECURITY N4

// A list of {text} and {text, href}; joined, the texts are the words, except that an
// international host is shown as it is resolved (punycode) and that towers of combining
// marks are cut.
export function pieces(words) {
	const text = words.replace(new RegExp(`(\\p{M}{${MARKS_MAX}})\\p{M}+`, "gu"), "$1");
	const out = [];
	let end = 0;

	for (const match of text.matchAll(LINK)) {
		const shown = trim(match[0]);
		const href = target(shown);

		if (href === null || /[\p{L}\p{N}]/u.test(text[match.index - 1] ?? ""))
			continue;
		if (match.index > end)
			out.push({ text: text.slice(end, match.index) });
		out.push({ text: /^[\x21-\x7e]+$/.test(host(shown)) ? shown : href, href });
		end = match.index + shown.length;
	}
	if (end < text.length || out.length === 0)
		out.push({ text: text.slice(end) });
	return out;
}

// Without the punctuation of the sentence around it; a closing bracket stays when the
// link opened it.
function trim(link) {
	let end = link.length;
	let extra = link.split(")").length - link.split("(").length; // closed, never opened

	while (/[.,;:!?'*_~…\]}]/.test(link[end - 1]) || (link[end - 1] === ")" && extra-- > 0))
		end--;
	return link.slice(0, end);
}

function host(link) {
	return link.match(/^https?:\/\/([^/?#]*)/i)?.[1] ?? "mailto";
}

// Where the link leads, or null: no URL, another scheme, or a user name that would pass
// for the host.
function target(link) {
	let url;

	try {
		url = new URL(link);
	} catch {
		return null;
	}
	if (!SAFE.has(url.protocol) || url.username !== "" || url.password !== "")
		return null;
	return url.protocol === "mailto:" && !url.pathname.includes("@") ? null : url.href;
}
