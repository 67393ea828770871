// Python in a worker of its own, so that the page stays responsive. Everything comes from this site.
let run;

async function load(root) {
  const { loadPyodide } = await import(new URL("pyodide.mjs", root).href);
  const python = await loadPyodide({ indexURL: root });
  const archive = await fetch(new URL("packages.zip", root));
  if (!archive.ok) throw new Error(`packages.zip: ${archive.status}`);
  python.unpackArchive(new Uint8Array(await archive.arrayBuffer()), "zip");
  run = python.pyimport("playground_app").run;
}

self.addEventListener("message", async ({ data: { id, root, call, args } }) => {
  try {
    if (root) await load(root);
    self.postMessage({ id, result: call ? run(call, JSON.stringify(args)) : "{}" });
  } catch (error) {
    self.postMessage({ id, error: String(error.message ?? error).trim().split("\n").at(-1) });
  }
});
