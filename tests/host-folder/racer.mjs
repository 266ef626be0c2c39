// A second process for race.test.ts: swaps things of a folder for links to what lies outside, as
// fast as it can, until its standard input ends. Arguments: the folder, the folder outside.
import { linkSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";

const [folder, outside] = process.argv.slice(2);
const tries = (body) => {
  try {
    body();
  } catch {
    // Who is raced takes things away: it is tried again.
  }
};

/** A folder becomes a link to the folder outside, and a folder again. */
function swapFolder(path) {
  tries(() => renameSync(path, `${path}.away`));
  tries(() => symlinkSync(outside, path));
  tries(() => unlinkSync(path));
  tries(() => renameSync(`${path}.away`, path));
}

/** A file becomes a link to the secret, by a symbolic link. */
function swapFile(path) {
  tries(() => renameSync(path, `${path}.away`));
  tries(() => symlinkSync(`${outside}/file`, path));
  tries(() => unlinkSync(path));
  tries(() => renameSync(`${path}.away`, path));
}

/** A file becomes a hard link to one outside. */
function swapLink(path) {
  tries(() => renameSync(path, `${path}.away`));
  tries(() => linkSync(`${outside}/linked`, path));
  tries(() => unlinkSync(path));
  tries(() => renameSync(`${path}.away`, path));
}

/** A folder is moved out; there it has a secret, before it comes back. */
function moveOut(path) {
  tries(() => renameSync(path, `${outside}/moved`));
  tries(() => writeFileSync(`${outside}/moved/file.new`, "SECRET"));
  tries(() => renameSync(`${outside}/moved/file.new`, `${outside}/moved/other`));
  tries(() => rmSync(`${outside}/moved/other`));
  tries(() => renameSync(`${outside}/moved`, path));
}

let rounds = 0;
function round() {
  for (let i = 0; i < 50; i++) {
    swapFolder(`${folder}/d`);
    swapFolder(`${folder}/deep/e`);
    swapFile(`${folder}/f`);
    swapLink(`${folder}/h`);
    moveOut(`${folder}/m`);
    rounds++;
  }
  setImmediate(round);
}
process.stdin.on("end", () => {
  process.stdout.write(`${rounds}\n`);
  process.exit(0);
});
process.stdin.resume();
round();
