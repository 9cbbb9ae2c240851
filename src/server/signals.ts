const END_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Lets the signals that end a process call `stop` alone. The runtime, once started, would end the process
 * at the first one and cut the answers in flight: call this again then.
 *
 * @param reload called at SIGHUP in place of `stop`, where it is given.
 */
export function onEndSignals(stop: () => void, reload: () => void = stop): void {
  for (const signal of END_SIGNALS) {
    process.removeAllListeners(signal);
    process.on(signal, signal === "SIGHUP" ? reload : stop);
  }
}
