import { Component, type ReactNode } from "react";

/** Shows the text as it came when drawing it fails: a parser out of stack must not take the chat along. */
export class PlainOnError extends Component<{ text: string; children: ReactNode }, { failed: string | null }> {
  override state = { failed: null };

  static getDerivedStateFromError(): { failed: string } {
    return { failed: "" };
  }

  override render(): ReactNode {
    return this.state.failed === null ? this.props.children : <div className="whitespace-pre-wrap">{this.props.text}</div>;
  }
}
