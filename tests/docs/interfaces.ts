/**
 * Methods of a TypeScript interface with their docstrings and the headings between them, for the
 * generated tables: kernel calls, operations of services.
 */
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

/**
 * @param path of the file, from the root of the repository
 * @param name of the exported interface
 * @throws when there is none of that name, or a member is not a method
 */
export function interfaceMethods(path: string, name: string): Method[] {
  const statements = readSource(path).program.body as SyntaxNode[];
  const found = statements
    .map(({ declaration }) => declaration as SyntaxNode | undefined)
    .find(
      (one) =>
        one?.type === "TSInterfaceDeclaration" &&
        (one.id as unknown as { name: string }).name === name,
    );
  if (found === undefined) throw new Error(`${path}: no interface ${name}`);
  const members = (found.body as SyntaxNode).body as SyntaxNode[];
  let heading = "";
  return members.map((node) => {
    if (node.type !== "TSMethodSignature") throw new Error(`${path}: ${name} has a ${node.type}`);
    const line = node.leadingComments?.find(({ value }) => value.startsWith(" ---- "));
    if (line !== undefined) heading = line.value.replace(" ---- ", "").trim();
    return method(node, heading);
  });
}
