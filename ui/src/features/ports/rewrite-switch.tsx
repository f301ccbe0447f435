import { Switch } from "@/components/ui/switch";
import { t } from "@/i18n/t";

interface RewriteSwitchProps {
  port: number;
  checked: boolean;
  onChange: (checked: boolean) => void;
}

export function RewriteSwitch({ port, checked, onChange }: RewriteSwitchProps) {
  const label = (
    <>
      {t("Send localhost as host name")}<span className="sr-only"> {t("to port {port}", { port })}</span>
    </>
  );
  return <Switch label={label} hint={t("Some dev servers accept no other.")} checked={checked} onChange={onChange} />;
}
