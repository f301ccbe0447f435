/** connecting: not yet; live: news arrive at once; lost: trying again, pages poll meanwhile. */
export type Connection = "connecting" | "live" | "lost";

export interface Source {
  addEventListener(type: string, listener: (event: MessageEvent<string>) => void): void;
  close(): void;
}

export interface StreamOptions {
  open: () => Source;
  /** Called for each named event with its decoded data. */
  onEvent: (name: string, data: unknown) => void;
  /** The stream is up; what happened before it may have been missed. */
  onLive: () => void;
  onChange: (connection: Connection) => void;
}

const firstRetryMs = 1000;
const lastRetryMs = 30_000;
// A tab nobody looks at gives its connection back: over HTTP/1.1 a browser has six.
const hiddenMs = 60_000;
const names = ["workspace", "workspace.deleted", "chat", "chat.deleted", "repository", "reset"];

/**
 * Keeps one event stream open while the page is visible, and opens it again, later and
 * later, when it breaks. EventSource alone gives up for good at the first HTTP error.
 */
export class EventStream {
  readonly #options: StreamOptions;
  #source: Source | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #retryMs = firstRetryMs;

  constructor(options: StreamOptions) {
    this.#options = options;
  }

  start(): void {
    document.addEventListener("visibilitychange", this.#onVisibility);
    window.addEventListener("online", this.#onOnline);
    this.#open();
  }

  stop(): void {
    document.removeEventListener("visibilitychange", this.#onVisibility);
    window.removeEventListener("online", this.#onOnline);
    this.#close();
  }

  #open(): void {
    this.#close();
    const source = this.#options.open();
    this.#source = source;
    source.addEventListener("open", () => {
      this.#retryMs = firstRetryMs;
      this.#options.onChange("live");
      this.#options.onLive();
    });
    source.addEventListener("error", () => this.#retry());
    for (const name of names) {
      source.addEventListener(name, (event) => this.#options.onEvent(name, decode(event.data)));
    }
  }

  #close(): void {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = undefined;
  }

  #retry(): void {
    this.#close();
    this.#options.onChange("lost");
    // Half at random, so that a restarted server is not met by all tabs at once.
    const wait = this.#retryMs * (0.5 + Math.random() / 2);
    this.#retryMs = Math.min(this.#retryMs * 2, lastRetryMs);
    this.#timer = setTimeout(() => this.#open(), wait);
  }

  readonly #onOnline = (): void => {
    if (!document.hidden) this.#open();
  };

  readonly #onVisibility = (): void => {
    if (!document.hidden) {
      if (this.#source) clearTimeout(this.#timer);
      else this.#open();
      return;
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#close(), hiddenMs);
  };
}

function decode(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return undefined; // not ours; the handler ignores it
  }
}
