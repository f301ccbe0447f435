import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const source = readFileSync(`${import.meta.dirname}/tokens.css`, "utf8"); // imported, styles are empty in tests

// Text of ordinary size on what is pressed, at rest and under the pointer.
const pairs = [
  ["primary-foreground", "primary"],
  ["primary-foreground", "primary-hover"],
  ["primary-foreground", "danger"],
  ["primary-foreground", "danger-hover"],
  ["muted-foreground", "background"],
  ["muted-foreground", "muted"],
  ["notice-text", "notice-soft"],
  ["danger-text", "danger-soft"],
];

for (const theme of [":root", ".dark"]) {
  const block = source.slice(source.indexOf(`${theme} {`)).split("}", 1)[0] ?? "";
  test.each(pairs)(`${theme}: %s on %s is read easily`, (text, ground) => {
    const [light = 0, dark = 0] = [luminance(block, text), luminance(block, ground)].toSorted((a, b) => b - a);
    expect((light + 0.05) / (dark + 0.05)).toBeGreaterThanOrEqual(4.5);
  });
}

const shown = (linear: number) => Math.min(1, Math.max(0, linear));

/** Relative luminance (WCAG 2) of a colour that is given as oklch(lightness chroma hue). */
function luminance(block: string, name: string | undefined): number {
  const found = new RegExp(`--${name}: oklch\\(([\\d.]+) ([\\d.]+) ([\\d.]+)\\)`).exec(block);
  if (!found) throw new Error(`no colour ${name}`);
  const [lightness = 0, chroma = 0, hue = 0] = found.slice(1).map(Number);
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return (
    0.2126 * shown(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s) +
    0.7152 * shown(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s) +
    0.0722 * shown(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s)
  );
}
