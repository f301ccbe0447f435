import { describe, expect, test } from "vitest";
import { type DiffRow, parseDiff } from "./parse";

const one = `diff --git a/src/a.ts b/src/a.ts
index 1111111..2222222 100644
--- a/src/a.ts
+++ b/src/a.ts
@@ -10,3 +10,4 @@ function a() {
 same
-old
+new
+--- not a heading
 same
\\ No newline at end of file
`;

describe("a unified diff", () => {
  test("gives rows with their numbers", () => {
    expect(parseDiff(one)).toEqual([
      { kind: "file", path: "src/a.ts", note: "" },
      { kind: "hunk", text: "function a() {" },
      { kind: "context", before: 10, after: 10, text: "same" },
      { kind: "removed", before: 11, text: "old" },
      { kind: "added", after: 11, text: "new" },
      { kind: "added", after: 12, text: "--- not a heading" },
      { kind: "context", before: 12, after: 13, text: "same" },
      { kind: "note", text: "No newline at end of file" },
    ]);
  });

  test.each<[string, string, DiffRow]>([
    ["a new file", "--- /dev/null\n+++ b/n.ts\n@@ -0,0 +1 @@\n+x\n", { kind: "file", path: "n.ts", note: "new file" }],
    ["a deleted one", "diff --git a/d.ts b/d.ts\ndeleted file mode 100644\n--- a/d.ts\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n", { kind: "file", path: "d.ts", note: "deleted" }],
    ["a renamed one", "diff --git a/old name b/new name\nsimilarity index 100%\nrename from old name\nrename to new name\n", { kind: "file", path: "new name", note: "renamed from old name" }],
    ["a binary one", "diff --git a/x.png b/x.png\nindex 1..2\nBinary files a/x.png and b/x.png differ\n", { kind: "file", path: "x.png", note: "binary" }],
    ["no heading of git's", "--- a.txt\t2026-01-01\n+++ a.txt\t2026-01-02\n@@ -1 +1 @@\n-a\n+b\n", { kind: "file", path: "a.txt", note: "" }],
  ])("%s", (_, diff, file) => expect(parseDiff(diff)[0]).toEqual(file));

  test("has a heading for each file", () => {
    const files = parseDiff(one + one.replaceAll("a.ts", "b.ts") + "--- a/c.ts\n+++ b/c.ts\n@@ -1 +1 @@\n-a\n+b\n").filter((r) => r.kind === "file");
    expect(files.map((f) => f.path)).toEqual(["src/a.ts", "src/b.ts", "c.ts"]);
  });

  test("that is none comes back as it is", () => {
    expect(parseDiff("hello\n@@ nonsense")).toEqual([
      { kind: "note", text: "hello" },
      { kind: "note", text: "@@ nonsense" },
    ]);
    expect(parseDiff("")).toEqual([]);
  });

  test("whatever it holds, has no more rows than lines, and numbers that count", () => {
    const pieces = one.split("\n").concat("", "+", "-", " ", "@@ -1 +1 @@", "@@ -0,0 +1,99999999 @@", "+++", "--- ", "\\", "diff --git", "rename from");
    let n = 3;
    const next = () => (n = (n * 1_103_515_245 + 12_345) % 2_147_483_648);
    for (let round = 0; round < 1500; round++) {
      const lines = Array.from({ length: next() % 30 }, () => pieces[next() % pieces.length] ?? "");
      const rows = parseDiff(lines.join("\n"));
      expect(rows.length).toBeLessThanOrEqual(lines.length);
      for (const row of rows) {
        if (row.kind === "added") expect(row.after).toBeGreaterThanOrEqual(0);
        if (row.kind === "removed") expect(row.before).toBeGreaterThanOrEqual(0);
      }
    }
  });

  test("of any size is bounded", () => {
    expect(parseDiff("x\n".repeat(200_000))).toHaveLength(50_000);
    const [row] = parseDiff("y".repeat(100_000));
    expect(row?.kind === "note" && row.text.length).toBe(2000);
  });
});
