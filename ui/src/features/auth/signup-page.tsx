import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { providersQuery } from "@/api/queries/login";
import { LoadError } from "@/components/layout/load-error";
import { Notice } from "@/components/ui/notice";
import { Skeleton } from "@/components/ui/skeleton";
import { t } from "@/i18n/t";
import { useTitle } from "@/lib/use-title";
import { AuthLayout } from "./auth-layout";
import { Or, ProviderButtons } from "./provider-buttons";
import { SignupForm } from "./signup-form";

const route = getRouteApi("/signup");

export function SignupPage() {
  useTitle(t("Create an account"));
  const { invitation, return: wanted } = route.useSearch();
  const ways = useQuery(providersQuery);
  const allowed = ways.data && (ways.data.signup === "open" || (ways.data.signup === "invite" && invitation));
  return (
    <AuthLayout
      title={invitation ? t("You are invited to Kalpana") : t("Create your account")}
      footer={
        <>
          {t("Have an account?")}{" "}
          <Link to="/login" search={{ return: wanted }} className="font-medium text-link underline underline-offset-4">
            {t("Sign in")}
          </Link>
        </>
      }
    >
      {ways.isPending && <Skeleton className="h-72" />}
      {ways.isError && <LoadError error={ways.error} onRetry={ways.refetch} />}
      {ways.data && !allowed && (
        <Notice>
          {ways.data.signup === "invite"
            ? t("New accounts need an invitation. Ask an administrator for a link.")
            : t("New accounts are not possible here. Ask an administrator.")}
        </Notice>
      )}
      {allowed && ways.data && (
        <>
          {ways.data.providers.length > 0 && (
            <>
              <ProviderButtons providers={ways.data.providers} params={{ return: wanted, invitation }} />
              {ways.data.password && <Or />}
            </>
          )}
          {ways.data.password && <SignupForm invitation={invitation} wanted={wanted} />}
        </>
      )}
    </AuthLayout>
  );
}
