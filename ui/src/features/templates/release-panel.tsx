import { useNavigate } from "@tanstack/react-router";
import { Check, Circle, CircleDashed } from "lucide-react";
import { type ReactNode, useId } from "react";
import { toast } from "@/lib/toast";
import type { Template } from "@/api/types";
import { sentence } from "@/api/problem";
import { useMe } from "@/api/queries/me";
import { usePublishTemplate, useTryTemplate, useUpdateTemplate } from "@/api/queries/templates";
import { Section } from "@/components/layout/section";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { msg, t } from "@/i18n/t";

interface ReleasePanelProps {
  template: Template;
  dirty: boolean;
}

/** The way of a version: saved, tried, published, shared. */
export function ReleasePanel({ template, dirty }: ReleasePanelProps) {
  const { id, name, version, publishedVersion, tried } = template;
  const navigate = useNavigate();
  const attempt = useTryTemplate(id);
  const publish = usePublishTemplate(id);
  const update = useUpdateTemplate(id);
  const published = publishedVersion === version;
  const start = () => attempt.mutate(undefined, { onSuccess: ({ workspaceId }) => navigate({ to: "/w/$id", params: { id: workspaceId } }) });
  const share = (yes: boolean) => update.mutate({ shared: yes }, { onSuccess: () => toast.success(yes ? t("Everybody can use {name} now", { name }) : t("{name} is no longer shared", { name })) });
  const error = attempt.error ?? publish.error ?? update.error;
  return (
    <Section title={t("Release")}>
      <ol className="grid grid-cols-1 gap-5">
        <Step state={dirty ? "open" : "done"} title={dirty ? t("Save your changes") : t("Version {version} is saved", { version })} />
        <Step
          state={dirty ? "waiting" : tried ? "done" : "open"}
          title={tried && !dirty ? t("Version {version} ran well", { version }) : t("Try it")}
          why={dirty ? t("Save first.") : tried ? undefined : t("Makes an ordinary workspace from it. It has to run once without a notice.")}
        >
          {(why) => (
            <Button variant={tried ? "outline" : "primary"} size="sm" busy={attempt.isPending} disabled={dirty} onClick={start} aria-describedby={why}>
              {tried ? t("Try again") : t("Try")}
            </Button>
          )}
        </Step>
        <Step
          state={published && !dirty ? "done" : dirty || !tried ? "waiting" : "open"}
          title={published && !dirty ? t("Version {version} is published", { version }) : t("Publish it")}
          why={whyNotPublished(template, dirty)}
        >
          {published && !dirty
            ? undefined
            : (why) => (
                <Button
                  size="sm"
                  busy={publish.isPending}
                  disabled={dirty || !tried}
                  onClick={() => publish.mutate(undefined, { onSuccess: () => toast.success(t("Version {version} is published", { version })) })}
                  aria-describedby={why}
                >
                  {t("Publish")}
                </Button>
              )}
        </Step>
        <ShareStep template={template} busy={update.isPending} onShare={share} />
      </ol>
      {error && (
        <Notice variant="danger" live className="mt-5">
          {sentence(error)}
        </Notice>
      )}
    </Section>
  );
}

interface ShareStepProps {
  template: Template;
  busy: boolean;
  onShare: (yes: boolean) => void;
}

/** What others get of it: an administrator decides, version by version. */
function ShareStep({ template, busy, onShare }: ShareStepProps) {
  const { user } = useMe();
  const { shared, sharedVersion, publishedVersion } = template;
  const newer = shared && publishedVersion > sharedVersion;
  const state = shared && !newer ? "done" : publishedVersion > 0 ? "open" : "waiting";
  const title = shared ? t("Everybody can use version {version}", { version: sharedVersion }) : t("Share it");
  if (!user.admin) return <Step state={state} title={title} why={t("An administrator decides what is shared with everybody.")} />;
  return (
    <Step state={state} title={title} why={publishedVersion === 0 ? t("Publish first.") : newer ? t("Version {version} is not shared yet.", { version: publishedVersion }) : undefined}>
      {(why) => (
        <div className="flex flex-wrap gap-2">
          {(!shared || newer) && (
            <Button variant="outline" size="sm" busy={busy} disabled={publishedVersion === 0} onClick={() => onShare(true)} aria-describedby={why}>
              {newer ? t("Share version {version}", { version: publishedVersion }) : t("Share with everybody")}
            </Button>
          )}
          {shared && (
            <Button variant="outline" size="sm" busy={busy} onClick={() => onShare(false)}>
              {t("Stop sharing")}
            </Button>
          )}
        </div>
      )}
    </Step>
  );
}

function whyNotPublished({ version, publishedVersion, tried }: Template, dirty: boolean): string | undefined {
  if (dirty) return t("Save first.");
  if (version === publishedVersion) return t("New workspaces get it.");
  const first = tried ? t("Then new workspaces get it.") : t("Try version {version} first.", { version });
  if (publishedVersion === 0) return first;
  const now = tried ? msg("Now they get version {version}.") : msg("Until then new workspaces get version {version}.");
  return `${first} ${t(now, { version: publishedVersion })}`;
}

interface StepProps {
  state: "done" | "open" | "waiting";
  title: string;
  /** What it means, or why it cannot be done yet. */
  why?: string;
  /** The button, described by the element with this id. */
  children?: (why: string | undefined) => ReactNode;
}

function Step({ state, title, why, children }: StepProps) {
  const id = useId();
  const Icon = { done: Check, open: Circle, waiting: CircleDashed }[state];
  return (
    <li className="flex gap-3 text-sm">
      <Icon aria-hidden className={state === "done" ? "mt-0.5 size-4 shrink-0 text-link" : "mt-0.5 size-4 shrink-0 text-muted-foreground"} />
      <div className="grid min-w-0 flex-1 grid-cols-1 gap-1">
        <p className="font-medium">
          {title}
          {state === "done" && <span className="sr-only"> {t("(done)")}</span>}
        </p>
        {why && (
          <p id={id} className="text-muted-foreground">
            {why}
          </p>
        )}
        {children && <div className="pt-1">{children(why && id)}</div>}
      </div>
    </li>
  );
}
