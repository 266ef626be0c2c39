/**
 * The import table of docs/design.md §3, and no circular import. Layers: `importsOf` (what a file
 * names) → `layerOf` (where a file belongs) → `mayImport` (the table) → the rules.
 */
import { posix } from "node:path";
import { at, type SourceFile, type SyntaxNode, type Violation, visit } from "./source.js";

/** Files of machine and kernel that are written for the host adaptors. */
const publishedForHost: readonly string[] = [
  "src/machine/platform.ts",
  "src/machine/devices/host.ts",
  "src/machine/devices/folder-host.ts",
  "src/kernel/host.ts",
];

/** What drivers share, beside their protocol: functions without state. */
const driverLibrary = /^src\/services\/device\/[^/]+\.ts$/;
const protocolFile = /^src\/services\/(.+\/)?protocol\.ts$/;

/** What each layer may import besides itself, as tests of the imported file's path. */
const table: Readonly<Record<string, readonly RegExp[]>> = {
  abi: [],
  machine: [/^src\/abi\//],
  kernel: [/^src\/abi\//, /^src\/machine\/platform\.ts$/],
  services: [/^src\/abi\//, /^src\/kernel\//, protocolFile],
  syscalls: [/^src\/abi\//, /^src\/kernel\//, protocolFile],
  structures: [/^src\/(abi|machine|kernel|services|syscalls)\//],
  host: [/^src\/structures\//, /^src\/host\/[^/]+\.ts$/],
  index: [/^src\/(structures|host|image)\//],
  cli: [/^src\/index\.ts$/, /^src\/(host|image)\//],
  web: [/^src\/index\.ts$/, /^src\/(host|image)\//],
  image: [/^src\/abi\//],
};

/** Layers that may import Node's modules or packages. */
const layersWithPackages: ReadonlySet<string> = new Set(["host", "index", "cli", "image"]);

export interface Import {
  readonly node: SyntaxNode;
  readonly specifier: string;
  /** `import type`: gone at run time. (`import { type A }` is not: the module is still loaded.) */
  readonly isErased: boolean;
  /** The imported file's path in the repository; undefined for a package. */
  readonly target: string | undefined;
}

/** Every import, re-export, `import()` and `import("…")` type of a file. */
export function importsOf(file: SourceFile): Import[] {
  const found: Import[] = [];
  visit(file.program, (node) => {
    const source = sourceOf(node);
    if (source?.type !== "StringLiteral") return;
    const specifier = source.value as string;
    const relative = specifier.startsWith(".");
    const target = relative
      ? posix.join(posix.dirname(file.path), specifier).replace(/\.js$/, ".ts")
      : undefined;
    const isErased =
      node.importKind === "type" || node.exportKind === "type" || node.type === "TSImportType";
    found.push({ node, specifier, isErased, target });
  });
  return found;
}

function sourceOf(node: SyntaxNode): SyntaxNode | undefined {
  if (/^(Import|ExportNamed|ExportAll)Declaration$/.test(node.type)) {
    return (node.source ?? undefined) as SyntaxNode | undefined;
  }
  if (node.type === "ImportExpression") return node.source as SyntaxNode;
  if (node.type === "TSImportType") {
    const argument = node.argument as SyntaxNode;
    return argument.type === "TSLiteralType" ? (argument.literal as SyntaxNode) : argument;
  }
  const callee = node.callee as SyntaxNode | undefined;
  const isCall = node.type === "CallExpression" && callee?.type === "Import";
  return isCall ? (node.arguments as SyntaxNode[])[0] : undefined;
}

/** The row of the table that a file of src/ belongs to; undefined for others, tests, stand-ins. */
export function layerOf(path: string): string | undefined {
  if (!path.startsWith("src/") || /\.(test|d)\.ts$/.test(path)) return undefined;
  if (path.startsWith("src/services/testing/")) return undefined;
  return path === "src/index.ts" ? "index" : path.split("/")[1];
}

/** The folder within which a file may import freely: its layer, its service, its host adaptor. */
function homeOf(path: string): string {
  const parts = path.split("/");
  if (parts[1] === "services") return parts.slice(0, parts[2] === "device" ? 4 : 3).join("/");
  if (parts[1] === "host") return parts.slice(0, 3).join("/");
  return parts.slice(0, 2).join("/");
}

function mayImport(path: string, layer: string, target: string): boolean {
  if (target.startsWith(`${homeOf(path)}/`)) return true;
  if (layer === "host" && publishedForHost.includes(target)) return true;
  if (path.startsWith("src/services/device/") && driverLibrary.test(target)) return true;
  if (/\.test\.ts$/.test(target)) return false;
  return (table[layer] ?? []).some((allowed) => allowed.test(target));
}

/** Rule "import-table". */
export function importTable(file: SourceFile): Violation[] {
  const layer = layerOf(file.path);
  if (layer === undefined) return [];
  const bad = (node: SyntaxNode, text: string) => at(file, node, "import-table", text);
  if (table[layer] === undefined) return [bad(file.program, `no layer "${layer}" in the table`)];
  return importsOf(file).flatMap(({ node, specifier, target }) => {
    if (target === undefined) {
      if (layersWithPackages.has(layer) && !file.path.startsWith("src/host/browser/")) return [];
      return [bad(node, `${layer} may not import "${specifier}"`)];
    }
    if (mayImport(file.path, layer, target)) return [];
    return [bad(node, `${homeOf(file.path)} may not import ${target}`)];
  });
}

/**
 * Rule "circular-import": one violation for each cycle of loading, at the import that closes it.
 * `import type` may go both ways: collaborators in one folder may name each other's types.
 */
export function circularImports(files: readonly SourceFile[]): Violation[] {
  const known = new Map(files.map((file) => [file.path, file]));
  const finished = new Set<string>();
  const violations: Violation[] = [];
  const enter = (file: SourceFile, trail: readonly string[]): void => {
    const here = [...trail, file.path];
    for (const { node, target, isErased } of importsOf(file)) {
      const next = target === undefined || isErased ? undefined : known.get(target);
      if (next === undefined) continue;
      if (here.includes(next.path)) {
        const cycle = [...here.slice(here.indexOf(next.path)), next.path].join(" → ");
        violations.push(at(file, node, "circular-import", cycle));
      } else if (!finished.has(next.path)) {
        enter(next, here);
      }
    }
    finished.add(file.path);
  };
  for (const file of files) if (!finished.has(file.path)) enter(file, []);
  return violations;
}
