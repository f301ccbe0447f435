import { PageHeader } from "@/components/layout/page-header";
import { t } from "@/i18n/t";
import { useTitle } from "@/lib/use-title";
import { AgentSection } from "./agent-section";
import { AppearanceSection } from "./appearance-section";
import { GitCredentialsSection } from "./git-credentials-section";
import { GitHubSection } from "./github-section";
import { PasswordSection } from "./password-section";
import { ProfileSection } from "./profile-section";
import { SessionsSection } from "./sessions-section";
import { TokensSection } from "./tokens-section";
import { VariablesSection } from "./variables-section";

export function SettingsPage() {
  useTitle(t("Settings"));
  return (
    <div className="mx-auto max-w-3xl">
      <PageHeader title={t("Settings")} />
      <div className="grid grid-cols-1 gap-6">
        <ProfileSection />
        <PasswordSection />
        <AppearanceSection />
        <GitHubSection />
        <GitCredentialsSection />
        <VariablesSection />
        <AgentSection />
        <SessionsSection />
        <TokensSection />
      </div>
    </div>
  );
}
