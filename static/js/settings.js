// What the person chose, kept by this browser; and the notices that follow from it.

import { client, find, put } from "./dom.js";
import { kept } from "./storage.js";

const KEY = "plume.settings";
const BEEP_S = .12;
const dialog = find("settings");

export const chosen = { typing: true, ...kept.get(KEY) };

for (const key of ["typing", "notify", "sound"]) {
	const box = find(`set-${key}`);

	box.checked = chosen[key];
	box.addEventListener("change", async () => {
		const may = key !== "notify" || !box.checked ||
			await globalThis.Notification?.requestPermission() === "granted";

		put("settings-error", may ? "" : "This browser does not allow it.");
		chosen[key] = box.checked &&= may;
		kept.set(KEY, chosen);
	});
}
find("you").addEventListener("click", () => dialog.showModal());
for (const id of ["sign-out", "everywhere"])
	find(id).addEventListener("click", () => {
		dialog.close();
		client.signOut(id === "everywhere");
	});

export function post({ name, text }, calls) {
	if (!document.hidden) return;
	if (chosen.sound) beep();
	try {
		if (chosen.notify)
			new Notification(calls ? `${name} calls you` : name, { body: text.slice(0, 200), tag: "plume" });
	} catch {
		// phones want a service worker for this
	}
}

function beep() {
	const audio = new AudioContext();
	const tone = audio.createOscillator();

	tone.connect(audio.destination);
	tone.onended = () => audio.close();
	tone.start();
	tone.stop(BEEP_S);
}
