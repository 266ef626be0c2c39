/**
 * Images of Debian's packages, built by the command and run by it: interpreters and tools with the
 * libraries that they need, linked as they run. Each program does a little in every structure. The
 * usual run has an image of small ones; SIXFOLD_TEST_LONG=1 those of large ones, and a compiler.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { defaultCacheFolder } from "../../src/image/cache.js";
import { buildImage, exportImage, ImageError, removeImage } from "../../src/image/index.js";
import { sixfold, structures } from "../cli/command.js";

const isLong = process.env.SIXFOLD_TEST_LONG === "1";

interface Case {
  readonly packages: readonly string[];
  readonly memory: string;
  /** Script of sh, and what it prints. */
  readonly work: readonly (readonly [string, string])[];
}

const small: Case = {
  packages: ["bash", "jq", "mawk"],
  memory: "128M",
  work: [
    [`bash -c 'a=(1 2 3); echo "\${#a[@]} \${a[-1]}" <(:) | cut -d" " -f1,2'`, "3 3\n"],
    ["echo '{\"a\": [1, 2.5]}' | jq -c '.a | map(. * 2)'", "[2,5]\n"],
    ["awk 'BEGIN { printf \"%.3f\\n\", atan2(0, -1) }'", "3.142\n"],
    ["readlink -f /usr/bin/awk", "/usr/bin/mawk\n"],
    ["test -x /lib/ld-linux-riscv64-lp64d.so.1 && /bin/true && echo yes", "yes\n"],
  ],
};

const large: Case = {
  packages: ["git", "lua5.4", "perl-base", "python3", "sqlite3"],
  memory: "512M",
  work: [
    [
      "cd /tmp && git init -q r && cd r && echo text > f && git add f && " +
        "git -c user.name=n -c user.email=e commit -q -m first && git log --format=%s && git fsck",
      "first\n",
    ],
    ["lua -e 'print(string.rep(\"ab\", 3), 7 // 2, math.type(1.0))'", "ababab\t3\tfloat\n"],
    [
      "perl -e 'my %h = map { $_ => length } qw(a bb); print join(\",\", sort values %h), qq(\\n)'",
      "1,2\n",
    ],
    [
      "python3 -c 'import json, hashlib, threading, subprocess as s; " +
        'print(json.dumps({"a": 1}), hashlib.sha256(b"").hexdigest()[:8], ' +
        's.run(["echo", "child"], capture_output=True, text=True).stdout.strip())\'',
      '{"a": 1} e3b0c442 child\n',
    ],
    [
      "sqlite3 /tmp/d 'create table t(a); insert into t values (6), (7); select sum(a) from t;'",
      "13\n",
    ],
  ],
};

const compiler: Case = {
  packages: ["gcc", "libc6-dev"],
  memory: "1G",
  work: [
    [
      "cd /tmp && printf '#include <stdio.h>\\nint main(void) { puts(\"hello\"); }\\n' > a.c && " +
        "cc -O2 -o a a.c && ./a && gcc -static -o b a.c && ./b",
      "hello\nhello\n",
    ],
  ],
};

const folder = mkdtempSync(join(tmpdir(), "sixfold-images-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Builds an image in the usual cache and takes it out to a file; or says why that cannot be. */
async function imageOf(name: string, { packages }: Case): Promise<string | Error> {
  try {
    const options = { name, packages, slim: true, cacheFolder: defaultCacheFolder(process.env) };
    await buildImage(options);
    const file = join(folder, `${name}.cpio`);
    await exportImage(name, file, options);
    // What was fetched stays in the cache; the list of images is the user's.
    await removeImage(name, options);
    return file;
  } catch (error) {
    const isAway = error instanceof ImageError && /^(no-mirror|unreachable)$/.test(error.code);
    if (isAway) return error;
    throw error;
  }
}

const cases = isLong ? { small, large, compiler } : { small };

for (const [name, one] of Object.entries(cases)) {
  const image = await imageOf(`test-${name}`, one);
  const skip = image instanceof Error ? `needs a Debian mirror: ${image.message}` : false;
  for (const structure of structures) {
    describe(`an image of ${one.packages.join(", ")}, ${structure}`, { skip }, () => {
      test("each program does its work", async () => {
        const options = [`--image=${image}`, `--memory=${one.memory}`, `--structure=${structure}`];
        const script = one.work.map(([line]) => `{ ${line}; } 2>&1; echo ==`).join("\n");
        const ended = await sixfold(["run", ...options, "--", "sh", "-c", script], {
          limitMs: 300_000,
        });
        const expected = one.work.map(([, text]) => `${text}==\n`).join("");
        assert.equal(ended.stdout.toString(), expected, ended.stderr);
        assert.equal(ended.code, 0);
      });
    });
  }
}
