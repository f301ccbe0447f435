import { gallery, portGallery, quietPort } from "./fixtures.mjs";

const id = "running00001";
const list = `GET /workspaces/${id}/ports`;
const refusal = { status: 502, code: "workspace_unreachable", detail: "The workspace does not answer. If this stays so, restart it." };

/** A running workspace with these ports, its dialog open. */
function scene({ name, see, ports = portGallery, given, act }) {
  return {
    name,
    see,
    path: `/w/${id}`,
    given: (state) => {
      state.workspaces = gallery(state.port).filter((w) => w.id === id);
      state.ports[id] = ports(state.port, id);
      given?.(state);
    },
    act: async (page) => {
      await page.getByRole("button", { name: "Ports" }).click();
      await act?.(page);
    },
  };
}

const many = (origin) =>
  Array.from({ length: 12 }, (_, n) => quietPort(origin, id, 20_000 + n, { listening: n % 3 > 0, process: n % 3 > 0 ? "node" : "", visibility: n % 3 > 0 ? "owner" : "users" }));
const one = (origin) => [quietPort(origin, id, 8000, { visibility: "users" })];
const add = (number) => async (page) => {
  await page.getByLabel("Share a port").fill(number);
  await page.keyboard.press("Enter");
};
const askPublic = (page) => page.getByLabel("Who may open it: port 3000").selectOption({ label: "Everybody on the internet" });

export const portScenes = [
  scene({ name: "ports", see: "nothing listens" }),
  scene({ name: "ports-public", act: askPublic, see: "Open to everybody" }),
  scene({
    name: "ports-refused",
    given: (state) => state.failing.set(`PUT /workspaces/${id}/ports/3000`, refusal),
    act: (page) => page.getByRole("switch", { name: "port 3000" }).click(),
    see: "That did not work",
  }),
  scene({ name: "ports-wrong-number", ports: one, act: add("80"), see: "Enter a number" }),
  scene({ name: "ports-added", ports: one, act: add("4000"), see: "Port 4000 is on the list" }),
  scene({ name: "ports-empty", ports: () => [], see: "npm run dev" }),
  scene({ name: "ports-many", ports: many, see: "20011" }),
  scene({ name: "ports-loading", given: (state) => state.hold.set(list), see: "Loading ports" }),
  scene({ name: "ports-error", given: (state) => state.failing.set(list, refusal), see: "does not answer" }),
  scene({
    name: "ports-out-of-date",
    act: async (page) => {
      await page.getByText("nothing listens").waitFor();
      await page.route(`**/api/v1/workspaces/${id}/ports`, (route) => route.abort());
    },
    see: "Kalpana does not answer",
  }),
];
