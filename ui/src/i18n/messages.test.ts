// @vitest-environment node
// Nothing in the pages is said in one language only.
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";
import de from "./de";

const src = join(import.meta.dirname, "..");
const callees = new Set(["t", "tn", "tr", "msg"]);
/** Attributes that are read to somebody, of elements and of our own components. */
const spoken = /^(aria-(label|description|placeholder|roledescription|valuetext)|title|placeholder|alt|label|hint|text|description|heading|caption|empty|action)$/;
const letters = /\p{L}{2,}/u;

interface Found {
  text: string;
  plural: boolean;
}

const said: Found[] = [];
const literal: string[] = [];

function words(node: ts.Node): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    const [left, right] = [words(node.left), words(node.right)];
    return left !== undefined && right !== undefined ? left + right : undefined;
  }
  return undefined;
}

function look(file: string): void {
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true, file.endsWith("x") ? ts.ScriptKind.TSX : ts.ScriptKind.TS);
  const blame = (node: ts.Node, text: string) => {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart());
    literal.push(`${relative(src, file)}:${line + 1}: ${text.trim().slice(0, 60)}`);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && callees.has(node.expression.text)) {
      const text = node.arguments[0] && words(node.arguments[0]);
      if (text !== undefined) said.push({ text, plural: node.expression.text === "tn" });
    } else if (ts.isJsxText(node) && letters.test(node.text.replace(/&\w+;/g, ""))) {
      blame(node, node.text);
    } else if (ts.isJsxAttribute(node) && node.initializer && spoken.test(node.name.getText())) {
      const value = ts.isJsxExpression(node.initializer) ? node.initializer.expression : node.initializer;
      if (value && ts.isStringLiteralLike(value) && letters.test(value.text)) blame(node, value.text);
      if (value && ts.isTemplateExpression(value) && letters.test(value.head.text + value.templateSpans.map((s) => s.literal.text).join(""))) blame(node, value.getText());
    } else if (ts.isJsxExpression(node) && !ts.isJsxAttribute(node.parent) && node.expression) {
      if (ts.isStringLiteralLike(node.expression) && letters.test(node.expression.text)) blame(node, node.expression.text);
      if (ts.isTemplateExpression(node.expression) && letters.test(node.expression.head.text + node.expression.templateSpans.map((s) => s.literal.text).join(""))) blame(node, node.expression.getText());
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
}

for (const name of readdirSync(src, { recursive: true, encoding: "utf8" })) {
  if (/\.tsx?$/.test(name) && !/\.test\.tsx?$|\.gen\.ts$|^i18n\/|^test\//.test(name)) look(join(src, name));
}

const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).toSorted();

test("no text in the pages is outside t", () => {
  expect(literal).toEqual([]);
});

test("every text has a German one", () => {
  const missing = said.filter(({ text, plural }) => {
    const found = (de as Record<string, unknown>)[text];
    return plural ? typeof found !== "object" : typeof found !== "string";
  });
  expect([...new Set(missing.map((m) => m.text))]).toEqual([]);
});

test("no German text is left over, and all have the same values", () => {
  const known = new Set(said.map((s) => s.text));
  const wrong = Object.entries(de as Record<string, string | Record<string, string>>).filter(([english, german]) => {
    const forms = typeof german === "string" ? [german] : Object.values(german);
    return !known.has(english) || forms.some((form) => String(holes(form)) !== String(holes(english)) && typeof german === "string");
  });
  expect(wrong.map(([english]) => english)).toEqual([]);
});
