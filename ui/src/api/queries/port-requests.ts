import { queryOptions } from "@tanstack/react-query";
import { api } from "../client";
import type { Inspected, InspectedRequest, Page } from "../types";

const at = (id: string, port: number, rest = "") => `/workspaces/${encodeURIComponent(id)}/ports/${port}/requests${rest}`;

/** Where the requests of a port are followed as they come. */
export const portRequestsUrl = (id: string, port: number) => `/api/v1${at(id, port)}`;

/** The latest requests to a port, newest first. To ask is what keeps them being recorded. */
export async function readPortRequests(id: string, port: number, signal: AbortSignal): Promise<Inspected[]> {
  return (await api<Page<Inspected>>(at(id, port), { signal })).items;
}

/** All that is known of one request. It changes once, when it ends. */
export const portRequestQuery = (id: string, port: number, request: string, open: boolean) =>
  queryOptions({
    queryKey: ["port-request", id, port, request, open] as const,
    queryFn: ({ signal }) => api<InspectedRequest>(at(id, port, `/${encodeURIComponent(request)}`), { signal }),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
  });

/** Sends a request once more, from the gateway to the same port. */
export function replayPortRequest(id: string, port: number, request: string): Promise<InspectedRequest> {
  return api(at(id, port, `/${encodeURIComponent(request)}/replay`), { method: "POST" });
}
