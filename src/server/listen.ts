/** The address that a server listens on, and whether it may. */
import { createServer, type AddressInfo } from "node:net";
import { reasonOf, OperatorError } from "./operator-error.ts";
import type { Listener } from "./workers.ts";

const ADDRESS = /^(?:\[([\da-f:.]+)\]|([\w.-]+)):(\d{1,5})$/i;
const PORT_MAX = 65_535;

/**
 * Parses `HOST:PORT`; an IPv6 address is in brackets, and port 0 is any free one.
 *
 * @throws {OperatorError} when it is invalid.
 */
export function parseListener(text: string): Listener {
  const [, six, name, digits] = ADDRESS.exec(text) ?? [];
  const host = six ?? name;
  const port = Number(digits);
  if (host === undefined || port > PORT_MAX) {
    throw new OperatorError(
      `--listen ${text}: expected HOST:PORT, such as 127.0.0.1:8787 or [::1]:8787.`,
    );
  }
  return { host, port };
}

/** True for an address that only this machine can reach. */
export function isLoopback(host: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|::1|0:0:0:0:0:0:0:1)$/i.test(host);
}

/** True for an address that means every one of this machine: nobody can call it by that name. */
export function isEverywhere(host: string): boolean {
  return host === "0.0.0.0" || /^[0:]+$/.test(host);
}

/** The address as it is in a URL. */
export function originOf(scheme: "http" | "https", { host, port }: Listener): string {
  return new URL(`${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}`).origin;
}

/**
 * Checks that a server can listen on an address; returns a free port for 0.
 *
 * @throws {OperatorError} when it cannot, naming it.
 */
export function claimListener({ host, port }: Listener): Promise<Listener> {
  return new Promise((settle, fail) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      const reason = error.code === "EADDRINUSE" ? "is taken by another program" : reasonOf(error);
      fail(new OperatorError(`${host}:${port} ${reason}.`));
    });
    server.listen(port, host, () => {
      const claimed = (server.address() as AddressInfo).port;
      server.close(() => settle({ host, port: claimed }));
    });
  });
}
