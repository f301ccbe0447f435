import type { ReactNode } from "react";
import { Logo } from "@/components/layout/logo";
import { Card } from "@/components/ui/card";

interface AuthLayoutProps {
  title: string;
  children: ReactNode;
  /** The way to the other page, below the card. */
  footer?: ReactNode;
}

export function AuthLayout({ title, children, footer }: AuthLayoutProps) {
  return (
    <main className="mx-auto flex min-h-full w-full max-w-sm flex-col justify-center gap-6 px-4 py-10">
      <div className="grid justify-items-center gap-4 text-center">
        <Logo className="size-10" />
        <h1 className="text-xl font-semibold tracking-tight">{title}</h1>
      </div>
      <Card className="grid gap-5 p-6">{children}</Card>
      {footer && <p className="text-center text-sm text-muted-foreground">{footer}</p>}
    </main>
  );
}
