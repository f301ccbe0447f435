import { act, render, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { heard } from "@/api/reachable";
import { setConnection } from "./connection";
import { OfflineBanner } from "./offline-banner";

function network(on: boolean): void {
  vi.spyOn(navigator, "onLine", "get").mockReturnValue(on);
  act(() => void window.dispatchEvent(new Event(on ? "online" : "offline")));
}

afterEach(() => {
  vi.useRealTimers();
  network(true);
  act(() => {
    heard(true);
    setConnection("connecting");
  });
});

const said = () => screen.getByRole("status").textContent;

test("a network that is gone is told with the time, and that it is back, for a while", () => {
  vi.useFakeTimers({ now: new Date(2026, 10, 26, 14, 5) });
  render(<OfflineBanner />);
  expect(said()).toBe("");
  network(false);
  vi.setSystemTime(new Date(2026, 10, 26, 14, 9));
  expect(said()).toMatch(/^Offline since 2:05\sPM/);
  network(true);
  expect(said()).toBe("Connected again.");
  act(() => void vi.advanceTimersByTime(5000));
  expect(said()).toBe("");
});

test("a server that does not answer is told, unless its events still come", () => {
  render(<OfflineBanner />);
  act(() => setConnection("live"));
  act(() => heard(false));
  expect(said()).toBe("");
  act(() => setConnection("lost"));
  expect(said()).toMatch(/^Kalpana has not answered since/);
  act(() => heard(true));
  expect(said()).toBe("Connected again.");
});
