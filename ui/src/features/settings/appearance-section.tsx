import { Monitor, Moon, Sun } from "lucide-react";
import { Section } from "@/components/layout/section";
import { ChoiceCards } from "@/components/ui/choice-cards";
import { setTheme, useTheme } from "@/theme/theme";

export function AppearanceSection() {
  const theme = useTheme();
  return (
    <Section title="Appearance" description="For this browser.">
      <div className="max-w-md">
        <ChoiceCards
          label="Theme"
          value={theme}
          onChange={setTheme}
          choices={[
            { value: "system", title: <><Monitor aria-hidden /> System</> },
            { value: "light", title: <><Sun aria-hidden /> Light</> },
            { value: "dark", title: <><Moon aria-hidden /> Dark</> },
          ]}
        />
      </div>
    </Section>
  );
}
