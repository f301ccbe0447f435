import type { InspectedBody } from "@/api/types";

/** A body as it is read: JSON that is whole with its lines, else as it came. Undefined when it is no text. */
export function bodyText(body: InspectedBody): string | undefined {
  if (body.text === undefined) return undefined;
  const first = body.text.trimStart()[0];
  if (body.truncated || (first !== "{" && first !== "[")) return body.text;
  try {
    return JSON.stringify(JSON.parse(body.text), null, 2);
  } catch {
    return body.text;
  }
}
