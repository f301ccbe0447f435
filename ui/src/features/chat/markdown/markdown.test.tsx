import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, test, vi } from "vitest";
import { Stage } from "../cards/stage";
import { address, isPicture, misleads } from "./address";
import { blocks } from "./blocks";
import { filePath } from "./file-path";
import { highlight } from "./highlighter";
import { Markdown } from "./markdown";

const draw = (text: string, actions = {}) =>
  render(
    <Stage actions={actions}>
      <Markdown text={text} />
    </Stage>,
  ).container;

describe("blocks", () => {
  test("lose no character of the text", () => {
    const text = "# a\n\nb *c*\n\n- d\n- e\n\n> f\n\n| g |\n|---|\n| h |\n\n<div>\ni\n</div>\n\nj\n===\n";
    expect(blocks(text).map((b) => b.text).join("\n")).toContain("j\n===");
    expect(blocks(text).map((b) => b.kind)).toEqual(Array(7).fill("markdown"));
  });

  test("what came before does not change while a text grows", () => {
    const text = "one\n\ntwo **bo\n\n```ts\nlet a = 1;\n```\n\nthree";
    for (let end = 1; end < text.length; end++) {
      const grown = blocks(text.slice(0, end), true);
      expect(blocks(text).slice(0, grown.length - 1)).toEqual(grown.slice(0, -1));
    }
  });

  test("a fence is code at once, whatever is missing of its end", () => {
    expect(blocks("```go\nx := 1\n``", true)).toEqual([{ kind: "code", language: "go", text: "x := 1" }]);
    expect(blocks("```go title=a\nx", true)).toEqual([{ kind: "code", language: "go", text: "x" }]);
  });

  test("a definition serves all blocks", () => {
    const [first] = blocks("see [a][b]\n\ntext\n\n[b]: https://example.com");
    expect(first?.text).toContain("https://example.com");
  });
});

test("unfinished bold is bold already", () => {
  render(<Markdown text="so **impor" streaming />, { wrapper: Stage });
  expect(screen.getByText("impor").tagName).toBe("STRONG");
});

test("nothing vanishes while a text grows", () => {
  render(<Markdown text={"if a < b and <b the rest"} streaming />, { wrapper: Stage });
  expect(screen.getByText("if a < b and <b the rest")).toBeDefined();
});

test("HTML shows as the text it is", () => {
  expect(draw("use <div> here<br>now").textContent).toBe("use <div> here\nnow");
  expect(draw("<b>x</b>\n").textContent).toBe("<b>x</b>");
});

test("a picture from elsewhere is a link that says so", () => {
  draw("![a cat](https://pics.example/cat.png?x=1)");
  expect(screen.getByRole("link", { name: /image: a cat \(pics\.example\)/ })).toBeDefined();
});

test("a link holds no second link and no button", () => {
  const root = draw("[![x](https://a.example/x.png) `src/a.ts`](https://b.example) and [`src/a.ts`](src/a.ts)");
  expect(root.querySelectorAll("a a, a button, button button")).toHaveLength(0);
  expect(root.textContent).toContain("(a.example)");
});

test("a picture in the text itself is shown", () => {
  draw("![dot](data:image/png;base64,iVBORw0KGgo=)");
  expect(screen.getByRole("img", { name: "dot" }).getAttribute("src")).toBe("data:image/png;base64,iVBORw0KGgo=");
});

test.each([
  ["[docs](https://example.com/a)", "docs (opens example.com in a new tab)"],
  ["[https://bank.example](https://evil.example)", "https://bank.example (opens evil.example in a new tab) (evil.example)"],
  ["[аррӏе.com](https://аррӏе.com)", "аррӏе.com (opens xn--80ak6aa92e.com in a new tab) (xn--80ak6aa92e.com)"],
  ["[x](javascript:alert)", "x"],
  ["[x](#top)", "x"],
])("%s reads %s", (text, words) => expect(draw(text).textContent).toBe(words));

test("paths open in the editor", async () => {
  const openFile = vi.fn();
  draw("look at `src/a.ts:12` and [this](src/my%20b.go#L3) and `console.log`", { openFile });
  await userEvent.click(screen.getByRole("button", { name: /src\/a\.ts:12/ }));
  expect(openFile).toHaveBeenCalledWith("src/a.ts", 12, undefined);
  expect(screen.getAllByRole("button")).toHaveLength(1);
});

test.each([
  ["src/a.ts", { path: "src/a.ts" }],
  ["./src/a.ts:12", { path: "src/a.ts", line: 12 }],
  ["src/a.ts:12:3", { path: "src/a.ts", line: 12, column: 3 }],
  ["src/a.ts:12-20", { path: "src/a.ts", line: 12 }],
  ["a/b.go#L7-L9", { path: "a/b.go", line: 7 }],
  ["/workspace/main.go", { path: "/workspace/main.go" }],
  ["package.json", { path: "package.json" }],
  ["Makefile", { path: "Makefile" }],
  [".github/workflows/ci.yml", { path: ".github/workflows/ci.yml" }],
  ["app/[id]/page.tsx", { path: "app/[id]/page.tsx" }],
])("%s is a file", (text, file) => expect(filePath(text)).toEqual(expect.objectContaining(file)));

test.each(["console.log", "and/or", "application/json", "/api/v1/users", "../etc/passwd.txt", "a//b.ts", "https://x.example/a.ts", "npm run dev", "example.com", "v1.2", "1/2", "", "x".repeat(400) + ".ts", "//evil.example/a.ts"])(
  "%s is none",
  (text) => expect(filePath(text)).toBeNull(),
);

test.each([
  ["https://google.com@evil.example/", "evil.example"],
  ["http://[::1]:3000/", "[::1]:3000"],
  ["mailto:a@b.example", "a@b.example"],
  ["javascript:alert(1)", undefined],
  ["//evil.example", undefined],
  ["", undefined],
])("%s leads to %s", (href, host) => expect(address(href)?.host).toBe(host));

const to = (href: string) => address(href) ?? { url: "", host: "" };

test("the text of a link misleads when it names another host", () => {
  expect(misleads("github.com/a", to("https://github.com/a"))).toBe(false);
  expect(misleads("read more", to("https://evil.example"))).toBe(false);
  expect(misleads("github.com", to("https://github.com.evil.example"))).toBe(true);
  expect(misleads("http://localhost.example:3000", to("http://localhost.example:3000"))).toBe(false);
});

test("pictures are of kinds that cannot carry scripts", () => {
  expect(isPicture("data:image/png;base64,AAAA")).toBe(true);
  for (const src of ["data:image/svg+xml;base64,AAAA", "data:image/png,x", "data:image/png;base64,<", "https://a.example/b.png"]) expect(isPicture(src)).toBe(false);
});

test("code gets its colours when it is whole, and loses nothing by them", async () => {
  const code = "const a = `x ${b} <img>`; // c";
  const { container, rerender } = render(<Markdown text={`\`\`\`ts\n${code}`} streaming />, { wrapper: Stage });
  const pre = () => container.querySelector("pre");
  expect(pre()?.querySelector("span")).toBeNull();
  rerender(<Markdown text={`\`\`\`ts\n${code}\n\`\`\``} />);
  await vi.waitFor(() => expect(pre()?.querySelector("span")).not.toBeNull());
  expect(pre()?.textContent).toBe(code);
  expect(highlight("a", "no-such-language")).toBeNull();
});
