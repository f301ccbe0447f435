import { toast as sonner } from "sonner";
import { expect, test, vi } from "vitest";
import { toast, toaster } from "./toast";

test("what is said before the toaster is there is said then, in order", async () => {
  const said: unknown[] = [];
  vi.spyOn(sonner, "success").mockImplementation((text) => said.push(text));
  vi.spyOn(sonner, "error").mockImplementation((text) => said.push(text));
  const notify = vi.fn();
  const stop = toaster.subscribe(notify);
  expect(toaster.isWanted()).toBe(false);
  toast.success("one");
  toast.error("two");
  toast.success("three");
  expect(toaster.isWanted()).toBe(true);
  expect(notify).toHaveBeenCalled();
  expect(said).toEqual([]);
  toaster.isReady();
  await vi.waitFor(() => expect(said).toEqual(["one", "two", "three"]));
  stop();
});
