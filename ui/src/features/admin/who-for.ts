import type { Invitation } from "@/api/types";

export function whoFor(invitation: Invitation): string {
  return invitation.email || "Anybody with the link";
}
