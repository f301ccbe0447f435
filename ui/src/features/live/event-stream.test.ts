import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Connection, EventStream, type Source } from "./event-stream";

type Listener = Parameters<Source["addEventListener"]>[1];

/** A source that a test drives. */
class Wire implements Source {
  closed = false;
  readonly listeners = new Map<string, Listener>();
  addEventListener(type: string, listener: Listener) {
    this.listeners.set(type, listener);
  }
  close() {
    this.closed = true;
  }
  emit(type: string, data = "") {
    this.listeners.get(type)?.(new MessageEvent(type, { data }));
  }
}

let wires: Wire[];
let states: Connection[];
let events: [string, unknown][];
let lives: number;
let stream: EventStream;
let hidden = false;

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(document, "hidden", "get").mockImplementation(() => hidden);
  [wires, states, events, lives, hidden] = [[], [], [], 0, false];
  stream = new EventStream({
    open: () => {
      const wire = new Wire();
      wires.push(wire);
      return wire;
    },
    onEvent: (name, data) => events.push([name, data]),
    onLive: () => lives++,
    onChange: (state) => states.push(state),
  });
  stream.start();
});

afterEach(() => {
  stream.stop();
  vi.useRealTimers();
});

const last = () => wires.at(-1) as Wire;
const show = (visible: boolean) => {
  hidden = !visible;
  document.dispatchEvent(new Event("visibilitychange"));
};

test("events are decoded; rubbish is undefined, not an exception", () => {
  last().emit("open");
  last().emit("workspace", '{"id":"a"}');
  last().emit("workspace.deleted", "{");
  expect([states, lives]).toEqual([["live"], 1]);
  expect(events).toEqual([["workspace", { id: "a" }], ["workspace.deleted", undefined]]);
});

test("it opens again, later and later, but within half a minute", () => {
  for (let n = 0; n < 12; n++) {
    last().emit("error");
    expect(last().closed).toBe(true);
    vi.advanceTimersByTime(n === 0 ? 1000 : 30_000);
  }
  expect(wires.length).toBe(13);
  expect(states.at(-1)).toBe("lost");
  last().emit("open");
  expect(states.at(-1)).toBe("live");
  last().emit("error");
  vi.advanceTimersByTime(1000); // a success starts over
  expect(wires.length).toBe(14);
});

test("a hidden tab closes it after a minute and opens it when it is looked at", () => {
  last().emit("open");
  show(false);
  vi.advanceTimersByTime(59_000);
  show(true);
  vi.advanceTimersByTime(120_000);
  expect([wires.length, last().closed]).toEqual([1, false]);
  show(false);
  vi.advanceTimersByTime(61_000);
  expect(last().closed).toBe(true);
  show(true);
  expect(wires.length).toBe(2);
});

test("after stop nothing happens any more", () => {
  last().emit("error");
  stream.stop();
  vi.advanceTimersByTime(120_000);
  show(true);
  window.dispatchEvent(new Event("online"));
  expect(wires.length).toBe(1);
});

test("a network that comes back is used at once", () => {
  last().emit("error");
  window.dispatchEvent(new Event("online"));
  expect(wires.length).toBe(2);
  vi.advanceTimersByTime(60_000);
  expect(wires.length).toBe(2);
});
