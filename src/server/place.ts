/** Where `vxdata serve` listens, and its public address: determined before anything is created. */
import { claimListener, isEverywhere, isLoopback, originOf, parseListener } from "./listen.ts";
import { OperatorError } from "./operator-error.ts";
import { readCertificate, type Certificate } from "./tls.ts";
import type { Listener } from "./workers.ts";

/** How a server is reached. */
export interface PlaceOptions {
  /** `HOST:PORT`. */
  readonly listen: string;
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined;
  /** True behind a proxy that terminates TLS. */
  readonly isBehindProxy: boolean;
  /** The address that callers use; undefined for that of `listen`. */
  readonly publicUrl: string | undefined;
}

const requireShielded = ({ tls, isBehindProxy }: PlaceOptions, { host }: Listener): void => {
  if (isLoopback(host) || tls !== undefined || isBehindProxy) return;
  throw new OperatorError(
    `--listen ${host}: beyond this machine passwords and data must not travel in the clear. Give --tls-cert and --tls-key, or --behind-proxy when a proxy terminates TLS and nobody else can reach this port.`,
  );
};

const publicOrigin = (options: PlaceOptions, listener: Listener): string => {
  const { publicUrl, tls } = options;
  if (publicUrl !== undefined) {
    const url = URL.canParse(publicUrl) ? new URL(publicUrl) : undefined;
    const isSafe =
      url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback(url.hostname));
    if (url === undefined || !isSafe || url.origin !== publicUrl.replace(/\/$/, "")) {
      throw new OperatorError(
        "--public-url: expected an https address without path, such as https://data.example.org.",
      );
    }
    return url.origin;
  }
  const isHttp = tls === undefined;
  if (isEverywhere(listener.host) || (isHttp && !isLoopback(listener.host))) {
    throw new OperatorError(
      `--public-url is needed with --listen ${listener.host}: presigned URLs name the address that callers use.`,
    );
  }
  return originOf(isHttp ? "http" : "https", listener);
};

/** Where it is reached. */
export interface Place {
  readonly listener: Listener;
  readonly certificate: Certificate | undefined;
  readonly origin: string;
}

/**
 * Determines where a server may listen.
 *
 * @throws {OperatorError} naming the wrong option.
 */
export async function placeOf(options: PlaceOptions): Promise<Place> {
  const { tls } = options;
  const wanted = parseListener(options.listen);
  requireShielded(options, wanted);
  const certificate = tls === undefined ? undefined : readCertificate(tls.certFile, tls.keyFile);
  const listener = await claimListener(wanted);
  return { listener, certificate, origin: publicOrigin(options, listener) };
}
