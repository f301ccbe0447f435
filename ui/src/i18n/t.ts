import { createElement, Fragment, type ReactNode } from "react";
import { language } from "./language";

/** A translation by its English text; where a number decides, one for each plural of the language. */
export type Messages = Record<string, string | Partial<Record<Intl.LDMLPluralRule, string>>>;
type Values = Record<string, string | number>;

let messages: Messages = {};
let rules: Intl.PluralRules | undefined;

/** Loads the words of the page's language. Awaited before the first paint; English needs none. */
export async function loadMessages(): Promise<void> {
  document.documentElement.lang = language;
  if (language === "en") return;
  messages = (await import("./de")).default;
}

function fill(text: string, values: Values | undefined): string {
  return values ? text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole)) : text;
}

/**
 * A text in the language of the page. The English text is its name, with values in
 * braces: `t("Stop {name}?", { name })`. Called while drawing or acting, never while a
 * module is loaded: the words are not there yet; `msg` marks texts that are kept.
 */
export function t(text: string, values?: Values): string {
  const found = messages[text];
  return fill(typeof found === "string" ? found : text, values);
}

/** Like t, with the form for n, which is the value {n} too: `tn("{n} port", "{n} ports", 3)`. */
export function tn(one: string, other: string, n: number, values?: Values): string {
  const all = { n: new Intl.NumberFormat(language).format(n), ...values };
  const found = messages[one];
  if (typeof found !== "object") return fill(n === 1 ? one : other, all);
  rules ??= new Intl.PluralRules(language);
  return fill(found[rules.select(n)] ?? found.other ?? other, all);
}

/** Like t, with elements as values: `tr("Read {docs}.", { docs: <a …>{t("the docs")}</a> })`. */
export function tr(text: string, values: Record<string, ReactNode>): ReactNode {
  const parts = t(text).split(/\{(\w+)\}/);
  return createElement(Fragment, null, ...parts.map((part, i) => (i % 2 === 0 ? part : values[part])));
}

/** Marks a text that t is given later, so that it is known to need a translation. */
export function msg<Text extends string>(text: Text): Text {
  return text;
}
