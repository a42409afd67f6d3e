//! What the live state calls the line or the span at each of the board's sockets.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tipring_config::Resolved;

/// The names by the sockets' labels.
#[derive(Clone)]
pub(crate) struct SocketNames {
    /// Numbers of extensions, which a new configuration changes at once.
    extensions: Arc<Mutex<BTreeMap<String, String>>>,
    /// Spans, which only a start takes up.
    spans: Arc<BTreeMap<String, String>>,
}

impl SocketNames {
    /// The names in a box that starts with this configuration.
    pub(crate) fn new(resolved: &Resolved) -> Self {
        let span = |span: &tipring_config::SpanEntry| Some((span.port.clone()?, span.name.clone()));
        SocketNames {
            extensions: Arc::new(Mutex::new(extensions(resolved))),
            spans: Arc::new(resolved.spans.iter().filter_map(span).collect()),
        }
    }

    /// Takes the names that another configuration gives to extensions.
    pub(crate) fn follow(&self, resolved: &Resolved) {
        *self.extensions.lock().unwrap_or_else(PoisonError::into_inner) = extensions(resolved);
    }

    /// The name of what is at this socket: an extension's number, a span's name, or the socket's
    /// own label.
    pub(crate) fn of(&self, label: &str) -> String {
        let extensions = self.extensions.lock().unwrap_or_else(PoisonError::into_inner);
        let name = extensions.get(label).or_else(|| self.spans.get(label));
        name.cloned().unwrap_or_else(|| label.to_owned())
    }
}

fn extensions(resolved: &Resolved) -> BTreeMap<String, String> {
    let named = resolved.sockets.iter();
    named.map(|(label, number)| (label.clone(), number.to_string())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tipring_config::{BoardPort, Document, Site};
    use tipring_line::{PortId, PortKind};

    fn resolved(extension: &str, span: &str) -> Resolved {
        let ports = [
            BoardPort { id: PortId(0), label: "fxo-1".into(), kind: PortKind::Fxo },
            BoardPort { id: PortId(1), label: "fxs-1".into(), kind: PortKind::Fxs },
        ];
        let site = Site { ports: &ports, ..Site::default() };
        let text = format!(
            "[[extension]]\nnumber = \"{extension}\"\nport = \"fxs-1\"\n\
             [[span]]\nname = \"{span}\"\nport = \"e1-1\"\nsignalling = \"pri-user\"\n"
        );
        Document::parse(&text).unwrap().resolve(site).unwrap()
    }

    #[test]
    fn an_extension_has_its_new_number_at_once_and_a_span_its_new_name_after_a_start() {
        let names = SocketNames::new(&resolved("8101", "city"));
        let named = || ["fxo-1", "fxs-1", "e1-1", "e1-2"].map(|label| names.of(label));
        assert_eq!(named(), ["fxo-1", "8101", "city", "e1-2"]);
        names.follow(&resolved("8102", "town"));
        assert_eq!(named(), ["fxo-1", "8102", "city", "e1-2"]);
    }
}
