// The page's small deciders: code, words, hue, log, outbox, session, storage, protocol, back-off.

import assert from "node:assert/strict";
import { afterEach, describe, it as test, mock } from "node:test";

import { findCode } from "../../static/js/code.js";
import { backoff, newConnection } from "../../static/js/connection.js";
import { drawing, hue } from "../../static/js/identity.js";
import { Log } from "../../static/js/log.js";
import { Outbox } from "../../static/js/outbox.js";
import * as protocol from "../../static/js/protocol.js";
import { Session } from "../../static/js/session.js";
import { Store } from "../../static/js/storage.js";
import { pieces } from "../../static/js/words.js";
import { FakeStorage, storeOf } from "./stand_ins.mjs";

describe("code", () => {
	const cases = [
		["48291357", "48291357"],
		["4829 1357", "48291357"],
		["4829-1357", "48291357"],
		["4829\u20131357", "48291357"],
		["  48 29 13 57 ", "48291357"],
		["４８２９１３５７", "48291357"],
		["4829 1357 is your login code", "48291357"],
		["Your code, asked for at 14:03, is 4829 1357. It is good for 10 minutes.", "48291357"],
		["On 22 Nov 2026, 12:38: 48291357", "48291357"],
		["4829 135", null],
		["482913570", null],
		["no code here", null],
		["", null],
	];

	for (const [input, code] of cases)
		test(`in ${JSON.stringify(input)} is ${code}`, () => assert.equal(findCode(input), code));
	test("of another length is found", () => assert.equal(findCode("123 456", 6), "123456"));
});

describe("words", () => {
	const links = (words) => pieces(words).filter((p) => p.href).map((p) => p.href);

	test("without a link stay as they are", () =>
		assert.deepEqual(pieces("<b>hi</b> & so"), [{ text: "<b>hi</b> & so" }]));
	test("join to themselves", () => {
		const text = "see https://a.example/x?y=1, (http://b.example/(c)) and mailto:ann@a.example.";

		assert.equal(pieces(text).map((p) => p.text).join(""), text);
		assert.deepEqual(links(text),
			["https://a.example/x?y=1", "http://b.example/(c)", "mailto:ann@a.example"]);
	});
	for (const bad of ["javascript:alert(1)", "data:text/html,x", "vbscript:x", "ftp://a.example",
		"xhttps://a.example", "https://", "https://paypal.com@evil.example/", "http://a:b@c.example",
		"mailto:", "file:///etc/passwd", "//a.example"])
		test(`do not link ${bad}`, () => assert.deepEqual(links(bad), []));
	test("show an international host as it is resolved", () => {
		const [link] = pieces("https://p\u0430ypal.com/");

		assert.match(link.text, /^https:\/\/xn--/);
		assert.equal(link.text, link.href);
	});
	test("end a link before a bidirectional control", () =>
		assert.deepEqual(links("https://a.example/\u202egpj.exe"), ["https://a.example/"]));
	test("lose the top of a tower of marks", () =>
		assert.equal([...pieces("a" + "\u0301".repeat(5000))[0].text].length, 201));
	test("of 65,536 hostile bytes are cut in no time", () => {
		const from = performance.now();

		pieces("http://" + "(".repeat(65000));
		pieces("https://a.example/" + ")".repeat(65000));
		pieces("http://".repeat(9000));
		assert.ok(performance.now() - from < 1000);
	});
});

describe("hue", () => {
	test("is the same for the same name in other letters", () => assert.equal(hue("Ann"), hue("ann")));
	test("is spread over many names", () => {
		const seen = new Set(Array.from({ length: 200 }, (_, i) => hue(`person${i}`)));

		assert.ok(seen.size > 18);
		assert.ok([...seen].every((h) => h >= 0 && h < 360));
	});
});

describe("log", () => {
	test("takes each seq once and sees what is missing", () => {
		const log = new Log();

		log.reset("e");
		assert.deepEqual([5, 6, 6, 5, 9, 10].map((seq) => log.take(seq)),
			["new", "new", "known", "known", "gap", "new"]);
		assert.equal(log.last, 10);
	});
	test("sees a gap before the first post when it knows what should come", () => {
		const log = new Log();

		log.next = 3;
		assert.equal(log.take(4), "gap");
	});
});

describe("outbox", () => {
	test("keeps posts through a reload, in order, until they are removed", () => {
		const storage = new FakeStorage();
		const a = new Outbox(storeOf(storage));

		a.add("z", "ann", "one", 5);
		a.add("a", "ann", "two", 5);
		a.add("m", "ann", "three", 4); // a clock that went back
		a.due(5);
		const b = new Outbox(storeOf(storage));
		b.load("ann");
		assert.deepEqual(b.list().map((e) => [e.id, e.text, e.sentAt]),
			[["z", "one", 0], ["a", "two", 0], ["m", "three", 0]]);
		b.remove("a");
		const c = new Outbox(storeOf(storage));
		c.load("ann");
		assert.deepEqual(c.list().map((e) => e.id), ["z", "m"]);
	});
	test("drops what another name left behind", () => {
		const storage = new FakeStorage();

		new Outbox(storeOf(storage)).add("x", "ann", "secret", 1);
		const bob = new Outbox(storeOf(storage));
		bob.load("bob");
		assert.equal(bob.list().length, 0);
		assert.equal(Object.keys(storage).length, 0);
	});
	test("is slower than the gateway's limit and loses nothing", () => {
		const box = new Outbox(storeOf(new FakeStorage()));
		const times = [];

		for (let i = 0; i < 30; i++)
			box.add(`i${i}`, "ann", "x", 0);
		for (let now = 1; ;) {
			const { post, wait } = box.due(now);
			if (post !== null)
				times.push(now);
			if (wait === 0)
				break;
			now += wait;
		}
		assert.equal(times.length, 30);
		for (let i = 10; i < 30; i++)
			assert.ok(times[i] - times[i - 10] >= 1000);
	});
	test("sends again under the same id after a loss, not what failed", () => {
		const box = new Outbox(storeOf(new FakeStorage()));

		box.add("a", "ann", "x", 0);
		box.add("b", "ann", "y", 0);
		assert.equal(box.due(1).post.id, "a");
		assert.equal(box.due(200).post.id, "b");
		assert.equal(box.due(400).post, null);
		box.fail("b", "no");
		box.unsent();
		assert.equal(box.due(600).post.id, "a");
		assert.deepEqual(box.due(800), { post: null, wait: 0 });
		assert.equal(box.retry("b", 800).id, "b");
		assert.equal(box.due(1000).post.id, "b");
	});
	test("holds back when told so", () => {
		const box = new Outbox(storeOf(new FakeStorage()));

		box.add("a", "ann", "x", 0);
		box.hold(500);
		assert.deepEqual(box.due(100), { post: null, wait: 400 });
		assert.equal(box.due(500).post.id, "a");
	});
	test("is bounded", () => {
		const box = new Outbox(storeOf(new FakeStorage()));

		for (let i = 0; i < 50; i++)
			assert.notEqual(box.add(`i${i}`, "ann", "x", 0), null);
		assert.equal(box.add("more", "ann", "x", 0), null);
	});
	test("knows what nobody answered", () => {
		const box = new Outbox(storeOf(new FakeStorage()));

		box.add("a", "ann", "x", 0);
		assert.equal(box.stalled(99999, 1000), false);
		box.due(100);
		assert.equal(box.stalled(1100, 1000), false);
		assert.equal(box.stalled(1101, 1000), true);
	});
});

describe("session", () => {
	test("survives reload, and forgets all when told so", () => {
		const storage = new FakeStorage();
		const s = new Session(storeOf(storage));

		s.ask("ann", "ann@a.example", "tick");
		assert.equal(new Session(storeOf(storage)).ticket, "tick");
		s.begin("ann", "tok");
		s.saw("e", 7, 0);
		s.saw("e", 8, 1);
		s.save(2);
		const again = new Session(storeOf(storage));
		assert.deepEqual([again.name, again.token, again.ticket, again.email, again.seen],
			["ann", "tok", null, "", { epoch: "e", seq: 8 }]);
		again.forget();
		assert.equal(Object.keys(storage).length, 0);
	});
	test("that is over keeps the name and the place", () => {
		const s = new Session(storeOf(new FakeStorage()));

		s.begin("ann", "tok");
		s.saw("e", 7, 0);
		s.end();
		assert.deepEqual([s.name, s.token, s.seen.seq], ["ann", null, 7]);
		s.begin("bob", "tok2");
		assert.equal(s.seen, null);
	});
	test("does not write for every post", () => {
		let writes = 0;
		const storage = new Proxy({}, {
			set(...all) {
				writes++;
				return Reflect.set(...all);
			},
		});
		const s = new Session(storeOf(storage));
		for (let i = 1; i <= 1000; i++)
			s.saw("e", i, i);
		assert.equal(writes, 1);
	});
});

describe("storage", () => {
	test("that is forbidden keeps things for the life of the page", () => {
		const forbidden = new Store(() => {
			throw new Error("SecurityError");
		});

		forbidden.set("a.b", { x: 1 });
		assert.deepEqual(forbidden.get("a.b"), { x: 1 });
		assert.deepEqual(forbidden.keys("a."), ["a.b"]);
		forbidden.remove("a.b");
		assert.equal(forbidden.get("a.b"), null);
	});
	test("that is full loses nothing that the page holds", () => {
		const full = new Store(() => new Proxy({}, {
			set() {
				throw new Error("QuotaExceededError");
			},
		}));
		const box = new Outbox(full);
		const s = new Session(full);

		box.add("a", "ann", "x", 0);
		assert.equal(box.due(1).post.text, "x");
		s.ask("ann", "ann@a.example", "tick");
		assert.equal(s.ticket, "tick");
	});
	test("with rubbish in it reads as empty", () => {
		const storage = new FakeStorage();

		storage["plume.session"] = "{";
		assert.equal(new Session(storeOf(storage)).token, null);
	});
});

describe("protocol", () => {
	test("frames are as the document says", () => {
		assert.deepEqual(JSON.parse(protocol.encode(protocol.hello("ann", "ann@a.example"))),
			{ user: { name: "" }, text: "ann\nann@a.example", type: 0, v: 1 });
		assert.deepEqual(protocol.auth("48291357", "tick", "claim", { epoch: "e", seq: 3 }),
			{ type: 2, text: "48291357", ticket: "tick", claim: "claim", epoch: "e", seq: 3 });
		assert.deepEqual(protocol.resumeSession("tok"), { type: 6, v: 1, token: "tok" });
		assert.deepEqual(protocol.resumeLogin("tick"), { type: 6, v: 1, ticket: "tick" });
	});
	test("what is no frame is ignored", () => {
		for (const data of ["", "{", "null", "[]", "3", '"x"', "{}", '{"type":"1"}', '{"type":1.5}',
			'{"type":null}', '{"type":"constructor"}'])
			assert.equal(protocol.decode(data), null, data);
	});
	test("fields of the wrong kind are as if absent", () => {
		const frame = protocol.decode(JSON.stringify({ type: 1, user: { name: 5 }, text: {}, seq: -1,
			ts: 1.5, id: 7, more: true }));

		assert.deepEqual(frame, { type: 1, name: "", text: "", more: true });
	});
	test("a text is measured in bytes, and with the escapes of its frame", () => {
		assert.ok(protocol.textFits("x".repeat(65536)));
		assert.ok(!protocol.textFits("x".repeat(65537)));
		assert.ok(protocol.textFits("é".repeat(32768)));
		assert.ok(!protocol.textFits("é".repeat(32769)));
		assert.ok(!protocol.textFits('"'.repeat(65536)));
	});
});

describe("connection", () => {
	class FakeSocket {
		static all = [];

		constructor(url) {
			this.url = url;
			FakeSocket.all.push(this);
		}

		close() {
			this.closed = true;
		}

		send() {}
	}

	afterEach(() => {
		mock.restoreAll();
		delete globalThis.WebSocket;
	});

	function made() {
		const seen = [];
		const timers = [];
		const on = {
			open: () => seen.push("on open"),
			frame: (frame) => seen.push(frame.text),
			state: (state, until) => seen.push([state, until]),
			close: (code) => seen.push(code),
		};

		FakeSocket.all = [];
		mock.method(globalThis, "setTimeout", (f, ms) => timers.push({ f, ms }));
		mock.method(globalThis, "clearTimeout", (t) => t && (timers[t - 1].f = () => {}));
		mock.method(Math, "random", () => 0.5);
		mock.method(Date, "now", () => 0);
		globalThis.WebSocket = FakeSocket;
		return { connection: newConnection("ws://x/connect", on), seen, timers };
	}

	test("waits a random part of a doubling time, at most half a minute", () => {
		assert.deepEqual([0, 1, 2, 3].map((n) => backoff(n, 1)), [500, 1000, 2000, 4000]);
		assert.equal(backoff(50, 1), 30000);
		assert.equal(backoff(50, 0), 0);
		assert.equal(backoff(3, 0.25), 1000);
	});
	test("comes back, later each time until it has settled", () => {
		const { connection, seen, timers } = made();
		const lose = () => FakeSocket.all.at(-1).onclose({ code: 1006, reason: "" });
		const waits = () => seen.filter((s) => s[0] === "reconnecting").map((s) => s[1]);

		connection.start();
		connection.start();
		assert.equal(FakeSocket.all.length, 1);
		for (let i = 0; i < 3; i++) {
			FakeSocket.all.at(-1).onopen(); // open alone is no success
			lose();
			timers.at(-1).f();
		}
		assert.deepEqual(waits(), [250, 500, 1000]);
		connection.settled();
		lose();
		assert.equal(waits().at(-1), 250);
	});
	test("ignores a socket that it left", () => {
		const { connection, seen } = made();

		connection.start();
		const old = FakeSocket.all[0];
		connection.renew();
		const length = seen.length;
		old.onopen();
		old.onmessage({ data: '{"type":1,"text":"old"}' });
		old.onclose({ code: 1000, reason: "" });
		assert.equal(seen.length, length);
		assert.ok(old.closed);
		assert.equal(FakeSocket.all.length, 2);
	});
	test("gives up an opening that takes too long, and stops when told so", () => {
		const { connection, seen, timers } = made();

		connection.start();
		timers[0].f();
		assert.ok(FakeSocket.all[0].closed);
		assert.equal(seen.at(-1)[0], "reconnecting");
		connection.stop();
		timers.forEach((t) => t.f());
		assert.equal(FakeSocket.all.length, 1);
		assert.equal(connection.state, "idle");
		connection.send({ type: 1 });
	});
});
