//! The site's own prompts, as the configuration has them.

use serde::{Deserialize, Serialize};
use tipring_tts::Lang;

/// A prompt of the site's own: a text, for which somebody may put a recording into the state
/// folder (`prompts/zh-CN/<key>.wav`). Until then the makeshift voice says it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PromptEntry {
    /// Its key, as flows name it; that of a shipped prompt changes its text.
    pub key: String,
    /// The Chinese text.
    #[serde(default, rename = "zh-CN", skip_serializing_if = "Option::is_none")]
    pub zh_cn: Option<String>,
    /// The English text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub en: Option<String>,
}

impl PromptEntry {
    /// The text in a language.
    pub fn text(&self, lang: Lang) -> Option<&str> {
        match lang {
            Lang::ZhCn => self.zh_cn.as_deref(),
            Lang::En => self.en.as_deref(),
        }
    }
}
