import { Link } from "@tanstack/react-router";
import { sentence } from "@/api/problem";
import { useMe } from "@/api/queries/me";
import { Card } from "@/components/ui/card";
import { Notice } from "@/components/ui/notice";
import { t, tr } from "@/i18n/t";
import { Checks } from "./checks";
import { RepositoryBox } from "./repository-box";
import { TemplateTiles } from "./template-tiles";
import { useQuickStart } from "./use-quick-start";

/** What somebody sees who has no workspace yet: one box, one click, and the editor. */
export function FirstRun() {
  const admin = useMe().roles.includes("admin");
  const { start, wanted, error } = useQuickStart();
  return (
    <div className={admin ? "grid grid-cols-1 items-start gap-4 lg:grid-cols-[minmax(0,1fr)_22rem]" : "grid max-w-3xl grid-cols-1"}>
      <Card className="grid grid-cols-1 gap-6 p-5 sm:p-6">
        <div className="grid gap-1">
          <h2 className="text-lg font-semibold tracking-tight">{t("Your first workspace")}</h2>
          <p className="text-sm text-muted-foreground">
            {t("VS Code, a terminal, your code and an agent, ready in seconds. It stops by itself when you leave, and your files stay.")}
          </p>
        </div>
        <RepositoryBox busy={wanted?.repo !== undefined} disabled={wanted !== undefined} onStart={(repo, branch) => start({ repo, branch })} />
        <div className="grid grid-cols-1 gap-2">
          <h3 className="text-sm font-medium">{t("or pick a template")}</h3>
          <TemplateTiles busy={wanted?.template} disabled={wanted !== undefined} onStart={(template) => start({ template })} />
        </div>
        {error && (
          <Notice variant="danger" live>
            {sentence(error)}
          </Notice>
        )}
        <p className="text-sm text-muted-foreground">
          {tr("Private repositories, another branch, more memory: {choose}.", {
            choose: (
              <Link to="/new" className="font-medium text-link underline underline-offset-2">
                {t("choose everything yourself")}
              </Link>
            ),
          })}
        </p>
      </Card>
      {admin && <Checks />}
    </div>
  );
}
