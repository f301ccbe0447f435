import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { tokensQuery } from "@/api/queries/tokens";
import type { Token } from "@/api/types";
import { LoadError } from "@/components/layout/load-error";
import { EmptyRow, Row, RowList } from "@/components/layout/row-list";
import { Section } from "@/components/layout/section";
import { Button } from "@/components/ui/button";
import { Skeleton } from "@/components/ui/skeleton";
import { t } from "@/i18n/t";
import { RevokeTokenDialog } from "./revoke-token-dialog";
import { TokenDetails } from "./token-details";
import { TokenDialog } from "./token-dialog";

export function TokensSection() {
  const tokens = useQuery(tokensQuery);
  const [creating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<Token>();
  return (
    <Section
      anchor="tokens"
      title={t("API tokens")}
      description={t("For scripts and programs that act for you. Treat them like passwords.")}
      action={
        <Button variant="outline" size="sm" onClick={() => setCreating(true)}>
          <Plus aria-hidden /> {t("New token")}
        </Button>
      }
    >
      {tokens.isPending && <Skeleton className="h-16" />}
      {tokens.isError && <LoadError error={tokens.error} onRetry={tokens.refetch} />}
      {tokens.data?.length === 0 && <EmptyRow>{t("No tokens yet.")}</EmptyRow>}
      {tokens.data && tokens.data.length > 0 && (
        <RowList>
          {tokens.data.map((token) => (
            <Row
              key={token.id}
              title={token.name}
              fullTitle={token.name}
              details={<TokenDetails token={token} />}
              action={
                <Button variant="outline" size="sm" onClick={() => setRevoking(token)} aria-label={t("Revoke {name}", { name: token.name })}>
                  {t("Revoke")}
                </Button>
              }
            />
          ))}
        </RowList>
      )}
      {creating && <TokenDialog onClose={() => setCreating(false)} />}
      {revoking && <RevokeTokenDialog token={revoking} onClose={() => setRevoking(undefined)} />}
    </Section>
  );
}
