// What people do with templates and environments.
import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { assertAccessible, eventually } from "./browser.mjs";
import { onRepository } from "./fixtures-github.mjs";
import { flake, pythonDefinition, templates } from "./fixtures-templates.mjs";
import { calls, flow } from "./flow.mjs";

const id = "mine00000001";
const path = `/templates/${id}`;
const pathOf = (page) => new URL(page.url()).pathname + new URL(page.url()).search;
const checks = (state) => calls(state, "POST /templates/validate").map((c) => c.body.definition);
const puts = (state) => calls(state, `PUT /templates/${id}`).map((c) => c.body);
const focused = (locator) => locator.evaluate((el) => el === document.activeElement);
const button = (page, name) => page.getByRole("button", { name, exact: true });
const editorIsThere = (page) => page.getByText("Tab indents. Press Ctrl+M").first().waitFor();
const nix = (page) => page.getByRole("textbox", { name: "Nix flake" });

flow("a template is changed, checked, saved, tried and published", async ({ page, go, state }) => {
  await go(path);
  await page.getByText("No problems found").waitFor();
  assert.equal(await button(page, "Publish").isDisabled(), true);
  await page.getByText("Try version 4 first. Until then new workspaces get version 3.").waitFor();

  await page.getByLabel("Packages").last().focus();
  await page.keyboard.type("jq no-such-package");
  await page.keyboard.press("Enter");
  await page.getByText("There is no Debian package no-such-package.").waitFor();
  assert.equal(await button(page, "Save").isDisabled(), true);
  assert.equal(await button(page, "Try").isDisabled(), true);
  await page.keyboard.press("Backspace"); // takes the last one away
  await page.getByText("No problems found").waitFor();
  const wanted = [...pythonDefinition.packages, "jq"];
  // Not the last one, if the field was checked between the two words: its answer is known then.
  assert.ok(checks(state).some((c) => isDeepStrictEqual(c.packages, wanted)), "checked without the one taken away");
  assert.ok(checks(state).length <= 4, "not asked with every key");

  await button(page, "Save").click();
  await page.getByText("Version 5 is saved").waitFor();
  assert.deepEqual(puts(state), [{ definition: { ...pythonDefinition, packages: wanted }, base: 4 }]);
  await page.getByText("Unsaved changes.").waitFor({ state: "detached" });

  state.workspaces = [onRepository(state.port, { id: "trial0000001", name: "trial", status: "STARTING" })];
  await button(page, "Try").click();
  await eventually(() => pathOf(page) === "/w/trial0000001", "the trial is opened");
  state.templates.find((t) => t.id === id).tried = true;
  await page.goBack();
  await page.getByText("Version 5 ran well").waitFor({ timeout: 15_000 });
  await button(page, "Publish").click();
  await page.getByText("Version 5 is published").first().waitFor();
  assert.equal(calls(state, `POST /templates/${id}/publish`).length, 1);
});

flow("a fault in Nix text is told at its line, and the text is mended by keyboard", async ({ page, go, state }) => {
  await go(path);
  await editorIsThere(page); // before, Enter is only Enter
  const field = nix(page);
  await field.click();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type("{\nwrong");
  await page.getByText("Line 2, column 3: syntax error, unexpected identifier").waitFor();
  assert.equal(await field.inputValue(), "{\n  wrong", "Enter goes in behind a brace");
  await page.keyboard.press("Shift+Tab");
  assert.equal(await field.inputValue(), "{\nwrong");
  await page.keyboard.press("Tab");
  assert.equal(await field.inputValue(), "{\nwrong  ");
  await page.keyboard.press("ControlOrMeta+z");
  assert.equal(await field.inputValue(), "{\nwrong", "what a key did can be undone");
  await page.keyboard.press("Control+m");
  await page.getByText("Tab moves on to the next field.").waitFor();
  await page.keyboard.press("Tab");
  assert.equal(await focused(field), false, "no trap for the keyboard");
  await field.fill("");
  await page.getByText("No problems found").waitFor();
  assert.equal(checks(state).at(-1).flake, "");
});

flow("whoever types before the editor is there goes on typing in it", async ({ page, go }) => {
  let arrive;
  const late = new Promise((resolve) => (arrive = resolve));
  await page.route("**/assets/editor-*.js", async (route) => {
    await late;
    await route.continue();
  });
  await go(path);
  const field = nix(page);
  await field.click();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type("ac");
  await page.keyboard.press("ArrowLeft");
  arrive();
  await editorIsThere(page);
  assert.equal(await focused(field), true, "the focus is lost");
  await page.keyboard.type("b");
  assert.equal(await field.inputValue(), "abc");
});

flow("the whole template can be edited as JSON", async ({ page, go, state }) => {
  await go(path);
  await page.getByRole("radio", { name: "JSON" }).click();
  const json = page.getByRole("textbox", { name: "Definition as JSON" });
  await json.waitFor();
  assert.deepEqual(JSON.parse(await json.inputValue()), pythonDefinition);
  await json.fill('{\n  "packages": ["jq"],\n  oops\n}');
  await page.getByText("Line 3, column 3: This is not JSON.").waitFor();
  assert.equal(await page.getByRole("radio", { name: "Fields" }).isDisabled(), true);
  assert.equal(await button(page, "Save").isDisabled(), true);
  await json.fill('{\n  "packages": ["jq",\n    "no-such-package"]\n}');
  await page.getByText("Line 3: There is no Debian package no-such-package.").waitFor();
  await json.fill('{ "packages": ["jq"], "ports": [{ "port": 4000 }] }');
  await page.getByText("No problems found").waitFor();
  await page.getByRole("radio", { name: "Fields" }).click();
  await button(page, "Remove jq").waitFor();
  assert.equal(await page.getByLabel("Port of port 1").inputValue(), "4000");
  await button(page, "Save").click();
  await eventually(() => puts(state).length === 1, "it is saved");
  assert.deepEqual(puts(state)[0].definition.ports, [{ port: 4000, label: "", visibility: "owner", open: false }]);
});

flow("ports, tasks, variables and files are added and removed", async ({ page, go, state }) => {
  await go("/templates/mine00000003");
  await button(page, "Add port").click();
  await eventually(() => focused(page.getByLabel("Port of port 1")), "typing begins in the new row");
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type("4321");
  await page.getByLabel("Who may open it of port 1").selectOption("public");
  await page.getByText("without signing in").waitFor();
  await button(page, "Add task").click();
  await page.getByLabel("Label of task 1").fill("Test");
  await page.getByLabel("Command of task 1").fill("make test");
  await button(page, "Add variable").click();
  await page.getByLabel("Name of variable 1").fill("TOKEN");
  await page.getByLabel("Value of variable 1").fill("not for others");
  await page.getByRole("switch", { name: "Secret of variable 1" }).click();
  assert.equal(await page.getByLabel("Value of variable 1").count(), 0, "of a secret there is no value");
  await page.getByLabel("New file").fill("src/hello.txt");
  await page.keyboard.press("Enter");
  await page.getByRole("textbox", { name: "Text of src/hello.txt" }).fill("hello");
  await page.getByLabel("New file").fill("src/hello.txt");
  await page.keyboard.press("Enter");
  await page.getByText("There is such a file already.").waitFor();
  await button(page, "Add task").click();
  await button(page, "Remove task 1").click();
  assert.equal(await focused(button(page, "Add task")), true);
  await page.getByText("No problems found").waitFor();
  await button(page, "Save").click();
  await eventually(() => calls(state, "PUT /templates/mine00000003").length === 1, "it is saved");
  const { definition } = calls(state, "PUT /templates/mine00000003")[0].body;
  assert.deepEqual(definition.ports, [{ port: 4321, label: "", visibility: "public", open: true }]);
  assert.deepEqual(definition.tasks, [{ label: "", command: "" }]);
  assert.deepEqual(definition.variables, [{ name: "TOKEN", description: "", value: "", secret: true, required: false }]);
  assert.deepEqual(definition.files, { "src/hello.txt": "hello" });
});

flow("unsaved changes are not lost by a click", async ({ page, go, state }) => {
  await go(path);
  await page.getByLabel("Name", { exact: true }).fill("Other name");
  await page.getByRole("link", { name: "All templates" }).click();
  const dialog = page.getByRole("alertdialog", { name: "Leave without saving?" });
  await button(dialog, "Cancel").click();
  assert.equal(pathOf(page), path);
  assert.equal(await page.getByLabel("Name", { exact: true }).inputValue(), "Other name");
  await page.getByRole("link", { name: "All templates" }).click();
  await button(dialog, "Leave without saving").click();
  await page.getByRole("heading", { name: "Templates" }).waitFor();
  assert.deepEqual(puts(state), []);
  await page.goBack();
  await page.getByText("No problems found").waitFor();
  await page.getByLabel("Name", { exact: true }).fill("Yet another");
  await button(page, "Discard").click();
  assert.equal(await page.getByLabel("Name", { exact: true }).inputValue(), "Data science");
  await page.getByRole("link", { name: "All templates" }).click(); // nothing asks now
  await page.getByRole("heading", { name: "Templates" }).waitFor();
});

flow("an old version is restored as the newest one", async ({ page, go, state }) => {
  await go(path);
  await button(page, "Restore version 2").click();
  await page.getByText("Version 2 is in the editor").waitFor();
  await button(page, "Restore version 3").click();
  await button(page.getByRole("alertdialog", { name: "Restore version 3?" }), "Restore").click();
  await page.getByText("Version 3 is in the editor").waitFor();
  await page.getByText("No problems found").waitFor();
  await button(page, "Save").click();
  await page.getByText("Version 5 is saved").waitFor();
  assert.deepEqual(puts(state)[0].definition.packages, ["python3-venv"]);
  await button(page, "Restore version 4").waitFor();
});

flow("what somebody else saved meanwhile is not overwritten unseen", async ({ page, go, state }) => {
  await go(path);
  await page.getByText("No problems found").waitFor();
  await page.getByLabel("Set up").fill("make");
  const stored = state.templates.find((t) => t.id === id);
  Object.assign(stored, { version: 5, tried: false });
  await page.getByText("No problems found").waitFor();
  const told = page.getByText("Version 5 was saved somewhere else meanwhile.");
  await button(page, "Save").click(); // refused, unless the page has heard of it already
  await told.waitFor();
  assert.equal(stored.definition.setup, pythonDefinition.setup);
  await button(page, "Save").click();
  await page.getByText("Version 6 is saved").waitFor();
  assert.equal(stored.definition.setup, "make");
});

flow("a refused save says why in its place", async ({ page, go, state }) => {
  await go(path);
  await page.getByText("No problems found").waitFor();
  state.failing.set(`PUT /templates/${id}`, {
    status: 422, code: "invalid_template", detail: "Something in the template is not right.",
    errors: [{ field: "body.name", message: "Choose another name." }, { field: "body.definition.setup", message: "A command has at most 4 KiB." }],
  });
  await page.getByLabel("Name", { exact: true }).fill("Other");
  await button(page, "Save").click();
  await page.getByRole("alert").getByText("Choose another name.").waitFor();
  await page.getByText("A command has at most 4 KiB.").waitFor();
  state.failing.clear();
  await page.getByLabel("Name", { exact: true }).fill("Better");
  await button(page, "Save").click();
  await page.getByRole("heading", { name: "Better" }).waitFor();
});

flow("a template is copied, used and deleted", async ({ page, go, state }) => {
  await go("/templates");
  await page.getByRole("heading", { name: "Python" }).waitFor();
  assert.equal(await page.getByRole("link", { name: "Use Python" }).getAttribute("href"), "/new?template=python");
  await button(page, "Actions for Python").click();
  await page.getByRole("menuitem", { name: "Copy to my templates" }).click();
  const name = page.getByRole("textbox", { name: "Name" });
  assert.equal(await name.inputValue(), "Python copy");
  await name.fill("taken up");
  await button(page, "Copy").click();
  await page.getByRole("alert").getByText("Choose another name.").waitFor();
  await name.fill("My Python");
  await button(page, "Copy").click();
  await page.getByRole("heading", { name: "My Python" }).waitFor();
  const { body } = calls(state, "POST /templates").at(-1);
  assert.deepEqual(body, { name: "My Python", description: "Python 3 with virtual environments.", icon: "python", definition: pythonDefinition });
  await button(page, "Actions for My Python").click();
  await page.getByRole("menuitem", { name: "Delete…" }).click();
  await button(page, "Delete template").click();
  await page.getByRole("heading", { name: "Templates", exact: true }).waitFor();
  assert.equal(pathOf(page), "/templates");
  await page.getByRole("heading", { name: "My Python" }).waitFor({ state: "detached" });
});

flow("an administrator shares what is published, others are not offered it", async ({ page, go, state }) => {
  await go("/templates");
  await button(page, "Actions for Data science").click();
  await page.getByRole("menuitem", { name: "Share with everybody" }).click();
  await page.getByRole("listitem").filter({ hasText: "Data science" }).getByText("Yours, shared").waitFor();
  assert.deepEqual(puts(state), [{ shared: true }]);
  state.me.user.admin = false;
  await go(path);
  await page.getByText("An administrator decides what is shared").waitFor();
  assert.equal(await button(page, "Stop sharing").count(), 0);
});

flow("somebody else's template is to be read only", async ({ page, go }) => {
  await go("/templates/other0000001");
  await page.getByText("gcc-arm-none-eabi").waitFor();
  assert.equal(await page.getByRole("textbox").count(), 0);
  await button(page, "Copy to my templates").waitFor();
});

flow("the catalogue is searched", async ({ page, go }) => {
  await go("/templates");
  await page.getByLabel("Search templates").fill("pyth venv");
  await page.getByRole("heading", { name: "Node.js" }).waitFor({ state: "detached" });
  assert.deepEqual(await page.getByRole("heading", { level: 3 }).allTextContents(), ["Data science", "Python"].filter((n) => templates.some((t) => t.name === n)));
});

const onTemplate = (state, changes) => (state.workspaces = [onRepository(state.port, { template: id, templateVersion: 2, nixConfig: "", ...changes })]);
async function openEnvironment(page, go) {
  await go("/w/code00000001");
  await button(page, "Actions for payments").click();
  await page.getByRole("menuitem", { name: "Environment" }).click();
  const dialog = page.getByRole("dialog", { name: "Environment" });
  await dialog.getByRole("option", { name: "Python" }).waitFor({ state: "attached" });
  return dialog;
}
const patches = (state) => calls(state, "PATCH /workspaces/code00000001").map((c) => c.body);

flow("a workspace gets another template and a Nix configuration, and is restarted with them", async ({ page, go, state }) => {
  onTemplate(state);
  const dialog = await openEnvironment(page, go);
  await dialog.getByLabel("Template").selectOption("python");
  await dialog.getByRole("textbox", { name: "Nix configuration" }).fill(`${flake}wrong`);
  await dialog.getByText("Line 21, column 1: syntax error").waitFor();
  await assertAccessible(page, "environment");
  await dialog.getByRole("textbox", { name: "Nix configuration" }).fill(flake);
  await dialog.getByText("Nix reads it without a fault").waitFor();
  await button(dialog, "Save and restart").click();
  await eventually(() => calls(state, "POST /workspaces/code00000001/restart").length === 1, "it is restarted");
  assert.deepEqual(patches(state), [{ template: "python", nixConfig: flake }]);
  await dialog.waitFor({ state: "detached" });
});

flow("a workspace takes the newest version of its template; a refused text is told at its line", async ({ page, go, state }) => {
  onTemplate(state, { status: "STOPPED" });
  const dialog = await openEnvironment(page, go);
  assert.equal(await button(dialog, "Save").isDisabled(), true);
  await button(dialog, "Take version 3").click();
  await dialog.getByText("It takes version 3").waitFor();
  await dialog.getByRole("textbox", { name: "Nix configuration" }).fill("{\n  ok }");
  await dialog.getByText("Nix reads it without a fault").waitFor();
  state.failing.set("PATCH /workspaces/code00000001", {
    status: 422, code: "invalid_nix", detail: "Nix cannot read this.", errors: [{ field: "body.nixConfig", message: "undefined variable 'ok'", line: 2, column: 3 }],
  });
  await button(dialog, "Save").click();
  await dialog.getByText("undefined variable 'ok'").waitFor();
  state.failing.clear();
  await page.keyboard.press("Escape");
  await dialog.getByText("What you changed is not saved.").waitFor();
  await button(dialog, "Go on editing").click();
  await button(dialog, "Save").click();
  await dialog.waitFor({ state: "detached" });
  assert.deepEqual(patches(state).at(-1), { template: id, nixConfig: "{\n  ok }" });
});
