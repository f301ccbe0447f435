// Drives a real Chromium from "Continue with GitHub" to a push that the server has: a private
// repository is allowed, picked and cloned, edited in VS Code, and pushed from the terminal
// and from the Source Control panel. Then the token is revoked, and connected again.
//
// node github.mjs CDP_URL LINK SCREENSHOT_DIR; prints one JSON line per step, and waits for a
// line on standard input after those with {wait: true}.
import assert from "node:assert/strict";
import { accessible, api, command, editor, link, newPage, play, shot, step, until, visit } from "./browser.mjs";

const origin = new URL(link).origin;

/** Types a line into VS Code's terminal. */
async function terminal(page, frame, line) {
  await command(page, frame, "Terminal: Focus on Terminal View");
  await until("the terminal has the focus", () => frame.evaluate(() => document.activeElement?.classList.contains("xterm-helper-textarea")));
  await page.keyboard.type(`${line}\n`);
}

await play("github", async () => {
  const page = await newPage();
  await visit(page, `${origin}/login`);
  await page.getByRole("link", { name: /GitHub/ }).click();
  await page.getByRole("link", { name: "choose everything yourself" }).click();
  await page.waitForURL(/\/new/);
  await step("signed in with GitHub");

  // Signed in with the least: public repositories only, until more is asked for.
  const list = page.getByRole("listbox", { name: "Repositories" });
  await list.getByText("ada/notes").waitFor();
  assert.equal(await list.getByText("ada/engine").count(), 0);
  await accessible(page, "github-1-new");
  await page.getByRole("link", { name: /private/i }).click();
  await list.getByText("ada/engine").waitFor();
  await shot(page, "github-2-private");
  await step("private repositories are allowed");

  await list.getByRole("option", { name: /ada\/engine/ }).click();
  await page.getByText("The analytical engine").waitFor();
  assert.equal(await page.getByRole("textbox", { name: "Name" }).inputValue(), "engine");
  await page.getByRole("radio", { name: /^Guess Blank/ }).waitFor();
  await shot(page, "github-3-chosen");
  await page.getByRole("button", { name: "Create and start" }).click();
  await page.waitForURL(/\/w\/[a-z0-9]{12}/);
  const id = page.url().match(/\/w\/([a-z0-9]{12})/)[1];
  const frame = await editor(page);
  await frame.getByRole("treeitem", { name: /README\.md/ }).first().waitFor();
  await shot(page, "github-4-editor");
  await step("the editor shows the clone", { id, wait: true });

  // A push from the terminal.
  await command(page, frame, "Terminal: Create New Terminal");
  await frame.locator(".terminal-wrapper.active .xterm, .terminal .xterm").first().waitFor();
  await terminal(page, frame, "echo from the terminal > src/terminal.txt && git add -A && git commit -qm 'From the terminal' && git push");
  await step("pushed from the terminal", { wait: true });

  // An edit in VS Code, committed and pushed from the Source Control panel.
  await frame.getByRole("treeitem", { name: /README\.md/ }).first().dblclick();
  const text = frame.locator(".editor-group-container .monaco-editor").first();
  await text.locator(".view-line", { hasText: "Engine" }).first().click();
  await page.keyboard.press("Control+End");
  await page.keyboard.type("Edited in VS Code\n");
  await page.keyboard.press("Control+S");
  await until("the change is known as not pushed", async () => (await api(page, "GET", `/workspaces/${id}/unpushed`)).repositories.some((r) => r.uncommitted > 0));
  await step("what is not pushed is known");
  await command(page, frame, "Source Control: Focus on Changes View");
  const message = frame.locator(".scm-view .scm-editor .monaco-editor").first();
  await until("the message has the focus", async () => {
    await message.click();
    return frame.evaluate(() => Boolean(document.activeElement?.closest(".scm-editor")));
  });
  await page.keyboard.type("From the panel");
  await message.getByText("From the panel").first().waitFor();
  // VS Code commits what it has seen, which comes a moment after the file was saved.
  await frame.locator(".scm-view .monaco-list-row", { hasText: "README.md" }).first().waitFor();
  await command(page, frame, "Git: Commit All");
  await until("the change is committed", async () => (await api(page, "GET", `/workspaces/${id}/unpushed`)).repositories.some((r) => r.uncommitted === 0 && r.branches.length > 0));
  await command(page, frame, "Git: Push");
  await until("the panel's push is at the server", async () => (await api(page, "GET", `/workspaces/${id}/unpushed`)).repositories.length === 0);
  await shot(page, "github-5-pushed");
  await step("pushed from the Source Control panel", { wait: true });

  // Revoked at GitHub: git says so, and Settings say what to do.
  await step("the token is revoked", { wait: true });
  await terminal(page, frame, "clear; git commit -q --allow-empty -m 'Too late'; GIT_ASKPASS= GIT_TERMINAL_PROMPT=0 git push; echo ended $? > /tmp/ended");
  await step("pushed with a revoked token", { wait: true });
  await shot(page, "github-7-revoked");
  const settings = await newPage();
  await visit(settings, `${origin}/settings`);
  await until("Settings say that GitHub must be connected again", async () => (await api(settings, "GET", "/github")).problem !== "");
  await settings.reload();
  await settings.getByText((await api(settings, "GET", "/github")).problem).first().waitFor();
  await accessible(settings, "github-8-settings");
  await step("the problem is told");
  await settings.getByRole("link", { name: /connect/i }).first().click();
  await until("GitHub is connected again", async () => settings.url().startsWith(origin) && (await api(settings, "GET", "/github").catch(() => ({}))).problem === "");
  await step("connected again");

  // GitHub told of both pushes.
  const again = await newPage();
  await visit(again, `${origin}/w/${id}`);
  await again.getByRole("button", { name: "Repository" }).click();
  for (const title of ["From the terminal", "From the panel"]) await again.getByRole("dialog").getByText(title).first().waitFor();
  await accessible(again, "github-6-events");
  await step("the pushes are shown");

  // Work that is only here is told before it goes.
  const home = await newPage();
  await visit(home, `${origin}/`);
  await home.getByRole("button", { name: "Actions for engine" }).click();
  await home.getByRole("menuitem", { name: "Delete" }).click();
  await home.getByText("1 commit on main").waitFor();
  await shot(home, "github-9-delete");
  await step("deletion tells what would be lost");
});
