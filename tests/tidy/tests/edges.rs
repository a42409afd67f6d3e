//! Dependencies run one way through the house, and only what is used is listed.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};
use tipring_test_tidy::root;

/// Which of our crates each crate may use outside its tests. Signalling knows nothing of the
/// switch, the media thread no concrete driver, and only `tipringd` picks drivers.
const MAY_USE: &[(&str, &[&str])] = &[
    ("clock", &[]),
    ("line", &["clock"]),
    ("dsp", &["clock", "line"]),
    ("analog", &["clock", "line", "dsp"]),
    ("r2", &["clock", "line", "dsp"]),
    ("daa", &["clock", "line"]),
    ("isdn", &["clock", "line"]),
    ("sip", &["clock", "line"]),
    ("sim", &["clock", "line", "dsp"]),
    ("dahdi", &["line", "dsp"]),
    ("board", &["line"]),
    ("calendar", &["clock"]),
    ("events", &["clock", "line"]),
    ("tts", &[]),
    ("media", &["clock", "line", "dsp"]),
    ("switch", &["clock", "line", "events", "tts"]),
    ("ivr", &["clock", "line", "events", "tts", "switch"]),
    ("acd", &["calendar", "clock", "line", "events", "tts", "switch"]),
    ("store", &["clock", "line", "events"]),
    ("config", &["calendar", "clock", "line", "events", "tts", "switch", "ivr", "acd"]),
    ("api", &["clock", "line", "events", "store", "config"]),
];

fn metadata() -> Metadata {
    MetadataCommand::new().current_dir(root()).no_deps().exec().expect("cargo metadata runs")
}

fn short(package: &str) -> Option<&str> {
    package.strip_prefix("tipring-")
}

fn normal_dependencies(package: &Package) -> impl Iterator<Item = &str> {
    package
        .dependencies
        .iter()
        .filter(|d| d.kind == DependencyKind::Normal)
        .map(|d| d.name.as_str())
}

#[test]
fn dependencies_run_one_way() {
    let allowed: BTreeMap<_, _> = MAY_USE.iter().copied().collect();
    let mut seen = BTreeSet::new();
    let mut wrong = Vec::new();
    for package in &metadata().packages {
        let Some(name) = short(&package.name) else { continue };
        if name == "tipringd" || name.starts_with("test-") {
            continue;
        }
        seen.insert(name.to_owned());
        let Some(may) = allowed.get(name) else {
            wrong.push(format!("{name} is not in the table of edges"));
            continue;
        };
        for used in normal_dependencies(package).filter_map(short) {
            if !may.contains(&used) {
                wrong.push(format!("{name} may not use {used}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for (name, _) in MAY_USE {
        assert!(seen.contains(*name), "{name} stands in the table of edges but not in the house");
    }
}

#[test]
fn every_listed_package_is_used() {
    let mut unused = Vec::new();
    for package in &metadata().packages {
        let folder = package.manifest_path.parent().expect("a manifest lies in a folder");
        let below = |part: &str| sources_below(folder.join(part).as_std_path());
        let source = below("src") + &below("tests");
        for name in normal_dependencies(package) {
            // The library of this one package is not called as the package is.
            let ident = if name == "md-5" { "md5".into() } else { name.replace('-', "_") };
            let used = [format!("{ident}::"), format!("use {ident}"), format!("{ident}!")];
            if !used.iter().any(|form| source.contains(form.as_str())) {
                unused.push(format!("{} lists {name} and does not use it", package.name));
            }
        }
    }
    assert!(unused.is_empty(), "{}", unused.join("\n"));
}

fn sources_below(folder: &std::path::Path) -> String {
    let mut all = String::new();
    let Ok(entries) = std::fs::read_dir(folder) else { return all };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            all.push_str(&sources_below(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            all.push_str(&std::fs::read_to_string(&path).unwrap_or_default());
        }
    }
    all
}
