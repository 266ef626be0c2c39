// just-bash in a process of its own: from the start of its import to the first output, and memory.
const startMs = performance.now();
const { Bash } = await import(process.argv[2]);
const { stdout } = await new Bash().exec("echo hi");
const firstOutputMs = performance.now() - startMs;
if (stdout !== "hi\n") throw new Error(`just-bash said ${JSON.stringify(stdout)}`);
console.log(JSON.stringify({ firstOutputMs, rssBytes: process.memoryUsage().rss }));
process.exit(0);
