/**
 * Names of registers and rounding modes in assembly (Unprivileged, "Assembly Programmer's
 * Handbook").
 */

export const integerNames: readonly string[] = Object.freeze([
  ..."zero ra sp gp tp t0 t1 t2 s0 s1 a0 a1 a2 a3 a4 a5 a6 a7".split(" "),
  ..."s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 t3 t4 t5 t6".split(" "),
]);

export const floatNames: readonly string[] = Object.freeze([
  ..."ft0 ft1 ft2 ft3 ft4 ft5 ft6 ft7 fs0 fs1 fa0 fa1 fa2 fa3 fa4 fa5 fa6 fa7".split(" "),
  ..."fs2 fs3 fs4 fs5 fs6 fs7 fs8 fs9 fs10 fs11 ft8 ft9 ft10 ft11".split(" "),
]);

/** By number; 5 and 6 are reserved, 7 takes the mode from fcsr. */
export const roundingNames: readonly string[] = Object.freeze([
  ..."rne rtz rdn rup rmm".split(" "),
  "reserved5",
  "reserved6",
  "dyn",
]);
