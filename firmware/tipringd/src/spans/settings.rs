//! What the signalling of a span is told, made from the configuration.

use std::path::Path;

use tipring_config::SpanEntry;
use tipring_events::SpanKind;
use tipring_isdn::SpanSettings;
use tipring_isdn::q921::Side;
use tipring_isdn::q931::{OverlapReceiving, Profile};
use tipring_r2::{R2Settings, Variant, VariantError};

/// How a span signals, ready for its machines.
#[derive(Clone, Debug)]
pub enum SpanPlan {
    /// By its D-channel.
    Isdn(Box<SpanSettings>),
    /// By each channel itself.
    R2(Box<R2Settings>),
}

/// The plan of a span; the site's own R2 variants are in `folder`.
///
/// # Errors
/// There is no such R2 variant, or its file is wrong.
pub fn plan(entry: &SpanEntry, folder: &Path) -> Result<SpanPlan, VariantError> {
    let side = match entry.signalling {
        SpanKind::PriUser => Side::User,
        SpanKind::PriNetwork => Side::Network,
        SpanKind::R2 => {
            let mut settings = R2Settings::new(Variant::load(folder, entry.profile())?);
            settings.called_digits = entry.called_digits.unwrap_or(settings.called_digits);
            return Ok(SpanPlan::R2(Box::new(settings)));
        }
    };
    let mut profile = match entry.profile() {
        "euro-isdn" => Profile::euro_isdn(),
        _ => Profile::china(),
    };
    // Who answered is the switch's to tell.
    profile.connected_number = false;
    if let Some(digits) = entry.called_digits {
        profile.overlap_receiving = OverlapReceiving::On { digits: Some(digits) };
    }
    let mut settings = SpanSettings::new(side, profile);
    settings.calls.channels = entry.channels();
    Ok(SpanPlan::Isdn(Box::new(settings)))
}
