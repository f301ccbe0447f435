import { MoreHorizontal, Pencil, Trash2 } from "lucide-react";
import { useRef } from "react";
import type { Variable } from "@/api/types";
import { Row } from "@/components/layout/row-list";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Menu, MenuItem } from "@/components/ui/dropdown-menu";
import { t, tr } from "@/i18n/t";
import { ago, exact } from "@/lib/format";
import { useNow } from "@/lib/use-now";

interface VariableRowProps {
  variable: Variable;
  scope: string;
  onReplace: () => void;
  onDelete: () => void;
}

export function VariableRow({ variable, scope, onReplace, onDelete }: VariableRowProps) {
  const now = useNow();
  const { name, secret, value, template, problem, updatedAt } = variable;
  // Opened once the menu has closed: a dialog gives the focus back to where it was.
  const wanted = useRef<() => void>(undefined);
  return (
    <Row
      title={<code className="font-mono">{name}</code>}
      fullTitle={name}
      badges={
        <>
          {secret && <Badge>{t("Secret")}</Badge>}
          {template !== "" && (
            <Badge variant="accent" className="max-w-56">
              <span className="truncate" title={scope}>
                {scope}
              </span>
            </Badge>
          )}
        </>
      }
      details={
        <>
          {problem ? <span className="block text-danger-text">{problem}</span> : <code className="line-clamp-2 font-mono text-xs break-all">{secret ? "••••••••" : value}</code>}
          {template === "" && `${scope} · `}
          {tr("set {when}", { when: <time dateTime={updatedAt} title={exact(updatedAt)}>{ago(updatedAt, now)}</time> })}
        </>
      }
      action={
        <Menu
          onClosed={() => {
            wanted.current?.();
            wanted.current = undefined;
          }}
          trigger={
            <Button variant="ghost" size="icon-sm" aria-label={template ? t("Actions for {name}, {scope}", { name, scope }) : t("Actions for {name}", { name })}>
              <MoreHorizontal aria-hidden />
            </Button>
          }
        >
          <MenuItem onSelect={() => (wanted.current = onReplace)}>
            <Pencil aria-hidden /> {secret ? t("Replace…") : t("Change…")}
          </MenuItem>
          <MenuItem variant="danger" onSelect={() => (wanted.current = onDelete)}>
            <Trash2 aria-hidden /> {t("Delete…")}
          </MenuItem>
        </Menu>
      }
    />
  );
}
