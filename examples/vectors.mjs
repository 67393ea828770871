// Runs the vectors against the playground's build:
// `node examples/vectors.mjs PLAYGROUND VECTORS [--every=N] [LANG...]`.
//
// PLAYGROUND is the folder that `python -m tools.playground` fills, VECTORS the one of
// `python -m tools.vectors`. Every person is decided in Python compiled to WebAssembly, and the outcome
// is compared with the vector's. With languages, the whole answers go to standard output, one a line,
// so that they can be compared with CPython's. With `--every=N` only each Nth person of a file is asked.
import { readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [playground, vectors, ...more] = process.argv.slice(2).map((it, at) => (at < 2 ? resolve(it) : it));
const languages = more.filter((it) => !it.startsWith("--"));
const every = Number(more.find((it) => it.startsWith("--every="))?.slice("--every=".length) ?? 1);
const { loadPyodide } = await import(pathToFileURL(join(playground, "pyodide.mjs")).href);

const started = performance.now();
const python = await loadPyodide({ indexURL: playground });
python.unpackArchive(new Uint8Array(readFileSync(join(playground, "packages.zip"))), "zip");
const run = python.pyimport("playground_app").run;
const ready = performance.now() - started;
const call = (name, ...args) => run(name, JSON.stringify(args));

let people = 0;
let wrong = 0;
let first = 0;
for (const name of readdirSync(vectors, { recursive: true }).sort()) {
  if (!name.startsWith("people/") || !name.endsWith(".json")) continue;
  const { policy, rows } = JSON.parse(readFileSync(join(vectors, name), "utf-8"));
  for (const row of rows.filter((_, at) => at % every === 0)) {
    const told = (languages.length ? languages : ["en"]).map((lang) => call("answer", row.person, policy, lang));
    first ||= performance.now() - started;
    if (languages.length) for (const each of told) console.log(each);
    if (JSON.parse(told[0]).outcome !== row.outcome) {
      wrong += 1;
      console.error(`${policy}, ${row.label}: ${JSON.parse(told[0]).outcome}, expected ${row.outcome}`);
    }
    people += 1;
  }
}
const seconds = (performance.now() - started) / 1000;
console.error(`${people} people, ${wrong} wrong; ready after ${(ready / 1000).toFixed(1)} s, first answer after ${(first / 1000).toFixed(1)} s, all after ${seconds.toFixed(0)} s`);
process.exit(wrong || !people ? 1 : 0);
