/**
 * The bare page: boots a system in a worker, runs one command, shows what it wrote. It is what the
 * constraints of a browser are held against, not a place to work in.
 *
 * `bare.html?image=URL&structure=NAME&command=TEXT`
 */
import { bootBrowser } from "../host/browser/boot.js";
import { bootData } from "../host/options.js";
import { HostedSystem } from "../host/system.js";

const COMMAND = "echo hello | tr a-z A-Z";

async function download(url: string): Promise<Uint8Array> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${answer.statusText}`);
  return new Uint8Array(await answer.arrayBuffer());
}

async function run(query: URLSearchParams): Promise<string> {
  const image = await download(query.get("image") ?? "default.cpio");
  const structure = query.get("structure") ?? "monolithic";
  const data = bootData({ image, structure, useConsole: false });
  const link = await bootBrowser(new URL("worker.js", import.meta.url), data, {
    report: (line) => console.log(line),
    printer: undefined,
  });
  const system = new HostedSystem(link);
  const result = await system.run(["sh", "-c", query.get("command") ?? COMMAND]);
  await system.shutdown();
  const end = result.exitCode ?? `signal ${result.signal}`;
  return `${result.text()}${result.text("stderr")}exit status ${end}\n`;
}

async function show(output: HTMLElement): Promise<void> {
  try {
    output.textContent = await run(new URLSearchParams(location.search));
  } catch (error) {
    output.textContent = `failed: ${error instanceof Error ? error.message : String(error)}\n`;
  }
  output.dataset.ended = "true";
}

/** Shows it in the page's one element. */
async function main(): Promise<void> {
  const output = document.getElementById("output");
  if (output === null) throw new Error("the page has no element #output");
  await show(output);
}

await main();
