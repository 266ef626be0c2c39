/**
 * The state of kernel, services, domains and devices is plain data (docs/design.md 4.5), also after
 * programs that fork, wait, map and are signalled.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { findNotPlain, hashState } from "../../src/structures/state.js";
import { structures } from "../syscalls/sixfold.js";
import { boot, program, skip } from "./programs.js";

describe("state is plain data", { skip }, () => {
  for (const structure of structures) {
    for (const name of ["stress/mixture", "stress/families", "poll/wake"]) {
      test(`${name} on ${structure}`, async () => {
        const run = boot(structure, await program(`syscalls/${name}`));
        assert.equal(run.hang, null);
        const tree = run.system.stateTree();
        assert.deepEqual(findNotPlain(tree), []);
        assert.deepEqual(Object.keys(tree).sort(), ["devices", "domains", "kernel", "services"]);
        assert.ok(Object.keys(tree.services as object).length >= 12);
        assert.equal(hashState(structuredClone(tree)), hashState(tree));
      });
    }
  }
});
