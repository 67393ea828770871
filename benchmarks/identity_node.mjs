// The Node side of identity.py: one JSON command a line in, one JSON answer a line out.
//   {"library": "...", "numbers": [...], "rounds": n}   microseconds per number of a bare check
//   {"library": "...", "texts": [...]}                  [[taken, reason], ...]
// It runs in a folder where npm has installed the libraries.

import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";

const require = createRequire(join(process.cwd(), "x.js"));
const idValidator = require("taiwan-id-validator");
const validid = require("validid");
const validator = require("validator");
const { TW } = require("stdnum").stdnum;

const reasonOf = (result) => result.error?.constructor.name;
const nothing = () => null;

const libraries = {
  "taiwan-id-validator": [
    idValidator.isIdCardNumber,
    (text) => idValidator.validateIdCardNumber(text).reason,
  ],
  validid: [
    (text) => validid.validateTwid(text).ok,
    (text) => validid.validateTwid(text).status,
  ],
  validator: [(text) => validator.isIdentityCard(text, "zh-TW"), nothing],
  stdnum: [
    (text) => TW.natid.validate(text).isValid || TW.ui.validate(text).isValid,
    (text) => reasonOf(TW.natid.validate(text)),
  ],
};

function time(check, numbers, rounds) {
  let taken = 0;
  const start = process.hrtime.bigint();
  for (let round = 0; round < rounds; round += 1) {
    for (const number of numbers) if (check(number)) taken += 1;
  }
  const nanoseconds = Number(process.hrtime.bigint() - start);
  if (taken !== rounds * numbers.length) throw new Error("a valid number was refused");
  return nanoseconds / taken / 1000;
}

function attempt(call) {
  try {
    return call();
  } catch (error) {
    return `crash: ${error.name}`;
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const { library, numbers, rounds, texts } = JSON.parse(line);
  const [check, reason] = libraries[library];
  const answer = numbers
    ? time(check, numbers, rounds)
    : texts.map((text) => [attempt(() => check(text)), attempt(() => reason(text)) ?? null]);
  console.log(JSON.stringify(answer));
}
