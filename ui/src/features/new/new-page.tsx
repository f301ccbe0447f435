import { getRouteApi } from "@tanstack/react-router";
import { PageHeader } from "@/components/layout/page-header";
import { t } from "@/i18n/t";
import { useTitle } from "@/lib/use-title";
import { NewForm } from "./new-form";

const route = getRouteApi("/app/pages/new");

/** Asks what a new workspace should be. A link may have answered some of it, but never presses the button. */
export function NewPage() {
  useTitle(t("New workspace"));
  const search = route.useSearch();
  return (
    <div className="mx-auto max-w-3xl">
      <PageHeader title={t("New workspace")} description={t("VS Code, a terminal and your code, on a machine of your own.")} />
      {/* Another link is another form. */}
      <NewForm key={JSON.stringify(search)} link={{ repo: search.repo, branch: search.branch, template: search.template }} connectError={search.github_error} />
    </div>
  );
}
