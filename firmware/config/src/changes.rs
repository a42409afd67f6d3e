//! What differs between two documents, for people who look later at who changed what.

use serde_json::{Map, Value};

use crate::Document;

/// What stands in the place of a secret.
const MASK: &str = "***";

/// Keys whose values are never shown.
const SECRETS: [&str; 2] = ["password", "secret"];

/// Keys by which the entries of a list are told apart, the first that an entry has.
const NAMES: [&str; 8] = ["id", "name", "number", "range", "port", "key", "work_number", "queue"];

/// Only what differs between two documents, before and after: tables key by key, lists entry by
/// entry. Secrets are masked; that one changed shows by its being there.
pub fn changes(before: &Document, after: &Document) -> (Value, Value) {
    let json = |document| serde_json::to_value(document).unwrap_or_default();
    let (mut before, mut after) = differences(&json(before), &json(after));
    mask(&mut before);
    mask(&mut after);
    (before, after)
}

/// Masks every secret of a value.
pub fn mask(value: &mut Value) {
    match value {
        Value::Object(table) => {
            for (key, value) in table {
                match value {
                    Value::String(text) if SECRETS.contains(&key.as_str()) => {
                        MASK.clone_into(text);
                    }
                    _ => mask(value),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(mask),
        _ => {}
    }
}

fn differences(before: &Value, after: &Value) -> (Value, Value) {
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            let (mut was, mut is) = (Map::new(), Map::new());
            for key in old.keys().chain(new.keys().filter(|key| !old.contains_key(*key))) {
                let (old, new) = (old.get(key), new.get(key));
                if old == new {
                    continue;
                }
                match (old, new) {
                    (Some(old), Some(new)) => {
                        let (old, new) = differences(old, new);
                        was.insert(key.clone(), old);
                        is.insert(key.clone(), new);
                    }
                    (old, new) => {
                        was.extend(old.map(|value| (key.clone(), value.clone())));
                        is.extend(new.map(|value| (key.clone(), value.clone())));
                    }
                }
            }
            (Value::Object(was), Value::Object(is))
        }
        (Value::Array(old), Value::Array(new)) if named(old) && named(new) => {
            let lacks = |list: &[Value], entry: &Value| !list.contains(entry);
            let only = |list: &[Value], others: &[Value]| -> Value {
                list.iter().filter(|entry| lacks(others, entry)).cloned().collect()
            };
            (only(old, new), only(new, old))
        }
        _ => (before.clone(), after.clone()),
    }
}

/// Whether a list is of entries that have names, so that each stands for itself.
fn named(list: &[Value]) -> bool {
    list.iter().all(|entry| NAMES.iter().any(|name| entry.get(name).is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_changed_is_told_and_no_secret() {
        let one = "[[extension]]\nnumber = \"8001\"\nsecret = \"alpha\"\n\
            [[extension]]\nnumber = \"8002\"\nsecret = \"beta\"\n";
        let other = one.replace("beta", "gamma").replace("8001", "8009") + "[sip]\ndigest = []\n";
        let (before, after) =
            changes(&Document::parse(one).unwrap(), &Document::parse(&other).unwrap());
        assert_eq!(before["sip"], json!({ "digest": ["MD5"] }));
        assert_eq!(after["sip"], json!({ "digest": [] }));
        assert_eq!(before["extension"].as_array().unwrap().len(), 2);
        assert_eq!(after["extension"][0]["number"], "8009");
        assert_eq!(after["extension"][1]["secret"], MASK);
        assert!(before.get("queue").is_none());
        for value in [&before, &after] {
            let text = value.to_string();
            assert!(!["alpha", "beta", "gamma"].iter().any(|s| text.contains(s)), "{text}");
        }
    }

    #[test]
    fn nothing_changed_is_nothing() {
        let document = Document::default();
        assert_eq!(changes(&document, &document), (json!({}), json!({})));
    }
}
