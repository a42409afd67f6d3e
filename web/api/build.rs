//! Has the page built in again when it changed. A debug build reads it while it runs instead.

fn main() {
    let page = "../app/dist";
    let embedded = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    // A path that is not there makes Cargo look again each time, which a release build, where the
    // page may have been built since, has to.
    if embedded || std::path::Path::new(page).exists() {
        println!("cargo::rerun-if-changed={page}");
    } else {
        println!("cargo::rerun-if-changed=build.rs");
    }
}
