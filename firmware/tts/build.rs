//! Has the crate built anew when a sound was added or rendered again.

fn main() {
    println!("cargo::rerun-if-changed=sounds");
    println!("cargo::rerun-if-changed=data");
}
