import { queryOptions } from "@tanstack/react-query";
import { api } from "../client";
import type { Setup } from "../types";

/** For administrators. Looked at anew on demand: what was wrong is being mended beside. */
export const setupQuery = queryOptions({
  queryKey: ["setup"],
  queryFn: ({ signal }) => api<Setup>("/setup", { signal }),
});
