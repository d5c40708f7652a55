// What the folder static/ promises as a whole.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { describe, it as test } from "node:test";

const ROOT = new URL("../../static/", import.meta.url);
const IMAGES = /\.(svg|png|ico)$/;
const files = readdirSync(ROOT, { recursive: true, withFileTypes: true })
	.filter((entry) => entry.isFile() && !IMAGES.test(entry.name))
	.map((entry) => readFileSync(`${entry.parentPath ?? entry.path}/${entry.name}`));

describe("the page", () => {
	test("is smaller than 60 KiB", () => {
		const size = files.reduce((sum, file) => sum + file.length, 0);

		assert.ok(size < 60 * 1024, `${size} bytes`);
	});
	test("puts nothing in as HTML and runs nothing that is text", () => {
		for (const file of files)
			assert.doesNotMatch(file.toString(),
				/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|Function\(|srcdoc/);
	});
	test("asks no other place for anything", () => {
		for (const file of files)
			assert.doesNotMatch(file.toString(), /(src|href|url\(|import|from|fetch\()\s*[=(]?\s*["'`]?(https?:)?\/\/\w/);
	});
	test("never holds back who leaves", () => {
		for (const file of files)
			assert.doesNotMatch(file.toString(), /beforeunload/);
	});
});
