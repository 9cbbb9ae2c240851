/** The inspector of an isolate in the emulator, which reports its time and its memory. */

/** A connection to the inspector of an isolate. */
export interface Inspector {
  /** Sends a command of the DevTools protocol; returns its result. */
  readonly send: (method: string, params?: object) => Promise<unknown>;
  /**
   * Calls the listener for every event of this name from now on, instead of the previous listener.
   */
  readonly on: (method: string, listener: (params: unknown) => void) => void;
  readonly close: () => void;
}

/** A response has the number of its command; an event has none. */
interface Message {
  readonly id?: number;
  readonly result?: unknown;
  readonly method?: string;
  readonly params?: unknown;
}

/**
 * Connects to the emulator's inspector.
 * @throws {Error} when there is none at the address.
 */
export const openInspector = async (url: string): Promise<Inspector> => {
  // The emulator serves tools only on this machine, identified by their origin. The types of the
  // platform and of Node differ in the options of a socket.
  const Socket = WebSocket as new (address: string, options: object) => WebSocket;
  const socket = new Socket(url, { headers: { origin: "http://localhost" } });
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener("open", () => resolve(), { once: true });
    socket.addEventListener("error", () => reject(new Error(`no inspector at ${url}`)), {
      once: true,
    });
  });
  const listeners = new Map<string, (params: unknown) => void>();
  const waiting = new Map<number, (result: unknown) => void>();
  const closed = new Promise<never>((_, reject) => {
    const fail = () => reject(new Error("the inspector closed the connection"));
    socket.addEventListener("close", fail, { once: true });
  });
  closed.catch(() => undefined);
  socket.addEventListener("message", ({ data }) => {
    const message = JSON.parse(String(data)) as Message;
    if (message.id === undefined) {
      listeners.get(message.method ?? "")?.(message.params);
      return;
    }
    waiting.get(message.id)?.(message.result);
    waiting.delete(message.id);
  });
  let last = 0;
  return {
    send: async (method, params = {}) => {
      last += 1;
      const id = last;
      const response = new Promise<unknown>((resolve) => {
        waiting.set(id, resolve);
      });
      socket.send(JSON.stringify({ id, method, params }));
      return Promise.race([response, closed]);
    },
    on: (method, listener) => {
      listeners.set(method, listener);
    },
    close: () => socket.close(),
  };
};
