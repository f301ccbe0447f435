import type { FormEvent } from "react";
import { sentence } from "@/api/problem";
import { useLogin } from "@/api/queries/login";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import { t } from "@/i18n/t";
import { useAfterLogin } from "./after-login";

export function LoginForm({ wanted }: { wanted: string | undefined }) {
  const login = useLogin();
  const go = useAfterLogin();
  const submit = (e: FormEvent<HTMLFormElement>) => {
    e.preventDefault();
    const form = new FormData(e.currentTarget);
    login.mutate(
      { email: String(form.get("email")).trim(), password: String(form.get("password")) },
      { onSuccess: () => go(wanted) },
    );
  };
  return (
    <form onSubmit={submit} className="grid gap-4">
      {login.isError && (
        <Notice variant="danger" live>
          {sentence(login.error)}
        </Notice>
      )}
      <Field label={t("Email")}>
        {(control) => <Input {...control} name="email" type="email" autoComplete="username" required autoFocus />}
      </Field>
      <Field label={t("Password")}>
        {(control) => <Input {...control} name="password" type="password" autoComplete="current-password" required />}
      </Field>
      <Button type="submit" busy={login.isPending || login.isSuccess}>
        {t("Sign in")}
      </Button>
    </form>
  );
}
