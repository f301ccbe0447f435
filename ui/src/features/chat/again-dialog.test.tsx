import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { fireEvent, render, screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { Problem } from "@/api/problem";
import { AgainDialog } from "./again-dialog";
import { Stage } from "./cards/stage";
import type { RestoreResult } from "./types";

const diff = { diff: "--- a/x.ts\n+++ b/x.ts\n@@ -1 +1 @@\n-before\n+after\n", truncated: false, files: 3, added: 1, removed: 1, changes: [] };
const restored = { before: "beef", changed: 3, removedMessages: 0, text: "" };

function open(restore: () => Promise<RestoreResult> = () => Promise.resolve(restored)) {
  const calls = { restore: vi.fn(restore), onReady: vi.fn(), onClose: vi.fn() };
  render(
    <QueryClientProvider client={new QueryClient()}>
      <Stage actions={{ restore: calls.restore, checkpointDiff: () => Promise.resolve(diff) }}>
        <AgainDialog again={{ title: "Answer again", checkpoint: "c1", begin: () => Promise.resolve(true) }} onClose={calls.onClose} onReady={calls.onReady} />
      </Stage>
    </QueryClientProvider>,
  );
  return calls;
}
const begin = () => screen.getByRole<HTMLButtonElement>("button", { name: "Answer again" });

test("what would be undone is shown, then the files go back before anything begins", async () => {
  const { restore, onReady } = open();
  expect(begin().disabled).toBe(true); // nobody decides by what is not there yet
  expect(await screen.findByText("Also undo the files (3 files)")).toBeDefined();
  expect(screen.getByText("after")).toBeDefined();
  fireEvent.click(begin());
  await vi.waitFor(() => expect(onReady).toHaveBeenCalledWith(restored));
  expect(restore.mock.calls).toEqual([["c1", { files: true, chat: false }]]);
});

test("files that are kept are not touched", async () => {
  const { restore, onReady } = open();
  fireEvent.click(screen.getByRole("radio", { name: /Keep the files/ }));
  fireEvent.click(begin());
  await vi.waitFor(() => expect(onReady).toHaveBeenCalledWith(undefined));
  expect(restore).not.toHaveBeenCalled();
});

test("files that could not be undone begin nothing", async () => {
  const { onReady } = open(() => Promise.reject(new Problem(503, "unavailable", "The workspace does not answer.")));
  await screen.findByText("after");
  fireEvent.click(begin());
  expect((await screen.findByRole("alert")).textContent).toBe("The workspace does not answer.");
  expect(onReady).not.toHaveBeenCalled();
});

test("it stays while files are on their way back", async () => {
  const { onClose } = open(() => new Promise(() => undefined));
  await screen.findByText("after");
  fireEvent.click(begin());
  fireEvent.keyDown(screen.getByRole("dialog"), { key: "Escape" });
  expect(onClose).not.toHaveBeenCalled();
});
