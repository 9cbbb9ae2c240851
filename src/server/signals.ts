const END_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Makes the signals that end a process only call `stop`. The runtime, once started, would end the
 * process at the first one and abort the pending responses: call this again then.
 *
 * @param reload called at SIGHUP instead of `stop`, if it is given.
 */
export function onEndSignals(stop: () => void, reload: () => void = stop): void {
  for (const signal of END_SIGNALS) {
    process.removeAllListeners(signal);
    process.on(signal, signal === "SIGHUP" ? reload : stop);
  }
}
