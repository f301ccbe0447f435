import type { LucideIcon } from "lucide-react";
import type { ComponentType, ReactNode } from "react";
import type { Call } from "./call";

/** How calls of one tool are shown. Each function gets a call in any state. */
export interface ToolView {
  icon: LucideIcon;
  /** Given to t when it is drawn. */
  label: string | ((call: Call) => string);
  subject?: (call: Call) => string;
  /** Short figures; of a finished call. */
  aside?: (call: Call) => ReactNode;
  /** The one file it is about. */
  file?: (call: Call) => { path: string; line?: number } | undefined;
  /** It is finished, and what it reports is a failure or goes on. */
  outcome?: (call: Call) => "failed" | "running" | undefined;
  /** Shown also while closed, as long as the call is not finished. */
  Peek?: ComponentType<{ call: Call }>;
  /** Shown when it is opened before its end. */
  Unfinished?: ComponentType<{ call: Call }>;
  /** Shown when it is opened after its end. */
  Body?: ComponentType<{ call: Call }>;
}
