//! Files and functions stay small enough to be read at one sitting, and nothing unfinished lands.

use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use tipring_test_tidy::{rust_sources, shown};

/// A file's code, tests at its end not counted. Past this the design wants splitting.
const CODE_LINES_MAX: usize = 500;
/// A whole file, tests included; tables of data say so by their name.
const FILE_LINES_MAX: usize = 800;
const FUNCTION_LINES_MAX: usize = 70;

#[test]
fn files_are_short() {
    let mut long = Vec::new();
    for path in rust_sources() {
        let text = std::fs::read_to_string(&path).expect("a listed file can be read");
        let lines = text.lines().count();
        let code = text.lines().take_while(|l| !l.starts_with("#[cfg(test)]")).count();
        let is_test = shown(&path).split('/').any(|part| part == "tests");
        let table = path.file_stem().is_some_and(|s| s.to_string_lossy().ends_with("_table"));
        let too_long = lines > FILE_LINES_MAX || (code > CODE_LINES_MAX && !is_test);
        if too_long && !table {
            long.push(format!("{}: {code} lines of code, {lines} in all", shown(&path)));
        }
    }
    assert!(long.is_empty(), "split these:\n{}", long.join("\n"));
}

struct Functions {
    long: Vec<(String, usize, usize)>,
}

impl Functions {
    fn look(&mut self, name: &syn::Ident, block: &syn::Block) {
        let end: proc_macro2::Span = block.span();
        let from = name.span().start().line;
        let lines = end.end().line + 1 - from;
        if lines > FUNCTION_LINES_MAX {
            self.long.push((name.to_string(), from, lines));
        }
    }
}

impl<'a> Visit<'a> for Functions {
    fn visit_item_fn(&mut self, f: &'a syn::ItemFn) {
        self.look(&f.sig.ident, &f.block);
        visit::visit_item_fn(self, f);
    }
    fn visit_impl_item_fn(&mut self, f: &'a syn::ImplItemFn) {
        self.look(&f.sig.ident, &f.block);
        visit::visit_impl_item_fn(self, f);
    }
}

#[test]
fn functions_are_short() {
    let mut long = Vec::new();
    for path in rust_sources() {
        let text = std::fs::read_to_string(&path).expect("a listed file can be read");
        let file = syn::parse_file(&text).unwrap_or_else(|e| panic!("{}: {e}", shown(&path)));
        let mut functions = Functions { long: Vec::new() };
        functions.visit_file(&file);
        for (name, line, lines) in functions.long {
            long.push(format!("{}:{line}: `{name}` has {lines} lines", shown(&path)));
        }
    }
    assert!(long.is_empty(), "split these:\n{}", long.join("\n"));
}

#[test]
fn nothing_unfinished_lands() {
    let marks = ["todo!(", "unimplemented!(", "#[ignore", "FIXME", "dbg!("];
    let mut found = Vec::new();
    for path in rust_sources() {
        if shown(&path) == "tests/tidy/tests/sizes.rs" {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a listed file can be read");
        for (i, line) in text.lines().enumerate() {
            if let Some(mark) = marks.iter().find(|m| line.contains(**m)) {
                found.push(format!("{}:{}: {mark}", shown(&path), i + 1));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn clocks_are_read_in_two_places_only() {
    let mut found = Vec::new();
    for path in rust_sources() {
        let name = shown(&path);
        let may = ["firmware/clock/", "firmware/tipringd/", "tests/"];
        if may.iter().any(|folder| name.starts_with(folder)) {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a listed file can be read");
        // The ban itself is clippy's; this finds who lifts it.
        if text.contains("clippy::disallowed_methods") {
            found.push(name);
        }
    }
    assert!(found.is_empty(), "these lift the ban on clocks and sleep:\n{}", found.join("\n"));
}

#[test]
fn every_crate_says_what_it_is() {
    for path in rust_sources() {
        if path.ends_with("src/lib.rs") || path.ends_with("src/main.rs") {
            let text = std::fs::read_to_string(&path).expect("a listed file can be read");
            let head = text.lines().find(|l| !l.starts_with("#!") && !l.is_empty());
            assert!(
                head.is_some_and(|l| l.starts_with("//! ") && l.len() > 20),
                "{} does not open with what it does",
                shown(&path)
            );
        }
    }
}
