/** The forced change of the first password. */
import { useTranslation } from "react-i18next";
import { Gate } from "./Gate";
import { PasswordForm } from "./PasswordForm";

export function PasswordPage() {
  const { t } = useTranslation();
  return (
    <Gate title={t("password.title")} lead={t("password.lead")}>
      <PasswordForm />
    </Gate>
  );
}
