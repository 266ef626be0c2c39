/** Entry of the bundled worker: `worker.ts` and what it needs, from the script beside it. */
import { runSystem, systemScript } from "./system-script.js";

const folder = new URL("./", import.meta.url);
runSystem(systemScript(folder), folder);
