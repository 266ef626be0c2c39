/** `sixfold image`: what it prints and how it ends. What is built comes from a small archive. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { buildImage } from "../../src/image/index.js";
import {
  filesBelow,
  isolated,
  makeArchive,
  makeKey,
  serve,
  temporaryFolder,
  writeFolder,
} from "../image/fixture.js";
import { sixfold } from "./command.js";

const key = await makeKey();

const tool = {
  name: "tool",
  files: { "./usr/bin/tool": "tool" },
  scripts: { postinst: "update-alternatives --install /usr/bin/t t /usr/bin/tool 1\n" },
  fields: ["Depends: debconf"],
} as const;
const dash = { name: "dash", files: { "./usr/bin/sh": "dash" } } as const;

test("list, show, export, import, remove", async (context) => {
  const folder = await temporaryFolder(context);
  await writeFolder(folder, await makeArchive(key, { packages: [tool, dash] }));
  const options = { ...(await isolated(context, key)), mirror: folder };
  const environment = { SIXFOLD_CACHE: options.cacheFolder ?? "" };
  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await sixfold(["image", ...args], { environment });
    return { code, stdout: stdout.toString(), stderr };
  };
  assert.deepEqual(await run("list"), {
    code: 0,
    stdout: "",
    stderr: "sixfold: there is no image yet; build it with: sixfold image build\n",
  });
  await buildImage(options);
  await buildImage({ ...options, name: "mine", packages: ["tool"] });
  const [first, second] = (await run("list")).stdout.split("\n");
  assert.match(first ?? "", /^default {2}\d+\.\d MB {2}\S+ \S+ {2}Debian 13\.7: 2 packages {2}\//);
  assert.match(second ?? "", /^mine .*: 4 packages/);
  assert.match((await run("list", "--verbose")).stdout, /^mine .* dash 1, tool 1 {2}\//m);
  assert.equal((await run("list", "--quiet")).stdout, "default\nmine\n");
  const { stdout: shown } = await run("show", "mine");
  assert.match(shown, /^package {3}tool 1 {2}not run: postinst {2}left out for scripts: debconf$/m);
  assert.match(shown, /^link {6}\/usr\/bin\/t -> \/usr\/bin\/tool$/m);
  const json = JSON.parse((await run("show", "mine", "--json")).stdout) as { name: string };
  assert.equal(json.name, "mine");
  assert.deepEqual(await run("show", "other"), {
    code: 125,
    stdout: "",
    stderr: "sixfold: there is no image other; there is: default, mine\n",
  });
  const file = join(folder, "copy.tar.gz");
  assert.match((await run("export", "mine", file)).stdout, /^mine: exported, /);
  assert.match((await run("import", file)).stdout, /^copy: imported, /);
  assert.match(
    (await run("import", file)).stderr,
    /^sixfold: there is an image copy already: --rep/,
  );
  assert.equal((await run("import", "--replace", file, "copy")).code, 0);
  assert.match((await run("list")).stdout, /^copy .*Debian 13\.7: 4 packages/);
  assert.equal((await run("remove", "copy", "mine")).code, 0);
  const gone = await run("remove", "copy", "default");
  assert.deepEqual([gone.code, gone.stderr], [125, "sixfold: there is no image copy\n"]);
  assert.equal((await run("list", "--quiet")).stdout, "");
});

test("mistakes are one line, exit 125", async (context) => {
  const folder = await temporaryFolder(context);
  await writeFile(join(folder, "evil.tar"), "no archive");
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [["build", "../x", "--packages", "a"], /"\.\.\/x" cannot name an image/],
    [["build", "x", "--packages", ","], /Give names of packages/],
    [["build", "x", "--packages", "A_b"], /"A_b" cannot be the name of a package/],
    [["build", "--packages", "bash"], /"default" is the image without further packages/],
    [["build", "x", "--packages-from", "/nowhere"], /cannot read \/nowhere: ENOENT/],
    [["build", "--mirror", "/nowhere"], /InRelease does not exist/],
    [["import", join(folder, "evil.tar")], /evil\.tar is no root file system that is known here/],
    [["import", "/nowhere/x.tar"], /cannot read \/nowhere\/x\.tar/],
    [["export", "x", "x.zip"], /name the file with \.cpio/],
    [["frobnicate"], /unknown command 'frobnicate'/],
  ];
  for (const [args, message] of cases) {
    const environment = { SIXFOLD_CACHE: join(folder, "cache") };
    const ended = await sixfold(["image", ...args], { environment });
    assert.equal(ended.code, 125, ended.stderr);
    assert.match(ended.stderr, /^sixfold: .*\n(\(see --help\)\n|\n.*)?$/);
    assert.match(ended.stderr, message);
    assert.equal(ended.stdout.toString(), "");
  }
});

test("a build that is interrupted leaves nothing half", async (context) => {
  const server = await serve(context, new Map());
  const folder = await temporaryFolder(context);
  for (const [name, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    let stop = (): void => undefined;
    server.override = (_path, response) => {
      response.writeHead(200, { "content-length": 1000 });
      response.write("some bytes, then silence");
      stop();
      return true;
    };
    const ended = await sixfold(["image", "build", "--mirror", server.url], {
      environment: { SIXFOLD_CACHE: join(folder, "cache"), NO_PROXY: "127.0.0.1" },
      onStart: (kill) => {
        stop = () => kill(name);
      },
    });
    assert.deepEqual([ended.code, ended.stderr], [code, "sixfold: interrupted\n"]);
    assert.deepEqual(await filesBelow(folder), []);
  }
});
