/** Who may log in, who is logged in, and which other software may ask and is told. */
import { useTranslation } from "react-i18next";
import "../desk/desk.css";
import { Sessions } from "./Sessions";
import { Tokens } from "./Tokens";
import { Users } from "./Users";
import { Webhooks } from "./Webhooks";

export function PeoplePage() {
  const { t } = useTranslation();
  return (
    <div className="plain-page">
      <h1 className="page-title">{t("app.people")}</h1>
      <Users />
      <Sessions />
      <Tokens />
      <Webhooks />
    </div>
  );
}
