/* The steps of `npm test`, in order. Runs before any dependency exists: Node built-ins only. */
"use strict";

const { join } = require("node:path");
const {
  build,
  buildImage,
  installDependencies,
  installTestPackages,
  root,
  run,
  warm,
} = require("./setup.js");

/**
 * Sets up what the tests need and runs them; sets the exit code.
 * @param {string[]} args `--long` for the full counts; other words select test files by name
 */
function test(args) {
  const code = installDependencies() || build();
  if (code !== 0) {
    process.exitCode = code;
    return;
  }
  installTestPackages();
  buildImage(); // without an image, the tests that boot it say "not run: needs …"
  warm();
  const long = args.includes("--long") || process.env.SIXFOLD_TEST_LONG === "1";
  const words = args.filter((word) => word !== "--long");
  const env = { ...process.env, SIXFOLD_TEST_LONG: long ? "1" : "" };
  const driver = ["--import", "tsx", join(root, "tests", "run.ts"), ...words];
  process.exitCode = run(process.execPath, driver, { env });
}

module.exports = { test };
