/** Floating-point computations by calls of the functions of ../float: any backend can do so. */

import type { Emit, Emitter, FloatComputation } from "./emitter.js";

/**
 * Looks at the rounding mode, as a reserved one is an illegal instruction, if there is one.
 * @returns what pushes the result: register bits
 */
export function floatCall(emit: Emitter, computation: FloatComputation): Emit {
  const { name, from } = computation;
  const mode = computation.with === "rounding" ? emit.roundingMode() : undefined;
  return () => {
    for (const source of from) {
      if (source === "x1") emit.readX("rs1");
      else emit.readF(source);
    }
    if (mode !== undefined) emit.code.localGet(mode);
    if (computation.with !== "nothing") emit.flagsAddress();
    emit.call(name);
  };
}

/** Does the computation by a call and nothing else. */
export function emitFloatCall(emit: Emitter, computation: FloatComputation): void {
  const value = floatCall(emit, computation);
  if (computation.to === "f") emit.writeF(value);
  else emit.writeX(value);
}
