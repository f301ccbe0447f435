import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Problem } from "@/api/problem";
import { templateQuery } from "@/api/queries/templates";
import { LoadError } from "@/components/layout/load-error";
import { Loading } from "@/components/layout/loading";
import { MessagePage } from "@/components/layout/message-page";
import { Button } from "@/components/ui/button";
import { t } from "@/i18n/t";
import { useTitle } from "@/lib/use-title";
import { TemplateDetails } from "./template-details";
import { TemplateEditor } from "./template-editor";

const route = getRouteApi("/app/pages/templates/$id");
const pollMs = 5000;

/** One template: an editor for its owner, all of its contents for others. */
export function TemplatePage() {
  const { id } = route.useParams();
  const template = useQuery({
    ...templateQuery(id),
    // A trial may run in another tab; there is no event that tells how it went.
    refetchInterval: ({ state }) => (state.data?.mine && !state.data.tried ? pollMs : false),
  });
  useTitle(template.data?.name ?? t("Template"));
  if (template.error instanceof Problem && template.error.status === 404) {
    return (
      <MessagePage
        title={t("There is no such template")}
        action={
          <Button asChild>
            <Link to="/templates">{t("See all templates")}</Link>
          </Button>
        }
      >
        {t("It was deleted, or it is not shared with you.")}
      </MessagePage>
    );
  }
  if (template.data) {
    return template.data.mine ? <TemplateEditor key={id} template={template.data} /> : <TemplateDetails template={template.data} />;
  }
  return template.error ? <LoadError error={template.error} onRetry={template.refetch} /> : <Loading />;
}
