import type { WorkspacePort } from "@/api/types";
import { Select } from "@/components/ui/select";
import { t } from "@/i18n/t";

interface PortSelectProps {
  ports: WorkspacePort[];
  port: number;
  onChange: (port: number) => void;
}

/** Which port is previewed: one that something listens on, that is set, or that was asked for. */
export function PortSelect({ ports, port, onChange }: PortSelectProps) {
  const unknown = !ports.some((p) => p.port === port);
  return (
    <Select aria-label={t("Port")} value={port} onChange={(event) => onChange(Number(event.target.value))} className="w-32 shrink-0 [&>select]:h-8 [&>select]:truncate [&>select]:pr-7 [&>select]:pl-2.5 md:[&>select]:text-xs [&>svg]:top-2 [&>svg]:right-2">
      {unknown && <option value={port}>{port}</option>}
      {ports.map((p) => (
        <option key={p.port} value={p.port}>
          {p.listening ? `${p.port} · ${p.process || t("unknown program")}` : t("{port} · nothing listens", { port: p.port })}
        </option>
      ))}
    </Select>
  );
}
