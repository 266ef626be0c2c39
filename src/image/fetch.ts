/**
 * Gets a file of a mirror: over http or https, directly or through a proxy, or from a folder
 * (file:). Nothing that it returns is trusted; callers compare hashes or verify signatures.
 *
 * Layers, from the bottom: one attempt at one address; redirects; repetition after a failure that
 * may pass; the choice by protocol.
 */

import { open } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Agent, type Dispatcher, ProxyAgent, request } from "undici";
import { ImageError, reasonOf } from "./errors.js";
import type { ProxyOf } from "./proxy.js";

/** How much of a file is there; the total is undefined while the server has not told it. */
export type OnBytes = (doneBytes: number, totalBytes: number | undefined) => void;

export interface FetchOptions {
  /** A longer file is refused: nobody fills our memory. */
  readonly maximumBytes: number;
  readonly onBytes?: OnBytes | undefined;
  readonly signal?: AbortSignal | undefined;
}

const redirectMaximum = 10;
const attemptMaximum = 3;
const pauseMs = 300;
const connectTimeoutMs = 15_000;
const silenceTimeoutMs = 60_000;
const statusesOfRedirect: readonly number[] = [301, 302, 303, 307, 308];
const statusesThatMayPass: readonly number[] = [408, 429, 500, 502, 503, 504];

/** A failure after which another attempt may succeed. */
class Passing extends Error {}

/** Gets files; one fetcher keeps its connections for all files of a build. */
export class Fetcher {
  readonly #proxyOf: ProxyOf;
  readonly #dispatchers = new Map<string, Dispatcher>();

  constructor(proxyOf: ProxyOf) {
    this.#proxyOf = proxyOf;
  }

  /**
   * Gets one file.
   *
   * @param url with the protocol http:, https: or file:
   * @returns its bytes
   * @throws ImageError "not-found", "unreachable" or "malformed" (longer than the maximum); the
   *   reason of the signal if that aborts
   */
  async get(url: URL, options: FetchOptions): Promise<Uint8Array> {
    options.signal?.throwIfAborted();
    if (url.protocol === "file:") {
      return await readLocal(url, options);
    }
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#follow(url, options);
      } catch (error) {
        options.signal?.throwIfAborted();
        if (error instanceof ImageError) {
          throw error;
        }
        if (attempt === attemptMaximum) {
          throw new ImageError("unreachable", this.#unreachable(url, error), { cause: error });
        }
        await sleep(pauseMs * attempt, undefined, { signal: options.signal });
      }
    }
  }

  /** Closes the connections. */
  async close(): Promise<void> {
    const dispatchers = [...this.#dispatchers.values()];
    this.#dispatchers.clear();
    await Promise.all(dispatchers.map((dispatcher) => dispatcher.destroy()));
  }

  #unreachable(url: URL, error: unknown): string {
    const proxy = this.#proxyOf(url);
    const way = proxy === undefined ? "" : ` through the proxy ${proxy.host}`;
    const remedy = "check the network, the mirror and the proxy";
    return `cannot get ${shown(url)}${way}: ${reasonOf(error)}; ${remedy}`;
  }

  async #follow(start: URL, options: FetchOptions): Promise<Uint8Array> {
    let url = start;
    for (let count = 0; count <= redirectMaximum; count++) {
      const answer = await this.#once(url, options);
      if (answer instanceof Uint8Array) {
        return answer;
      }
      url = answer;
    }
    throw new ImageError("unreachable", `${shown(start)}: more than ${redirectMaximum} redirects`);
  }

  async #once(url: URL, options: FetchOptions): Promise<Uint8Array | URL> {
    const headers: Record<string, string> = { "user-agent": "sixfold", accept: "*/*" };
    if (url.username !== "") {
      const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
      headers.authorization = `Basic ${Buffer.from(credentials).toString("base64")}`;
    }
    const bare = new URL(url);
    bare.username = "";
    bare.password = "";
    const response = await request(bare, {
      dispatcher: this.#dispatcher(this.#proxyOf(url)),
      headers,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    const { statusCode, body } = response;
    if (statusCode === 200) {
      return await readBody(url, response, options);
    }
    body.on("error", () => undefined);
    body.destroy();
    if (statusesOfRedirect.includes(statusCode)) {
      return redirectTarget(url, response.headers.location);
    }
    if (statusCode === 404 || statusCode === 410) {
      throw new ImageError("not-found", `${shown(url)} does not exist (HTTP ${statusCode})`);
    }
    if (statusesThatMayPass.includes(statusCode)) {
      throw new Passing(`HTTP status ${statusCode}`);
    }
    const remedy = statusCode === 407 ? "give the proxy a user and password" : "choose a mirror";
    throw new ImageError("unreachable", `${shown(url)}: HTTP status ${statusCode}; ${remedy}`);
  }

  #dispatcher(proxy: URL | undefined): Dispatcher {
    const key = proxy?.href ?? "";
    let dispatcher = this.#dispatchers.get(key);
    if (dispatcher === undefined) {
      const timeouts = { headersTimeout: silenceTimeoutMs, bodyTimeout: silenceTimeoutMs };
      const connect = { timeout: connectTimeoutMs };
      // Plain http is asked of the proxy itself, not tunnelled: caching proxies for apt refuse
      // CONNECT to port 80.
      dispatcher =
        proxy === undefined
          ? new Agent({ ...timeouts, connect })
          : new ProxyAgent({ ...timeouts, connect, uri: proxy.href, proxyTunnel: false });
      this.#dispatchers.set(key, dispatcher);
    }
    return dispatcher;
  }
}

/** A URL as messages show it: without a password. */
export function shown(url: URL): string {
  const copy = new URL(url);
  copy.username = "";
  copy.password = "";
  return copy.href;
}

function redirectTarget(url: URL, location: string | string[] | undefined): URL {
  const text = Array.isArray(location) ? location[0] : location;
  const target =
    text === undefined || !URL.canParse(text, url.href) ? undefined : new URL(text, url);
  if (target === undefined || !["http:", "https:"].includes(target.protocol)) {
    throw new ImageError("unreachable", `${shown(url)} redirects to nowhere: choose a mirror`);
  }
  return target;
}

function tooLong(url: URL, maximumBytes: number): ImageError {
  return new ImageError("malformed", `${shown(url)} is longer than its ${maximumBytes} bytes`);
}

async function readBody(
  url: URL,
  response: Dispatcher.ResponseData,
  options: FetchOptions,
): Promise<Uint8Array> {
  const declared = Number(response.headers["content-length"] ?? Number.NaN);
  const total = Number.isSafeInteger(declared) ? declared : undefined;
  const chunks: Uint8Array[] = [];
  let doneBytes = 0;
  options.onBytes?.(0, total);
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    doneBytes += chunk.length;
    if (doneBytes > options.maximumBytes) {
      throw tooLong(url, options.maximumBytes);
    }
    chunks.push(chunk);
    options.onBytes?.(doneBytes, total);
  }
  if (total !== undefined && doneBytes !== total) {
    throw new Passing(`the connection ended after ${doneBytes} of ${total} bytes`);
  }
  return Buffer.concat(chunks);
}

async function readLocal(url: URL, options: FetchOptions): Promise<Uint8Array> {
  try {
    const file = await open(fileURLToPath(url), "r");
    try {
      const { size } = await file.stat();
      if (size > options.maximumBytes) {
        throw tooLong(url, options.maximumBytes);
      }
      const bytes = await file.readFile({ signal: options.signal });
      options.onBytes?.(bytes.length, bytes.length);
      return bytes;
    } finally {
      await file.close();
    }
  } catch (error) {
    options.signal?.throwIfAborted();
    if (error instanceof ImageError) {
      throw error;
    }
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      throw new ImageError("not-found", `${shown(url)} does not exist`, { cause: error });
    }
    throw new ImageError("unreachable", `cannot read ${shown(url)}: ${reasonOf(error)}`);
  }
}
