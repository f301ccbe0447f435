import { gallery, portGallery } from "./fixtures.mjs";

const id = "running00001";
const at = `/w/${id}`;

/** A running workspace with these ports, its preview in front. */
function scene({ name, see, given, act, right, ports = portGallery }) {
  return {
    name,
    see,
    path: at,
    given: (state) => {
      state.workspaces = gallery(state.port).filter((w) => w.id === id);
      if (right) Object.assign(state.workspaces[0], { right, owner: { id: "u2", name: "Ben Okafor", email: "ben@example.com" }, sharedWith: 0, deletesAt: null });
      state.ports[id] = ports(state.port, id);
      given?.(state);
    },
    act: async (page) => {
      await page.getByRole("banner").waitFor();
      if (right !== "use") await page.getByRole("button", { name: "Preview", exact: true }).click();
      await page.getByRole("region", { name: "Preview" }).waitFor();
      await act?.(page);
    },
  };
}

const button = (name) => (page) => page.getByRole("button", { name }).click();
const framed = (page) => page.frameLocator('iframe[title^="Port"]').getByText("App on 3000").waitFor();
const links = () => [
  { id: "l1", port: 3000, until: new Date(Date.now() + 3 * 86_400_000).toISOString(), password: true, createdAt: new Date(Date.now() - 86_400_000).toISOString(), opened: 12, lastOpenedAt: new Date(Date.now() - 60_000).toISOString() },
  { id: "l2", port: 3000, until: new Date(Date.now() + 3_600_000).toISOString(), password: false, createdAt: new Date(Date.now() - 3_600_000).toISOString(), opened: 0, lastOpenedAt: null },
];
const requests = button("Requests");

export const previewScenes = [
  scene({ name: "preview", act: framed, see: "Requests" }),
  scene({ name: "preview-quiet", ports: () => [], see: "Nothing listens yet" }),
  scene({
    name: "preview-waits",
    act: async (page) => {
      await page.getByLabel("Address of the preview").fill("localhost:4321/docs");
      await page.keyboard.press("Enter");
    },
    see: "Nothing listens on port 4321 yet",
  }),
  scene({
    name: "preview-wrong-address",
    act: async (page) => {
      await page.getByLabel("Address of the preview").fill("https://example.com/");
      await page.keyboard.press("Enter");
    },
    see: "Only ports of this workspace",
  }),
  scene({ name: "preview-error", given: (s) => s.failing.set(`GET /workspaces/${id}/ports`, { status: 502, code: "workspace_unreachable", detail: "The workspace does not answer. If this stays so, restart it." }), see: "does not answer" }),
  scene({ name: "preview-share", given: (s) => (s.links = { [id]: links() }), act: button("Share this port"), see: "Opened 12 times" }),
  scene({
    name: "preview-share-made",
    act: async (page) => (await button("Share this port")(page), await page.getByLabel("Password, if").fill("correct horse"), button("Create link")(page)),
    see: "Copy it now",
  }),
  scene({ name: "preview-requests", act: requests, see: "/favicon.ico" }),
  scene({
    name: "preview-request",
    act: async (page) => (await requests(page), page.getByRole("button", { name: /POST \/api\/items/ }).click()),
    see: "no such table",
  }),
  scene({ name: "preview-requests-empty", given: (s) => (s.requests = []), act: requests, see: "No requests yet" }),
  scene({ name: "preview-use", right: "use", act: framed, see: "Chats and files" }),
];
