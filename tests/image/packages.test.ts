/** Images of chosen packages: dependencies, scripts that are not run, files of two packages. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { type TestContext, test } from "node:test";
import { type CpioFile, linkCpio, readCpio } from "../../src/abi/cpio.js";
import { buildImage, type ImageOptions, listImages } from "../../src/image/index.js";
import { contentsPath } from "../../src/image/manifest.js";
import {
  type FurtherPackage,
  isolated,
  makeArchive,
  makeKey,
  temporaryFolder,
  writeFolder,
} from "./fixture.js";

const key = await makeKey();

const packages: readonly FurtherPackage[] = [
  { name: "dash", files: { "./usr/bin/sh": "dash" } },
  {
    name: "tool",
    fields: ["Depends: libtool (>= 1), debconf"],
    files: { "./usr/bin/tool": "tool", "./bin/old": "old" },
    scripts: {
      preinst: "exit 1\n",
      postinst: "update-alternatives --install /usr/bin/t t /usr/bin/tool 5\n",
    },
  },
  {
    name: "libtool",
    files: {
      "./usr/lib/libtool.so": "library",
      "./usr/share/doc/libtool/copyright": "licence",
      "./usr/share/doc/libtool/README": "long",
      "./usr/share/man/man3/libtool.3.gz": "longer",
    },
  },
  { name: "awk", files: { "./usr/bin/cat": "another cat" } },
  { name: "newer", fields: ["Replaces: tool"], files: { "./usr/bin/old": "new" } },
  { name: "clash", files: { "./usr/bin/tool": "clash" } },
  { name: "base", fields: ["Essential: yes"], files: { "./usr/share/base": "base" } },
  { name: "broken", fields: ["Depends: nowhere, libtool (>= 2)"], files: {} },
];

async function optionsOf(context: TestContext): Promise<ImageOptions> {
  const folder = await temporaryFolder(context);
  await writeFolder(folder, await makeArchive(key, { packages }));
  return { ...(await isolated(context, key)), mirror: folder };
}

async function filesOf(path: string): Promise<Map<string, CpioFile>> {
  return new Map(linkCpio(readCpio(await readFile(path))).map((file) => [file.path, file]));
}

const textOf = (file: CpioFile | undefined): string => Buffer.from(file?.data ?? []).toString();

test("a package with what it needs; its scripts are listed, not run", async (context) => {
  const options = await optionsOf(context);
  const image = await buildImage({ ...options, name: "mine", packages: ["tool", "awk", "tool"] });
  const files = await filesOf(image.path);
  assert.equal(textOf(files.get("usr/lib/libtool.so")), "library");
  assert.equal(textOf(files.get("usr/bin/old")), "old", "/bin is /usr/bin");
  assert.equal(textOf(files.get("usr/bin/cat")), "another cat", "before busybox's");
  assert.equal(textOf(files.get("usr/bin/ls")), "/usr/bin/busybox");
  assert.equal(textOf(files.get("usr/bin/sh")), "dash", "it looks programs up in PATH");
  assert.match(textOf(files.get("etc/passwd")), /^root:.*:\/bin\/ash$/m);
  assert.match(textOf(files.get("etc/shrc")), /^alias .* cat=\/usr\/bin\/cat\b/m);
  assert.doesNotMatch(textOf(files.get("etc/shrc")), / (ls|sh)=\/usr\/bin\/ls/);
  assert.equal(textOf(files.get("usr/bin/t")), "/etc/alternatives/t");
  assert.equal(textOf(files.get("etc/alternatives/t")), "/usr/bin/tool");
  const { manifest } = image;
  const names = manifest.packages.map(({ name }) => name);
  assert.deepEqual(names, ["busybox-static", "tzdata", "dash", "awk", "tool", "libtool"]);
  const tool = manifest.packages.find(({ name }) => name === "tool");
  assert.deepEqual(tool?.scriptsNotRun, ["preinst", "postinst"]);
  assert.deepEqual(tool?.neededByScripts, ["debconf"]);
  assert.deepEqual(manifest.alternatives, [{ link: "/usr/bin/t", target: "/usr/bin/tool" }]);
  const { name: _, image: __, ...contents } = manifest;
  assert.deepEqual(JSON.parse(textOf(files.get(contentsPath))), contents);
});

test("an image that is there serves the same wish, and no other", async (context) => {
  const options = { ...(await optionsOf(context)), name: "mine" };
  assert.equal((await buildImage({ ...options, packages: ["awk", "tool"] })).built, true);
  assert.equal((await buildImage({ ...options, packages: ["tool", "awk"] })).built, false);
  assert.equal((await buildImage({ ...options, packages: ["tool"] })).built, true);
  await buildImage({ ...options, name: "default" });
  const names = (await listImages(options)).map(({ name }) => name);
  assert.deepEqual(names, ["default", "mine"]);
});

test("without the default packages, and with the essential ones", async (context) => {
  const options = await optionsOf(context);
  const minimal = { ...options, name: "small", minimal: true };
  const image = await buildImage({ ...minimal, packages: ["libtool"] });
  const files = await filesOf(image.path);
  assert.deepEqual([files.has("usr/bin/busybox"), files.has("etc/passwd")], [false, true]);
  const essential = await buildImage({ ...minimal, essential: true });
  assert.deepEqual(
    essential.manifest.packages.map(({ name }) => name),
    ["base"],
  );
  await assert.rejects(buildImage(minimal), /an image of no packages/);
});

test("a slim image has the licences of its documentation", async (context) => {
  const options = { ...(await optionsOf(context)), packages: ["libtool"] };
  for (const slim of [false, true]) {
    const image = await buildImage({ ...options, name: `slim-${slim}`, slim });
    const files = await filesOf(image.path);
    const has = ["doc/libtool/copyright", "doc/libtool/README", "man/man3/libtool.3.gz"].map(
      (path) => files.has(`usr/share/${path}`),
    );
    assert.deepEqual(has, [true, !slim, !slim]);
  }
});

test("a file of two packages: Replaces decides, else the first has it", async (context) => {
  const warnings: string[] = [];
  const options = {
    ...(await optionsOf(context)),
    onWarning: (message: string) => warnings.push(message),
  };
  for (const names of [
    ["tool", "newer"],
    ["newer", "tool"],
  ]) {
    const image = await buildImage({ ...options, name: "mine", packages: names, rebuild: true });
    assert.equal(textOf((await filesOf(image.path)).get("usr/bin/old")), "new");
  }
  assert.deepEqual(warnings, []);
  const image = await buildImage({ ...options, name: "mine", packages: ["tool", "clash"] });
  assert.equal(textOf((await filesOf(image.path)).get("usr/bin/tool")), "clash");
  assert.deepEqual(warnings, ["/usr/bin/tool is in clash and in tool; the first is kept"]);
});

test("wishes that cannot be met are named, a line for each", async (context) => {
  const options = { ...(await optionsOf(context)), name: "mine" };
  const refused = async (names: readonly string[], ...lines: string[]): Promise<void> => {
    await assert.rejects(buildImage({ ...options, packages: names }), (error: Error) => {
      assert.deepEqual(error.message.split("\n"), lines);
      return true;
    });
  };
  await refused(
    ["broken"],
    "broken needs nowhere; the archive has nothing of that name",
    "broken needs libtool (>= 2); the archive has libtool 1",
  );
  await refused(
    ["tool", "gone", "lost"],
    "the archive has no package gone for this architecture",
    "the archive has no package lost for this architecture",
  );
  await refused(["../x"], '"../x" cannot be the name of a package');
  const text = '"default" is the image without further packages: give another name';
  await assert.rejects(buildImage({ ...options, name: "default", packages: ["tool"] }), {
    message: text,
  });
  assert.deepEqual(await listImages(options), []);
});
