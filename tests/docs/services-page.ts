/** docs/services-protocols.md: protocols and manifests of all services, from their own tables. */
import type { Manifest } from "../../src/kernel/manifest.js";
import type { ArgumentType, Operation, Protocol } from "../../src/kernel/protocol.js";
import { manifest as uartManifest } from "../../src/services/device/uart/manifest.js";
import { CATALOGUE } from "../../src/structures/catalogue.js";
import { interfaceMethods, type Method } from "./interfaces.js";

interface Offered {
  readonly title: string;
  /** Services that offer it. */
  readonly services: readonly string[];
  readonly path: string;
  readonly type: string;
}

/** The interfaces, in the order of the services from the top down. */
const offers: readonly Offered[] = Object.freeze([
  offer("Processes", ["process"], "process", "ProcessService"),
  offer("Files", ["file"], "file", "FileService"),
  offer("File systems", ["fs-tmpfs", "fs-dev", "fs-pts", "fs-proc"], "file", "FileSystemService"),
  offer("Folders of the host", ["fs-host"], "fs-host", "HostFileSystemService"),
  offer("Overlays", ["fs-overlay"], "fs-overlay", "OverlayFileSystemService"),
  offer("Sockets", ["network"], "network", "NetworkService"),
  offer("Terminals", ["tty"], "tty", "TtyService"),
  offer("Files of events", ["events"], "events", "EventsService"),
  offer("Futexes", ["futex"], "futex", "FutexService"),
  offer("Memory", ["memory"], "memory", "MemoryService"),
  offer("Time", ["time"], "time", "TimeService"),
  offer("Scheduling policy", ["scheduler"], "scheduler", "SchedulerService"),
  offer("Character drivers", ["virtio-console"], "device", "CharacterDriver"),
  offer("Entropy driver", ["virtio-entropy"], "device", "EntropyDriver"),
  offer("File system driver", ["virtio-file-system"], "device", "FolderDriver"),
]);

function offer(title: string, services: readonly string[], folder: string, type: string): Offered {
  return { title, services, path: `src/services/${folder}/protocol.ts`, type };
}

function typeText(type: ArgumentType): string {
  if ("lengthBytes" in type) return `${type.kind} ${type.lengthBytes} bytes`;
  if ("lengthArgument" in type) return `${type.kind}, length in word ${type.lengthArgument}`;
  return type.kind;
}

/** Each argument's name with its type: names of the method's parameters behind the caller. */
function argumentsText(operation: Operation, method: Method): string {
  let at = 1;
  const texts = operation.arguments.map((type) => {
    const name = method.parameters[at] ?? "?";
    at += type.kind === "bits64" || type.kind === "path" ? 2 : 1;
    return `${name}: ${typeText(type)}`;
  });
  if (at !== method.parameters.length) {
    throw new Error(`${method.name}: ${method.parameters.length - 1} parameters, ${at - 1} words`);
  }
  return texts.join("; ");
}

function protocolLines(found: Protocol<unknown>, methods: readonly Method[]): string[] {
  const byName = new Map(methods.map((method) => [method.name, method]));
  const operations = Object.entries(found.operations as Record<string, Operation>);
  operations.sort(([, left], [, right]) => left.number - right.number);
  const rows = operations.map(([name, operation]) => {
    const method = byName.get(name);
    if (method === undefined) throw new Error(`${found.name}: no method ${name}`);
    const words = argumentsText(operation, method);
    const cells = [operation.number, name, operation.effect, words, method.text];
    return `| ${cells.map((cell) => String(cell).replaceAll("|", "\\|")).join(" | ")} |`;
  });
  return ["| number | operation | effect | arguments | |", "|---|---|---|---|---|", ...rows];
}

function hexadecimal(address: number): string {
  return `0x${address.toString(16)}`;
}

function listText(items: readonly string[]): string {
  return items.length === 0 ? "none" : items.join(", ");
}

function manifestLines(manifest: Manifest): string[] {
  const services = Object.entries(manifest.services).map(([name, operations]) =>
    operations === "*" ? `${name} (all)` : `${name} (${[...operations].join(", ")})`,
  );
  const registers = manifest.registers.map(
    ([first, lengthBytes]) => `${hexadecimal(first)} to ${hexadecimal(first + lengthBytes - 1)}`,
  );
  return [
    `**${manifest.service}** may`,
    "",
    `- make kernel calls: ${listText(manifest.kernelCalls)}`,
    `- call services: ${listText(services)}`,
    `- touch registers: ${listText(registers)}; claim interrupts: ${listText(
      manifest.interrupts.map(String),
    )}`,
  ];
}

/**
 * The whole page.
 * @throws when a service of the catalogue has no place here, or a protocol differs from its
 *   interface
 */
export function servicesPage(): string {
  const known = new Set(offers.flatMap(({ services }) => services));
  for (const name of Object.keys(CATALOGUE)) {
    if (!known.has(name)) throw new Error(`service ${name} is not in tests/docs/services-page.ts`);
  }
  const catalogue = CATALOGUE as unknown as Record<
    string,
    { protocol: Protocol<unknown>; manifest: Manifest }
  >;
  const lines = ["# Protocols and manifests", "", `Generated by tests/docs/write.ts.`];
  for (const { title, services, path, type } of offers) {
    const [first] = services.map((name) => catalogue[name]);
    if (first === undefined) throw new Error(`service ${services.join()} is not in the catalogue`);
    lines.push("", `## ${title}`, "", `\`${type}\` of ${path}.`, "");
    lines.push(...protocolLines(first.protocol, interfaceMethods(path, type)));
    for (const name of services) {
      const manifest = catalogue[name]?.manifest;
      if (manifest !== undefined) lines.push("", ...manifestLines(manifest));
    }
  }
  lines.push("", "## The UART's driver", "", "A character driver that no structure uses yet.", "");
  return `${[...lines, ...manifestLines(uartManifest)].join("\n")}\n`;
}
