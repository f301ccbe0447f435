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

export function ProfileSection() {
  const { user } = useMe();
  const [name, setName] = useState(user.name);
  const [email, setEmail] = useState(user.email);
  const [current, setCurrent] = useState("");
  const update = useUpdateMe();
  const newName = name.trim() !== user.name;
  const newEmail = email.trim() !== user.email;
  const confirm = newEmail && user.hasPassword;
  const problem = update.error instanceof Problem ? update.error : undefined;
  const inPlace = problem && ["name", "email", "currentPassword"].some((field) => problem.field(field));

  const submit = (e: FormEvent) => {
    e.preventDefault();
    update.mutate(
      { ...(newName && { name: name.trim() }), ...(newEmail && { email: email.trim() }), ...(confirm && { currentPassword: current }) },
      {
        onSuccess: () => {
          setCurrent("");
          toast.success(t("Profile saved"));
        },
      },
    );
  };
  return (
    <Section anchor="profile" title={t("Profile")}>
      <form onSubmit={submit} className="grid max-w-md gap-4">
        {problem && !inPlace && (
          <Notice variant="danger" live>
            {sentence(problem)}
          </Notice>
        )}
        <Field label={t("Name")} error={problem?.field("name")}>
          {(control) => <Input {...control} value={name} onChange={(e) => setName(e.target.value)} required maxLength={200} autoComplete="name" />}
        </Field>
        <Field label={t("Email")} error={problem?.field("email")}>
          {(control) => (
            <Input {...control} type="email" value={email} onChange={(e) => setEmail(e.target.value)} required={user.email !== ""} maxLength={254} autoComplete="email" />
          )}
        </Field>
        {confirm && (
          <Field label={t("Current password")} hint={t("To change the email you sign in with.")} error={problem?.field("currentPassword")}>
            {(control) => (
              <Input {...control} type="password" value={current} onChange={(e) => setCurrent(e.target.value)} required autoComplete="current-password" />
            )}
          </Field>
        )}
        <div>
          <Button type="submit" disabled={!newName && !newEmail} busy={update.isPending}>
            {t("Save profile")}
          </Button>
        </div>
      </form>
    </Section>
  );
}
