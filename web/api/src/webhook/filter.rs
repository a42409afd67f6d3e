//! Which events a webhook wants, and how they are written.

use serde_json::{Map, Value, json};
use tipring_events::QueueId;
use tipring_line::CallId;
use tipring_store::{RawEvent, WebhookChange};

/// An event, read as far as sending it needs.
#[derive(Clone, PartialEq, Debug)]
pub struct Envelope {
    /// The event's row in the log.
    pub id: u64,
    /// Its word: `call-began`.
    pub word: String,
    /// The call it is about; events of one call are told in order.
    pub call: Option<CallId>,
    /// The queue it is about.
    pub queue: Option<QueueId>,
    /// What is sent: the event's fields, `id` and `at_ms`.
    pub body: String,
}

/// Reads an event of the log. One that is no JSON object, which a damaged disk may leave, is sent
/// as an event without a word.
pub fn envelope(event: &RawEvent) -> Envelope {
    let mut fields: Map<String, Value> = serde_json::from_str(&event.body).unwrap_or_default();
    let number = |name: &str| fields.get(name).and_then(Value::as_u64);
    let (call, queue) = (number("call").map(CallId), number("queue"));
    let queue = queue.and_then(|id| u32::try_from(id).ok()).map(QueueId);
    let word = fields.get("event").and_then(Value::as_str).unwrap_or("").to_owned();
    fields.insert("id".to_owned(), json!(event.id));
    fields.insert("at_ms".to_owned(), json!(event.at.unix_millis()));
    Envelope { id: event.id, word, call, queue, body: Value::Object(fields).to_string() }
}

/// Whether a webhook wants an event. `queues_of` gives the queues that a call has waited in.
pub fn wants(
    change: &WebhookChange,
    event: &Envelope,
    queues_of: impl FnOnce(CallId) -> Vec<QueueId>,
) -> bool {
    if !change.events.is_empty() && !change.events.contains(&event.word) {
        return false;
    }
    let theirs = |queue: &QueueId| change.queues.contains(queue);
    change.queues.is_empty()
        || event.queue.as_ref().is_some_and(theirs)
        || event.call.is_some_and(|call| queues_of(call).iter().any(theirs))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tipring_clock::WallTime;

    fn event(body: &str) -> Envelope {
        let at = WallTime::from_unix_micros(5_000_000);
        envelope(&RawEvent { id: 7, at, body: body.to_owned() })
    }

    #[test]
    fn an_event_goes_to_who_wants_its_word_and_its_queue() {
        let pressed = event(r#"{"event":"key-pressed","call":3,"digit":"1"}"#);
        let sent: Value = serde_json::from_str(&pressed.body).unwrap();
        assert_eq!(
            sent,
            json!({"event": "key-pressed", "call": 3, "digit": "1", "id": 7, "at_ms": 5000})
        );
        let entered = event(r#"{"event":"queue-entered","call":3,"queue":2}"#);
        let change = |events: &[&str], queues: &[u32]| WebhookChange {
            events: events.iter().map(|e| (*e).to_owned()).collect(),
            queues: queues.iter().map(|q| QueueId(*q)).collect(),
            ..WebhookChange::default()
        };
        let nowhere = |_| Vec::new();
        let in_two = |_| vec![QueueId(2)];
        assert!(wants(&change(&[], &[]), &pressed, nowhere));
        assert!(wants(&change(&["key-pressed"], &[]), &pressed, nowhere));
        assert!(!wants(&change(&["call-began"], &[]), &pressed, nowhere));
        assert!(!wants(&change(&[], &[2]), &pressed, nowhere));
        assert!(wants(&change(&[], &[2]), &pressed, in_two));
        assert!(wants(&change(&[], &[2]), &entered, nowhere));
        assert!(!wants(&change(&[], &[1]), &entered, nowhere));
        assert_eq!(event("broken").word, "");
    }
}
