import type { ExternalToast } from "sonner";
import { toast } from "@/lib/toast";

// The bottom of the page belongs to the input.
const position = "top-center";

/** Passing news of a chat. */
export const say = {
  done: (text: string, more: ExternalToast = {}) => toast.success(text, { position, ...more }),
  failed: (text: string, more: ExternalToast = {}) => toast.error(text, { position, ...more }),
};
