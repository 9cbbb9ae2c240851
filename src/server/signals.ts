const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Lets the signals that end a process call `stop` alone. The runtime, once started, would end the process
 * at the first one and cut the answers in flight: call this again then.
 */
export function onEndSignals(stop: () => void): void {
  for (const signal of SIGNALS) {
    process.removeAllListeners(signal);
    process.on(signal, stop);
  }
}
