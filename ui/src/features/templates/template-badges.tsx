import type { Template } from "@/api/types";
import { Badge } from "@/components/ui/badge";

/** Whose it is and how far it is. */
export function TemplateBadges({ template }: { template: Template }) {
  const { builtin, mine, shared, version, publishedVersion } = template;
  return (
    <>
      {builtin && <Badge>Built in</Badge>}
      {mine && !shared && <Badge>Yours</Badge>}
      {shared && <Badge variant="accent">{mine ? "Yours, shared" : "Shared"}</Badge>}
      {!builtin && !mine && !shared && <Badge>Not shared</Badge>}
      {mine && publishedVersion === 0 && <Badge>Draft</Badge>}
      {mine && publishedVersion > 0 && version > publishedVersion && <Badge>Newer draft</Badge>}
    </>
  );
}
