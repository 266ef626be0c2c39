/**
 * Rule "module-state": nothing at module level can change, so that two systems in one process do
 * not meet (docs/design.md 4.5). What a module may declare: functions, classes, types, and
 * `const`s that are primitive, or read-only by `as const`, `Object.freeze`, or a `Readonly…`
 * annotation. Rule "module-effect": below host, importing a module does nothing.
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

/** Calls whose result is frozen or primitive, whatever its declared type. */
const pureCalls =
  /^(Object\.freeze|Symbol|Number|String|Boolean|BigInt|Math\.\w+|protocol|\w+Protocol|operation)$/;

/** Classes without state of their own. */
const statelessClasses: ReadonlySet<string> = new Set(["TextEncoder", "TextDecoder"]);

/** What an operator, a literal or a name gives is primitive, or already judged where it is made. */
const harmless = new RegExp(
  "^(Numeric|String|Boolean|Null|BigInt|Template)Literal$" +
    "|^(Unary|Binary|ArrowFunction|Function|Class|Member)Expression$" +
    "|^(Identifier|MetaProperty)$",
);

function wraps(node: SyntaxNode): SyntaxNode | undefined {
  if (/^TS(As|Satisfies|NonNull)Expression$/.test(node.type)) return node.expression as SyntaxNode;
  return undefined;
}

function isConst(node: SyntaxNode): boolean {
  if (node.type === "TSSatisfiesExpression") return isConst(node.expression as SyntaxNode);
  if (node.type !== "TSAsExpression") return false;
  const type = node.typeAnnotation as SyntaxNode;
  return type.type === "TSTypeReference" && identifierName(type.typeName) === "const";
}

/** Whether a type says by itself that nothing can change through it. */
function isReadonlyType(type: SyntaxNode): boolean {
  switch (type.type) {
    case "TSNumberKeyword":
    case "TSStringKeyword":
    case "TSBooleanKeyword":
    case "TSBigIntKeyword":
    case "TSLiteralType":
    case "TSFunctionType":
      return true;
    case "TSTypeOperator":
      return type.operator === "readonly" || type.operator === "unique";
    case "TSUnionType":
      return (type.types as SyntaxNode[]).every(isReadonlyType);
    case "TSTypeReference":
      return /^Readonly/.test(identifierName(type.typeName) ?? "");
    default:
      return false;
  }
}

function annotation(target: SyntaxNode): SyntaxNode | undefined {
  const holder = target.typeAnnotation;
  return isNode(holder) ? (holder.typeAnnotation as SyntaxNode) : undefined;
}

function calleeName(node: SyntaxNode): string {
  const callee = node.callee as SyntaxNode;
  const object = identifierName(callee.object);
  const property = identifierName(callee.property);
  if (object !== undefined && property !== undefined) return `${object}.${property}`;
  return identifierName(callee) ?? property ?? "";
}

function freezes(declaration: SyntaxNode): boolean {
  const body = (declaration.init as SyntaxNode | undefined)?.body as SyntaxNode | undefined;
  return body?.type === "CallExpression" && calleeName(body) === "Object.freeze";
}

/** The functions of a file whose declared result is read-only, or that freeze it in one line. */
function readonlyFunctionsOf(file: SourceFile): ReadonlySet<string> {
  const statements = (file.program.body as SyntaxNode[]).map((node) =>
    isNode(node.declaration) ? node.declaration : node,
  );
  const declared = statements.filter((node) => {
    const type = isNode(node.returnType)
      ? (node.returnType.typeAnnotation as SyntaxNode)
      : undefined;
    return type !== undefined && isReadonlyType(type);
  });
  const constants = statements.flatMap((node) => (node.declarations ?? []) as SyntaxNode[]);
  const all = [...declared, ...constants.filter(freezes)];
  return new Set(all.map((node) => identifierName(node.id) ?? ""));
}

/** Why the value of `init` could change, or undefined. */
function mutableReason(
  init: SyntaxNode,
  readonlyFunctions: ReadonlySet<string>,
): string | undefined {
  const reasonOf = (node: unknown) => mutableReason(node as SyntaxNode, readonlyFunctions);
  if (isConst(init)) return undefined;
  const inner = wraps(init);
  if (inner !== undefined) return reasonOf(inner);
  if (harmless.test(init.type)) return undefined;
  switch (init.type) {
    case "RegExpLiteral":
      return /[gy]/.test(init.flags as string) ? "a RegExp with g or y has state" : undefined;
    case "LogicalExpression":
      return reasonOf(init.left) ?? reasonOf(init.right);
    case "ConditionalExpression":
      return reasonOf(init.consequent) ?? reasonOf(init.alternate);
    case "CallExpression": {
      const name = calleeName(init);
      if (pureCalls.test(name) || readonlyFunctions.has(name)) return undefined;
      return `what ${name}() returns may be mutable`;
    }
    case "NewExpression": {
      const name = calleeName(init);
      return statelessClasses.has(name) ? undefined : `new ${name} is mutable`;
    }
    case "ObjectExpression":
    case "ArrayExpression":
      return "an object or array literal is mutable";
    default:
      return `cannot judge ${init.type}`;
  }
}

const remedy = "use `as const`, Object.freeze, or a Readonly… annotation";

function checkDeclaration(file: SourceFile, node: SyntaxNode): Violation[] {
  const readonlyFunctions = readonlyFunctionsOf(file);
  const rule = "module-state";
  if (node.declare === true) return [];
  if (node.kind !== "const") return [at(file, node, rule, `${node.kind} at module level`)];
  return (node.declarations as SyntaxNode[]).flatMap((declarator) => {
    const target = declarator.id as SyntaxNode;
    const init = declarator.init as SyntaxNode | null;
    const type = annotation(target);
    if (init === null || (type !== undefined && isReadonlyType(type))) return [];
    const reason = mutableReason(init, readonlyFunctions);
    if (reason === undefined) return [];
    return [at(file, declarator, rule, `${identifierName(target)}: ${reason}; ${remedy}`)];
  });
}

function checkStatics(file: SourceFile): Violation[] {
  const found: Violation[] = [];
  visit(file.program, (node) => {
    if (!/^Class(Private|Accessor)?Property$/.test(node.type) || node.static !== true) return;
    const key = node.key as SyntaxNode;
    const name = identifierName(key) ?? "a static field";
    const type = annotation(node);
    const init = node.value as SyntaxNode | null;
    const reason = init === null ? "has no value" : mutableReason(init, new Set());
    if (node.readonly !== true) {
      found.push(at(file, node, "module-state", `static ${name} is not readonly`));
    } else if (reason !== undefined && !(type !== undefined && isReadonlyType(type))) {
      found.push(at(file, node, "module-state", `static ${name}: ${reason}; ${remedy}`));
    }
  });
  return found;
}

/** Rule "module-state", for src/ without tests. */
export function moduleState(file: SourceFile): Violation[] {
  if (!file.path.startsWith("src/") || /\.(test|d)\.ts$/.test(file.path)) return [];
  const statements = (file.program.body as SyntaxNode[]).map((statement) =>
    isNode(statement.declaration) ? statement.declaration : statement,
  );
  const declarations = statements.filter((node) => node.type === "VariableDeclaration");
  return [...declarations.flatMap((node) => checkDeclaration(file, node)), ...checkStatics(file)];
}

const declares =
  /^((Import|Export\w*|Variable|Function|Class|TS\w*)Declaration|TSDeclareFunction)$/;

/** Rule "module-effect", for the layers below host. */
export function moduleEffect(file: SourceFile): Violation[] {
  if (!/^src\/(abi|machine|kernel|services|syscalls|structures)\//.test(file.path)) return [];
  if (/\.(test|d)\.ts$/.test(file.path)) return [];
  return (file.program.body as SyntaxNode[])
    .filter((node) => !declares.test(node.type))
    .map((node) => at(file, node, "module-effect", `${node.type} runs when the module is loaded`));
}
