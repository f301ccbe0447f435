import { useNavigate } from "@tanstack/react-router";
import { Copy, Eye, MoreHorizontal, Pencil, Trash2, UserRoundX, Users } from "lucide-react";
import { useRef, useState } from "react";
import { toast } from "@/lib/toast";
import type { Template } from "@/api/types";
import { sentence } from "@/api/problem";
import { useMe } from "@/api/queries/me";
import { useUpdateTemplate } from "@/api/queries/templates";
import { Button } from "@/components/ui/button";
import { Menu, MenuItem, MenuSeparator } from "@/components/ui/dropdown-menu";
import { t } from "@/i18n/t";
import { DeleteTemplateDialog } from "./delete-template-dialog";

interface TemplateMenuProps {
  template: Template;
  onCopy: () => void;
  /** Already on its page: no need to lead there. */
  here?: boolean;
  onDeleted?: () => void;
}

/** Everything that can be done with a template. */
export function TemplateMenu({ template, onCopy, here, onDeleted }: TemplateMenuProps) {
  const { id, name, mine, builtin, shared, sharedVersion, publishedVersion } = template;
  const { user } = useMe();
  const navigate = useNavigate();
  const update = useUpdateTemplate(id);
  const [deleting, setDeleting] = useState(false);
  // Opened once the menu has closed: a dialog gives the focus back to where it was.
  const wanted = useRef<() => void>(undefined);
  const share = (yes: boolean) =>
    update.mutate(
      { shared: yes },
      {
        onSuccess: () => toast.success(yes ? t("Everybody can use {name} now", { name }) : t("{name} is no longer shared", { name })),
        onError: (error) => toast.error(t("Could not change {name}", { name }), { description: sentence(error) }),
      },
    );
  return (
    <>
      <Menu
        onClosed={() => {
          wanted.current?.();
          wanted.current = undefined;
        }}
        trigger={
          <Button variant="ghost" size="icon-sm" aria-label={t("Actions for {name}", { name })}>
            <MoreHorizontal aria-hidden />
          </Button>
        }
      >
        {!here && (
          <MenuItem onSelect={() => navigate({ to: "/templates/$id", params: { id } })}>
            {mine ? <Pencil aria-hidden /> : <Eye aria-hidden />}
            {mine ? t("Edit") : t("Look inside")}
          </MenuItem>
        )}
        <MenuItem onSelect={() => (wanted.current = onCopy)}>
          <Copy aria-hidden /> {t("Copy to my templates…")}
        </MenuItem>
        {user.admin && !builtin && sharedVersion < Math.max(publishedVersion, 1) && (
          <MenuItem disabled={publishedVersion === 0} onSelect={() => share(true)}>
            <Users aria-hidden />
            {publishedVersion === 0 ? t("Share (publish it first)") : shared ? t("Share version {version}", { version: publishedVersion }) : t("Share with everybody")}
          </MenuItem>
        )}
        {user.admin && shared && (
          <MenuItem onSelect={() => share(false)}>
            <UserRoundX aria-hidden /> {t("Stop sharing")}
          </MenuItem>
        )}
        {mine && (
          <>
            <MenuSeparator />
            <MenuItem variant="danger" onSelect={() => (wanted.current = () => setDeleting(true))}>
              <Trash2 aria-hidden /> {t("Delete…")}
            </MenuItem>
          </>
        )}
      </Menu>
      {deleting && <DeleteTemplateDialog template={template} onClose={() => setDeleting(false)} onDeleted={onDeleted} />}
    </>
  );
}
