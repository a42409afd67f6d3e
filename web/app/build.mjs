// Builds the page into `dist`: one script, one style sheet, both with a hash in their names, and
// `index.html`, the only file which must not be cached for ever. `--watch` rebuilds on change.
import * as esbuild from "esbuild";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const out = join(here, "dist");
const watch = process.argv.includes("--watch");

/** Writes `index.html` with the names esbuild has just given to script and style sheet. */
const html = {
  name: "html",
  setup(build) {
    build.onEnd(async (result) => {
      if (result.errors.length > 0 || !result.metafile) return;
      const files = Object.keys(result.metafile.outputs).map((path) => basename(path));
      const named = (end) => {
        const found = files.find((name) => name.startsWith("main-") && name.endsWith(end));
        if (!found) throw new Error(`the build made no main-*${end}`);
        return `/assets/${found}`;
      };
      const template = await readFile(join(here, "src/index.html"), "utf8");
      const page = template.replace("%SCRIPT%", named(".js")).replace("%STYLE%", named(".css"));
      await writeFile(join(out, "index.html"), page);
    });
  },
};

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
await cp(join(here, "public"), out, { recursive: true });
const context = await esbuild.context({
  absWorkingDir: here,
  entryPoints: ["src/main.tsx"],
  bundle: true,
  format: "esm",
  target: ["chrome105", "firefox110", "safari16"],
  jsx: "automatic",
  minify: !watch,
  sourcemap: watch ? "inline" : false,
  legalComments: "none",
  define: { "process.env.NODE_ENV": JSON.stringify(watch ? "development" : "production") },
  outdir: "dist/assets",
  entryNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  metafile: true,
  logLevel: "info",
  plugins: [html],
});
if (watch) {
  await context.watch();
} else {
  await context.rebuild();
  await context.dispose();
}
