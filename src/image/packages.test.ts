/** Versions, relations and dependencies of packages; alternatives out of maintainer scripts. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { addAlternatives, readCalls } from "./alternatives.js";
import { ImageError } from "./errors.js";
import { PackageIndex } from "./package-index.js";
import { groupText, parseRelations } from "./relations.js";
import { resolvePackages, selectPackages } from "./resolve.js";
import { RootTree } from "./tree.js";
import { compareVersions, satisfies } from "./version.js";

/** From oldest to newest, as dpkg --compare-versions orders them. */
const ascending: readonly string[] = [
  "0~~",
  "0~~a",
  "0~",
  "0",
  "0.1~rc1-1",
  "0.1-1",
  "0.1-1+b1",
  "0.1-1.1",
  "0.1-2",
  "0.1a-1",
  "0.1+dfsg-1",
  "0.1.1-1",
  "0.9",
  "0.10",
  "1.0~beta1~svn1245-1",
  "1.0~beta1-1",
  "1.0-1",
  "1.0-1a",
  "1.0-10",
  "2.0-1-1",
  "99999999999999999999",
  "100000000000000000000",
  "1:0.1",
  "10:0",
];

test("the order of versions", () => {
  for (const [index, one] of ascending.entries()) {
    for (const [place, other] of ascending.entries()) {
      const order = Math.sign(compareVersions(one, other));
      assert.equal(order, Math.sign(index - place), `${one} and ${other}`);
    }
  }
  for (const [one, other] of [
    ["1.0", "0:1.0"],
    ["1.0-0", "1.0"],
    ["1.01", "1.1"],
    ["1.0", "1.00"],
  ]) {
    assert.equal(compareVersions(one ?? "", other ?? ""), 0, `${one} and ${other}`);
  }
  const operators = ["<<", "<=", "=", ">=", ">>"] as const;
  const held = (one: string): boolean[] => operators.map((sign) => satisfies(one, sign, "1"));
  assert.deepEqual(held("0.9"), [true, true, false, false, false]);
  assert.deepEqual(held("1-0"), [false, true, true, true, false]);
  assert.deepEqual(held("1.1"), [false, false, false, true, true]);
});

test("relations", () => {
  const groups = parseRelations(
    "a:any (>= 1.2-3), b|c (<2) | d:riscv64(= 1), e [linux-any] <!x>,,",
  );
  assert.deepEqual(groups.map(groupText), ["a (>= 1.2-3)", "b | c (<= 2) | d (= 1)", "e"]);
  assert.deepEqual(parseRelations(undefined), []);
});

/** An index of packages, each given as its name, version and further fields. */
function indexOf(...packages: readonly (readonly [string, string, ...string[]])[]): PackageIndex {
  const hash = "0".repeat(64);
  const stanza = ([name, version, ...fields]: (typeof packages)[number]): string =>
    [
      `Package: ${name}`,
      `Version: ${version}`,
      `Filename: pool/${name}.deb`,
      "Size: 9",
      `SHA256: ${hash}`,
      ...fields,
    ].join("\n");
  return new PackageIndex(`${packages.map(stanza).join("\n\n")}\n`);
}

const named = (index: PackageIndex, ...names: string[]): string[] =>
  resolvePackages(index, names).map(({ name }) => name);

function refused(index: PackageIndex, names: readonly string[], ...lines: string[]): void {
  assert.throws(
    () => resolvePackages(index, names),
    (error) => {
      assert.ok(error instanceof ImageError);
      assert.deepEqual(error.message.split("\n"), lines);
      return true;
    },
  );
}

test("an index: by name, the newest of several, a place inside the mirror", () => {
  const index = indexOf(["a", "1"], ["a", "3"], ["a", "2"], ["e", "1", "Essential: yes"]);
  assert.equal(index.get("a")?.version, "3");
  assert.equal(index.get("a")?.path, "pool/a.deb");
  assert.deepEqual(index.essential, ["e"]);
  assert.deepEqual(selectPackages(index, ["a"])[0]?.depends, []);
  assert.throws(() => selectPackages(index, ["x"]), /no package x/);
  const outside = indexOf(["a", "1", "Filename: pool/../../a.deb"]);
  assert.throws(() => outside.get("a"), /no usable file/);
});

test("what packages need, all the way down; what scripts need is left out", () => {
  const index = indexOf(
    ["a", "1", "Depends: b (>= 2), c | d", "Pre-Depends: e"],
    ["b", "2", "Depends: a", "Recommends: z"],
    ["c", "1", "Depends: debconf (>= 0.5) | debconf-2.0, adduser"],
    ["d", "1"],
    ["e", "1"],
    ["debconf", "1"],
  );
  assert.deepEqual(named(index, "a"), ["a", "e", "b", "c"]);
  assert.deepEqual(named(index, "a", "d", "a"), ["a", "d", "e", "b"], "what is there serves");
  assert.deepEqual(index.get("c")?.neededByScripts, ["debconf", "adduser"]);
  assert.deepEqual(named(index, "debconf"), ["debconf"], "who names it gets it");
});

test("names that packages provide", () => {
  const index = indexOf(
    ["a", "1", "Depends: awk"],
    ["gawk", "1", "Provides: awk", "Priority: optional"],
    ["mawk", "1", "Provides:\n awk,\n awk-small (= 3)", "Priority: required"],
    ["b", "1", "Depends: awk-small (>= 3)"],
    ["c", "1", "Depends: awk (>= 1)"],
    ["original-awk", "1", "Provides: awk"],
  );
  assert.deepEqual(named(index, "a"), ["a", "mawk"], "the one that Debian prefers");
  assert.deepEqual(named(index, "a", "gawk"), ["a", "gawk"], "the one that is there");
  assert.deepEqual(named(index, "b"), ["b", "mawk"]);
  refused(index, ["c"], "c needs awk (>= 1); the archive has nothing of that name");
  const provided = "; it is provided by: gawk, mawk, original-awk";
  refused(index, ["awk"], `the archive has no package awk for this architecture${provided}`);
});

test("what cannot be had is named, a line for each", () => {
  const index = indexOf(
    ["a", "1", "Depends: b (>= 2), c"],
    ["b", "1"],
    ["d", "1", "Depends: a"],
    ["f", "1", "Depends: d | g"],
    ["g", "1", "Depends: x | y (= 2)"],
    ["y", "1"],
  );
  refused(
    index,
    ["a"],
    "a needs b (>= 2); the archive has b 1",
    "a needs c; the archive has nothing of that name",
  );
  refused(
    index,
    ["f"],
    "a needs b (>= 2); the archive has b 1",
    "a needs c; the archive has nothing of that name",
    "g needs x | y (= 2); the archive has y 1",
  );
  refused(
    index,
    ["x", "a", "z"],
    "the archive has no package x for this architecture",
    "the archive has no package z for this architecture",
  );
});

test("conflicts: another choice is tried; else they are named", () => {
  const index = indexOf(
    ["a", "1", "Depends: one | two"],
    ["one", "1", "Conflicts: b"],
    ["two", "1"],
    ["b", "1", "Depends: c"],
    ["c", "1"],
    ["d", "1", "Breaks: c (<< 2)", "Conflicts: mail", "Provides: mail"],
    ["e", "1", "Breaks: c (<< 1)"],
    ["m", "1", "Provides: mail"],
  );
  assert.deepEqual(named(index, "a"), ["a", "one"]);
  assert.deepEqual(named(index, "a", "b"), ["a", "b", "two", "c"]);
  assert.deepEqual(named(index, "b", "e"), ["b", "e", "c"]);
  refused(index, ["b", "d"], "d conflicts with c (<< 2), which c is");
  refused(index, ["d", "m"], "d conflicts with mail, which m is");
  refused(index, ["b", "one"], "one conflicts with b, which b is");
});

test("a choice made early is taken back when it turns out wrong", () => {
  const index = indexOf(
    ["a", "1", "Depends: one | two, other"],
    ["one", "1"],
    ["two", "1"],
    ["other", "1", "Depends: deep"],
    ["deep", "1", "Conflicts: one"],
  );
  assert.deepEqual(named(index, "a"), ["a", "two", "other", "deep"]);
});

const postinst = `#!/bin/sh
set -e
if [ "$1" = "configure" ]; then
  update-alternatives --install /usr/bin/awk awk /usr/bin/mawk 5 \\
    --slave /usr/share/man/awk.1 awk.1 /usr/share/man/mawk.1 \\
    --slave /usr/bin/nawk nawk /usr/bin/gone
  for i in vi view; do update-alternatives --install /usr/bin/$i $i /usr/bin/vim 10; done
    update-alternatives --install /usr/bin/$i $i /usr/bin/vim 10
  update-alternatives --quiet --install /usr/bin/taken taken /usr/bin/mawk 5 || true
  update-alternatives --remove awk /usr/bin/old
fi
`;

test("alternatives: literal calls alone, the highest priority, nothing over a file", () => {
  const { choices, unreadCount } = readCalls(postinst);
  assert.deepEqual(
    choices.map(({ main }) => main.name),
    ["awk", "taken"],
  );
  assert.equal(unreadCount, 1);
  const tree = new RootTree(0);
  for (const name of ["mawk", "gawk", "taken", "x"]) tree.file(`usr/bin/${name}`, name);
  tree.file("usr/share/man/mawk.1", "manual");
  const better = "update-alternatives --install /usr/bin/awk awk /usr/bin/gawk 10\n";
  const absent = "update-alternatives --install /usr/bin/awk awk /usr/bin/absent 99\n";
  const odd = "update-alternatives --install usr/bin/y ../../y /usr/bin/x 1\n";
  const made = addAlternatives(tree, [postinst, absent, odd]);
  assert.deepEqual(made, [
    { link: "/usr/bin/awk", target: "/usr/bin/mawk" },
    { link: "/usr/share/man/awk.1", target: "/usr/share/man/mawk.1" },
  ]);
  assert.equal(tree.target("usr/bin/awk"), "/etc/alternatives/awk");
  assert.equal(tree.target("etc/alternatives/awk"), "/usr/bin/mawk");
  addAlternatives(tree, [postinst, better]);
  assert.equal(tree.target("etc/alternatives/awk"), "/usr/bin/gawk");
});
