/* What `npm start` and `npm test` set up: npm dependencies, the build, the default image, and for
   the tests the Debian packages of the cross compiler and the oracle. Each step looks first whether
   it has anything to do, says what it does on stderr, and returns an exit code (0: done).
   Runs before any dependency exists: Node built-ins only. */
"use strict";

const { spawnSync } = require("node:child_process");
const { accessSync, constants, existsSync, readFileSync } = require("node:fs");
const { delimiter, join } = require("node:path");

const root = join(__dirname, "..");
const EXIT_CANNOT_START = 125;

/** Commands that the tests use, and the Debian packages that bring each. */
const TEST_PACKAGES = {
  gcc: ["gcc", "libc6-dev"],
  "riscv64-linux-gnu-gcc": ["gcc-riscv64-linux-gnu", "libc6-dev-riscv64-cross"],
  "qemu-riscv64-static": ["qemu-user-static"],
  tmux: ["tmux"],
  zsh: ["zsh"],
  chromium: ["chromium"],
};

function say(text) {
  process.stderr.write(`sixfold: ${text}\n`);
}

function run(command, args, options) {
  const result = spawnSync(command, args, { cwd: root, stdio: "inherit", ...options });
  if (result.error) {
    say(`cannot run ${command}: ${result.error.message}`);
    return EXIT_CANNOT_START;
  }
  return result.status ?? 1;
}

function npm(args) {
  const script = process.env.npm_execpath;
  if (script?.endsWith(".js")) return run(process.execPath, [script, ...args]);
  return run("npm", args, { shell: process.platform === "win32" });
}

/** Whether node_modules holds what package-lock.json asks for (optional packages may be absent). */
function dependenciesAreCurrent() {
  const installed = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(installed)) return false;
  const have = JSON.parse(readFileSync(installed, "utf8")).packages;
  const want = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  return Object.entries(want).every(
    ([path, entry]) =>
      path === "" || entry.optional === true || have[path]?.version === entry.version,
  );
}

/** Brings node_modules up to date with package-lock.json (`npm ci`). */
function installDependencies() {
  if (dependenciesAreCurrent()) return 0;
  say("installing dependencies (npm ci)");
  const code = npm(["ci", "--no-audit", "--no-fund"]);
  if (code !== 0) say("npm ci failed; is there a way to the npm registry?");
  return code;
}

/** Compiles src/ into dist/ and bundles it; incremental, so cheap when nothing changed. */
function build() {
  if (!existsSync(join(root, "dist", "cli", "main.js"))) say("building");
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  const bundler = join(root, "scripts", "bundle.mjs");
  return run(process.execPath, [compiler, "-b"]) || run(process.execPath, [bundler]);
}

/** Builds the default image when there is none. */
function buildImage() {
  const args = [join(root, "bin", "sixfold.js"), "image", "build", "--if-missing"];
  return run(process.execPath, args);
}

/** Keeps the engine's compiled code of a start; without it starts are slower, so never fails. */
function warm() {
  run(process.execPath, [join(root, "scripts", "warm.mjs")]);
}

function onPath(command) {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * Installs the Debian packages that the tests use, where that is possible (root, apt-get).
 * Never fails: a test whose package is missing counts as "not run: needs PACKAGE".
 */
function installTestPackages() {
  const missing = Object.keys(TEST_PACKAGES).filter((command) => !onPath(command));
  if (missing.length === 0) return;
  const packages = missing.flatMap((command) => TEST_PACKAGES[command]);
  if (!onPath("apt-get") || process.getuid?.() !== 0) {
    say(`some tests need Debian packages (as root: apt-get install ${packages.join(" ")})`);
    return;
  }
  say(`installing ${packages.join(" ")} (apt-get)`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const options = { env, stdio: ["ignore", "ignore", "inherit"] };
  const install = ["install", "-y", "-q", "--no-install-recommends", ...packages];
  if (run("apt-get", install, options) === 0) return;
  run("apt-get", ["update", "-q"], options);
  if (run("apt-get", install, options) !== 0) say("apt-get failed; going on without");
}

module.exports = {
  build,
  buildImage,
  installDependencies,
  installTestPackages,
  root,
  run,
  warm,
};
