import type { ExternalToast } from "sonner";

type Text = React.ReactNode;

/** Resolves once the toaster is on the page: it comes after the first paint. */
let ready: () => void;
const there = new Promise<void>((resolve) => {
  ready = resolve;
});

/** The toaster says that it listens. */
export function toasterReady(): void {
  ready();
}

async function show(kind: "message" | "success" | "error", text: Text, options?: ExternalToast): Promise<void> {
  await there;
  const { toast: sonner } = await import("sonner");
  sonner[kind](text, options);
}

/** A short word about what was done, in a corner of the page, also announced to screen readers. */
export function toast(text: Text, options?: ExternalToast): void {
  void show("message", text, options);
}
toast.success = (text: Text, options?: ExternalToast): void => void show("success", text, options);
toast.error = (text: Text, options?: ExternalToast): void => void show("error", text, options);
