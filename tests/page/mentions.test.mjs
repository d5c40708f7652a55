// Who is called by `@name`: the words that are shown so, and what the room says of them.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it as test } from "node:test";

import { decode } from "../../static/js/protocol.js";
import { pieces } from "../../static/js/words.js";
import { ack, newPage, post } from "./stand_ins.mjs";

const mentions = (text) => pieces(text).filter((p) => p.mention).map((p) => p.mention);

// The pairs of strings in a table that the broker's tests are made of.
function table(name) {
	const path = new URL(`../unit/broker/${name}.def`, import.meta.url);
	const unescape = (text) => text.replace(/\\(?:u(\w{4})|U(\w{8})|(.))/g, (_, u, U, c) =>
		c ? { n: "\n" }[c] ?? c : String.fromCodePoint(parseInt(u ?? U, 16)));
	const rows = readFileSync(path, "utf8").matchAll(/^\w+\("(.*)", "(.*)"\)$/gm);

	return [...rows].map(([, a, b]) => [unescape(a), unescape(b)]);
}

describe("words that call somebody", () => {
	const cases = table("mentions");

	test("have a table", () => assert.ok(cases.length >= 30));
	for (const [text, words] of cases)
		test(`are in ${JSON.stringify(text)} as the broker finds them`, () =>
			assert.equal(mentions(text).join(" "), words));
	test("leave the words as they are", () => {
		for (const [text] of cases.filter(([text]) => !text.includes("https://\u0440")))
			assert.equal(pieces(text).map((p) => p.text).join(""), text);
	});
	test("n2: of a look-alike are the whole of it, or are not there", () => {
		const pairs = table("look_alikes");
		let whole = 0;

		assert.ok(pairs.length >= 200);
		for (const [, tried] of pairs) {
			const [first] = mentions(`@${tried}`);

			if (first !== undefined)
				assert.equal(first, tried.replace(/[. ]$/, ""));
			whole += first !== undefined;
		}
		assert.ok(whole >= 240, `${whole}`);
	});
	test("are sixteen different ones", () => {
		const names = Array.from({ length: 18 }, (_, i) => `n${i}`);

		assert.deepEqual(mentions(names.map((n) => `@${n} @${n}`).join(" ")),
			names.slice(0, 16).flatMap((n) => [n, n]));
		assert.equal(mentions(`@${"x".repeat(33)} @\u202ex `.repeat(9) + "@ann").join(), "ann");
	});
	test("of 65,536 bytes take no time", () => {
		const from = performance.now();

		pieces("@a".repeat(32000));
		pieces("@".repeat(65000));
		pieces(`@${"a.".repeat(32000)}`);
		pieces(`@${".".repeat(65000)}a`);
		pieces(`@${"a".repeat(65000)}`);
		pieces(Array.from({ length: 9000 }, (_, i) => `@n${i}`).join(" "));
		assert.ok(performance.now() - from < 1000);
	});
});

describe("a post", () => {
	// How it is shown, and told to who looks elsewhere.
	function calls(text, more, author = "bob") {
		const page = newPage();

		page.client.start();
		page.client.enter("ann", "ann@a.example");
		page.open();
		page.hear({ type: 7, name: "ann", ticket: "tick", digits: 8 });
		page.client.giveCode("48291357");
		page.hear(ack(0, 1));
		page.seen.length = 0;
		page.hear(post(1, author, { text, ...more }));
		const [shown] = page.calls("log.post"), [told] = page.calls("alerts.post");

		if (author === "bob") assert.equal(told.at(-1), shown.at(-1));
		return shown.at(-1);
	}

	test("calls whom the room says", () => {
		assert.equal(calls("@\u0430nn, @bob", { mentions: ["ann", "bob"] }), true);
		assert.equal(calls("@Ann", { mentions: ["ann"] }), true);
		assert.equal(calls("@anna", { mentions: ["anna"] }), false);
	});
	test("calls by the very name, whatever the room says", () => {
		assert.equal(calls("@ann"), true);
		assert.equal(calls("@ann, @bob", { mentions: ["bob"] }), true);
		assert.equal(calls("ann"), false);
		assert.equal(calls("mail@ann"), false);
	});
	test("of one's own calls nobody", () =>
		assert.equal(calls("@ann", { mentions: ["ann"] }, "ann"), false));
	test("is read with mentions that are a list, or without", () => {
		const read = (mentions) => decode(JSON.stringify({ type: 1, text: "", mentions })).mentions;

		assert.deepEqual(read(["ann"]), ["ann"]);
		for (const other of ["ann", 7, { 0: "ann" }, null, undefined]) assert.equal(read(other), undefined);
	});
});
