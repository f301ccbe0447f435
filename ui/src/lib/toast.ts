import type { ExternalToast } from "sonner";

type Text = React.ReactNode;

let wanted = false;
const listeners = new Set<() => void>();
let ready: () => void;
/** Resolves once the toaster is on the page. One promise for all: they appear in order. */
const there = new Promise<void>((resolve) => {
  ready = resolve;
}).then(() => import("sonner"));

/** Whether anything was said yet: until then nobody needs the toaster. */
export const toaster = {
  isWanted: () => wanted,
  subscribe(notify: () => void): () => void {
    listeners.add(notify);
    return () => listeners.delete(notify);
  },
  /** It listens. */
  isReady: () => ready(),
};

async function show(kind: "message" | "success" | "error", text: Text, options?: ExternalToast): Promise<void> {
  wanted = true;
  for (const notify of listeners) notify();
  (await there).toast[kind](text, options);
}

/** A short word about what was done, in a corner of the page, also announced to screen readers. */
export function toast(text: Text, options?: ExternalToast): void {
  void show("message", text, options);
}
toast.success = (text: Text, options?: ExternalToast): void => void show("success", text, options);
toast.error = (text: Text, options?: ExternalToast): void => void show("error", text, options);
