import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, it, vi } from "vitest";
import type { Workspace } from "@/api/types";
import { workspace } from "@/test/workspace";
import { PausedCover } from "./paused-cover";
import { StatusBadge } from "./status-badge";

const orders = vi.fn();
beforeEach(() => {
  orders.mockReset();
  vi.stubGlobal("fetch", (url: Request | string) => {
    orders(new URL(typeof url === "string" ? url : url.url, "https://ws.localhost").pathname);
    return Promise.resolve(Response.json(workspace({ status: "RUNNING" })));
  });
});

function show(w: Workspace) {
  const client = new QueryClient();
  const tree = (shown: Workspace) => (
    <QueryClientProvider client={client}>
      <PausedCover workspace={shown} />
    </QueryClientProvider>
  );
  const { rerender } = render(tree(w));
  return { become: (next: Workspace) => rerender(tree(next)) };
}

const paused = workspace({ status: "RUNNING", paused: true });
const runs = workspace({ status: "RUNNING" });

it("resumes a paused workspace for whoever opens its page", async () => {
  show(paused);
  await vi.waitFor(() => expect(orders).toHaveBeenCalledExactlyOnceWith(`/api/v1/workspaces/${paused.id}/start`));
  screen.getByText("This workspace is paused");
});

it("leaves one alone whose page was left open, until somebody comes back or presses", async () => {
  const { become } = show(runs);
  become(paused);
  screen.getByRole("button", { name: "Resume" });
  expect(orders).not.toHaveBeenCalled();
  act(() => void window.dispatchEvent(new Event("focus")));
  await vi.waitFor(() => expect(orders).toHaveBeenCalledTimes(1));
  become(runs);
  expect(screen.queryByText("This workspace is paused")).toBeNull();
  become(paused);
  await userEvent.click(await screen.findByRole("button", { name: "Resume" }));
  await vi.waitFor(() => expect(orders).toHaveBeenCalledTimes(2));
});

it("says so in the badge", () => {
  render(<StatusBadge status="RUNNING" paused />);
  screen.getByText("Paused");
});
