/**
 * What code below host may not use. Rule "async": waiting is data (docs/design.md 4.1), so `async`,
 * promises and timers are only in host, image, cli, web and index.ts. Rule "chance": time and
 * entropy enter through host (4.6). Rule "bigint": none in any call (4.7). Rule "syntax": no enum,
 * namespace or default export anywhere in src.
 */
import {
  at,
  isPropertyName,
  type SourceFile,
  type SyntaxNode,
  type Violation,
  visit,
} from "./source.js";

const asyncNames: ReadonlySet<string> = new Set([
  "Promise",
  "PromiseLike",
  "AsyncIterable",
  "AsyncIterator",
  "AsyncGenerator",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "queueMicrotask",
  "requestAnimationFrame",
]);
const chanceNames: ReadonlySet<string> = new Set(["Date", "performance", "crypto"]);

function isBelowHost(path: string): boolean {
  const below = /^src\/(abi|machine|kernel|services|syscalls|structures)\//.test(path);
  return below && !/\.(test|d)\.ts$/.test(path);
}

type Finding = readonly [rule: string, message: string];

function asyncFinding(node: SyntaxNode, name: string | undefined): Finding | undefined {
  if (node.async === true) return ["async", "an async function"];
  if (node.type === "AwaitExpression" || (node.type === "ForOfStatement" && node.await === true)) {
    return ["async", "await"];
  }
  if (name !== undefined && asyncNames.has(name)) return ["async", name];
  return undefined;
}

function chanceFinding(node: SyntaxNode, name: string | undefined): Finding | undefined {
  if (name !== undefined && chanceNames.has(name)) return ["chance", name];
  const object = node.object as SyntaxNode | undefined;
  const property = node.property as SyntaxNode | undefined;
  const isRandom = object?.name === "Math" && property?.name === "random";
  return isRandom ? ["chance", "Math.random"] : undefined;
}

/** Rules "async", "chance" and "bigint". */
export function purity(file: SourceFile): Violation[] {
  if (!isBelowHost(file.path)) return [];
  const bigintAllowed = /^src\/(abi|machine)\//.test(file.path);
  const found: Violation[] = [];
  visit(file.program, (node, parents) => {
    const isName = node.type === "Identifier" && !isPropertyName(node, parents.at(-1));
    const name = isName ? (node.name as string) : undefined;
    const isBigInt = name === "BigInt" || /^(BigIntLiteral|TSBigIntKeyword)$/.test(node.type);
    const finding =
      asyncFinding(node, name) ??
      chanceFinding(node, name) ??
      (isBigInt && !bigintAllowed ? (["bigint", "a BigInt"] as const) : undefined);
    if (finding !== undefined) found.push(at(file, node, finding[0], `${finding[1]} below host`));
  });
  return found;
}

/** Rule "syntax". */
export function plainSyntax(file: SourceFile): Violation[] {
  if (!file.path.startsWith("src/") || file.path.endsWith(".d.ts")) return [];
  const found: Violation[] = [];
  visit(file.program, (node) => {
    const refused = /^(TSEnumDeclaration|TSModuleDeclaration|ExportDefaultDeclaration)$/;
    if (refused.test(node.type)) found.push(at(file, node, "syntax", `no ${node.type}`));
  });
  return found;
}
