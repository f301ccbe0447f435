import { PageHeader } from "@/components/layout/page-header";
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
  useTitle("Settings");
  return (
    <div className="mx-auto max-w-3xl">
      <PageHeader title="Settings" />
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
