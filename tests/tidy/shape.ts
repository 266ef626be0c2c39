/**
 * Sizes and comments. Rules "file-length", "function-length", "line-length", "opening-comment" and
 * "docstring".
 */
import {
  at,
  identifierName,
  isNode,
  type SourceFile,
  type SyntaxNode,
  type Violation,
  visit,
} from "./source.js";

const longestFileLines = 500;
const longestStructureLines = 150;
const longestFunctionLines = 70;
const longestLineColumns = 100;
const shortFunctionLines = 6;

/** Data that a program wrote, of any size. Each names its generator in its first comment. */
const generatedData: readonly string[] = [];

function limitOf(path: string): number {
  const isStructure = path.startsWith("src/structures/") && !/\/boot\.ts$|\.test\.ts$/.test(path);
  return isStructure ? longestStructureLines : longestFileLines;
}

/** Rules "file-length" and "line-length". */
export function sizes(file: SourceFile): Violation[] {
  if (generatedData.includes(file.path)) return [];
  const { path } = file;
  const count = file.lines.length - (file.text.endsWith("\n") ? 1 : 0);
  const limit = limitOf(path);
  const text = `${count} lines, at most ${limit}`;
  const long = count > limit ? [{ path, line: limit + 1, rule: "file-length", message: text }] : [];
  const wide = file.lines.flatMap((line, index) => {
    const columns = [...line].length;
    if (columns <= longestLineColumns || line.includes("https://")) return [];
    const message = `${columns} columns, at most ${longestLineColumns}`;
    return [{ path, line: index + 1, rule: "line-length", message }];
  });
  return [...long, ...wide];
}

const functionTypes =
  /^(Function(Declaration|Expression)|ArrowFunctionExpression|ObjectMethod|Class(Private)?Method)$/;

/** In a test, the callback of `describe` is a heading, not a function to be read at once. */
function isDescribeBody(parent: SyntaxNode | undefined): boolean {
  const name = identifierName(parent?.callee);
  return parent?.type === "CallExpression" && (name === "describe" || name === "suite");
}

/** Rule "function-length". */
export function functionLength(file: SourceFile): Violation[] {
  const found: Violation[] = [];
  visit(file.program, (node, parents) => {
    if (!functionTypes.test(node.type) || isDescribeBody(parents.at(-1))) return;
    const count = node.loc.end.line - node.loc.start.line + 1;
    if (count <= longestFunctionLines) return;
    const name = identifierName(node.id) ?? identifierName(node.key) ?? "a function";
    const text = `${name} has ${count} lines, at most ${longestFunctionLines}`;
    found.push(at(file, node, "function-length", text));
  });
  return found;
}

/** Rule "opening-comment": a source file says first what it is for. */
export function openingComment(file: SourceFile): Violation[] {
  const first = file.lines.find((line) => !line.startsWith("#!"))?.trimStart() ?? "";
  if (/^\/[*/]/.test(first) && !/^\/\/ *(@|biome|eslint)/.test(first)) return [];
  const message = "opens without a comment that says what the file is for";
  return [{ path: file.path, line: 1, rule: "opening-comment", message }];
}

function isFunctionLike(declaration: SyntaxNode): boolean {
  if (/^(FunctionDeclaration|TSDeclareFunction|ClassDeclaration)$/.test(declaration.type)) {
    return true;
  }
  if (declaration.type !== "VariableDeclaration") return false;
  return (declaration.declarations as SyntaxNode[]).some(
    (one) => isNode(one.init) && /^(Arrow)?Function(Expression)?/.test(one.init.type),
  );
}

/**
 * Rule "docstring": exported functions and classes of src say what they take, give and refuse. One
 * docstring may stand before a group of short ones without empty lines between, and the file's
 * opening comment is that of its first class.
 */
export function docstrings(file: SourceFile): Violation[] {
  if (!file.path.startsWith("src/") || /\.(test|d)\.ts$/.test(file.path)) return [];
  const seen = new Set<string>();
  let groupEnd = -1;
  let classes = 0;
  return (file.program.body as SyntaxNode[]).flatMap((statement) => {
    const declaration = statement.declaration;
    if (statement.type !== "ExportNamedDeclaration" || !isNode(declaration)) return [];
    if (!isFunctionLike(declaration)) return [];
    const name = nameOf(declaration);
    const { start, end } = statement.loc;
    const isClass = declaration.type === "ClassDeclaration";
    const isShort = !isClass && end.line - start.line < shortFunctionLines;
    const isFirstClass = isClass && classes++ === 0;
    const isGrouped = isShort && start.line === groupEnd + 1;
    const last = statement.leadingComments?.at(-1);
    const isDocumented = last?.type === "CommentBlock" && last.value.startsWith("*");
    const passes = seen.has(name) || isFirstClass || isGrouped || isDocumented;
    seen.add(name);
    if (passes && isShort) groupEnd = end.line;
    return passes ? [] : [at(file, statement, "docstring", `${name} has no /** … */ before it`)];
  });
}

function nameOf(declaration: SyntaxNode): string {
  const first = (declaration.declarations as SyntaxNode[] | undefined)?.[0] ?? declaration;
  return identifierName(first.id) ?? "a function";
}
