//! How long recordings and records are kept, and what happens when the disk is full.

use serde::{Deserialize, Serialize};

use crate::ConfigError;

/// The shortest time records may be kept, days: a customer who calls again within a month counts
/// with the first contact.
const RECORDS_DAYS_MIN: u32 = 31;

/// The longest time that is taken for more than a slip of the keyboard, days.
const DAYS_MAX: u32 = 36_500;

/// How long things are kept.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RetentionConfig {
    /// How long recordings are kept, in days; 0 for as long as there is space.
    pub recordings_days: u32,
    /// How much all recordings together may take, in megabytes; past that the oldest go. 0 for no
    /// limit.
    pub recordings_mb_max: u64,
    /// How long calls and all that is known of them are kept, in days, at least 31; 0 for ever.
    /// Their figures stay.
    pub records_days: u32,
    /// How much of the disk is left to everything but recordings, in megabytes.
    pub free_mb_min: u64,
    /// What gives way when the disk is as full as that.
    pub when_full: WhenFull,
    /// Recordings that are kept longer or shorter than others; the first that fits counts.
    #[serde(rename = "rule", skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<RetentionRule>,
}

/// What gives way when the disk is full.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhenFull {
    /// Nothing more is recorded until there is space; calls go on.
    #[default]
    StopRecording,
    /// The oldest recordings that are not on hold are removed.
    RemoveOldest,
}

/// How long some recordings are kept. Everything that is set must fit.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetentionRule {
    /// Of calls that waited in this queue, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// Of calls of this kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls: Option<CallsOf>,
    /// How long, in days; 0 for as long as there is space.
    pub days: u32,
}

/// A kind of calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallsOf {
    /// From the outside.
    Incoming,
    /// From an extension.
    Outgoing,
}

impl Default for RetentionConfig {
    fn default() -> Self {
        RetentionConfig {
            recordings_days: 0,
            recordings_mb_max: 0,
            records_days: 0,
            free_mb_min: 500,
            when_full: WhenFull::StopRecording,
            rules: Vec::new(),
        }
    }
}

/// Checks the times; that every queue is there is checked with all other names.
pub(crate) fn check(retention: &RetentionConfig) -> Result<(), ConfigError> {
    let days = retention.rules.iter().map(|rule| rule.days);
    let mut days = days.chain([retention.recordings_days, retention.records_days]);
    if let Some(days) = days.find(|days| *days > DAYS_MAX) {
        return Err(ConfigError::general(format!(
            "retention: something is kept for {days} days; give 0 for ever"
        )));
    }
    let records = retention.records_days;
    if records != 0 && records < RECORDS_DAYS_MIN {
        return Err(ConfigError::general(format!(
            "retention: `records_days` is {records}; give at least {RECORDS_DAYS_MIN}, or 0 for ever"
        )));
    }
    Ok(())
}
