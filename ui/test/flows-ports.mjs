// What people do with the ports of a workspace. Part of flows.test.mjs.
import assert from "node:assert/strict";
import { assertAccessible, eventually } from "./browser.mjs";
import { gallery, portGallery, quietPort } from "./fixtures.mjs";
import { calls, flow } from "./flow.mjs";

const id = "running00001";
const list = `GET /workspaces/${id}/ports`;
const put = (port) => `PUT /workspaces/${id}/ports/${port}`;
const unreachable = { status: 502, code: "workspace_unreachable", detail: "The workspace does not answer. If this stays so, restart it." };

const openButton = (page) => page.getByRole("button", { name: "Ports" });
const dialog = (page) => page.getByRole("dialog", { name: "Ports" });
const row = (page, port) => dialog(page).getByRole("listitem").filter({ has: page.getByRole("heading", { name: new RegExp(`^${port} `) }) });
const select = (page, port) => row(page, port).getByRole("combobox");
const toggle = (page, port) => row(page, port).getByRole("switch");
const focused = (locator) => locator.evaluate((el) => el === document.activeElement);

/** A test on the page of a running workspace that has these ports. */
function portsFlow(name, run, { ports = portGallery, ...options } = {}) {
  flow(
    name,
    async ({ page, standIn, go, state }) => {
      state.workspaces = gallery(state.port).filter((w) => w.id === id);
      state.ports[id] = ports(state.port, id);
      await run({ page, standIn, go, state, open: async () => (await go(`/w/${id}`), await openButton(page).click(), await dialog(page).waitFor()) });
    },
    options,
  );
}

portsFlow("ports are found by keyboard, opened in a tab of their own and copied", async ({ page, go, state }) => {
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await go(`/w/${id}`);
  await page.getByRole("button", { name: "Ports 3 open" }).press("Enter");
  await dialog(page).waitFor();
  await eventually(() => focused(dialog(page)), "reading begins at the dialog's top");
  await page.keyboard.press("Tab");
  const link = page.getByRole("link", { name: `http://3000-${id}.ws.localhost:${state.port}/` });
  assert.equal(await focused(link), true);
  assert.deepEqual(await link.evaluate((a) => [a.target, a.rel]), ["_blank", "noopener"]);
  await page.keyboard.press("Tab");
  assert.equal(await focused(row(page, 3000).getByRole("button", { name: "Preview port 3000" })), true);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await row(page, 3000).getByRole("button", { name: "Copied address of port 3000" }).waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), `http://3000-${id}.ws.localhost:${state.port}/`);
  await page.keyboard.press("Escape");
  await dialog(page).waitFor({ state: "detached" });
  await eventually(() => focused(openButton(page)), "focus is back on the button");
});

portsFlow("without a clipboard the address is selected to be copied by hand", async ({ page, open }) => {
  await page.addInitScript(() => Object.defineProperty(navigator, "clipboard", { value: undefined }));
  await open();
  await row(page, 3000).getByRole("button", { name: "Copy" }).click();
  await eventually(() => page.evaluate(() => window.getSelection().toString().startsWith("http://3000-")), "address selected");
});

portsFlow("a port is shared, and what was set besides is kept", async ({ page, state, open }) => {
  await open();
  await select(page, 5173).selectOption("owner");
  await eventually(() => calls(state, put(5173)).length === 1, "the change is sent");
  await toggle(page, 5173).click();
  await eventually(() => calls(state, put(5173)).length === 2, "the second change is sent");
  assert.deepEqual(
    calls(state, put(5173)).map((c) => c.body),
    [
      { visibility: "owner", rewriteHost: true },
      { visibility: "owner", rewriteHost: false },
    ],
  );
  await eventually(async () => (await toggle(page, 5173).getAttribute("aria-checked")) === "false", "the switch is off");
});

for (const [look, options] of [
  ["wide", {}],
  ["narrow and dark", { viewport: { width: 390, height: 844 }, colorScheme: "dark" }],
]) {
  portsFlow(
    `a port is opened to everybody only after a warning, ${look}`,
    async ({ page, state, open }) => {
      await open();
      await select(page, 3000).focus();
      await select(page, 3000).selectOption("public");
      const question = row(page, 3000).getByRole("alert");
      await question.getByText("without signing in").waitFor();
      await assertAccessible(page, "the question");
      await page.keyboard.press("Tab"); // its buttons come next
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      await question.waitFor({ state: "detached" });
      assert.equal(await select(page, 3000).inputValue(), "owner");
      assert.equal(await focused(select(page, 3000)), true);
      assert.deepEqual(calls(state, put(3000)), []);

      await select(page, 3000).selectOption("public");
      await question.getByRole("button", { name: "Open to everybody" }).press("Enter");
      await row(page, 3000).getByText("Everybody who knows the address can use").waitFor();
      await eventually(() => state.ports[id][0].visibility === "public", "the change is made");
      assert.deepEqual(calls(state, put(3000)).map((c) => c.body), [{ visibility: "public", rewriteHost: false }]);
      assert.equal(await focused(select(page, 3000)), true);
    },
    options,
  );
}

portsFlow("a change shows at once and is taken back when it is refused", async ({ page, state, open }) => {
  await open();
  let refuse;
  state.hold.set(put(5173), new Promise((resolve) => (refuse = resolve)));
  await select(page, 5173).selectOption("owner");
  await eventually(() => calls(state, put(5173)).length === 1, "the change is sent");
  assert.equal(await select(page, 5173).inputValue(), "owner");
  const polls = calls(state, list).length;
  await eventually(() => calls(state, list).length > polls + 1, "two polls come between", 10_000);
  assert.equal(await select(page, 5173).inputValue(), "owner", "a poll does not take it back");
  state.failing.set(put(5173), unreachable);
  refuse();
  await row(page, 5173).getByRole("alert").getByText("That did not work. The workspace does not answer.").waitFor();
  assert.equal(await select(page, 5173).inputValue(), "users");
  state.failing.clear();
  await select(page, 5173).selectOption("owner");
  await row(page, 5173).getByRole("alert").waitFor({ state: "detached" });
  assert.equal(await select(page, 5173).inputValue(), "owner");
});

portsFlow("a refusal is told even when the dialog was closed", async ({ page, state, open }) => {
  await open();
  let refuse;
  state.hold.set(put(9229), new Promise((resolve) => (refuse = resolve)));
  await select(page, 9229).selectOption("owner");
  await eventually(() => calls(state, put(9229)).length === 1, "the change is sent");
  await page.keyboard.press("Escape");
  await dialog(page).waitFor({ state: "detached" });
  state.failing.set(put(9229), unreachable);
  refuse();
  await page.getByText("Could not change port 9229").waitFor();
});

portsFlow("a port is added before anything listens, and wrong numbers are told by the field", async ({ page, state, open }) => {
  await open();
  const field = page.getByLabel("Share a port that is not open yet");
  for (const [typed, message] of [
    ["", "Enter a number from 1024 to 65535."],
    ["80", "Enter a number from 1024 to 65535."],
    ["8080", "Port 8080 is the workspace's own and is not shared."],
    ["5173", "Port 5173 is on the list already."],
    ["4040", "Port 4040 is the workspace's own and is not shared."], // the server's word
  ]) {
    await field.fill(typed);
    await page.keyboard.press("Enter");
    await dialog(page).getByRole("alert").getByText(message).waitFor();
    assert.equal(await field.getAttribute("aria-invalid"), "true", typed);
    assert.equal(await focused(field), true, typed);
  }
  assert.equal(state.calls.filter((c) => c.call.startsWith("PUT")).length, 1);
  await field.fill("4000");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await row(page, 4000).getByText("nothing listens").waitFor();
  await dialog(page).getByRole("status").getByText("Port 4000 is on the list.").waitFor();
  assert.deepEqual(calls(state, put(4000))[0].body, { visibility: "owner" });
  assert.equal(await field.inputValue(), "");
  assert.deepEqual(await dialog(page).getByRole("heading", { level: 3 }).evaluateAll((all) => all.map((h) => parseInt(h.textContent))), [3000, 4000, 5173, 8000, 9229]);
});

portsFlow("a port that the server forgets stays in sight until the dialog is closed", async ({ page, state, open }) => {
  await open();
  await page.getByLabel("Share a port").fill("4000");
  await page.keyboard.press("Enter");
  await select(page, 8000).focus();
  await select(page, 8000).selectOption("owner");
  await eventually(() => state.ports[id].length === 3, "both are forgotten");
  const polls = calls(state, list).length;
  await eventually(() => calls(state, list).length > polls + 1, "two polls come", 10_000);
  assert.equal(await select(page, 4000).inputValue(), "owner");
  assert.equal(await focused(select(page, 8000)), true);
  await select(page, 4000).selectOption("users");
  await eventually(() => state.ports[id].some((p) => p.port === 4000 && p.visibility === "users"), "it is shared after all");
  await page.keyboard.press("Escape");
  await openButton(page).click();
  await row(page, 4000).waitFor();
  assert.equal(await row(page, 8000).count(), 0);
});

portsFlow(
  "a server that is started appears by itself, and its end shows",
  async ({ page, state, open }) => {
    await open();
    await dialog(page).getByText("npm run dev").waitFor();
    const started = quietPort(state.port, id, 5173, { listening: true, process: "vite", visibility: "users" });
    state.ports[id] = [started];
    await row(page, 5173).getByText("vite").waitFor();
    assert.equal(await page.getByRole("button", { name: "Ports 1 open", includeHidden: true }).count(), 1);
    state.ports[id] = [{ ...started, listening: false, process: "" }];
    await row(page, 5173).getByText("nothing listens").waitFor();
  },
  { ports: () => [] },
);

portsFlow("the count is asked for four times a minute, and not while nobody sees it", async ({ page, go, state }) => {
  await page.clock.install();
  await go(`/w/${id}`);
  await page.getByRole("button", { name: "Ports 3 open" }).waitFor();
  const asked = calls(state, list).length;
  state.ports[id] = state.ports[id].slice(0, 1);
  await page.clock.runFor(14_000);
  assert.equal(calls(state, list).length, asked);
  await page.clock.runFor(2000);
  await page.getByRole("button", { name: "Ports 1 open" }).waitFor();
  await page.evaluate(() => {
    Object.defineProperty(document, "visibilityState", { value: "hidden" });
    document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
  });
  const before = calls(state, list).length;
  await page.clock.runFor(60_000);
  assert.equal(calls(state, list).length, before);
});

portsFlow("a workspace that does not answer is told without blinking, and mended by itself", async ({ page, state, open }) => {
  state.failing.set(list, unreachable);
  await open();
  const alert = dialog(page).getByRole("alert");
  await alert.getByText("The workspace does not answer.").waitFor();
  await alert.evaluate((el) => (el.seen = true));
  const polls = calls(state, list).length;
  await eventually(() => calls(state, list).length > polls + 2, "polls go on", 15_000);
  assert.equal(await alert.evaluate((el) => el.seen), true);
  state.failing.clear();
  await row(page, 3000).waitFor();
  assert.equal(await alert.count(), 0);
});

portsFlow("the menu has the ports, too, of running workspaces only", async ({ page, standIn, go, state }) => {
  state.workspaces = gallery(state.port);
  await go("/");
  const item = page.getByRole("menuitem", { name: "Ports…" });
  await page.getByRole("button", { name: "Actions for old-experiment" }).click();
  await page.getByRole("menuitem", { name: "Start" }).waitFor();
  assert.equal(await item.count(), 0);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Actions for quiet-harbor" }).click();
  await item.click();
  await row(page, 3000).waitFor();
  await eventually(() => state.events.size === 1, "event stream open");
  standIn.push("workspace", { ...state.workspaces[0], status: "STOPPED", updatedAt: new Date().toISOString() });
  await dialog(page).getByText("This workspace does not run.").waitFor();
  const asked = calls(state, list).length;
  await go(`/w/stopped00001`);
  await page.getByText("This workspace is stopped").waitFor();
  assert.equal(await openButton(page).count(), 0);
  assert.equal(calls(state, list).length, asked);
});
