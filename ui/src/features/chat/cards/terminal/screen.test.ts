import { describe, expect, test } from "vitest";
import type { Style } from "./ansi";
import { lineLimit, screen } from "./screen";

const plain = (output: string) => screen(output).lines.map((line) => line.map((span) => span.text).join(""));
const styles = (output: string): [string, Style][] => screen(output).lines.flatMap((line) => line.map((s): [string, Style] => [s.text, s.style]));

describe("what a terminal would show", () => {
  test.each<[string, string[]]>([
    ["", []],
    ["a\nb\n", ["a", "b"]],
    ["a\r\nb", ["a", "b"]],
    ["10%\r20%\r100%\n", ["100%"]],
    ["long line\rab", ["abng line"]],
    ["long line\r\u001B[Kab", ["ab"]],
    ["abc\u001B[2K\rd", ["d"]],
    ["abc\b\bX", ["aXc"]],
    ["\u001B[5Gx", ["    x"]],
    ["\u001B]0;a title\u0007text", ["text"]],
    ["\u001B]8;;https://evil.example\u001B\\link\u001B]8;;\u001B\\", ["link"]],
    ["\u001B[2J\u001B[H\u001B[3A\u001B[?25lx", ["x"]],
    ["\u001B(Bx\u001B7\u001B=y", ["xy"]],
    ["a\u0000\u0001\u007F\u009Bb", ["ab"]],
    ["cut \u001B[3", ["cut "]],
    ["cut \u001B]0;tit", ["cut "]],
    ["é漢🦦\rx", ["x漢🦦"]],
  ])("%j is %j", (output, lines) => expect(plain(output)).toEqual(lines));

  test("colours and weights", () => {
    expect(styles("\u001B[1;31mred\u001B[0m plain \u001B[92mgreen\u001B[39;4m under")).toEqual([
      ["red", { bold: true, colour: 1 }],
      [" plain ", {}],
      ["green", { colour: 10 }],
      [" under", { colour: undefined, underline: true }],
    ]);
  });

  test("many colours become the nearest of the sixteen", () => {
    const colour = (code: string) => styles(`\u001B[${code}mx`)[0]?.[1].colour;
    expect(["38;5;1", "38;5;196", "38;5;46", "38;5;244", "38;2;255;0;0", "38;2;0;0;200", "38:2:0:200:0"].map(colour)).toEqual([1, 9, 10, 7, 9, 4, 2]);
    expect(styles("\u001B[38;5;196;1mx")[0]?.[1]).toEqual({ colour: 9, bold: true });
  });

  test("only the last lines are kept, and long ones are cut", () => {
    const { lines, dropped } = screen("x\n".repeat(lineLimit + 7));
    expect([lines.length, dropped]).toEqual([lineLimit, 7]);
    expect(plain("y".repeat(5000))[0]).toHaveLength(2001);
    expect(plain(`y\u001B[9999999Gz`)[0]?.length).toBeLessThanOrEqual(2001);
  });
});

/** The same numbers every time. */
function numbers(seed: number) {
  let n = seed;
  return (below: number) => {
    n = (n * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((n / 2_147_483_648) * below);
  };
}

test("whatever a program prints, no control character is left and no colour is made up", () => {
  const pieces = ["\u001B[", "\u001B]", "\u001B", "m", "K", "G", ";", ":", "3", "38", "48", "5", "2", "255", "1", "\r", "\n", "\b", "\t", "\u0007", "\u009B", "\u0000", "text", "é", "🦦", " ", "A", "?", "\u001B\\", "4", "97"];
  const next = numbers(7);
  for (let round = 0; round < 1500; round++) {
    const output = Array.from({ length: next(40) }, () => pieces[next(pieces.length)]).join("");
    for (const line of screen(output).lines) {
      for (const { text, style } of line) {
        // oxlint-disable-next-line no-control-regex -- that there are none is the point
        expect(text).not.toMatch(/[\u0000-\u0008\u000A-\u001F\u007F-\u009F]/);
        for (const c of [style.colour, style.background]) expect(c === undefined || (Number.isInteger(c) && c >= 0 && c < 16)).toBe(true);
      }
    }
  }
});

test("a line that is written over and over is the last of it", () => {
  expect(plain("a\u001B[31mb\u001B[0m\rc\n".repeat(200))).toEqual(Array(200).fill("cb"));
});

test("megabytes take no more than a moment", () => {
  expect(screen("\u001B[31mx\u001B[0m\r".repeat(100_000)).lines).toHaveLength(1);
  expect(screen("\u001B[".repeat(200_000)).dropped).toBe(0);
  expect(screen(`\u001B]${"x".repeat(1_000_000)}`).lines).toHaveLength(0);
});
