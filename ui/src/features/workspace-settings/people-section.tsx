import type { Workspace } from "@/api/types";
import { Section } from "@/components/layout/section";
import { People } from "@/features/sharing/people";
import { RightsLegend } from "@/features/sharing/rights-legend";
import { t } from "@/i18n/t";

/** Who else may open a workspace. */
export function PeopleSection({ workspace }: { workspace: Workspace }) {
  return (
    <Section title={t("Sharing")} description={t("With people who have an account here. What you end is over within seconds.")}>
      <div className="grid grid-cols-1 gap-5">
        <RightsLegend />
        <People workspace={workspace} />
      </div>
    </Section>
  );
}
