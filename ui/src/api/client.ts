import { problemOf, unreachable } from "./problem";
import { heard } from "./reachable";

export interface Call {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/**
 * Calls the API on our own origin. Path starts behind /api/v1. Resolves with the decoded
 * answer (undefined for 204); rejects with a Problem, or an AbortError when cancelled.
 */
export async function api<T>(path: string, call: Call = {}): Promise<T> {
  const headers: Record<string, string> = { accept: "application/json", ...call.headers };
  if (call.body !== undefined) {
    headers["content-type"] = "application/json";
  }
  const response = await request(`/api/v1${path}`, {
    method: call.method ?? "GET",
    body: call.body === undefined ? undefined : JSON.stringify(call.body),
    headers,
    signal: call.signal,
  });
  if (!response.ok) {
    throw await problemOf(response);
  }
  const text = await response.text();
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

/** fetch, with a Problem instead of the browser's TypeError when no answer comes. */
export async function request(url: string, init: RequestInit): Promise<Response> {
  try {
    const response = await fetch(url, { ...init, credentials: "same-origin", cache: "no-store" });
    heard(true);
    return response;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") {
      throw error;
    }
    heard(false);
    throw unreachable();
  }
}
