/** The completion files name every option that the command has. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { root, sixfold } from "./command.js";

const commands: readonly (readonly string[])[] = [
  ["--help"],
  ["shell", "--help"],
  ["run", "--help"],
  ...["build", "list", "show", "remove", "export", "import"].map((name) => [
    "image",
    name,
    "--help",
  ]),
];

async function options(): Promise<string[]> {
  const found = new Set<string>();
  for (const args of commands) {
    const { stdout } = await sixfold(args);
    for (const match of stdout.toString().matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)) {
      found.add(match[1] ?? "");
    }
  }
  return [...found].sort();
}

for (const name of ["sixfold.bash", "_sixfold"]) {
  test(`completions/${name} has all options`, async () => {
    const text = await readFile(join(root, "completions", name), "utf8");
    const all = await options();
    assert.ok(all.length >= 30, `found only ${all.join(" ")}`);
    const missing = all.filter((option) => !new RegExp(`${option}(?![a-z-])`).test(text));
    assert.deepEqual(missing, []);
  });
}

/** Images and folders to complete. */
async function fixture(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sixfold-completion-"));
  context.after(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, "cache", "images"), { recursive: true });
  for (const name of ["default", "tools"]) {
    await writeFile(join(folder, "cache", "images", `${name}.cpio`), "");
    await writeFile(join(folder, "cache", "images", `${name}.json`), "{}");
  }
  await mkdir(join(folder, "work"));
  await writeFile(join(folder, "words.cpio"), "");
  return folder;
}

const missing = (shell: string): string | false =>
  spawnSync(shell, ["-c", ":"]).status === 0 ? false : `needs ${shell}`;

test("bash completes commands, options and values", { skip: missing("bash") }, async (context) => {
  const folder = await fixture(context);
  const complete = (...words: string[]): string[] => {
    const script = `source "$0"; COMP_WORDS=(sixfold "$@"); COMP_CWORD=$#; _sixfold
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    const file = join(root, "completions", "sixfold.bash");
    const env = { ...process.env, SIXFOLD_CACHE: join(folder, "cache") };
    const args = ["-c", script, file, ...words];
    return execFileSync("bash", args, { encoding: "utf8", env, cwd: folder })
      .trim()
      .split("\n")
      .sort();
  };
  assert.deepEqual(complete("ru"), ["run"]);
  assert.deepEqual(complete("run", "--str"), ["--strace", "--structure"]);
  assert.deepEqual(complete("run", "--clock", "v"), ["virtual"]);
  assert.deepEqual(complete("run", "--clock", "=", "v"), ["virtual"]);
  assert.deepEqual(complete("run", "--clock", "="), ["host", "virtual"]);
  assert.deepEqual(complete("run", "--limit", "f"), ["files="]);
  assert.deepEqual(complete("run", "--image", ""), [
    "cache",
    "default",
    "tools",
    "words.cpio",
    "work",
  ]);
  assert.deepEqual(complete("run", "--mount", "w"), ["work/"]);
  assert.deepEqual(complete("run", "--mount", "work:/w:"), ["overlay", "ro"]);
  assert.deepEqual(complete("run", "--", "w"), ["words.cpio", "work"]);
  const commands = ["--help", "build", "export", "import", "list", "remove", "show"];
  assert.deepEqual(complete("image", ""), commands);
  assert.deepEqual(complete("image", "build", "--mir"), ["--mirror"]);
  assert.deepEqual(complete("image", "show", "t"), ["tools"]);
  assert.deepEqual(complete("image", "export", "tools", "wor"), ["words.cpio", "work"]);
  assert.deepEqual(complete("image", "import", "wor"), ["words.cpio", "work"]);
});

/** Types lines into an interactive zsh, asks for the choices of each, and reads the screen. */
const typist = `zmodload zsh/zpty; zpty z 'zsh -f -i'
zpty -w z "PS1='% '; fpath=($1 \\$fpath); autoload -Uz compinit; compinit -u -d $2/dump"
zpty -w z "bindkey '^I' list-choices; print re''ady"
zpty -r z out $'*\\nready*'
for line in "$@[3,-1]"; do
  zpty -n -w z "$line"$'\\t'; sleep 0.2
  zpty -w z $'\\x15print do''ne'; zpty -r z out $'*\\ndone*'; print -r -- "$out"; print -r -- '===='
done`;

test("zsh completes commands, options and values", { skip: missing("zsh") }, async (context) => {
  const folder = await fixture(context);
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ["sixfold ", ["run", "shell", "image", "help"]],
    ["sixfold run --str", ["--structure", "--strace"]],
    ["sixfold run --structure ", ["monolithic", "microkernel"]],
    ["sixfold run --limit ", ["instructions=", "outputBytes="]],
    ["sixfold run --image ", ["default", "tools", "words.cpio"]],
    ["sixfold run --mount work:/w:", ["ro", "overlay"]],
    ["sixfold image ", ["build", "list", "show", "remove", "export", "import"]],
    ["sixfold image show ", ["default", "tools"]],
    ["sixfold image build --m", ["--mirror", "--minimal"]],
  ];
  const args = ["-f", "-c", typist, "zsh", join(root, "completions"), folder];
  const screen = execFileSync("zsh", [...args, ...cases.map(([line]) => line)], {
    encoding: "utf8",
    cwd: folder,
    env: { ...process.env, SIXFOLD_CACHE: join(folder, "cache"), TERM: "dumb" },
  });
  const answers = screen.split("====\n");
  for (const [index, [line, expected]] of cases.entries()) {
    for (const word of expected) {
      assert.ok(answers[index]?.includes(word), `${line}: no ${word} in ${answers[index]}`);
    }
  }
});
