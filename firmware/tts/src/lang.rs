//! The languages the box speaks.

use serde::{Deserialize, Serialize};

/// A language of prompts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Lang {
    /// Mandarin as spoken on the Chinese mainland.
    #[serde(rename = "zh-CN")]
    ZhCn,
    /// American English.
    #[serde(rename = "en")]
    En,
}

impl Lang {
    /// Both languages, Chinese first.
    pub const ALL: [Lang; 2] = [Lang::ZhCn, Lang::En];

    /// The BCP 47 tag, which is also the name of the language's folder of sounds.
    pub fn tag(self) -> &'static str {
        match self {
            Lang::ZhCn => "zh-CN",
            Lang::En => "en",
        }
    }
}
