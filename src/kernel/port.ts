/**
 * Ports: where messages to a service arrive. A proxy has the service's interface and sends; the
 * port checks the sender's rights, keeps the message while it is served, and answers. A throw in
 * the service ends its domain: this call and every later one is answered with EIO.
 *
 * The port here is a call in the same thread; a transport to another worker or machine replaces
 * `serve` and nothing else. With `copying` each range goes through fresh memory, as between
 * isolates, so that tests see whether an object or an undeclared address crosses.
 */
import { EFAULT, EIO } from "../abi/errno.js";
import { recordReply } from "./call-record.js";
import type { KernelCalls } from "./calls.js";
import { type Domain, isGranted, type Message, refuse, type Window } from "./domain.js";
import type { Kernel } from "./kernel.js";
import { BLOCKED, type Operation, type Protocol, type Result } from "./protocol.js";

/** One operation of the service, taking the caller and the words of a message. */
type Method = (caller: number, ...words: number[]) => Result;

export interface Port<S> {
  readonly protocol: Protocol<S>;
  readonly domain: Domain;
  /** The service's number in the kernel. */
  readonly number: number;
  readonly service: S;
  readonly copying: boolean;
  /** Messages served so far. */
  served: number;
}

/** Who sends: a service's domain with its handle, or (undefined) the kernel's own domain. */
export interface Sender {
  readonly domain: Domain;
  readonly calls: KernelCalls;
}

/**
 * The client's half: an object with the service's interface, each method a message.
 * @param own the kernel calls of the kernel's own domain, which reach every caller's memory
 */
export function proxy<S>(
  kernel: Kernel,
  port: Port<S>,
  sender: Sender | undefined,
  own: KernelCalls,
): S {
  const client: Record<string, Method> = {};
  const rights = sender?.domain.manifest.services[port.protocol.name];
  for (const [name, operation] of Object.entries<Operation>(port.protocol.operations)) {
    const isAllowed = sender === undefined || rights === "*" || rights?.includes(name) === true;
    const refusal = `operation ${port.protocol.name}.${name}`;
    client[name] = isAllowed
      ? sendMethod(kernel, port, name, operation, sender, own)
      : (): Result => refuse((sender as Sender).domain, refusal);
  }
  return client as S;
}

function sendMethod<S>(
  kernel: Kernel,
  port: Port<S>,
  name: string,
  operation: Operation,
  sender: Sender | undefined,
  own: KernelCalls,
): Method {
  const method = (port.service as Record<string, Method>)[name] as Method;
  const isMutation = operation.effect === "mutation";
  return (caller, w0 = 0, w1 = 0, w2 = 0, w3 = 0, w4 = 0, w5 = 0, w6 = 0, w7 = 0, w8 = 0) => {
    if (port.domain.state.dead) return -EIO;
    // An array literal: making a Float64Array for each message costs 300 ns (benchmarks/port.ts).
    const words = [w0, w1, w2, w3, w4, w5, w6, w7, w8];
    if (sender !== undefined && !passesOnlyGranted(sender.domain, operation, caller, words)) {
      refuse(sender.domain, `grant: ${port.protocol.name}.${name}`);
      return -EFAULT;
    }
    const calls = sender === undefined ? own : sender.calls;
    const windows = port.copying ? openWindows(operation, caller, words, calls) : undefined;
    const message: Message = { operation, caller, words, scratch: [], windows };
    const result = serve(kernel, port, method, message);
    if (windows !== undefined) closeWindows(windows, caller, calls);
    if (isMutation && result !== BLOCKED && caller !== 0) record(kernel, port, message, result);
    return result;
  };
}

/** Runs the operation on the server's side. */
function serve<S>(kernel: Kernel, port: Port<S>, method: Method, message: Message): Result {
  const domain = port.domain;
  domain.messages.push(message);
  port.served++;
  try {
    const w = message.words;
    return (method as (...all: (number | undefined)[]) => Result).call(
      port.service,
      message.caller,
      w[0],
      w[1],
      w[2],
      w[3],
      w[4],
      w[5],
      w[6],
      w[7],
      w[8],
    );
  } catch (error) {
    domainDied(kernel, port, error);
    return -EIO;
  } finally {
    domain.messages.pop();
  }
}

/** The domain is lost: its callers get EIO, also those that wait on its channels. */
function domainDied<S>(kernel: Kernel, port: Port<S>, error: unknown): void {
  port.domain.state.dead = true;
  const reason = error instanceof Error ? error.message : String(error);
  kernel.report(`service ${port.protocol.name} died: ${reason}`);
  for (const channel of kernel.channels.ofService(port.number)) {
    kernel.calls.complete(channel, Number.MAX_SAFE_INTEGER, -EIO);
  }
}

/** A service may pass on only what it was given itself: ranges of its message, or own scratch. */
function passesOnlyGranted(
  domain: Domain,
  operation: Operation,
  caller: number,
  words: readonly number[],
): boolean {
  const message = domain.messages[domain.messages.length - 1];
  let index = 0;
  for (const type of operation.arguments) {
    const address = words[index] as number;
    let length = -1;
    let write = false;
    if (type.kind === "path") length = words[index + 1] as number;
    else if (type.kind === "in" || type.kind === "out" || type.kind === "inout") {
      length = "lengthBytes" in type ? type.lengthBytes : (words[type.lengthArgument] as number);
      write = type.kind !== "in";
    }
    if (length > 0 && address !== 0) {
      if (message === undefined) return false;
      if (!isGranted(message, caller, address, length, write)) return false;
    }
    index += type.kind === "path" || type.kind === "bits64" ? 2 : 1;
  }
  return true;
}

/** Fresh memory for every range of the message; what is read is copied in. */
function openWindows(
  operation: Operation,
  caller: number,
  words: readonly number[],
  calls: KernelCalls,
): Map<number, Window> {
  const windows = new Map<number, Window>();
  let index = 0;
  for (const type of operation.arguments) {
    const address = words[index] as number;
    let length = 0;
    if (type.kind === "path") length = words[index + 1] as number;
    else if (type.kind === "in" || type.kind === "out" || type.kind === "inout") {
      length = "lengthBytes" in type ? type.lengthBytes : (words[type.lengthArgument] as number);
    }
    if (length > 0 && address !== 0) {
      const window: Window = { address, bytes: new Uint8Array(length), writes: [] };
      if (type.kind !== "out") calls.copyIn(caller, address, window.bytes, 0, length);
      windows.set(index, window);
    }
    index += type.kind === "path" || type.kind === "bits64" ? 2 : 1;
  }
  return windows;
}

function closeWindows(windows: Map<number, Window>, caller: number, calls: KernelCalls): void {
  for (const window of windows.values()) {
    for (const [offset, length] of window.writes) {
      calls.copyOut(caller, window.address + offset, window.bytes, offset, length);
    }
  }
}

/**
 * Keeps a mutating reply under (call id, step), for a resend after a crash (docs/design.md 4.2).
 */
function record<S>(kernel: Kernel, port: Port<S>, message: Message, result: Result): void {
  if (kernel.tasks.find(message.caller) === undefined) return;
  const call = kernel.calls.record(message.caller);
  if (call.kind === 0) return;
  recordReply(call, port.number, message.operation.number, result);
}
