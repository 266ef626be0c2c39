/**
 * The control and status registers (Privileged, tables 2.2 to 2.6). Address bits 9:8 are the lowest
 * privilege that may access one, bits 11:10 = 3 make it read-only (Privileged 2.1).
 */

/**
 * Where the value is: in a slot of the hart context of its own, in bits of fcsr, in bits of another
 * CSR's slot, a count, or a constant.
 */
export type CsrPlace = "slot" | "fcsr" | "view" | "instructions" | "time" | "constant";

export interface Csr {
  readonly name: string;
  readonly address: number;
  readonly place: CsrPlace;
  /** Writable bits as [low word, high word]; the others keep their value. */
  readonly mask: readonly [number, number];
  /** fcsr: position of the lowest bit. */
  readonly position?: number;
  /** view: the CSR that holds the bits; `mask` also limits what is read. */
  readonly of?: string;
  /** constant: the value as [low word, high word]. */
  readonly value?: readonly [number, number];
}

const ALL = [-1, -1] as const;
const NONE = [0, 0] as const;
const LOW = (bits: number) => [bits, 0] as const;

const slot = (address: number, name: string, mask: Csr["mask"] = ALL): Csr =>
  Object.freeze({ name, address, place: "slot", mask });
const view = (address: number, name: string, of: string, mask: Csr["mask"]): Csr =>
  Object.freeze({ name, address, place: "view", of, mask });
const constant = (address: number, name: string, value: Csr["mask"] = NONE): Csr =>
  Object.freeze({ name, address, place: "constant", mask: NONE, value });
const fcsr = (address: number, name: string, position: number, bits: number): Csr =>
  Object.freeze({ name, address, place: "fcsr", position, mask: LOW(bits) });
const count = (address: number, name: string, place: "instructions" | "time"): Csr =>
  Object.freeze({ name, address, place, mask: NONE });

/** Supervisor interrupts: software 1, timer 5, external 9. */
const SUPERVISOR_INTERRUPTS = 0x222;
const MACHINE_INTERRUPTS = 0xaaa;
/** Exceptions that may be delegated: all but environment calls from machine mode. */
const DELEGABLE_EXCEPTIONS = 0xb3ff;
/** SIE, SPIE, SPP, VS, FS, XS excluded, SUM, MXR. */
const SUPERVISOR_STATUS = 0x000c_6122;
/** Those and MIE, MPIE, MPP, MPRV, TVM, TW, TSR. */
const MACHINE_STATUS = 0x007e_79aa;
/** MXL = 64 bits; A, C, D, F, I, M, S, U. */
const ISA = [0x0014_112d, 0x8000_0000 | 0] as const;

export const csrs: readonly Csr[] = Object.freeze([
  fcsr(0x001, "fflags", 0, 0x1f),
  fcsr(0x002, "frm", 5, 0x7),
  fcsr(0x003, "fcsr", 0, 0xff),
  count(0xc00, "cycle", "instructions"),
  count(0xc01, "time", "time"),
  count(0xc02, "instret", "instructions"),
  view(0x100, "sstatus", "mstatus", LOW(SUPERVISOR_STATUS)),
  view(0x104, "sie", "mie", LOW(SUPERVISOR_INTERRUPTS)),
  slot(0x105, "stvec", [-3, -1]),
  slot(0x106, "scounteren", LOW(7)),
  slot(0x10a, "senvcfg", LOW(1)),
  slot(0x140, "sscratch"),
  slot(0x141, "sepc", [-2, -1]),
  slot(0x142, "scause"),
  slot(0x143, "stval"),
  view(0x144, "sip", "mip", LOW(0x2)),
  slot(0x180, "satp"),
  constant(0xf11, "mvendorid"),
  constant(0xf12, "marchid"),
  constant(0xf13, "mimpid"),
  constant(0xf14, "mhartid"),
  constant(0xf15, "mconfigptr"),
  slot(0x300, "mstatus", LOW(MACHINE_STATUS)),
  constant(0x301, "misa", ISA),
  slot(0x302, "medeleg", LOW(DELEGABLE_EXCEPTIONS)),
  slot(0x303, "mideleg", LOW(SUPERVISOR_INTERRUPTS)),
  slot(0x304, "mie", LOW(MACHINE_INTERRUPTS)),
  slot(0x305, "mtvec", [-3, -1]),
  slot(0x306, "mcounteren", LOW(7)),
  slot(0x30a, "menvcfg", LOW(1)),
  slot(0x340, "mscratch"),
  slot(0x341, "mepc", [-2, -1]),
  slot(0x342, "mcause"),
  slot(0x343, "mtval"),
  slot(0x344, "mip", LOW(SUPERVISOR_INTERRUPTS)),
  count(0xb00, "mcycle", "instructions"),
  count(0xb02, "minstret", "instructions"),
]);

/** Names of the CSRs that have a slot, in the order of the slots. */
export const csrSlots: readonly string[] = Object.freeze(
  csrs.filter(({ place }) => place === "slot").map(({ name }) => name),
);

/** The CSR of this name. @throws when there is none */
export function csrNamed(name: string): Csr {
  const found = csrs.find((csr) => csr.name === name);
  if (found === undefined) throw new Error(`no CSR is called ${name}`);
  return found;
}
