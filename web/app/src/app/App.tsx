/** Decides what is shown: login, the forced change of the first password, or the pages. */
import { useTranslation } from "react-i18next";
import { LiveProvider } from "../live/LiveProvider";
import { LoginPage } from "../pages/login/LoginPage";
import { PasswordPage } from "../pages/login/PasswordPage";
import { Problem } from "../parts/Problem";
import { NotesProvider } from "../parts/Toast";
import { hears } from "./roles";
import { useMe } from "./session";
import { Shell } from "./Shell";

export function App() {
  const { t } = useTranslation();
  const me = useMe();
  if (me.data === undefined) {
    return (
      <main className="gate">
        {me.isError ? (
          <Problem error={me.error} retry={() => void me.refetch()} />
        ) : (
          <p className="quiet">{t("app.linkHint.connecting")}</p>
        )}
      </main>
    );
  }
  if (me.data === null) return <LoginPage />;
  if (me.data.must_change_password) return <PasswordPage />;
  const shell = <Shell me={me.data} />;
  return (
    <NotesProvider>
      {hears(me.data.role) ? <LiveProvider>{shell}</LiveProvider> : shell}
    </NotesProvider>
  );
}
