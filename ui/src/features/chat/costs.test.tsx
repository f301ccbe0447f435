import { render } from "@testing-library/react";
import { expect, test } from "vitest";
import { ChatCost } from "./chat-cost";
import { Stage } from "./cards/stage";
import { MessageFooter } from "./message-footer";
import type { Chat, MessageMetadata, UsageData } from "./types";

const shown = (chat: Partial<Chat>, usage?: Partial<UsageData>) => {
  const { container } = render(<ChatCost chat={chat as Chat} usage={usage && ({ turnBudget: 0, estimated: false, ...usage } as UsageData)} />);
  return [container.textContent, container.querySelector("span")?.title ?? ""];
};

test.each<[string, Partial<Chat>, Partial<UsageData> | undefined, string, RegExp]>([
  ["a chat", { cost: 0.0342 }, undefined, "$0.0342", /^What this chat cost: \$0.0342\.$/],
  ["a new chat", { cost: 0 }, undefined, "", /^$/],
  ["a chat of unknown cost", { cost: null }, undefined, "cost unknown", /did not say what it cost/],
  ["a turn", { cost: 0.01 }, { cost: 0.02, chatCost: 0.03, turnBudget: 1 }, "$0.0200 of $1.00", /The whole chat: \$0.0300\.$/],
  ["a turn of unknown cost", { cost: 0.01 }, { cost: null, chatCost: null, turnBudget: 1, estimated: true }, "cost unknown", /whole chat: cost unknown.*did not say/],
])("%s", (_, chat, usage, text, title) => {
  const [is, why] = shown(chat, usage);
  expect(is).toBe(text);
  expect(why).toMatch(title);
});

test.each<[MessageMetadata, string]>([
  [{ cost: 0.0123 }, "$0.0123"],
  [{ cost: 0.0123, estimated: true }, "about $0.0123"],
  [{ cost: null, estimated: true }, "cost unknown"],
  [{}, ""],
])("below an answer, %j", (metadata, text) => {
  const { container } = render(
    <Stage>
      <MessageFooter metadata={metadata} text="" />
    </Stage>,
  );
  expect(container.querySelector("p")?.textContent).toBe(text);
  expect(container.querySelectorAll("[title*='did not say']")).toHaveLength(metadata.cost === null ? 1 : 0);
});
