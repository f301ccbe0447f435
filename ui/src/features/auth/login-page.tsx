import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { providersQuery } from "@/api/queries/login";
import { LoadError } from "@/components/layout/load-error";
import { Notice } from "@/components/ui/notice";
import { Skeleton } from "@/components/ui/skeleton";
import { t } from "@/i18n/t";
import { returnPath } from "@/lib/return-path";
import { useTitle } from "@/lib/use-title";
import { AuthLayout } from "./auth-layout";
import { loginError } from "./login-errors";
import { LoginForm } from "./login-form";
import { Or, ProviderButtons } from "./provider-buttons";

const route = getRouteApi("/login");

export function LoginPage() {
  useTitle(t("Sign in"));
  const search = route.useSearch();
  const ways = useQuery(providersQuery);
  const error = loginError(search.error);
  const wanted = returnPath(search.return);
  const carried = wanted === "/" ? undefined : wanted;
  return (
    <AuthLayout
      title={t("Sign in to Kalpana")}
      footer={
        ways.data?.signup === "open" && (
          <>
            {t("No account yet?")}{" "}
            <Link to="/signup" search={{ return: carried }} className="font-medium text-link underline underline-offset-4">
              {t("Create one")}
            </Link>
          </>
        )
      }
    >
      {error && (
        <Notice variant="danger" live>
          {error}
        </Notice>
      )}
      {ways.isPending && <Skeleton className="h-56" />}
      {ways.isError && <LoadError error={ways.error} onRetry={ways.refetch} />}
      {ways.data && ways.data.providers.length > 0 && (
        <>
          <ProviderButtons providers={ways.data.providers} params={{ return: carried }} />
          {ways.data.password && <Or />}
        </>
      )}
      {ways.data?.password && <LoginForm wanted={carried} />}
    </AuthLayout>
  );
}
