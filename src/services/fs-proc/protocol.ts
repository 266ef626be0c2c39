/**
 * Protocol of fs-proc: a file system as the file service sees every one, and what both must know.
 * Descriptors, working directories and open files are the file service's: it serves the
 * links and the texts that tell of them, over the node numbers that are here.
 */
import { CAP_SYS_PTRACE, hasCapability } from "../../abi/capability.js";
import { ATTRIBUTE, type KernelCalls, type TaskId } from "../../kernel/calls.js";
import { fileSystemProtocol } from "../file/protocol.js";

export const procProtocol = fileSystemProtocol("fs-proc");

/** Nodes of a task are its id × NODES + a kind; 0 stands for the system. */
export const NODES = 256;
/** Kinds of a thread's nodes below /proc/PID/task are those of a process and this. */
export const THREAD = 128;
/** Kind of a root: /proc, /proc/PID, /proc/PID/task/TID. */
export const KIND_ROOT = 1;
/** Kinds of a process whose contents are the file service's. */
export const KIND_DESCRIPTORS = 2;
export const KIND_DESCRIPTOR_INFOS = 3;
export const KIND_DIRECTORY_LINK = 4;
export const KIND_ROOT_LINK = 5;
export const KIND_EXECUTABLE_LINK = 6;
/** Of the system: texts that the file service makes. */
export const KIND_FILE_COUNTS = 2;
export const KIND_FILES_MAX = 3;
/** Other kinds are numbered from here. */
export const KIND_FIRST = 8;

/** Nodes of /proc/PID/fd/N, and of /proc/PID/fdinfo/N above them. */
const LINKS = 2 ** 40;
const INFOS = 2 ** 41;
/** Descriptors are below it. */
export const DESCRIPTORS_MAX: number = 2 ** 21;

/**
 * ioctl of fs-proc by which the file service gives an open file its text: longer than any request
 * that a program can make.
 */
export const PROC_SET_TEXT: number = 2 ** 40;

/** The task and kind of a node that is not of a descriptor. */
export const taskOf = (node: number): number =>
  node < LINKS
    ? Math.floor(node / NODES)
    : Math.floor((node - (node < INFOS ? LINKS : INFOS)) / DESCRIPTORS_MAX);
export const kindOf = (node: number): number => (node < LINKS ? (node % NODES) % THREAD : 0);
/** Whether it is below /proc/PID/task. */
export const isThreadNode = (node: number): boolean => node < LINKS && node % NODES >= THREAD;

const taskWith = (node: number, kind: number): TaskId =>
  node < LINKS && kindOf(node) === kind ? taskOf(node) : 0;

/** The task whose descriptor directory the node is, or 0. */
export const descriptorsOf = (node: number): TaskId => taskWith(node, KIND_DESCRIPTORS);
/** The task whose fdinfo directory the node is, or 0. */
export const descriptorInfosOf = (node: number): TaskId => taskWith(node, KIND_DESCRIPTOR_INFOS);

/** The node of /proc/PID/fd/N. */
export const descriptorLink = (task: TaskId, descriptor: number): number =>
  LINKS + task * DESCRIPTORS_MAX + descriptor;
/** The node of /proc/PID/fdinfo/N. */
export const descriptorInfo = (task: TaskId, descriptor: number): number =>
  INFOS + task * DESCRIPTORS_MAX + descriptor;

/** The task of a descriptor's link node, or 0: it is none. */
export const linkProcess = (node: number): TaskId =>
  node < LINKS || node >= INFOS ? 0 : taskOf(node);
/** The task of a descriptor's fdinfo node, or 0: it is none. */
export const infoProcess = (node: number): TaskId => (node < INFOS ? 0 : taskOf(node));
/** The descriptor of a link or fdinfo node. */
export const linkDescriptor = (node: number): number =>
  (node - (node < INFOS ? LINKS : INFOS)) % DESCRIPTORS_MAX;

/** Which of cwd, root and exe the node is, or 0: none of them. */
export function placeLinkOf(node: number): number {
  const kind = node < LINKS && taskOf(node) !== 0 ? kindOf(node) : 0;
  return kind >= KIND_DIRECTORY_LINK && kind <= KIND_EXECUTABLE_LINK ? kind : 0;
}

/** Whether the text of the node is the file service's to make. */
export function hasFileText(node: number): boolean {
  if (infoProcess(node) !== 0) return true;
  const kind = node < NODES ? kindOf(node) : 0;
  return kind === KIND_FILE_COUNTS || kind === KIND_FILES_MAX;
}

/**
 * Whether the caller may look into a task: its descriptors, memory, environment (ptrace(2), "Ptrace
 * access mode checking", with the file-system ids). Task 0, the kernel itself, may.
 */
export function mayInspect(kernel: KernelCalls, caller: TaskId, task: TaskId): boolean {
  if (caller === 0) return true;
  const get = (which: number): number => kernel.attribute(task, which);
  if (kernel.attribute(caller, ATTRIBUTE.process) === get(ATTRIBUTE.process)) return true;
  const capabilities = kernel.attribute(caller, ATTRIBUTE.effectiveCapabilities);
  if (hasCapability(capabilities, CAP_SYS_PTRACE)) return true;
  if (get(ATTRIBUTE.dumpable) !== 1) return false;
  const user = kernel.attribute(caller, ATTRIBUTE.fileSystemUserId);
  const group = kernel.attribute(caller, ATTRIBUTE.fileSystemGroupId);
  return (
    [ATTRIBUTE.userId, ATTRIBUTE.effectiveUserId, ATTRIBUTE.savedUserId].every(
      (which) => get(which) === user,
    ) &&
    [ATTRIBUTE.groupId, ATTRIBUTE.effectiveGroupId, ATTRIBUTE.savedGroupId].every(
      (which) => get(which) === group,
    )
  );
}
