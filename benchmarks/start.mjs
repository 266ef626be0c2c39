// Sixfold in a program of its own: from the start of its import to the first output, and memory.
const startMs = performance.now();

import { readFileSync } from "node:fs";

const { boot } = await import("../dist/index.js");
const system = await boot({ image: readFileSync(process.argv[2]) });
const program = await system.start(["busybox", "echo", "hi"]);
const reader = program.stdout.getReader();
await reader.read();
const firstOutputMs = performance.now() - startMs;
await program.result;
console.log(JSON.stringify({ firstOutputMs, rssBytes: process.memoryUsage().rss }));
await system.shutdown();
