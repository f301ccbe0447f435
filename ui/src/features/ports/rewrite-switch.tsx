import { Switch } from "@/components/ui/switch";

interface RewriteSwitchProps {
  port: number;
  checked: boolean;
  onChange: (checked: boolean) => void;
}

export function RewriteSwitch({ port, checked, onChange }: RewriteSwitchProps) {
  const label = (
    <>
      Send localhost as host name<span className="sr-only"> to port {port}</span>
    </>
  );
  return <Switch label={label} hint="Some dev servers accept no other." checked={checked} onChange={onChange} />;
}
