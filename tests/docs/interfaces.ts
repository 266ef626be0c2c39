/**
 * Methods of a TypeScript interface with their docstrings and the headings between them, for the
 * generated tables: kernel calls, operations of services.
 */
import { dirname, join } from "node:path/posix";
import { readSource, type SyntaxNode } from "../tidy/source.js";

export interface Method {
  readonly name: string;
  readonly parameters: readonly string[];
  /** The docstring in one line of markdown; "" if there is none. */
  readonly text: string;
  /** The line "// ---- …" that last stood above it, or "". */
  readonly heading: string;
}

/** A docstring's lines as one line, with tags in italics. */
function docText(comment: string): string {
  const lines = comment.split("\n").map((line) => line.replace(/^\s*\*+\s?/, "").trim());
  return lines
    .filter((line) => line !== "")
    .join(" ")
    .replace(/@returns /g, "Returns ")
    .replace(/@param (\w+) /g, "*$1*: ")
    .trim();
}

function method(node: SyntaxNode, heading: string): Method {
  const name = (node.key as SyntaxNode).name as string;
  const parameters = node.parameters ?? node.params;
  const doc = node.leadingComments?.filter(({ type }) => type === "CommentBlock").at(-1);
  return {
    name,
    parameters: (parameters as SyntaxNode[]).map((parameter) => parameter.name as string),
    text: doc === undefined ? "" : docText(doc.value),
    heading,
  };
}

/** The file that a file imports this name from, or undefined. */
function importedFrom(path: string, name: string): string | undefined {
  for (const node of readSource(path).program.body as SyntaxNode[]) {
    if (node.type !== "ImportDeclaration") continue;
    const names = (node.specifiers as SyntaxNode[]).map((one) => (one.local as SyntaxNode).name);
    const from = (node.source as unknown as { value: string }).value;
    if (names.includes(name as never)) return join(dirname(path), from.replace(/\.js$/, ".ts"));
  }
  return undefined;
}

function declarationOf(path: string, name: string): SyntaxNode | undefined {
  const statements = readSource(path).program.body as SyntaxNode[];
  return statements
    .map(({ declaration }) => declaration as SyntaxNode | undefined)
    .find(
      (one) =>
        one?.type === "TSInterfaceDeclaration" &&
        (one.id as unknown as { name: string }).name === name,
    );
}

/**
 * @param path of the file, from the root of the repository; it may import the interface
 * @param name of the interface; methods of those that it extends come behind its own
 * @throws when there is none of that name, or a member is not a method
 */
export function interfaceMethods(path: string, name: string): Method[] {
  const found = declarationOf(path, name);
  if (found === undefined) {
    const other = importedFrom(path, name);
    if (other === undefined) throw new Error(`${path}: no interface ${name}`);
    return interfaceMethods(other, name);
  }
  const members = (found.body as SyntaxNode).body as SyntaxNode[];
  let heading = "";
  const own = members.map((node) => {
    if (node.type !== "TSMethodSignature") throw new Error(`${path}: ${name} has a ${node.type}`);
    const line = node.leadingComments?.find(({ value }) => value.startsWith(" ---- "));
    if (line !== undefined) heading = line.value.replace(" ---- ", "").trim();
    return method(node, heading);
  });
  const parents = ((found.extends ?? []) as SyntaxNode[]).flatMap((node) => {
    const parent = (node.expression as unknown as { name: string }).name;
    return interfaceMethods(path, parent);
  });
  return [...own, ...parents];
}
