/**
 * One embedder and one system, which hostile programs attack one after the other: prints a JSON line
 * for each with what it printed, how long it took, the host's resident memory, and how long the
 * embedder's event loop was held up; and whether `echo ok` works afterwards. Started by hostile.ts.
 * Arguments: the program (ELF), the structure, and ways to attack.
 */
import { readFile } from "node:fs/promises";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { boot } from "sixfold";

const MEGABYTE = 1e6;
const PROGRAM = "/usr/bin/hostile";
/** Ways that do not end by themselves are ended after this. */
const TIMEOUT_MS = 120_000;
const ENDLESS_MS = 3000;

const [path, structure, ...ways] = process.argv.slice(2);
const system = await boot({ structure });
await system.files.write(PROGRAM, await readFile(path), { mode: 0o755 });

/** Arguments of a way: words of the program, or after "!" of a shell. */
const argvOf = (way) =>
  way.startsWith("!") ? ["sh", "-c", way.slice(1)] : [PROGRAM, ...way.split(" ")];

async function attack(way) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  let rssBytes = 0;
  const sampler = setInterval(() => {
    rssBytes = Math.max(rssBytes, process.memoryUsage.rss());
  }, 5);
  delay.enable();
  const beganMs = performance.now();
  const isEndless = way.startsWith("!") || way === "output" || way === "bomb";
  const timeoutMs = isEndless ? ENDLESS_MS : TIMEOUT_MS;
  const ended = await system.run(argvOf(way), { timeoutMs, graceMs: 500 });
  const milliseconds = performance.now() - beganMs;
  const ok = await system.run(["echo", "ok"]);
  delay.disable();
  clearInterval(sampler);
  rssBytes = Math.max(rssBytes, process.memoryUsage.rss());
  const text = new TextDecoder().decode(ended.stdout.slice(0, 400)).trim();
  return {
    way,
    ended: text.replace("the rest goes on", "").trim() || ended.reason,
    milliseconds,
    delayMs: delay.max / 1e6,
    rssMegabytes: rssBytes / MEGABYTE,
    ok: new TextDecoder().decode(ok.stdout) === "ok\n",
  };
}

console.log(JSON.stringify({ way: "boot", rssMegabytes: process.memoryUsage.rss() / MEGABYTE }));
for (const way of ways) console.log(JSON.stringify(await attack(way)));
await system.shutdown();
