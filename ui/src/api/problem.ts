import { language } from "@/i18n/language";
import { t } from "@/i18n/t";
import type { FieldError } from "./types";

/**
 * Every way a call can fail, as the API says it (RFC 9457). Its message is a sentence
 * for people. Code is a stable word; besides the API's own it is "network" when no
 * answer came and "http_<status>" when something else than the API answered.
 */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly fields: FieldError[];
  /** Seconds after which it makes sense to try again; 0 when the server does not say. */
  readonly retryAfter: number;

  constructor(status: number, code: string, detail: string, fields: FieldError[] = [], retryAfter = 0) {
    super(detail);
    this.name = "Problem";
    this.status = status;
    this.code = code;
    this.fields = fields;
    this.retryAfter = retryAfter;
  }

  /** What is wrong with one field of the request, or undefined. */
  field(name: string): string | undefined {
    return this.about(name)[0]?.message;
  }

  /** Everything that is wrong with one field of the request. */
  about(name: string): FieldError[] {
    return this.fields.filter((f) => f.field === name || f.field === `body.${name}`);
  }
}

export const unreachable = () => new Problem(0, "network", t("Kalpana does not answer. Check your connection and try again."));

/** Reads a refused answer; whatever comes, a Problem with a sentence is the result. */
export async function problemOf(response: Response): Promise<Problem> {
  const { status } = response;
  const retryAfter = Math.max(0, Math.ceil(Number(response.headers.get("retry-after"))) || 0);
  const body: unknown = await response.json().catch(() => null);
  if (!isObject(body) || typeof body.code !== "string") {
    return new Problem(status, `http_${status}`, t("The server answered {status}. Try again in a moment.", { status }), [], retryAfter);
  }
  const fields = Array.isArray(body.errors) ? body.errors.filter(isFieldError) : [];
  const detail = [body.detail, body.title].find((text): text is string => typeof text === "string" && text !== "");
  return new Problem(status, body.code, (await own(body.code, retryAfter)) ?? detail ?? t("That did not work. Try again."), fields, retryAfter);
}

/** What the page itself says about it, see ownSentence; loaded only when it may be needed. */
async function own(code: string, retryAfter: number): Promise<string | undefined> {
  if (language === "en" && code !== "rate_limited") return undefined;
  try {
    const { ownSentence } = await import("./problem-sentences");
    return ownSentence(code, retryAfter);
  } catch {
    return undefined; // the server does not hand out files either
  }
}

/** The sentence to show for anything that was thrown. */
export function sentence(error: unknown): string {
  return error instanceof Problem ? error.message : t("Something went wrong on this page. Reload it and try again.");
}

function isObject(value: unknown): value is Record<string, string | unknown[] | undefined> {
  return typeof value === "object" && value !== null;
}

function isFieldError(value: unknown): value is FieldError {
  return isObject(value) && typeof value.field === "string" && typeof value.message === "string";
}
