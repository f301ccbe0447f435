import { queryOptions } from "@tanstack/react-query";
import { api } from "../client";

/** One thing the installation needs, and whether it is so. */
export interface Check {
  name: string;
  title: string;
  ok: boolean;
  detail: string;
  /** A command or an explanation; empty when nothing is wrong. */
  fix: string;
  /** Names what the server can do about it itself; "" = nothing. */
  action: string;
}

export interface Setup {
  /** Somebody has made a workspace: the first run is over. */
  done: boolean;
  checks: Check[];
}

/** For administrators. Looked at anew on demand: what was wrong is being mended beside. */
export const setupQuery = queryOptions({
  queryKey: ["setup"],
  queryFn: ({ signal }) => api<Setup>("/setup", { signal }),
});
