import { useQuery } from "@tanstack/react-query";
import { healthQuery } from "@/api/queries/admin";
import { PageHeader } from "@/components/layout/page-header";
import { t } from "@/i18n/t";
import { exact } from "@/lib/format";
import { useTitle } from "@/lib/use-title";
import { FiguresSection } from "./figures-section";
import { HealthSection } from "./health-section";

/** How the installation is. */
export function OverviewPage() {
  useTitle(t("Administration"));
  const { data } = useQuery(healthQuery);
  return (
    <div>
      <PageHeader title={t("Administration")} description={data && t("Kalpana {version}, started {time}", { version: data.version, time: exact(data.startedAt) })} />
      <div className="grid grid-cols-1 gap-8">
        <HealthSection />
        <FiguresSection />
      </div>
    </div>
  );
}
