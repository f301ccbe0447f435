import { Chat as ChatStore } from "@ai-sdk/react";
import type { FileUIPart } from "ai";
import { Problem } from "@/api/problem";
import { readMessages, stopTurn } from "@/api/queries/chats";
import type { Page } from "@/api/types";
import type { ChatMessage, StatusData } from "./types";
import { mergeNewest } from "./merge-messages";
import { nextTry } from "./retry-pause";
import { addTerminal, clearTerminals } from "./terminal-store";
import { chatTransport, type TurnSettings } from "./transport";

export interface LiveState {
  /** A turn is being sent or followed. */
  busy: boolean;
  stopping: boolean;
  /** What the turn does right now, as far as it says. */
  status?: StatusData;
  /** The stream broke; the turn goes on without us. Holds the time of the next try, in milliseconds. */
  lost?: { until: number };
  /** Why the last order was refused. */
  problem?: Error;
  /** Of the last turn that was seen to its end. */
  settled?: string;
  /** Leads to the turns before those that are here. */
  older?: string;
}

export interface LiveChatOptions {
  id: string;
  /** What it is opened with. */
  first: Page<ChatMessage>;
  /** Read when a turn is sent. */
  settings: () => TurnSettings;
  /** Called when a turn ended, or may have: the chat itself is news. */
  onEnd: () => void;
}

type Outcome = "ended" | "left" | "cut" | "nothing" | "refused";

// A server that was told to stop closes the stream itself, with every part in its last
// state. One that does not is left.
const stopMs = 6000;
/** Stands for a running turn without an id. */
const unnamed = "?";

/**
 * The package hands over the first state of an answer as the object that it goes on to
 * change; later states are copies. A card that was drawn from the first would never see
 * what changed, so that one is copied too.
 */
class Store extends ChatStore<ChatMessage> {
  constructor(init: ConstructorParameters<typeof ChatStore<ChatMessage>>[0]) {
    super(init);
    const { state } = this;
    const push = state.pushMessage;
    state.pushMessage = (message) => push(state.snapshot(message));
  }
}

/**
 * One chat that is open: its messages, and the stream of its turn for as long as one
 * runs, through lost connections. Open and close may alternate; closed it follows nothing.
 */
export class LiveChat {
  readonly store: Store;
  readonly #options: LiveChatOptions;
  readonly #listeners = new Set<() => void>();
  #state: LiveState;
  #closed = new AbortController();
  /** Counts turns begun here, to know an answer that is older than they are. */
  #turn = 0;
  #outcome: Outcome = "refused";
  #fault: Error | undefined;

  constructor(options: LiveChatOptions) {
    this.#options = options;
    this.#state = { busy: false, stopping: false, older: options.first.nextCursor };
    this.store = new Store({
      id: options.id,
      messages: options.first.items,
      transport: chatTransport({
        settings: options.settings,
        onAccepted: () => {
          this.#outcome = "cut"; // until its end comes
          clearTerminals(); // the stream begins with what it sent before
          this.#set({ lost: undefined });
        },
        onNothing: () => (this.#outcome = "nothing"),
      }),
      onData: (part) => {
        if (part.type === "data-term") addTerminal(part.data);
        if (part.type === "data-status") this.#set({ status: part.data.text ? part.data : undefined });
      },
      onError: (error) => (this.#fault = error),
      onFinish: ({ isAbort, isError, finishReason }) => {
        if (isAbort) this.#outcome = "left";
        // Without a reason the connection was closed in the middle, politely.
        else if (!isError && finishReason) this.#outcome = "ended";
      },
    });
  }

  readonly subscribe = (notify: () => void): (() => void) => {
    this.#listeners.add(notify);
    return () => this.#listeners.delete(notify);
  };

  readonly snapshot = (): LiveState => this.#state;

  open(): void {
    if (this.#closed.signal.aborted) this.#closed = new AbortController();
  }

  close(): void {
    this.#closed.abort();
    void this.store.stop();
  }

  /** Sends a message, in place of an earlier one and all after it if that is named. False when it was refused. */
  send(text: string, files: FileUIPart[], instead?: string): Promise<boolean> {
    const metadata = { createdAt: new Date().toISOString() };
    const parts = [...files, ...(text ? [{ type: "text" as const, text }] : [])];
    return this.#order(() => this.store.sendMessage({ parts, metadata, messageId: instead }));
  }

  /** Has the answer made again, without what came after it. */
  regenerate(messageId: string): Promise<boolean> {
    return this.#order(() => this.store.regenerate({ messageId }));
  }

  /** Whether that turn was seen to its end here; the server's news may be older. */
  isOver(runId: string | undefined): boolean {
    return (runId ?? unnamed) === this.#state.settled;
  }

  /** Follows the turn that the server says is running, unless that is done already. */
  async follow(runId: string | undefined): Promise<void> {
    if (this.#state.busy || this.isOver(runId)) return;
    await this.#pursue(0, this.#begin(), runId ?? unnamed);
  }

  /** Stops the turn on the server, wherever it was started: the one on screen, else runId. */
  async stop(runId: string | undefined): Promise<void> {
    this.#set({ stopping: true });
    const turn = this.#turn;
    try {
      const last = this.store.messages.at(-1);
      const mine = last?.metadata?.state === "running" ? last.metadata.runId : undefined;
      await stopTurn(this.#options.id, mine ?? runId);
    } catch (error) {
      this.#set({ stopping: false, problem: asError(error) });
      return;
    }
    setTimeout(() => {
      if (this.#turn === turn && this.#state.busy) void this.store.stop();
    }, stopMs);
  }

  /** Loads the turns before those that are here. */
  async loadOlder(): Promise<void> {
    const { older } = this.#state;
    if (!older) return;
    const page = await readMessages(this.#options.id, older);
    const here = new Set(this.store.messages.map((m) => m.id));
    this.store.messages = [...page.items.filter((m) => !here.has(m.id)), ...this.store.messages];
    this.#set({ older: page.nextCursor });
  }

  /** Takes over what the server has of the newest turns. */
  async sync(): Promise<void> {
    const turn = this.#turn;
    const page = await readMessages(this.#options.id);
    if (turn !== this.#turn || this.#closed.signal.aborted) return;
    const { messages, joined } = mergeNewest(this.store.messages, page.items);
    this.store.messages = messages;
    if (!joined) this.#set({ older: page.nextCursor });
  }

  /** The problem was read. */
  dismiss(): void {
    this.#set({ problem: undefined });
  }

  async #order(action: () => Promise<void>): Promise<boolean> {
    if (this.#state.busy) return false;
    const before = this.store.messages;
    const signal = this.#begin();
    const outcome = await this.#watch(action);
    if (outcome === "refused") {
      this.store.messages = before;
      this.store.clearError();
      this.#set({ busy: false, problem: this.#fault });
      this.#options.onEnd(); // another turn may be why
      return false;
    }
    if (outcome === "cut") await this.#pursue(1, signal);
    else await this.#end(signal);
    return true;
  }

  /** Asks for the running turn's stream until it was seen to its end. */
  async #pursue(failures: number, signal: AbortSignal, asked?: string): Promise<void> {
    for (let failed = failures; !signal.aborted; failed++) {
      if (failed > 0) {
        const pause = nextTry(failed, signal);
        this.#set({ lost: { until: pause.until }, status: undefined });
        await pause.over;
        if (signal.aborted) break;
      }
      await this.#bringMissing();
      const outcome = await this.#watch(() => this.store.resumeStream());
      if (outcome === "ended" || outcome === "left" || outcome === "nothing") break;
      if (outcome === "cut") failed = 0;
      else if (isFinal(this.#fault)) {
        this.#set({ problem: this.#fault });
        break;
      }
    }
    await this.#end(signal, asked);
  }

  /** The message that a turn answers may have been sent from another tab. */
  async #bringMissing(): Promise<void> {
    const turn = this.#turn;
    const page = await readMessages(this.#options.id).catch(() => undefined);
    if (page && turn === this.#turn) this.store.messages = mergeNewest(this.store.messages, page.items).messages;
  }

  async #watch(action: () => Promise<void>): Promise<Outcome> {
    this.#outcome = "refused";
    this.#fault = undefined;
    await action().catch((error: unknown) => (this.#fault = asError(error)));
    return this.#outcome;
  }

  /** The signal aborts when the chat is closed before the turn was seen to its end. */
  #begin(): AbortSignal {
    this.#turn++;
    this.#set({ busy: true, stopping: false, problem: undefined, status: undefined });
    return this.#closed.signal;
  }

  /** Asked for is the turn that was to be followed: it is over even when its stream did not say its name. */
  async #end({ aborted: closed }: AbortSignal, asked = this.#runId()): Promise<void> {
    this.store.clearError();
    const settled = closed ? this.#state.settled : asked;
    this.#set({ busy: false, settled, stopping: false, status: undefined, lost: undefined });
    if (closed) return;
    this.#options.onEnd();
    await this.sync().catch(() => undefined); // what the stream said stands
  }

  #runId(): string | undefined {
    const last = this.store.messages.at(-1);
    return last?.role === "assistant" ? last.metadata?.runId : undefined;
  }

  #set(change: Partial<LiveState>): void {
    this.#state = { ...this.#state, ...change };
    for (const notify of this.#listeners) notify();
  }
}

/** Whether asking again would bring the same answer. */
function isFinal(error: Error | undefined): boolean {
  return error instanceof Problem && error.status >= 400 && error.status < 500 && error.status !== 408 && error.status !== 429;
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
