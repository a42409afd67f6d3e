//! The variants that are part of the program.

/// A code and its file, for each variant of the `data` folder, in order.
pub(super) const VARIANTS: &[(&str, &str)] = &[
    ("ar", include_str!("../../data/ar.toml")),
    ("br", include_str!("../../data/br.toml")),
    ("cn", include_str!("../../data/cn.toml")),
    ("co", include_str!("../../data/co.toml")),
    ("cz", include_str!("../../data/cz.toml")),
    ("ec", include_str!("../../data/ec.toml")),
    ("itu", include_str!("../../data/itu.toml")),
    ("mx", include_str!("../../data/mx.toml")),
    ("ph", include_str!("../../data/ph.toml")),
    ("ve", include_str!("../../data/ve.toml")),
];
