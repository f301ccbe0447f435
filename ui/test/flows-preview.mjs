// What people do with the preview of a workspace. Part of flows.test.mjs.
import assert from "node:assert/strict";
import { eventually } from "./browser.mjs";
import { gallery, portGallery } from "./fixtures.mjs";
import { assistant, chat, user } from "./fixtures-chat.mjs";
import { calls, flow } from "./flow.mjs";
import { arrive } from "./standin-preview.mjs";

const id = "running00001";
const pane = (page) => page.getByRole("region", { name: "Preview" });
const address = (page) => page.getByLabel("Address of the preview");
const frame = (page) => page.frameLocator('iframe[title^="Port"]');
const focused = (locator) => locator.evaluate((el) => el === document.activeElement);
const visits = (state) => (state.visits ?? []).map((v) => `${v.port}${v.path}`);

/** A test on the page of a running workspace that has these ports. */
function previewFlow(name, run, { ports = portGallery, ...options } = {}) {
  flow(
    name,
    async ({ state, go, ...rest }) => {
      state.workspaces = gallery(state.port).filter((w) => w.id === id);
      state.ports[id] = ports(state.port, id);
      await run({ ...rest, state, go, open: async () => (await go(`/w/${id}`), await rest.page.getByRole("button", { name: "Preview", exact: true }).waitFor(), await rest.page.keyboard.press("Alt+Shift+V"), await pane(rest.page).waitFor()) });
    },
    options,
  );
}

previewFlow("the preview goes where its address says, and not to other places", async ({ page, state, open }) => {
  await open();
  await frame(page).getByText("App on 3000").waitFor();
  await page.keyboard.press("Alt+Shift+L");
  await eventually(() => focused(address(page)), "the address has the focus");
  await address(page).fill("/docs?x=1");
  await page.keyboard.press("Enter");
  await frame(page).getByText("/docs?x=1").waitFor();
  assert.equal(await focused(address(page)), true);
  await address(page).fill("http://localhost:5173/other");
  await page.keyboard.press("Enter");
  await frame(page).getByText("App on 5173").waitFor();
  await address(page).fill("https://example.com/");
  await page.keyboard.press("Enter");
  await pane(page).getByRole("alert").getByText("Only ports of this workspace").waitFor();
  await page.keyboard.press("Escape");
  assert.equal(await address(page).inputValue(), "/other");
  const before = visits(state).length;
  await pane(page).getByRole("button", { name: "Load it again" }).click();
  await eventually(() => visits(state).length > before, "it is loaded again");
  assert.equal(visits(state).at(-1), "5173/other");
  assert.equal(await pane(page).getByRole("link", { name: "in a tab of its own" }).getAttribute("href"), `http://5173-${id}.ws.localhost:${state.port}/other`);
});

previewFlow("it says when the page has gone on by itself, and comes back to where it was", async ({ page, go, open }) => {
  await open();
  await frame(page).getByRole("link", { name: "About" }).click();
  await frame(page).getByText("/about?from=link").waitFor();
  await pane(page).getByRole("button", { name: "The page has gone on" }).waitFor();
  assert.equal(await address(page).inputValue(), "/");
  await address(page).fill("/kept");
  await page.keyboard.press("Enter");
  await frame(page).getByText("/kept").waitFor();
  await go(`/w/${id}`); // the tab remembers
  await frame(page).getByText("/kept").waitFor();
});

previewFlow(
  "what begins to listen opens by itself",
  async ({ page, state, open }) => {
    await open();
    await pane(page).getByText("Nothing listens yet").waitFor();
    state.ports[id] = portGallery(state.port, id);
    await frame(page).getByText("App on 3000").waitFor();
  },
  { ports: () => [] },
);

previewFlow("panes are resized by keyboard, and the sizes and widths are kept", async ({ page, go, open }) => {
  await open();
  const width = async () => Math.round((await pane(page).boundingBox()).width);
  const before = await width();
  const line = page.getByRole("separator", { name: "Width of the preview" });
  await line.focus();
  await page.keyboard.press("ArrowRight");
  await eventually(async () => (await width()) === before - 24, "it is narrower");
  await pane(page).getByRole("button", { name: "Tablet" }).click();
  await frame(page).getByText("768 wide").waitFor();
  await pane(page).getByRole("button", { name: "Move below" }).click();
  await page.getByRole("separator", { name: "Height of the preview" }).waitFor();
  await go(`/w/${id}`);
  await page.getByRole("separator", { name: "Height of the preview" }).waitFor();
  await pane(page).getByRole("button", { name: "Move beside" }).click();
  await eventually(async () => (await width()) === before - 24, "it is as it was left");
  await frame(page).getByText("768 wide").waitFor();
  await page.keyboard.press("Alt+Shift+V");
  await pane(page).waitFor({ state: "hidden" });
});

previewFlow("requests come live, are filtered, looked at by keyboard and sent again", async ({ page, state, open }) => {
  await open();
  await page.keyboard.press("Alt+Shift+Q");
  const row = (name) => pane(page).getByRole("button", { name });
  await row(/GET \/ 200/).waitFor();
  await eventually(() => state.followers?.size === 1, "they are followed");
  arrive(state, { id: "r7", time: new Date().toISOString(), method: "DELETE", path: "/api/items/1", status: 204, ms: 5, requestBytes: 0, responseBytes: 0, socket: false });
  await row(/DELETE \/api\/items\/1/).waitFor();
  await page.getByLabel("Filter requests").fill("items");
  await row(/favicon/).waitFor({ state: "detached" });
  await row(/DELETE/).focus();
  await page.keyboard.press("ArrowDown");
  assert.equal(await focused(row(/POST \/api\/items/)), true);
  await page.keyboard.press("Enter");
  const details = page.getByRole("region", { name: "Details of the request" });
  await details.getByText("<script>alert(1)</script>").waitFor();
  await details.getByRole("button", { name: "Send again" }).click();
  await details.getByText("201", { exact: true }).waitFor();
  assert.equal(calls(state, `POST /workspaces/${id}/ports/3000/requests/r5/replay`).length, 1);
  await details.getByRole("button", { name: "Close" }).click();
  await eventually(() => focused(row(/POST \/api\/items 201/)), "the focus is back in the list");
  await pane(page).getByRole("button", { name: "Pause" }).click();
  await eventually(() => state.followers.size === 0, "nobody follows");
  await pane(page).getByRole("button", { name: "Clear" }).click();
  await pane(page).getByText("Paused.").waitFor();
});

previewFlow("a link to a port is made, shown once, and ended", async ({ page, state, open }) => {
  await open();
  await pane(page).getByRole("button", { name: "Share this port" }).click();
  const dialog = page.getByRole("dialog", { name: "Share port 3000" });
  await dialog.getByLabel("It works for").selectOption("604800");
  await dialog.getByLabel("Password, if").fill("short");
  await page.keyboard.press("Enter");
  await dialog.getByText("Use 8 characters or more").waitFor();
  assert.equal(calls(state, `POST /workspaces/${id}/links`).length, 0);
  await dialog.getByLabel("Password, if").fill("correct horse");
  await page.keyboard.press("Enter");
  assert.match(await dialog.getByRole("textbox", { name: "Link to port 3000" }).inputValue(), /^http:\/\/3000-/);
  assert.deepEqual(calls(state, `POST /workspaces/${id}/links`)[0].body, { port: 3000, ttl: 604_800, password: "correct horse" });
  await dialog.getByRole("button", { name: "Done" }).click();
  assert.equal((await page.content()).includes("Zm9vYmFy"), false);
  await dialog.getByText("not opened yet").waitFor();
  await dialog.getByRole("button", { name: /^End/ }).click();
  await dialog.getByText("not opened yet").waitFor({ state: "detached" });
  assert.deepEqual(state.links[id], []);
});

previewFlow("the agent's card opens the preview", async ({ page, state, go }) => {
  const open = chat(id, { title: "Shows" });
  const call = { type: "tool-previewPort", toolCallId: "t1", state: "output-available", input: { port: 5173, path: "/shop" }, output: { port: 5173, url: "http://5173/", status: 200, title: "Shop" } };
  state.chats = [open];
  state.messages[open.id] = [user("u1", "Show it."), assistant("a1", [call])];
  await go(`/w/${id}`);
  const button = page.getByRole("button", { name: "Open port 5173" });
  await page.getByText("Preview", { exact: true }).or(button).first().waitFor();
  if (!(await button.isVisible())) await page.getByLabel("Agent").getByRole("button", { name: /Preview/ }).click();
  await button.click();
  await frame(page).getByText("App on 5173").waitFor();
  assert.equal(visits(state).at(-1), "5173/shop");
});

previewFlow("keys lead to VS Code and are listed", async ({ page, go, state }) => {
  await go(`/w/${id}`);
  await page.frameLocator('iframe[title^="VS Code"]').getByText(`Editor of ${id}`).waitFor();
  await page.getByRole("button", { name: "Keyboard shortcuts" }).focus();
  await page.keyboard.press("?");
  const dialog = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await dialog.getByText("Go to VS Code", { exact: true }).waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await page.keyboard.press("Alt+Shift+T");
  await eventually(() => focused(page.locator('iframe[title^="VS Code"]')), "VS Code has the keyboard");
  await eventually(() => calls(state, `POST /workspaces/${id}/editor`).length === 1, "it is asked for its terminal");
  assert.deepEqual(calls(state, `POST /workspaces/${id}/editor`)[0].body, { terminal: true });
  state.failing.set(`POST /workspaces/${id}/editor`, { status: 409, code: "no_editor", detail: "No page of the editor is open." });
  await page.getByRole("button", { name: "Terminal" }).click();
  await page.getByText("The terminal was not shown").waitFor();
});

previewFlow("a lost connection is said, and that it is back", async ({ page, standIn, state, go }) => {
  await go(`/w/${id}`);
  await eventually(() => state.events.size > 0, "it listens");
  state.failing.set("GET /events", { status: 503, code: "unavailable", detail: "Restarting." });
  standIn.cut();
  await page.getByText("Connection lost. Reconnecting…").waitFor();
  state.failing.clear();
  await page.evaluate(() => window.dispatchEvent(new Event("online")));
  await page.getByText("Back again").waitFor();
});

for (const right of ["use", "view"]) {
  previewFlow(`with the right to ${right} there is what that allows`, async ({ page, state, go }) => {
    Object.assign(state.workspaces[0], { right, owner: { id: "u2", name: "Ben", email: "ben@example.com" }, sharedWith: 0, deletesAt: null });
    await go(`/w/${id}`);
    if (right === "view") {
      await page.waitForURL(`**/w/${id}/review`);
    } else {
      await frame(page).getByText("App on 3000").waitFor();
      assert.equal(await page.getByRole("button", { name: "Requests" }).count(), 0);
      assert.equal(await page.getByRole("button", { name: "Share this port" }).count(), 0);
      assert.equal(await page.getByRole("textbox", { name: "Message" }).count(), 0);
    }
    assert.equal(await page.locator('iframe[title^="VS Code"]').count(), 0);
  });
}
