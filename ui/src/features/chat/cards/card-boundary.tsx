import { Component, type ReactNode } from "react";
import { t } from "@/i18n/t";

/** One card that cannot be drawn is a sentence; the chat around it goes on. */
export class CardBoundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children;
    return <p className="rounded-lg border border-border bg-surface px-3 py-2 text-sm text-muted-foreground">{t("This step cannot be shown.")}</p>;
  }
}
