/** Entry of the bundled worker: `worker.ts` and what it needs, from the script beside it. */
import { runSystem, systemScript } from "./system-script.js";

function main(folder: URL): void {
  runSystem(systemScript(folder), folder);
}

main(new URL("./", import.meta.url));
