import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { providersQuery } from "@/api/queries/login";
import { LoadError } from "@/components/layout/load-error";
import { Notice } from "@/components/ui/notice";
import { Skeleton } from "@/components/ui/skeleton";
import { useTitle } from "@/lib/use-title";
import { AuthLayout } from "./auth-layout";
import { Or, ProviderButtons } from "./provider-buttons";
import { SignupForm } from "./signup-form";

const route = getRouteApi("/signup");

export function SignupPage() {
  useTitle("Create an account");
  const { invitation, return: wanted } = route.useSearch();
  const ways = useQuery(providersQuery);
  const allowed = ways.data && (ways.data.signup === "open" || (ways.data.signup === "invite" && invitation));
  return (
    <AuthLayout
      title={invitation ? "You are invited to Kalpana" : "Create your account"}
      footer={
        <>
          Have an account?{" "}
          <Link to="/login" search={{ return: wanted }} className="font-medium text-link underline underline-offset-4">
            Sign in
          </Link>
        </>
      }
    >
      {ways.isPending && <Skeleton className="h-72" />}
      {ways.isError && <LoadError error={ways.error} onRetry={ways.refetch} />}
      {ways.data && !allowed && (
        <Notice>
          {ways.data.signup === "invite"
            ? "New accounts need an invitation. Ask an administrator for a link."
            : "New accounts are not possible here. Ask an administrator."}
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
