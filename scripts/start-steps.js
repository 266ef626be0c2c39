/* The steps of `npm start`, in order. Runs before any dependency exists: Node built-ins only. */
"use strict";

const { launch } = require("../bin/launch.js");
const { build, buildImage, installDependencies, warm } = require("./setup.js");

/**
 * Sets up what is missing and runs `sixfold` with `args` (none: the shell).
 * @param {string[]} args
 */
async function start(args) {
  const code = installDependencies() || build() || buildImage();
  if (code !== 0) {
    process.exitCode = code;
    return;
  }
  warm();
  await launch(args);
}

module.exports = { start };
