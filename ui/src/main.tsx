import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { meKey } from "./api/queries/me";
import { loadMessages } from "./i18n/t";
import "./index.css";
import { newQueryClient } from "./lib/query-client";
import { newRouter } from "./router";
import { followTheme } from "./theme/theme";

const cache = newQueryClient(() => {
  // The first question who is signed in is the route's own; it answers it with the
  // login page. Later ones mean that the login ended under an open page.
  if (cache.getQueryData(meKey) === undefined) return;
  // A new document, so that nothing of this user stays in memory.
  const { pathname, search } = window.location;
  window.location.replace(`/login?return=${encodeURIComponent(pathname + search)}`);
});
const router = newRouter(cache);

const element = document.getElementById("root");
if (!element) {
  throw new Error("index.html has no #root");
}
followTheme();
await loadMessages();
createRoot(element).render(
  <StrictMode>
    <QueryClientProvider client={cache}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
