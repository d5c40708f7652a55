// A name's colour: the same for everybody, in every page.  CSS makes it legible.

const STEPS = 24; // neighbours closer than 15 degrees look alike

export function hue(name) {
	let hash = 0x811c9dc5; // FNV-1a

	for (const c of name.normalize("NFKC").toLowerCase())
		hash = Math.imul(hash ^ c.codePointAt(0), 0x01000193) >>> 0;
	hash = Math.imul(hash ^ (hash >>> 13), 0x9e3779b1) >>> 0;
	return (hash >>> 16) % STEPS * (360 / STEPS);
}
