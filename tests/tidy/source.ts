/**
 * What the tidy rules read: the project's files, parsed. Layers: `repositoryFiles` (names) →
 * `sourceFile` (text and syntax tree) → `visit` (every node once).
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "@babel/parser";

export const root: string = join(fileURLToPath(import.meta.url), "..", "..", "..");

/** A node of Babel's syntax tree, seen generically. */
export interface SyntaxNode {
  readonly type: string;
  readonly loc: { readonly start: Position; readonly end: Position };
  readonly leadingComments?: readonly Comment[];
  readonly [key: string]: unknown;
}

interface Position {
  readonly line: number;
}

export interface Comment {
  readonly type: "CommentBlock" | "CommentLine";
  readonly value: string;
}

export interface SourceFile {
  /** Relative to the root, with `/`. */
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
  readonly program: SyntaxNode;
}

export interface Violation {
  readonly path: string;
  readonly line: number;
  readonly rule: string;
  readonly message: string;
}

/** A rule that looks at one file. */
export type Rule = (file: SourceFile) => Violation[];

/** The files that git tracks or would (not ignored), relative to the root. */
export function repositoryFiles(): string[] {
  const args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"];
  const deleted = execFileSync("git", ["ls-files", "-z", "--deleted"], { cwd: root });
  const gone = new Set(deleted.toString().split("\0"));
  const listed = execFileSync("git", args, { cwd: root }).toString().split("\0");
  return listed.filter((path) => path !== "" && !gone.has(path)).sort();
}

/** Whether `path` is program text that the rules parse. */
export function isSource(path: string): boolean {
  return /^(src|tests|benchmarks|bin|scripts)\/.*\.(ts|js)$/.test(path);
}

/** Parses `text` as the file `path`; a syntax error is thrown with the path. */
export function sourceFile(path: string, text: string): SourceFile {
  try {
    const file = parse(text, { sourceType: "unambiguous", plugins: plugins(path) });
    const program = file.program as unknown as SyntaxNode;
    return { path, text, lines: text.split("\n"), program };
  } catch (error) {
    throw new Error(`${path}: ${String(error)}`);
  }
}

function plugins(path: string): ("typescript" | ["typescript", { dts: boolean }])[] {
  if (path.endsWith(".d.ts")) return [["typescript", { dts: true }]];
  return path.endsWith(".ts") ? ["typescript"] : [];
}

/** Reads and parses a file of the repository. */
export function readSource(path: string): SourceFile {
  return sourceFile(path, readFileSync(join(root, path), "utf8"));
}

/** A violation at a node. */
export function at(file: SourceFile, node: SyntaxNode, rule: string, message: string): Violation {
  return { path: file.path, line: node.loc.start.line, rule, message };
}

/** "path:line rule: message", the form that editors and terminals make into a link. */
export function describeViolation({ path, line, rule, message }: Violation): string {
  return `${path}:${line} ${rule}: ${message}`;
}

/** The child nodes of `node`, in source order as far as Babel's keys are. */
export function children(node: SyntaxNode): SyntaxNode[] {
  return Object.entries(node)
    .filter(([key]) => !/omments$|^loc$|^extra$/.test(key))
    .flatMap(([, value]) => (Array.isArray(value) ? value : [value]))
    .filter(isNode);
}

/** Whether a value found in the tree is a node of it. */
export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === "object" && value !== null && "type" in value && "loc" in value;
}

/** Calls `see` for `node` and everything below it, with the chain of its parents, nearest last. */
export function visit(
  node: SyntaxNode,
  see: (node: SyntaxNode, parents: readonly SyntaxNode[]) => void,
  parents: readonly SyntaxNode[] = [],
): void {
  see(node, parents);
  const chain = [...parents, node];
  for (const child of children(node)) visit(child, see, chain);
}

/** The name of an Identifier node, else undefined. */
export function identifierName(node: unknown): string | undefined {
  return isNode(node) && node.type === "Identifier" ? (node.name as string) : undefined;
}

/** Whether an Identifier is only a property's name (`a.name`, `{ name: 1 }`), not a variable. */
export function isPropertyName(node: SyntaxNode, parent: SyntaxNode | undefined): boolean {
  if (parent === undefined || parent.computed === true) return false;
  if (/MemberExpression$/.test(parent.type)) return parent.property === node;
  if (parent.type === "TSQualifiedName") return parent.right === node;
  const named = /Property|Method|PropertySignature|MethodSignature/.test(parent.type);
  return named && parent.key === node && parent.shorthand !== true;
}
