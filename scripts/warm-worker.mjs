// A worker that runs the bundled system and, when told to, keeps the code that the engine has
// compiled for it.
import { keepCode, runSystem, systemScript } from "../dist/host/node/system-script.js";

const folder = new URL("../dist/bundle/", import.meta.url);
const script = systemScript(folder);
// Not the worker's own port: that one is the system's.
const channel = new BroadcastChannel("sixfold-warm");
channel.onmessage = ({ data }) => {
  if (data !== "keep") return;
  keepCode(script, folder);
  channel.postMessage("kept");
};
runSystem(script, folder);
