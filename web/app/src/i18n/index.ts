/** Languages of the page: Simplified Chinese and English, switchable, remembered by the browser. */
import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { en } from "./en";
import { zhCN } from "./zh-CN";

/** The languages there are, each with its own name for itself. */
export const LANGUAGES = { "zh-CN": "中文", en: "English" } as const;

/** One language of the page. */
export type Language = keyof typeof LANGUAGES;

const REMEMBERED = "tipring.language";

declare module "i18next" {
  interface CustomTypeOptions {
    resources: { translation: typeof zhCN };
  }
}

function isLanguage(text: string | null): text is Language {
  return text !== null && text in LANGUAGES;
}

/** What was chosen before; else what the browser asks for first among ours; else Chinese. */
function firstLanguage(): Language {
  const remembered = readRemembered();
  if (isLanguage(remembered)) return remembered;
  for (const wanted of navigator.languages) {
    if (wanted.startsWith("zh")) return "zh-CN";
    if (wanted.startsWith("en")) return "en";
  }
  return "zh-CN";
}

function readRemembered(): string | null {
  try {
    return localStorage.getItem(REMEMBERED);
  } catch {
    // A browser that keeps nothing for this page still shows it.
    return null;
  }
}

/** Switches the page's language and remembers it. */
export function switchLanguage(language: Language): void {
  try {
    localStorage.setItem(REMEMBERED, language);
  } catch {
    // The choice then lasts as long as the page.
  }
  void i18next.changeLanguage(language);
}

/** Loads the texts; call once before the first render. */
export async function startI18n(): Promise<void> {
  i18next.on("languageChanged", (language) => {
    document.documentElement.lang = language;
  });
  await i18next.use(initReactI18next).init({
    lng: firstLanguage(),
    fallbackLng: "zh-CN",
    supportedLngs: Object.keys(LANGUAGES),
    resources: { "zh-CN": { translation: zhCN }, en: { translation: en } },
    interpolation: { escapeValue: false },
    showSupportNotice: false,
  });
}
