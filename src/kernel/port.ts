/**
 * Ports: where messages to a service arrive. A proxy has the service's interface and sends; the
 * port checks the sender's rights, keeps the message while it is served, and answers. A throw in
 * the service ends its domain: this call and every later one is answered with EIO.
 *
 * The port here is a call in the same thread; a transport to another worker or machine replaces
 * `sendMethod` and nothing else. With `copying` each range goes through fresh memory, as between
 * isolates, so that tests see whether an object or an undeclared address crosses.
 */
import { EFAULT, EIO } from "../abi/errno.js";
import { recordReply } from "./call-record.js";
import type { KernelCalls } from "./calls.js";
import {
  currentMessage,
  type Domain,
  enterMessage,
  isGranted,
  leaveMessage,
  type Message,
  refuse,
  type Window,
} from "./domain.js";
import type { Kernel } from "./kernel.js";
import { inherited } from "./methods.js";
import {
  BLOCKED,
  type MessageRange,
  type Operation,
  type Protocol,
  type Result,
  rangeBytes,
} from "./protocol.js";

/** One operation of the service, taking the caller and the words of a message. */
type Method = (caller: number, ...words: number[]) => Result;

/** A message of no more words is passed on without the rest: each word costs. */
const SHORT_WORDS = 4;

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
  return inherited(client) as S;
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
  const { domain, service } = port;
  const isMutation = operation.effect === "mutation";
  const hasRanges = operation.ranges.length > 0;
  const isShort = operation.words <= SHORT_WORDS;
  return (caller, w0 = 0, w1 = 0, w2 = 0, w3 = 0, w4 = 0, w5 = 0, w6 = 0, w7 = 0, w8 = 0) => {
    if (domain.state.dead) return -EIO;
    const message = enterMessage(domain, operation, caller);
    if (hasRanges) {
      const w = message.words;
      w[0] = w0;
      w[1] = w1;
      w[2] = w2;
      w[3] = w3;
      if (!isShort) {
        w[4] = w4;
        w[5] = w5;
        w[6] = w6;
        w[7] = w7;
        w[8] = w8;
      }
      if (sender !== undefined && !passesOnlyGranted(sender.domain, message)) {
        leaveMessage(domain, message);
        refuse(sender.domain, `grant: ${port.protocol.name}.${name}`);
        return -EFAULT;
      }
    }
    const windows = port.copying ? openWindows(message, sender?.calls ?? own) : undefined;
    message.windows = windows;
    port.served++;
    let result: Result;
    try {
      result = isShort
        ? method.call(service, caller, w0, w1, w2, w3)
        : method.call(service, caller, w0, w1, w2, w3, w4, w5, w6, w7, w8);
    } catch (error) {
      domainDied(kernel, port, error);
      result = -EIO;
    }
    leaveMessage(domain, message);
    if (windows !== undefined) closeWindows(windows, caller, sender?.calls ?? own);
    if (isMutation && result !== BLOCKED && caller !== 0) {
      record(kernel, port, caller, operation.number, result);
    }
    return result;
  };
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
function passesOnlyGranted(domain: Domain, message: Message): boolean {
  const { words, caller } = message;
  const { ranges } = message.operation;
  const given = currentMessage(domain);
  for (let i = 0; i < ranges.length; i++) {
    const range = ranges[i] as MessageRange;
    const address = words[range.word] as number;
    const length = rangeBytes(range, words);
    if (!(length > 0) || address === 0) continue;
    if (given === undefined) return false;
    if (!isGranted(given, caller, address, length, range.writes)) return false;
  }
  return true;
}

/** Fresh memory for every range of the message; what is read is copied in. */
function openWindows(message: Message, calls: KernelCalls): Map<number, Window> {
  const { words, caller } = message;
  const windows = new Map<number, Window>();
  for (const range of message.operation.ranges) {
    const address = words[range.word] as number;
    const length = rangeBytes(range, words);
    if (!(length > 0) || address === 0) continue;
    const window: Window = { address, bytes: new Uint8Array(length), writes: [] };
    if (range.reads) calls.copyIn(caller, address, window.bytes, 0, length);
    windows.set(range.word, window);
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
function record<S>(
  kernel: Kernel,
  port: Port<S>,
  caller: number,
  operation: number,
  result: Result,
): void {
  if (kernel.tasks.find(caller) === undefined) return;
  const call = kernel.calls.record(caller);
  if (call.kind !== 0) recordReply(call, port.number, operation, result);
}
