// The person's way through the page, as a dialogue with a stand-in for the room.

import assert from "node:assert/strict";
import { describe, it as test } from "node:test";

import { Session } from "../../static/js/session.js";
import { EPOCH, FakeStorage, ack, newPage, post } from "./stand_ins.mjs";

const WAITING = { type: 7, name: "ann", ticket: "tick", digits: 8, mail: "queued", resend_in: 60000 };

function asked(storage) {
	const page = newPage(storage);

	page.client.start();
	page.client.enter("ann", "ann@a.example");
	page.open();
	page.hear(WAITING);
	return page;
}

// In the room, with the posts up to `seq` told.
function inRoom(seq = 0, storage = new FakeStorage()) {
	const page = asked(storage);

	page.client.giveCode("48291357");
	page.hear(WAITING);
	page.hear(ack(seq, 1));
	for (let i = 1; i <= seq; i++)
		page.hear(post(i));
	page.sent.length = page.seen.length = 0;
	return page;
}

function enters(page, name) {
	page.client.enter(name, `${name}@a.example`);
	page.open();
	page.hear({ ...WAITING, name });
	page.client.giveCode("48291357");
	page.hear({ ...WAITING, name });
	page.hear(ack(0, 1, { name }));
	page.run(5000);
	page.client.onTick();
}

const codes = (page) => page.sent.filter((f) => f.type === 2).map((f) => f.text);

// The room says nothing for longer than the page has patience.
function silence(page) {
	page.run(13000);
	page.client.onTick();
}

describe("entering", () => {
	test("says hello when the connection is open and shows the waiting step", () => {
		const page = asked();

		assert.deepEqual(page.sent, [{ type: 0, text: "ann\nann@a.example", v: 1 }]);
		assert.equal(page.client.step, "verify");
		assert.equal(page.calls("verify.showWaiting")[0][1].mail, "queued");
	});
	test("says hello again when the answer was lost with the connection", () => {
		const page = newPage();

		page.client.start();
		page.client.enter("ann", "ann@a.example");
		page.open();
		page.connection.go("reconnecting");
		page.open();
		assert.equal(page.sent.length, 2);
		assert.deepEqual(page.sent[0], page.sent[1]);
	});
	test("with a taken name is told beside the name, and asks for no connection", () => {
		const page = newPage();

		page.client.start();
		page.client.enter("bob", "ann@a.example");
		page.open();
		page.hear({ type: 5, name: "bob", reason: "name-taken", text: "Taken." });
		assert.deepEqual(page.calls("enter.showError").at(-1).slice(1), ["name", "Taken."]);
		assert.equal(page.connection.state, "idle");
		assert.equal(page.client.step, "enter");
	});
	test("corrected meanwhile is asked for anew, not with what was there first", () => {
		const page = newPage();

		page.client.start();
		page.client.enter("tom", "tmo@a.example");
		page.connection.go("reconnecting");
		page.client.typed("tom", "to@a.example");
		assert.equal(page.connection.state, "idle");
		assert.deepEqual(page.calls("enter.showError").at(-1).slice(1), [null, ""]);
		page.client.typed("tom", "tom@a.example");
		page.client.enter("tom", "tom@a.example");
		page.open();
		assert.deepEqual(page.sent.map((f) => f.text), ["tom\ntom@a.example"]);
	});
	test("too fast is told on the step where one is", () => {
		const page = newPage();

		page.client.start();
		page.client.enter("ann", "ann@a.example");
		page.open();
		page.hear({ type: 8, reason: "busy", text: "Busy." });
		assert.deepEqual(page.calls("enter.showError").at(-1).slice(1), [null, "Busy."]);
	});
});

describe("waiting for the code", () => {
	test("survives a reload by its ticket", () => {
		const page = newPage(asked().storage);

		page.client.start();
		assert.deepEqual(page.calls("step").at(-1).slice(1),
			["verify", { name: "ann", email: "ann@a.example" }]);
		page.open();
		assert.deepEqual(page.sent, [{ type: 6, v: 1, ticket: "tick" }]);
	});
	test("ends in the room with the right code, after a wrong one", () => {
		const page = asked();

		page.client.giveCode("11111111");
		page.hear({ type: 4, reason: "wrong-code", text: "Wrong." });
		assert.deepEqual(page.calls("verify.showError").at(-1).slice(1), ["Wrong.", undefined]);
		page.client.giveCode("48291357");
		page.hear(WAITING);
		assert.deepEqual(page.sent.at(-1), { type: 2, text: "48291357", ticket: "tick", claim: "claim" });
		page.hear(ack(0, 1));
		assert.equal(page.client.step, "chat");
		assert.equal(page.session.token, "tok");
		assert.equal(page.session.ticket, null);
	});
	test("gives the code when the room has answered the ticket, whatever else it tells then", () => {
		const page = asked();

		page.client.giveCode("48291357");
		assert.deepEqual(page.sent.at(-1), { type: 6, v: 1, ticket: "tick" });
		page.hear(WAITING);
		page.hear({ ...WAITING, mail: "sent" });
		assert.deepEqual(codes(page), ["48291357"]);
		assert.equal(page.calls("verify.showError").length, 0);
	});
	test("dials again when a code meets a dead connection, and gives it there, once", () => {
		const page = asked();

		page.client.giveCode("48291357");
		silence(page);
		assert.equal(page.connection.renewed, 0);
		page.open();
		page.hear(WAITING);
		assert.deepEqual(codes(page), ["48291357"]);
		page.hear(ack(0, 1));
		assert.equal(page.client.step, "chat");
	});
	test("dials again when a code that was given gets no answer, and leaves it to the person to give it again", () => {
		const page = asked();

		page.client.giveCode("48291357");
		page.hear(WAITING);
		for (let i = 0; i < 3; i++) {
			silence(page);
			page.open();
			page.hear(WAITING);
		}
		assert.deepEqual(codes(page), ["48291357"], "a wrong one costs one try");
		assert.match(page.calls("verify.showError").at(-1)[1], /No answer/);
		assert.equal(page.calls("verify.showError").length, 1);
		page.client.giveCode("48291357");
		page.hear(WAITING);
		assert.deepEqual(page.sent.at(-1), { type: 2, text: "48291357", ticket: "tick", claim: "claim" });
	});
	test("shows the same secret with the code that is given again", () => {
		const page = asked();
		let n = 0;

		page.session.claim = () => Session.prototype.claim.call(page.session, () => `claim${n++}`);
		for (let i = 0; i < 2; i++) {
			page.client.giveCode("48291357");
			page.hear(WAITING);
			silence(page);
			page.open();
			page.hear(WAITING);
		}
		assert.deepEqual(page.sent.filter((f) => f.type === 2).map((f) => f.claim), ["claim0", "claim0"]);
		assert.equal(newPage(page.storage).session.ticket, "tick");
	});
	test("waits while the room is out of reach, and gives the code when it is back", () => {
		const page = asked();

		page.client.giveCode("48291357");
		page.hear({ type: 10, notice: "bus-lost" });
		silence(page);
		assert.equal(page.connection.renewed, undefined);
		assert.deepEqual(codes(page), []);
		page.hear({ type: 10, notice: "bus-back" });
		page.hear(WAITING);
		assert.deepEqual(codes(page), ["48291357"]);
	});
	test("asks for a new code by the same ticket, over a dead connection too", () => {
		const page = asked();

		page.client.resend();
		silence(page);
		assert.equal(page.connection.renewed, 0);
		page.open();
		page.hear(WAITING);
		page.hear(WAITING);
		assert.deepEqual(page.sent.slice(1).map((f) => f.type), [6, 6, 0]);
	});
	test("asks anew when the login was over since", () => {
		const page = asked();

		page.client.resend();
		page.hear({ type: 4, reason: "login-over", text: "" });
		assert.deepEqual(page.sent.at(-1), { type: 0, text: "ann\nann@a.example", v: 1 });
		page.hear({ ...WAITING, ticket: "tock" });
		assert.equal(page.session.ticket, "tock");
	});
	test("of the code and a new one, does what the person did last", () => {
		const page = asked();

		page.client.giveCode("48291357");
		page.client.resend();
		page.hear(WAITING);
		page.hear(WAITING);
		page.client.resend();
		page.client.giveCode("48291357");
		page.hear(WAITING);
		assert.deepEqual(page.sent.slice(1).map((f) => f.type), [6, 6, 0, 6, 6, 2]);
	});
	test("that is over offers a new code for the same person", () => {
		const page = asked();

		page.hear({ type: 4, reason: "login-over", text: "" });
		assert.equal(page.calls("verify.showError").at(-1)[2], 0);
		page.client.giveCode("48291357");
		assert.equal(page.sent.length, 1);
		page.client.resend();
		assert.deepEqual(page.sent.at(-1), { type: 0, text: "ann\nann@a.example", v: 1 });
	});
	test("keeps the old code while a new one is asked for, and when that is refused", () => {
		const page = asked();

		page.client.resend();
		page.hear({ type: 8, reason: "too-fast", text: "Too fast.", retry_in: 3000 });
		assert.deepEqual(page.calls("verify.showError").at(-1).slice(1), ["Too fast. (in 3 s)", 3000]);
		page.client.giveCode("48291357");
		page.hear(WAITING);
		assert.deepEqual([page.sent.at(-1).type, page.sent.at(-1).ticket], [2, "tick"]);
	});
	test("the same wish again shows its ticket, whose code is good still", () => {
		const page = asked();

		page.client.otherAddress();
		page.client.enter("ann", "ann@a.example");
		page.open();
		assert.deepEqual([page.sent.at(-1).type, page.sent.at(-1).ticket], [6, "tick"]);
		page.hear(WAITING);
		page.client.giveCode("48291357");
		page.hear(WAITING);
		assert.deepEqual([page.sent.at(-1).type, page.sent.at(-1).ticket], [2, "tick"]);
	});
	test("another wish is another login", () => {
		const page = asked();

		page.client.otherAddress();
		page.client.enter("ann", "other@a.example");
		page.open();
		assert.equal(page.sent.at(-1).type, 0);
		assert.equal(page.session.ticket, null);
	});
	test("with another address keeps the name", () => {
		const page = asked();

		page.client.otherAddress();
		assert.deepEqual(page.calls("step").at(-1).slice(1),
			["enter", { name: "ann", email: "ann@a.example" }]);
		assert.equal(page.connection.state, "idle");
		assert.equal(page.session.ticket, null);
	});
});

describe("talking", () => {
	test("a post is pending, then confirmed by its id, and forgotten", () => {
		const page = inRoom();

		assert.equal(page.client.say("hello"), null);
		assert.deepEqual(page.sent, [{ type: 1, text: "hello", id: "id0" }]);
		page.hear(post(1, "ann", { id: "id0", text: "hello" }));
		assert.equal(page.calls("log.post")[0][2], "id0");
		assert.equal(page.outbox.list().length, 0);
	});
	test("somebody else's post with my id confirms nothing", () => {
		const page = inRoom();

		page.client.say("hello");
		page.hear(post(1, "eve", { id: "id0" }));
		assert.equal(page.calls("log.post")[0][2], undefined);
		assert.equal(page.outbox.list().length, 1);
	});
	test("a refused post fails with its reason and can be tried again or taken back", () => {
		const page = inRoom();

		page.client.say("hello");
		page.hear({ type: 8, reason: "too-fast", text: "Too fast.", id: "id0", retry_in: 2000 });
		assert.equal(page.calls("log.failed")[0][1].why, "Too fast. (in 2 s)");
		page.client.retry("id0");
		assert.equal(page.sent.length, 1);
		page.run(2100);
		assert.equal(page.sent.length, 2);
		page.hear({ type: 8, reason: "bad-text", text: "No.", id: "id0" });
		page.client.edit("id0");
		assert.deepEqual(page.calls("chat.putBack"), [["chat.putBack", "hello"]]);
		assert.equal(page.outbox.list().length, 0);
	});
	test("what is too long is never sent, and stays with its writer", () => {
		const page = inRoom();

		assert.match(page.client.say("x".repeat(65537)), /too long/);
		assert.equal(page.sent.length, 0);
		assert.equal(page.outbox.list().length, 0);
	});
	test("halves of characters and unknown notices do no harm", () => {
		const page = inRoom();

		page.client.say("a\ud83d\0b \u{1f600}");
		assert.equal(page.sent[0].text, "a\ufffd\ufffdb \u{1f600}");
		page.hear({ type: 10, notice: "bus-lost" });
		page.hear({ type: 10, notice: "of-later-days" });
		for (const type of [0, 2, 6, 11, 14, 99])
			page.hear({ type });
		assert.equal(page.calls("bar.show").at(-1)[1], "out-of-reach");
	});
	test("a post without seq is private", () => {
		const page = inRoom();

		page.hear({ type: 1, name: "plumebot", text: "Welcome." });
		assert.equal(page.calls("log.whisper").length, 1);
		assert.equal(page.calls("log.post").length, 0);
	});
	test("a post that is heard twice is shown once; a hole is told", () => {
		const page = inRoom(3);

		page.hear(post(4));
		page.hear(post(4));
		page.hear(post(7));
		assert.equal(page.calls("log.post").length, 2);
		assert.deepEqual(page.calls("log.line"), [["log.line", "missing"]]);
	});
	test("a frame that closed the connection as too big is not sent for ever", () => {
		const page = inRoom();

		page.client.say("big");
		page.on.close(1009);
		assert.equal(page.calls("log.failed").length, 1);
		assert.notEqual(page.outbox.list()[0].why, null);
	});
	test("a post that nobody answers means a dead connection", () => {
		const page = inRoom();

		page.client.say("hello");
		page.run(5000);
		page.client.onTick();
		assert.equal(page.connection.renewed, undefined);
		page.run(8000);
		page.client.onTick();
		assert.equal(page.connection.renewed, 0);
	});
	test("a resume that nobody answers means a dead connection", () => {
		const page = inRoom();

		page.on.open();
		page.run(13000);
		page.client.onTick();
		assert.equal(page.connection.renewed, 0);
	});
	test("a resume that was answered does not", () => {
		const page = inRoom();

		page.on.open();
		page.hear({ type: 10, notice: "bus-lost" });
		page.run(13000);
		page.client.onTick();
		assert.equal(page.connection.renewed, undefined);
	});
	test("while the room is out of reach posts wait, and are sent when it is back", () => {
		const page = inRoom();

		page.hear({ type: 10, notice: "bus-lost" });
		assert.equal(page.calls("bar.show").at(-1)[1], "out-of-reach");
		page.client.say("hello");
		page.run(60000);
		page.client.onTick();
		assert.equal(page.connection.renewed, undefined);
		page.hear({ type: 10, notice: "bus-back" });
		assert.deepEqual(page.sent.map((f) => f.id), ["id0"]);
	});
});

describe("a room that comes back before the answer to the resume", () => {
	test("hears nothing until it has let the page in and told the past", () => {
		const page = inRoom(3);

		page.connection.go("reconnecting");
		page.client.say("hello");
		page.open();
		page.sent.length = 0;
		page.hear({ type: 10, notice: "bus-lost" });
		page.hear({ type: 10, notice: "bus-back" });
		page.client.types();
		assert.deepEqual(page.sent, []);
		assert.equal(page.calls("bar.show").at(-1)[1], "open");
		page.hear(ack(4, 4, { resumed: true }));
		assert.deepEqual(page.sent, []);
		page.hear(post(4));
		assert.deepEqual(page.sent.map((f) => f.id), ["id0"]);
	});
});

describe("coming back", () => {
	test("resumes after the last post, and sends what was not seen under its old id", () => {
		const page = inRoom(3);

		page.client.say("hello");
		page.connection.go("reconnecting");
		page.client.say("offline");
		page.open();
		assert.deepEqual(page.sent.at(-1), { type: 6, v: 1, token: "tok", epoch: EPOCH, seq: 3 });
		page.hear(ack(5, 4, { resumed: true }));
		page.hear(post(4));
		assert.equal(page.sent.length, 2); // the past first: it may hold the post
		page.hear(post(5, "ann", { id: "id0" }));
		page.run(200);
		assert.deepEqual(page.sent.slice(2), [{ type: 1, text: "offline", id: "id1" }]);
		assert.equal(page.calls("log.line").length, 0);
	});
	test("a post that was accepted already is waited for, or given up when it is past", () => {
		const page = inRoom(3);

		page.client.say("a");
		page.hear({ type: 9, id: "id0", seq: 4 });
		assert.equal(page.outbox.list().length, 1);
		page.hear(post(4, "ann", { id: "id0" }));
		page.client.say("b");
		page.hear({ type: 9, id: "id1", seq: 2 });
		assert.equal(page.outbox.list().length, 0);
		assert.deepEqual(page.calls("log.gone").at(-1), ["log.gone", "id1"]);
	});
	test("tells as news what was said meanwhile, with one notice: of who called, if somebody did", () => {
		const page = inRoom(3);

		page.connection.go("reconnecting");
		page.open();
		page.hear(ack(7, 4, { resumed: true }));
		page.hear(post(4, "bob", { text: "hi @ann" }));
		page.hear(post(5));
		page.hear(post(6, "ann"));
		assert.equal(page.calls("alerts.post").length, 0);
		page.hear(post(7, "cat", { event: "entered" }));
		assert.deepEqual(page.calls("log.post").map((c) => c[3]), [true, true, false, false]);
		assert.deepEqual(page.calls("alerts.post").map((c) => [c[1].seq, c[2]]), [[4, true]]);
		page.hear(post(8));
		assert.deepEqual(page.calls("alerts.post").map((c) => c[1].seq), [4, 8]);
	});
	test("after a reload tells as news what was not there before", () => {
		const first = inRoom(3);

		first.session.save(0);
		const page = newPage(first.storage);
		page.client.start();
		page.open();
		page.hear(ack(4, 1, { resumed: true }));
		for (let i = 1; i <= 4; i++)
			page.hear(post(i));
		assert.deepEqual(page.calls("log.post").map((c) => c[3]), [false, false, false, true]);
		assert.deepEqual(page.calls("alerts.post").map((c) => c[1].seq), [4]);
	});
	test("to a room that began anew tells all of it as news, a newcomer nothing", () => {
		const page = asked();

		page.client.giveCode("48291357");
		page.hear(ack(1, 1));
		page.hear(post(1));
		page.connection.go("reconnecting");
		page.open();
		page.hear(ack(1, 1, { epoch: "f".repeat(16) }));
		page.hear(post(1));
		assert.deepEqual(page.calls("log.post").map((c) => c[3]), [false, true]);
	});
	test("says where messages are missing", () => {
		const page = inRoom(3);

		page.connection.go("reconnecting");
		page.open();
		page.hear(ack(90, 41));
		page.hear(post(41));
		assert.deepEqual(page.calls("log.line"), [["log.line", "missing"]]);
	});
	test("to a room that began anew clears the log and says so, and keeps what was not sent", () => {
		const page = inRoom(3);

		page.client.say("hello");
		page.connection.go("reconnecting");
		page.open();
		page.hear(ack(0, 1, { epoch: "f".repeat(16) }));
		assert.equal(page.calls("log.clear").length, 1);
		assert.deepEqual(page.calls("log.line"), [["log.line", "anew"]]);
		page.run(200);
		assert.equal(page.sent.at(-1).id, "id0");
		page.hear(post(1, "ann", { id: "id0" }));
		assert.equal(page.outbox.list().length, 0);
	});
	test("after a reload shows again what was there, without a hole where there is none", () => {
		const first = inRoom(80);

		first.client.say("unsent");
		first.session.save(0);
		const page = newPage(first.storage);
		page.client.start();
		assert.equal(page.client.step, "chat");
		assert.equal(page.calls("log.pending")[0][1].id, "id0");
		page.open();
		assert.deepEqual(page.sent, [{ type: 6, v: 1, token: "tok", epoch: EPOCH, seq: 30 }]);
		page.hear(ack(80, 31, { resumed: true }));
		assert.equal(page.calls("log.line").length, 0);
		for (let i = 31; i <= 80; i++)
			page.hear(post(i));
		assert.equal(page.sent.at(-1).id, "id0");
		assert.equal(page.calls("log.live").at(-1)[1], true);
	});
	test("a past that does not end does not hold posts back for ever", () => {
		const page = inRoom(3);

		page.connection.go("reconnecting");
		page.client.say("hello");
		page.open();
		page.hear(ack(9, 4));
		page.run(4500);
		page.client.onTick();
		assert.equal(page.sent.at(-1).id, "id0");
	});
	test("with a session that is over leads to the first step, with a sentence", () => {
		const page = inRoom(3);

		page.connection.go("reconnecting");
		page.open();
		page.hear({ type: 4, reason: "session-over", text: "The session is over." });
		assert.deepEqual(page.calls("step").at(-1).slice(1), ["enter", { name: "ann", email: "" }]);
		assert.match(page.calls("enter.showError").at(-1)[2], /session is over/);
		assert.equal(page.connection.state, "idle");
		assert.equal(newPage(page.storage).session.token, null);
	});
	test("to a gateway that moves, or no longer knows us, dials again", () => {
		const page = inRoom();

		page.hear({ type: 10, notice: "moving", retry_in: 700 });
		assert.equal(page.connection.renewed, 700);
		page.open();
		page.hear({ type: 8, reason: "not-in-room" });
		assert.equal(page.connection.renewed, 1000);
	});
	test("a newcomer's history is marked as such", () => {
		const page = asked();

		page.client.giveCode("48291357");
		page.hear(ack(60, 11));
		assert.deepEqual(page.calls("log.line"), [["log.line", "earlier"]]);
		assert.equal(page.calls("log.live").at(-1)[1], false);
	});
});

describe("asking who is here", () => {
	test("a room that does not tell is not said to be empty", () => {
		const page = inRoom();

		assert.match(page.client.say("/who"), /does not tell/);
		assert.equal(page.calls("log.whisper").length, 0);
	});
	test("sets each name apart, whatever its direction", () => {
		const page = inRoom();

		page.hear(ack(0, 1, { mark: "k3" }));
		page.hear({ type: 12, here: [{ name: "ann", mark: "k3" }, { name: "שרה", mark: "k4" }] });
		assert.equal(page.client.say("/who"), null);
		assert.equal(page.calls("log.whisper")[0][1].text,
			"2 here: \u2068ann\u2069, \u2068שרה\u2069");
	});
});

describe("a page with nothing to ask", () => {
	function dials(page) {
		let n = 0;

		for (let i = 0; i < 60; i++) {
			page.run(1000);
			page.client.onTick();
			if (page.connection.state === "connecting") {
				n++;
				page.open();
			}
		}
		return n;
	}

	test("stops dialling when the person chose another address before an answer came", () => {
		const page = asked();

		page.client.resend();
		page.client.otherAddress();
		assert.equal(dials(page), 0);
		assert.equal(page.connection.state, "idle");
	});
	test("stops dialling when the person signed out before an answer came, and says so until something is asked", () => {
		const page = inRoom();

		page.connection.go("reconnecting");
		page.open();
		page.client.signOut();
		assert.equal(dials(page), 0);
		assert.equal(page.calls("bar.show").at(-1)[1], "signed-out");
	});
	test("does not dial before its time because of what was asked before the loss", () => {
		const page = inRoom();

		page.on.open();
		page.connection.go("reconnecting");
		silence(page);
		assert.equal(page.connection.renewed, undefined);
	});
});

describe("a clock that is set back by minutes", () => {
	function setBack(page) {
		page.now -= 600000;
		for (const timer of page.timers)
			timer.at -= 600000;
		page.run(1000);
		page.client.onTick();
		page.open();
	}

	test("holds back nothing that is said, asked or typed", () => {
		const page = inRoom();

		page.client.types();
		page.client.say("one");
		setBack(page);
		page.hear(ack(0, 1, { mark: "k3" }));
		page.run(5000);
		page.client.onTick();
		assert.equal(page.sent.at(-1).text, "one");
		page.hear(post(1, "ann", { id: "id0" }));
		page.client.types();
		assert.equal(page.sent.at(-1).type, 13);
		page.client.say("two");
		page.run(200);
		assert.equal(page.sent.at(-1).text, "two");
	});
	test("while the past is told, does not make it last", () => {
		const page = inRoom(3);

		page.client.say("hello");
		page.hear(ack(9, 4));
		setBack(page);
		page.hear(ack(9, 4));
		page.run(5000);
		page.client.onTick();
		assert.equal(page.sent.at(-1).id, "id0");
	});
	test("while a code is looked for, brings the facts of its mail anew", () => {
		const page = asked();

		setBack(page);
		assert.deepEqual(page.sent.at(-1), { type: 6, v: 1, ticket: "tick" });
	});
});

describe("a page that slept", () => {
	test("dials at once, and one that ticked does not", () => {
		const page = inRoom();

		page.run(60000);
		page.client.onTick();
		assert.equal(page.connection.renewed, undefined);
		page.run(100000);
		page.client.onTick();
		assert.equal(page.connection.renewed, 0);
	});
});

describe("two tabs of one browser", () => {
	test("typing in one does not end the other's waiting", () => {
		const storage = new FakeStorage();
		const two = newPage(storage); // opened before

		asked(storage);
		two.client.typed("bob", "bob@b");
		assert.equal(newPage(storage).session.ticket, "tick");
		two.client.enter("bob", "bob@b");
		assert.equal(two.session.name, "bob");
	});
	test("are each who they are after a reload", () => {
		const one = inRoom();
		const two = newPage(one.storage);

		two.session.session = null; // it was open before
		two.client.enter("bob", "bob@b.example");
		assert.equal(newPage(one.storage).session.name, "ann");
	});
	test("are signed out together only if they are the same person's", () => {
		const one = inRoom(3);
		const two = newPage(one.storage);

		two.client.enter("bob", "bob@b.example");
		two.session.begin("bob", "bobs");
		two.session.saw(EPOCH, 3, 0);
		one.client.onForgotten(one.storage["plume.session"]);
		assert.equal(one.client.step, "chat");
		one.client.signOut();
		assert.equal(one.client.step, "enter");
		const { session } = newPage(one.storage);
		assert.deepEqual([session.name, session.token, session.seen], ["bob", "bobs", { epoch: EPOCH, seq: 3 }]);
	});
	test("do not end a session that the other has begun since", () => {
		const one = inRoom();
		const two = newPage(one.storage);

		two.session.begin("ann", "newer");
		one.hear({ type: 4, reason: "session-over", text: "" });
		assert.equal(newPage(one.storage).session.token, "newer");
	});
});

describe("after a session that is over", () => {
	test("another name can enter, and gets its own codes", () => {
		const page = inRoom();

		page.hear({ type: 4, reason: "session-over", text: "" });
		page.client.enter("bob", "bob@b.example");
		page.open();
		page.hear({ ...WAITING, name: "bob" });
		page.client.resend();
		page.hear({ ...WAITING, name: "bob" });
		assert.equal(page.sent.at(-1).text, "bob\nbob@b.example");
	});
});

describe("signing out", () => {
	test("forgets everything", () => {
		const page = inRoom(3);

		page.client.say("hello");
		page.client.signOut();
		assert.equal(Object.keys(page.storage).length, 0);
		assert.equal(page.connection.state, "idle");
		assert.equal(page.client.step, "enter");
	});
	test("is told to a room that knows how, which says goodbye", () => {
		const page = inRoom();

		page.hear(ack(0, 1, { mark: "k3" }));
		page.sent.length = 0;
		page.client.signOut(true);
		assert.deepEqual(page.sent, [{ type: 14, everywhere: true }]);
		assert.equal(page.client.step, "chat");
		page.hear({ type: 15, reason: "session-over", text: "Goodbye." });
		page.on.close(1008, "signed-out");
		assert.equal(page.client.step, "enter");
		assert.deepEqual(page.calls("bar.show").at(-1).slice(1), ["signed-out", 0, "Goodbye."]);
		assert.equal(Object.keys(page.storage).length, 0);
	});
	test("is what a ban does, in the operator's words, and nothing comes back by itself", () => {
		const page = inRoom();
		const text = "You are banned from this room for another 2 h: spam & <b>more</b>.";

		page.hear({ type: 15, reason: "banned", text });
		page.on.close(1008, "banned");
		assert.equal(page.client.step, "enter");
		assert.equal(page.connection.state, "idle");
		assert.deepEqual(page.calls("bar.show").at(-1).slice(1), ["signed-out", 0, text]);
		page.run(60000);
		assert.equal(page.connection.state, "idle");
	});
	test("is how a banned session ends that comes back", () => {
		const page = inRoom();

		page.hear({ type: 4, reason: "banned", text: "You are banned." });
		assert.equal(page.client.step, "enter");
		assert.equal(page.session.token, null);
		assert.deepEqual(page.calls("enter.showError").at(-1).slice(1), [null, "You are banned."]);
	});
	test("ends here though the room does not answer", () => {
		const page = inRoom();

		page.hear(ack(0, 1, { mark: "k3" }));
		page.client.signOut();
		page.run(3000);
		assert.equal(page.client.step, "enter");
		assert.match(page.calls("bar.show").at(-1)[3], /could not be told/);
	});
	test("everywhere is not pretended while the room is out of reach", () => {
		const page = inRoom();

		page.hear({ type: 10, notice: "bus-lost" });
		page.client.signOut(true);
		assert.equal(page.client.step, "chat");
		assert.match(page.calls("chat.showError").at(-1)[1], /out of reach/);
	});
	test("because the session was too old keeps the words for the same person's next login", () => {
		const page = inRoom();

		page.hear({ type: 10, notice: "bus-lost" });
		page.client.say("hello");
		page.hear({ type: 15, reason: "session-old", text: "Too long." });
		assert.equal(page.client.step, "enter");
		assert.equal(page.session.token, null);
		assert.deepEqual(page.calls("enter.showError").at(-1).slice(1), [null, "Too long."]);
		enters(page, "ann");
		assert.equal(page.sent.at(-1).text, "hello");
		assert.equal(page.calls("chat.clear").length, 0);
	});
	test("leaves no words to somebody else who logs in here", () => {
		const page = inRoom();

		page.hear({ type: 10, notice: "bus-lost" });
		page.client.say("hello");
		page.hear({ type: 15, reason: "session-old", text: "Too long." });
		enters(page, "bob");
		assert.equal(page.calls("chat.clear").length, 1);
		assert.equal(page.sent.at(-1).type, 2);
	});
	test("in another tab forgets what a session that was over left here", () => {
		const page = inRoom();

		page.client.say("hello");
		page.hear({ type: 4, reason: "session-over", text: "" });
		page.client.onForgotten(page.storage["plume.session"]);
		assert.equal(Object.keys(page.storage).length, 0);
		assert.equal(page.calls("chat.clear").length, 1);
	});
	test("elsewhere ends it here", () => {
		const page = inRoom();

		page.on.close(1008, "signed-out");
		assert.equal(page.client.step, "enter");
		assert.equal(page.connection.state, "idle");
	});
	test("in one tab is signing out in all", () => {
		const page = inRoom();

		page.client.onForgotten(page.storage["plume.session"]);
		assert.equal(page.client.step, "enter");
		assert.match(page.calls("bar.show").at(-1)[3], /another tab/);
	});
});
