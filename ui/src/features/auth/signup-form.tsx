import type { FormEvent } from "react";
import { Problem, sentence } from "@/api/problem";
import { useSignup } from "@/api/queries/login";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import { t } from "@/i18n/t";
import { useAfterLogin } from "./after-login";

interface SignupFormProps {
  invitation: string | undefined;
  wanted: string | undefined;
}

export function SignupForm({ invitation, wanted }: SignupFormProps) {
  const signup = useSignup();
  const go = useAfterLogin();
  const submit = (e: FormEvent<HTMLFormElement>) => {
    e.preventDefault();
    const form = new FormData(e.currentTarget);
    signup.mutate(
      {
        email: String(form.get("email")).trim(),
        name: String(form.get("name")).trim(),
        password: String(form.get("password")),
        invitation,
      },
      { onSuccess: () => go(wanted) },
    );
  };
  const problem = signup.error instanceof Problem ? signup.error : undefined;
  const inPlace = problem && ["email", "name", "password"].some((name) => problem.field(name));
  return (
    <form onSubmit={submit} className="grid gap-4">
      {signup.isError && !inPlace && (
        <Notice variant="danger" live>
          {sentence(signup.error)}
        </Notice>
      )}
      <Field label={t("Name")} error={problem?.field("name")}>
        {(control) => <Input {...control} name="name" autoComplete="name" required maxLength={200} autoFocus />}
      </Field>
      <Field label={t("Email")} error={problem?.field("email")}>
        {(control) => <Input {...control} name="email" type="email" autoComplete="username" required maxLength={254} />}
      </Field>
      <Field label={t("Password")} hint={t("12 characters or more. A few words are easy to remember.")} error={problem?.field("password")}>
        {(control) => (
          <Input {...control} name="password" type="password" autoComplete="new-password" required minLength={12} maxLength={1024} />
        )}
      </Field>
      <Button type="submit" busy={signup.isPending || signup.isSuccess}>
        {t("Create account")}
      </Button>
    </form>
  );
}
