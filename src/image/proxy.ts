/**
 * Which proxy a request goes through. Two sources, in this order: the environment's HTTP_PROXY,
 * HTTPS_PROXY and NO_PROXY (in lower case first, as curl does), then apt's own configuration
 * (apt.conf(5): Acquire::http::Proxy and Acquire::https::Proxy, also for one host).
 */

import { execFile } from "node:child_process";
import { ImageError } from "./errors.js";

/** The environment variables that a caller hands in; `process.env` has this type. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Finds the proxy of a URL: undefined for a direct connection. */
export type ProxyOf = (url: URL) => URL | undefined;

/** Apt's proxies: from "http", "https", "http::HOST" or "https::HOST" to a URL or "DIRECT". */
export type AptProxies = ReadonlyMap<string, string>;

function variable(environment: Environment, name: string): string | undefined {
  const value = environment[name.toLowerCase()] ?? environment[name];
  return value === undefined || value.trim() === "" ? undefined : value.trim();
}

/** Whether NO_PROXY names a host: "*", "host", ".suffix", "*.suffix" or "suffix", each ":port". */
export function isExcluded(noProxy: string, url: URL): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, "").toLowerCase();
  const port = url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port;
  return noProxy.split(/[\s,]+/).some((item) => {
    const entry = item.toLowerCase();
    if (entry === "") {
      return false;
    }
    if (entry === "*") {
      return true;
    }
    const withPort = /^(\[[^\]]*\]|[^:]*):(\d+)$/.exec(entry);
    if (withPort !== null && withPort[2] !== port) {
      return false;
    }
    const name = (withPort?.[1] ?? entry).replace(/^\[|\]$/g, "").replace(/^\*?\./, "");
    return host === name || host.endsWith(`.${name}`);
  });
}

function proxyUrl(value: string, origin: string): URL {
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  let url: URL | undefined;
  try {
    url = new URL(text);
  } catch {
    // Reported below, together with protocols that are not spoken.
  }
  if (url === undefined || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new ImageError(
      "input",
      `${origin} is not the URL of an HTTP proxy: set it to http://HOST:PORT or unset it`,
    );
  }
  return url;
}

/**
 * Builds the rule by which proxies are chosen.
 *
 * @param environment variables of the process
 * @param aptProxies what apt's configuration says
 * @returns the rule; it throws an ImageError ("input") if the proxy it finds is no HTTP proxy's URL
 */
export function proxyRule(environment: Environment, aptProxies: AptProxies): ProxyOf {
  return (url) => {
    const noProxy = variable(environment, "NO_PROXY");
    if (noProxy !== undefined && isExcluded(noProxy, url)) {
      return undefined;
    }
    const scheme = url.protocol === "https:" ? "https" : "http";
    const name = `${scheme.toUpperCase()}_PROXY`;
    const fromEnvironment = variable(environment, name);
    if (fromEnvironment !== undefined) {
      return proxyUrl(fromEnvironment, name);
    }
    // apt-transport-https(1): https takes http's proxy if it has none of its own.
    const keys = [`${scheme}::${url.hostname}`, scheme];
    const fallbackKeys = scheme === "https" ? [`http::${url.hostname}`, "http"] : [];
    for (const key of [...keys, ...fallbackKeys]) {
      const value = aptProxies.get(key);
      if (value !== undefined && value !== "") {
        return value === "DIRECT" ? undefined : proxyUrl(value, `apt's Acquire::${key}::Proxy`);
      }
    }
    return undefined;
  };
}

/**
 * Reads proxies out of what `apt-config dump` prints: lines `Acquire::http::Proxy "URL";` and, for
 * one host, `Acquire::http::Proxy::HOST "URL";`.
 */
export function parseAptProxies(dump: string): AptProxies {
  const proxies = new Map<string, string>();
  for (const line of dump.split("\n")) {
    const match = /^Acquire::(https?)::Proxy(?:::([^ ]+))? "([^"]*)";$/i.exec(line.trim());
    if (match !== null) {
      const scheme = (match[1] ?? "").toLowerCase();
      const key = match[2] === undefined ? scheme : `${scheme}::${match[2].toLowerCase()}`;
      proxies.set(key, match[3] ?? "");
    }
  }
  return proxies;
}

/** Asks the host's apt for its proxies; a host without apt has none. */
export function readAptProxies(environment: Environment): Promise<AptProxies> {
  return new Promise((resolve) => {
    const options = { encoding: "utf8", env: { ...environment, LC_ALL: "C" } } as const;
    execFile("apt-config", ["dump"], options, (error, output) => {
      resolve(error === null ? parseAptProxies(output) : new Map());
    });
  });
}
