/* Loads the built command (its bundle, or dist/cli/start.js) and runs it in this process. */
"use strict";

const { existsSync } = require("node:fs");
const { join } = require("node:path");
const { pathToFileURL } = require("node:url");

const EXIT_CANNOT_START = 125;
const dist = join(__dirname, "..", "dist");
const entry = join(dist, "cli", "start.js");

/**
 * Runs `sixfold` with `args` and sets the process's exit code to what it returns.
 * @param {string[]} args the command line without node and script
 * @returns {Promise<number>} the exit code: the guest's own, or 125 when nothing could be started
 */
async function launch(args) {
  process.exitCode = await run(args);
  return process.exitCode;
}

async function run(args) {
  if (!existsSync(entry)) {
    console.error("sixfold: not built yet; run `npm start` or `npm run build` in the clone first");
    return EXIT_CANNOT_START;
  }
  const { bundledFile } = await import(pathToFileURL(join(dist, "host", "node", "bundle.js")).href);
  const { main } = await import((bundledFile("cli.js") ?? pathToFileURL(entry)).href);
  return main(args);
}

module.exports = { launch };
