// Builds the page into app/graphiql/static: everything that it loads, and the licences of what is inside.
// Run: npm ci && npm run build (Node 20 or later). The result is committed.

import { build } from "esbuild";
import { copyFile, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const out = path.join(here, "../../app/graphiql/static");
const monaco = "monaco-editor/esm/vs";

// What the page does without: styles of Monaco that GraphiQL's own sheet holds already, letters of its fonts beyond
// Latin (the reader's own fonts draw those), a JavaScript parser whose only use was to format JSON with comments, and
// a second Prettier in the worker (the page formats documents with its own).
const lean = {
  name: "lean",
  setup({ onLoad, onResolve, resolve }) {
    onLoad({ filter: /monaco-editor\/.*\.css$/ }, () => ({ contents: "", loader: "css" }));
    onLoad({ filter: /graphiql\/dist\/style\.css$/ }, async ({ path: file }) => {
      const sheet = await readFile(file, "utf8");
      const kept = (face) => face.includes("codicon") || face.includes("U+0000-00FF");
      return { contents: sheet.replace(/@font-face\s*\{[^}]*\}/g, (face) => (kept(face) ? face : "")), loader: "css" };
    });
    onResolve({ filter: /^prettier\// }, ({ importer }) =>
      importer.includes("monaco-graphql") ? { path: path.join(here, "src/no-formatter.js") } : undefined,
    );
    onResolve({ filter: /^prettier\/parser-graphql$/ }, ({ resolveDir }) =>
      resolve("prettier/plugins/graphql", { resolveDir, kind: "import-statement" }),
    );
    onResolve({ filter: /^prettier\/(parser-babel|plugins\/estree)$/ }, () => ({
      path: path.join(here, "src/json-parser.js"),
    }));
  },
};

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });

const result = await build({
  absWorkingDir: here,
  entryPoints: {
    main: "src/main.jsx",
    "editor.worker": `${monaco}/editor/editor.worker.js`,
    "json.worker": `${monaco}/language/json/json.worker.js`,
    "graphql.worker": "monaco-graphql/esm/graphql.worker.js",
  },
  outdir: out,
  bundle: true,
  minify: true,
  format: "iife",
  target: ["es2022"],
  jsx: "automatic",
  loader: { ".ttf": "dataurl" },
  define: { "process.env.NODE_ENV": '"production"' },
  plugins: [lean],
  legalComments: "none",
  metafile: true,
  logLevel: "info",
});
await copyFile(path.join(here, "src/index.html"), path.join(out, "index.html"));
await writeFile(path.join(out, "LICENSES.txt"), await licences(Object.keys(result.metafile.inputs)));

async function licences(inputs) {
  const folders = new Set();
  for (const input of inputs) {
    const found = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input);
    if (found) folders.add(path.join(here, found[1]));
  }
  const parts = ["This folder is built from the following packages by web/graphiql/build.mjs.\n"];
  for (const folder of [...folders].sort()) {
    const about = JSON.parse(await readFile(path.join(folder, "package.json"), "utf8"));
    const files = (await readdir(folder)).filter((name) => /^(licen[cs]e|copying|notice|thirdpartynotices)/i.test(name));
    const texts = [];
    for (const name of files.sort()) {
      const file = path.join(folder, name);
      if ((await stat(file)).isFile()) texts.push((await readFile(file, "utf8")).trim());
    }
    parts.push(`${"=".repeat(100)}\n${about.name} ${about.version} (${about.license ?? "see below"})\n\n${texts.join("\n\n") || "(its package carries no licence file)"}\n`);
  }
  return parts.join("\n");
}
