import type { ReactNode } from "react";
import hljs from "highlight.js/lib/core";
import bash from "highlight.js/lib/languages/bash";
import css from "highlight.js/lib/languages/css";
import go from "highlight.js/lib/languages/go";
import javascript from "highlight.js/lib/languages/javascript";
import json from "highlight.js/lib/languages/json";
import python from "highlight.js/lib/languages/python";
import rust from "highlight.js/lib/languages/rust";
import sql from "highlight.js/lib/languages/sql";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";
import yaml from "highlight.js/lib/languages/yaml";

const languages = { bash, css, go, javascript, json, python, rust, sql, typescript, xml, yaml };
for (const [name, rules] of Object.entries(languages)) hljs.registerLanguage(name, rules);

const keyword = "text-(--code-keyword)";
const name = "text-(--code-name)";
const value = "text-(--code-value)";
const string = "text-(--code-string)";
const muted = "text-(--code-comment) italic";

/** By the first word of a scope: "title.function_" is "title". Others keep the text's colour. */
const classes: Record<string, string> = {
  keyword, "selector-tag": keyword, tag: keyword, doctag: keyword, "template-tag": keyword,
  title: name, name, section: name, "selector-class": name, "selector-id": name, attribute: name, attr: name, property: name,
  number: value, literal: value, built_in: value, type: value, symbol: value, variable: value, "template-variable": value, "selector-pseudo": value, "selector-attr": value,
  string, regexp: string, addition: string, link: string, char: string,
  comment: muted, quote: muted, meta: muted, deletion: muted,
};

interface Scope {
  scope?: unknown;
  children?: unknown;
}

/** Elements of coloured code; null when there are no rules for the language. No HTML is made on the way. */
export function highlight(code: string, language: string): ReactNode {
  if (!hljs.getLanguage(language)) return null;
  const result = hljs.highlight(code, { language, ignoreIllegals: true });
  // oxlint-disable-next-line no-underscore-dangle -- the tree is only here; toHTML would make HTML of it
  const { rootNode } = result._emitter as unknown as { rootNode?: Scope };
  return rootNode && !result.errorRaised ? elements(rootNode.children) : null;
}

function elements(children: unknown): ReactNode[] {
  if (!Array.isArray(children)) return [];
  return children.map((child: unknown, n) => {
    if (typeof child === "string") return child;
    const { scope, children: inner } = child as Scope;
    const kind = typeof scope === "string" ? scope.split(".")[0] : undefined;
    return (
      // oxlint-disable-next-line react/no-array-index-key -- the tree is made once and never changes
      <span key={n} className={kind === undefined ? undefined : classes[kind]}>
        {elements(inner)}
      </span>
    );
  });
}
