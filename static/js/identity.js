// The colour of a name, and the drawing of an identity mark.

const turned = (n) => n % 24 * 15; // 24 hues

export const fold = (name) => name.normalize("NFKC").toLowerCase();

function hash(text) {
	let h = 0x811c9dc5; // FNV-1a

	for (const c of text) h = Math.imul(h ^ c.codePointAt(0), 0x01000193) >>> 0;
	return Math.imul(h ^ (h >>> 13), 0x9e3779b1) >>> 0;
}

export const hue = (name) => turned(hash(fold(name)) >>> 16);

// Five by five squares, mirrored: {hue, path} in a viewBox of "0 0 5 5".
export function drawing(mark) {
	const bits = hash(mark);
	const half = (bits >>> 8) % 32767 + 1; // 15 bits, not all zero
	let path = "";

	for (let y = 0; y < 5; y++)
		for (let x = 0; x < 5; x++)
			if (half >> (y * 3 + Math.min(x, 4 - x)) & 1) path += `M${x} ${y}h1v1h-1z`;
	return { hue: turned(bits & 255), path };
}
