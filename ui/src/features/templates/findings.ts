import type { Finding } from "@/api/types";
import { type JsonPath, readPath } from "@/components/code-editor/json-lines";
import type { Mark } from "@/components/code-editor/types";

/** Where a finding is, below the definition; the server may write the way to it in front. */
export function pathOf({ field }: Pick<Finding, "field">): JsonPath {
  const path = readPath(field);
  const skip = path.findIndex((part) => part !== "body" && part !== "definition");
  return skip < 0 ? [] : path.slice(skip);
}

/** The findings at a place and below it. */
export function at(findings: Finding[], ...place: JsonPath): Finding[] {
  return findings.filter((finding) => {
    const path = pathOf(finding);
    return place.every((part, n) => path[n] === part);
  });
}

/** What the findings say, as one text; "" when there are none. */
export function sentences(findings: Finding[]): string {
  return [...new Set(findings.map((f) => f.message))].join(" ");
}

export const errorsOf = (findings: Finding[]): Finding[] => findings.filter((f) => f.severity === "error");

export const marksOf = (findings: Finding[]): Mark[] =>
  findings.map(({ line, column, message, severity }) => ({ line, column, message, severity }));
