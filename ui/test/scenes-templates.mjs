import { onRepository } from "./fixtures-github.mjs";
import { flake, templates } from "./fixtures-templates.mjs";

const fail = (call, detail) => (state) => state.failing.set(call, { status: 500, code: "internal_error", detail });
const button = (name) => (page) => page.getByRole("button", { name }).click();
const mine = "/templates/mine00000001";
const json = (page) => page.getByRole("radio", { name: "JSON" }).click();

async function environment(page) {
  await page.getByRole("button", { name: "Actions for payments" }).click();
  await page.getByRole("menuitem", { name: "Environment" }).click();
  await page.getByText("Nix configuration", { exact: true }).waitFor();
}

/** A workspace whose environment is looked at. */
const fitted = (changes) => (state) => (state.workspaces = [onRepository(state.port, { template: "mine00000001", templateVersion: 2, nixConfig: flake, status: "STOPPED", ...changes })]);

export const templateScenes = [
  { name: "templates", path: "/templates", see: "Embedded" },
  { name: "templates-plain", path: "/templates", given: (s) => (s.templates = templates.filter((t) => t.builtin)), see: "Static site" },
  { name: "templates-loading", path: "/templates", given: (s) => s.hold.set("GET /templates"), see: "Loading templates" },
  { name: "templates-error", path: "/templates", given: fail("GET /templates", "The database does not answer. Try again in a moment."), see: "database does not answer" },
  { name: "templates-search", path: "/templates", act: (page) => page.getByLabel("Search templates").fill("no such thing"), see: "No template has" },
  { name: "templates-menu", path: "/templates", act: button("Actions for Data science"), see: "Share with everybody" },
  { name: "templates-new", path: "/templates", act: button("New template"), see: "Begin with" },
  { name: "template", path: mine, see: "No problems found" },
  { name: "template-new", path: "/templates/mine00000002", see: "No problems found" },
  {
    name: "template-faulty",
    path: mine,
    act: async (page) => {
      await page.getByText("No problems found").waitFor();
      await page.getByLabel("Packages").last().fill("no-such-package ");
      await page.keyboard.press("Enter");
      await page.getByRole("textbox", { name: "Nix flake" }).fill(`${flake}wrong\n`);
      await page.getByText("2 problems found").waitFor();
    },
    see: "unexpected identifier",
  },
  { name: "template-json", path: mine, act: async (page) => (await json(page), await page.getByRole("textbox", { name: "Definition as JSON" }).fill('{\n  "packages": ["jq"],\n  "ports": [{ "port": "80" }]\n}')), see: "ports[0].port is a number" },
  { name: "template-leave", path: mine, act: async (page) => (await page.getByLabel("Name", { exact: true }).fill("Other"), await page.getByRole("link", { name: "All templates" }).click()), see: "Leave without saving?" },
  { name: "template-delete", path: mine, act: async (page) => (await button("Actions for Data science")(page), page.getByRole("menuitem", { name: "Delete…" }).click()), see: "Delete this template?" },
  { name: "template-builtin", path: "/templates/python", see: "Guessed from" },
  { name: "template-gone", path: "/templates/nonesuch0000", see: "There is no such template" },
  { name: "environment", path: "/w/code00000001", given: fitted({}), act: environment, see: "Take version 3" },
  { name: "environment-plain", path: "/w/code00000001", given: fitted({ template: "", nixConfig: "", templateVersion: 0, status: "RUNNING" }), act: environment, see: "Save and restart" },
];
