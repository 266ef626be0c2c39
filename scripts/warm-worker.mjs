// A worker that runs the bundled system and, when told to, keeps the code that the engine has
// compiled for it.
import { parentPort } from "node:worker_threads";
import { keepCode, runSystem, systemScript } from "../dist/host/node/system-script.js";

const folder = new URL("../dist/bundle/", import.meta.url);
const script = systemScript(folder);
runSystem(script, folder);
parentPort.on("message", ({ kind }) => {
  if (kind !== "keep-code") return;
  keepCode(script, folder);
  parentPort.postMessage({ kind: "code-kept" });
});
