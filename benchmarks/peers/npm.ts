/**
 * Peers from npm, installed into the cache by `npm ci`: exact versions, and npm compares each
 * package with the integrity in the lock file beside this. Their scripts are not run.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { NotHere, peerPath } from "./cache.js";

const here = dirname(fileURLToPath(import.meta.url));

/**
 * @param lock folder beside this with package.json and package-lock.json
 * @param options further ones of npm's
 * @returns the folder of node_modules
 */
export function installNpm(lock: string, options: readonly string[] = []): string {
  const folder = peerPath(lock);
  const modules = join(folder, "node_modules");
  const text = readFileSync(join(here, lock, "package-lock.json"), "utf8");
  const installed = join(folder, "package-lock.json");
  const isCurrent = existsSync(modules) && existsSync(installed);
  if (isCurrent && readFileSync(installed, "utf8") === text) return modules;
  console.error(`installing ${lock} (npm ci)`);
  mkdirSync(folder, { recursive: true });
  for (const name of ["package.json", "package-lock.json"]) {
    copyFileSync(join(here, lock, name), join(folder, name));
  }
  const args = ["ci", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund"];
  const result = spawnSync("npm", [...args, ...options], { encoding: "utf8" });
  if (result.status !== 0) throw new NotHere(`npm ci failed: ${result.stderr?.trim()}`);
  return modules;
}

/** The version of an installed package. */
export function npmVersion(modules: string, name: string): string {
  const text = readFileSync(join(modules, name, "package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
