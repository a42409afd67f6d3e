/** Switches between the languages, each named in itself. */
import { useTranslation } from "react-i18next";
import { LANGUAGES, switchLanguage, type Language } from "../i18n";

export function LanguageSwitch() {
  const { t, i18n } = useTranslation();
  return (
    <div className="languages" role="group" aria-label={t("app.language")}>
      {(Object.entries(LANGUAGES) as [Language, string][]).map(([language, name]) => (
        <button
          key={language}
          type="button"
          lang={language}
          aria-pressed={i18n.language === language}
          onClick={() => switchLanguage(language)}
        >
          {name}
        </button>
      ))}
    </div>
  );
}
