import { type FormEvent, useState } from "react";
import { toast } from "@/lib/toast";
import { Problem, sentence } from "@/api/problem";
import { useMe, useUpdateMe } from "@/api/queries/me";
import { Section } from "@/components/layout/section";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import { t } from "@/i18n/t";

export function PasswordSection() {
  const { user } = useMe();
  const [current, setCurrent] = useState("");
  const [password, setPassword] = useState("");
  const update = useUpdateMe();
  const problem = update.error instanceof Problem ? update.error : undefined;
  const inPlace = problem && (problem.field("password") || problem.field("currentPassword"));

  const submit = (e: FormEvent) => {
    e.preventDefault();
    update.mutate(
      { password, ...(user.hasPassword && { currentPassword: current }) },
      {
        onSuccess: () => {
          setCurrent("");
          setPassword("");
          toast.success(t("Password saved. Other sessions were signed out."));
        },
      },
    );
  };
  return (
    <Section
      anchor="password"
      title={t("Password")}
      description={user.hasPassword ? t("A new one signs you out everywhere else.") : t("You sign in through a provider. A password is a second way in.")}
    >
      <form onSubmit={submit} className="grid max-w-md gap-4">
        {problem && !inPlace && (
          <Notice variant="danger" live>
            {sentence(problem)}
          </Notice>
        )}
        {/* Password managers look for the account's name next to its password. */}
        <input type="text" name="username" autoComplete="username" value={user.email} readOnly hidden />
        {user.hasPassword && (
          <Field label={t("Current password")} error={problem?.field("currentPassword")}>
            {(control) => (
              <Input {...control} type="password" value={current} onChange={(e) => setCurrent(e.target.value)} required autoComplete="current-password" />
            )}
          </Field>
        )}
        <Field label={t("New password")} hint={t("12 characters or more.")} error={problem?.field("password")}>
          {(control) => (
            <Input
              {...control}
              type="password"
              value={password}
              onChange={(e) => setPassword(e.target.value)}
              required
              minLength={12}
              maxLength={1024}
              autoComplete="new-password"
            />
          )}
        </Field>
        <div>
          <Button type="submit" variant="outline" busy={update.isPending}>
            {user.hasPassword ? t("Change password") : t("Set password")}
          </Button>
        </div>
      </form>
    </Section>
  );
}
