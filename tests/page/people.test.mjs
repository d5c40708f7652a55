// Who is here, what they write besides words, and how they look.

import assert from "node:assert/strict";
import { describe, it as test } from "node:test";

import { action, asking, command } from "../../static/js/command.js";
import { drawing } from "../../static/js/identity.js";
import { People, Presence, listed } from "../../static/js/people.js";
import { mailHint, mailText } from "../../static/js/reasons.js";
import { ack, newPage, post } from "./stand_ins.mjs";

const said = (parts) => parts.map((part) => part.name ?? part).join("");

describe("people", () => {
	test("come page by page, and what happens meanwhile counts", () => {
		const people = new People();

		people.ask();
		assert.equal(people.here({ here: [{ name: "ann", mark: "a" }, { name: "bob", mark: "b" }],
			more: true }), "bob");
		people.hear({ name: "ann", event: "left" });
		people.hear({ name: "cat", mark: "c", event: "entered" });
		assert.equal(people.here({ here: [{ name: "dan", mark: "d" }], more: false }), undefined);
		assert.deepEqual([...people.marks.keys()].sort(), ["bob", "cat", "dan"]);
		assert.equal(people.count, 3);
	});
	test("are counted by the room where it tells", () => {
		const people = new People();

		people.hear({ name: "ann", event: "entered", people: 70 });
		assert.equal(people.count, 70);
		people.hear({ name: "ann", text: "just words" });
		assert.equal(people.count, 70);
	});
	test("type until they have said it, or for five seconds", () => {
		const people = new People();

		people.types("ann", 0);
		people.types("bob", 1000);
		assert.deepEqual(people.typers(5000), ["ann", "bob"]);
		assert.deepEqual(people.typers(5001), ["bob"]);
		people.hear({ name: "bob" });
		assert.deepEqual(people.typers(5001), []);
	});
	test("are listed as people list them", () => {
		const cases = [[[], ""], [["ann"], "ann"], [["ann", "bob"], "ann and bob"],
			[["ann", "bob", "cat"], "ann, bob and cat"],
			[["ann", "bob", "cat", "dan"], "ann, bob and 2 others"]];

		for (const [names, line] of cases)
			assert.equal(said(listed(names)), line);
	});
	test("who come and go in a row are one sentence", () => {
		const presence = new Presence();
		const add = (event, ...names) => names.forEach((name) => presence.add(name, event));

		add("entered", "ann", "bob", "cat", "dan", "eve");
		assert.equal(said(presence.parts()), "ann, bob and 3 others entered");
		add("left", "bob", "cat", "dan");
		assert.equal(said(presence.parts()), "ann and eve entered, bob, cat and dan left");
		add("later days", "ann");
		assert.equal(said(presence.parts()), "eve entered, bob, cat and dan left");
	});
	test("have drawings that differ where their marks do", () => {
		const paths = new Set(Array.from({ length: 500 }, (_, i) => drawing(`mark${i}`))
			.map(({ hue, path }) => `${hue} ${path}`));

		assert.ok(paths.size > 495);
		assert.deepEqual(drawing("k3vw"), drawing("k3vw"));
		for (const path of paths)
			assert.match(path, /^\d+ (M[0-4] [0-4]h1v1h-1z)+$/);
	});
});

describe("the list of people", () => {
	const HERE = { type: 12, here: [{ name: "ann", mark: "a" }], more: false };

	test("is asked for on entering, again on looking, and not of an older room", () => {
		const page = newPage();

		page.client.start();
		page.client.enter("ann", "ann@a.example");
		page.open();
		page.hear(ack(0, 1));
		assert.equal(page.sent.filter((f) => f.type === 11).length, 0);
		page.hear(ack(0, 1, { mark: "k3", people: 5 }));
		assert.deepEqual(page.sent.at(-1), { type: 11 });
		assert.equal(page.client.people.count, 5);
		page.hear({ ...HERE, more: true });
		assert.deepEqual(page.sent.at(-1), { type: 11, after: "ann" });
		page.hear(HERE);
		page.client.onSeen();
		assert.deepEqual(page.sent.at(-1), { type: 11 });
		page.run(13000);
		page.client.onTick();
		assert.equal(page.connection.renewed, 0, "a room that does not answer is not there");
	});
	test("typing is told at most every three seconds, and afresh after each post", () => {
		const page = newPage();
		const told = () => page.sent.filter((f) => f.type === 13).length;

		page.client.start();
		page.client.enter("ann", "ann@a.example");
		page.client.types();
		page.open();
		page.hear(ack(0, 1, { mark: "k3" }));
		for (let ms = 0; ms < 7000; ms += 500, page.run(500))
			page.client.types();
		assert.equal(told(), 3);
		page.client.say("done");
		page.client.types();
		assert.equal(told(), 4);
	});
	test("a post that calls somebody by another letter case calls them", () => {
		const page = newPage();
		const calls = (text) => {
			page.hear(post(++seq, "bob", { text }));
			return page.calls("log.post").at(-1)[4];
		};
		let seq = 0;

		page.client.start();
		page.client.enter("ann", "ann@a.example");
		page.open();
		page.hear(ack(0, 1));
		assert.deepEqual(["hi @Ann!", "@ANN", "ann", "@anna", "x@ann", "(@ann)", "https://a.example/@ann"]
			.map(calls), [true, true, false, false, false, true, false]);
	});
});

describe("commands", () => {
	const cases = [
		["hello", { words: "hello" }],
		["/me waves", { words: "/me waves" }],
		["/ME  waves\nand waits", { words: "/me waves\nand waits" }],
		["/who", { show: "who" }],
		["/Help ", { show: "help" }],
		["/usr/bin is a path", { words: "/usr/bin is a path" }],
		[" /who", { words: " /who" }],
		["/ 2", { words: "/ 2" }],
	];

	for (const [typed, meant] of cases)
		test(`${JSON.stringify(typed)} is understood`, () => assert.deepEqual(command(typed), meant));
	test("that do not exist are told", () => {
		assert.match(command("/constructor").wrong, /no \/constructor/);
		assert.match(command("/me").wrong, /do\?/);
	});
	test("of others are told as what they do", () => {
		assert.equal(action("/me waves"), "waves");
		assert.equal(action("not /me"), null);
	});
});

describe("a name that is being written", () => {
	const names = ["ann", "Anna", "bob", "ąnn"];
	const cases = [["@", 4, 0], ["@a", 2, 0], ["hi @AN", 2, 3], ["@x", null], ["mail@a", null],
		["@a b", null], ["", null]];

	for (const [text, count, at] of cases)
		test(`${JSON.stringify(text)} is offered ${count ?? "nothing"}`, () => {
			const offer = asking(text, text.length, names);

			assert.deepEqual([offer?.names.length ?? null, offer?.at], [count, at]);
		});
	test("is looked for before the caret", () => assert.equal(asking("@bo and", 3, names).at, 0));
	test("in a crowd is offered few names", () =>
		assert.equal(asking("@p", 2, Array.from({ length: 999 }, (_, i) => `p${i}`)).names.length, 6));
});

describe("the mail", () => {
	const clock = (ms) => `<${ms}>`;

	test("is told of as far as it is known", () => {
		assert.match(mailText({ mail: "queued" }, clock), /about to be sent/);
		assert.match(mailText({ mail: "queued", mailers: 0 }, clock), /No mailer/);
		assert.match(mailText({ mail: "queued", mailers: 2 }, clock), /about to be sent/);
		assert.match(mailText({ mail: "sent", mailed_at: 7 }, clock), /accepted .* at <7>/);
		assert.equal(mailText({ mail: "later days", text: "Hm." }, clock), "Hm.");
	});
	test("is described by what is known", () => {
		assert.equal(mailHint({}), "");
		assert.equal(mailHint({ sender: "p@a.example" }), "Look for a mail from p@a.example.");
		assert.equal(mailHint({ subject: "S", reference: "K7Q-2MX" }),
			"Look for a mail with the subject “S”. Should none come, tell the operator: K7Q-2MX.");
	});
});
