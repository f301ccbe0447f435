import { msg, t } from "@/i18n/t";
import type { Scope } from "../../types";
import { fields, list, text, texts, word } from "../shape";

export interface Choice {
  scope: Scope;
  label: string;
  /** Exactly what would be allowed from then on. */
  rules: string[];
}

const scopes = ["once", "run", "workspace"] as const;
const labels: Record<Scope, string> = { once: msg("Allow once"), run: msg("Allow for this turn"), workspace: msg("Always allow here") };

/** What may be answered with yes: each scope at most once, "once" first and always. */
export function choicesOf(value: unknown): Choice[] {
  const offered = list(value, 8).map((item) => {
    const { scope, text: label, rules } = fields(item);
    const known = word(scope, scopes, "once");
    return { scope: known, label: known === "once" ? t(labels.once) : text(label, 80) || t(labels[known]), rules: texts(rules, 20) };
  });
  const once = offered.find((c) => c.scope === "once") ?? { scope: "once" as const, label: t(labels.once), rules: [] };
  const others = scopes.slice(1).flatMap((scope) => offered.find((c) => c.scope === scope) ?? []);
  // A rule that cannot be read cannot be agreed to.
  return [once, ...others.filter((c) => c.scope !== "workspace" || c.rules.length > 0)];
}
