//! Single entries of the configuration: queues, agents, extensions and so on, each as the JSON form
//! of its TOML table. The whole document is checked with every change.
//!
//! Secrets are written, never read: an entry that is put without one keeps the one it has.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tipring_store::Role;
use utoipa::ToSchema;

use crate::document::{BodyProblems, MatchProblems, ReadOneProblems};
use crate::etag::{changed_meanwhile, check_match, tag_of};
use crate::extract::{Body, PathPart};
use crate::routes::config::bad_configuration;
use crate::scope::Scope;
use crate::session::Session;
use crate::state::Directory;
use crate::{ApiState, Problem};

/// How often a change is tried on a document that others change at the same time.
const TRIES: usize = 5;

/// A list of the configuration.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Section {
    /// `[[queue]]`, by id.
    Queues,
    /// `[[agent]]`, by id.
    Agents,
    /// `[[extension]]`, by number or range.
    Extensions,
    /// `[[line]]`, by port.
    Lines,
    /// `[[trunk]]`, by name.
    Trunks,
    /// `[[group]]`, by name.
    Groups,
    /// `[[prompt]]`, by key.
    Prompts,
    /// `[[flow]]`, by name.
    Flows,
    /// `[[screen_pop]]`, by queue name.
    ScreenPops,
}

impl Section {
    /// The list's name in the document, and the fields by which an entry is named.
    fn place(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Section::Queues => ("queue", &["id"]),
            Section::Agents => ("agent", &["id"]),
            Section::Extensions => ("extension", &["number", "range"]),
            Section::Lines => ("line", &["port"]),
            Section::Trunks => ("trunk", &["name"]),
            Section::Groups => ("group", &["name"]),
            Section::Prompts => ("prompt", &["key"]),
            Section::Flows => ("flow", &["name"]),
            Section::ScreenPops => ("screen_pop", &["queue"]),
        }
    }

    fn key_of(self, entry: &Value) -> String {
        let named = self.place().1.iter().find_map(|field| entry.get(field));
        match named {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => String::new(),
        }
    }
}

/// One entry and the key by which it is asked for.
#[derive(Serialize, ToSchema)]
pub(crate) struct Entry {
    key: String,
    /// Its fields, as in the TOML document, without its secrets.
    #[schema(value_type = Object)]
    entry: Value,
}

/// Every entry of a section.
#[derive(Serialize, ToSchema)]
pub(crate) struct Entries {
    entries: Vec<Entry>,
}

/// Takes the secrets out of an entry.
fn without_secrets(entry: &mut Value) {
    match entry {
        Value::Object(fields) => {
            fields.retain(|name, _| name != "password" && name != "secret");
            fields.values_mut().for_each(without_secrets);
        }
        Value::Array(list) => list.iter_mut().for_each(without_secrets),
        _ => {}
    }
}

/// Puts the secrets that `new` lacks in from `old`.
fn keep_secrets(old: &Value, new: &mut Value) {
    let (Some(old), Some(new)) = (old.as_object(), new.as_object_mut()) else { return };
    for (name, value) in old {
        match new.get_mut(name) {
            None if name == "password" || name == "secret" => {
                new.insert(name.clone(), value.clone());
            }
            Some(inner) => keep_secrets(value, inner),
            None => {}
        }
    }
}

fn parse(toml: &str) -> Result<Map<String, Value>, Problem> {
    toml::from_str(toml).map_err(|e| Problem::internal(format!("the document in force: {e}")))
}

fn list(document: &Map<String, Value>, section: Section) -> Vec<Value> {
    document.get(section.place().0).and_then(Value::as_array).cloned().unwrap_or_default()
}

fn no_such_entry(key: &str) -> Problem {
    Problem::not_found("no-such-entry", format!("there is no entry {key} in this section"))
}

/// Whether a supervisor may see the entry: a queue of the own, an agent of one of them.
fn is_theirs(scope: &Scope, directory: &Directory, section: Section, entry: &Value) -> bool {
    let id = entry.get("id").and_then(Value::as_u64).and_then(|id| u32::try_from(id).ok());
    match (scope, section) {
        (Scope::All, _) => true,
        (_, Section::Queues) => {
            directory.queues.iter().any(|q| Some(q.queue.0) == id && scope.queue(q.queue))
        }
        (_, Section::Agents) => {
            directory.agents.iter().any(|a| Some(a.agent.0) == id && scope.agent(a.agent))
        }
        _ => false,
    }
}

/// Every entry of a section.
#[utoipa::path(
    get, path = "/api/config/{section}", tag = "configuration",
    params(("section" = Section, Path, description = "The section")),
    responses((status = 200, body = Entries, description = "The entries"), ReadOneProblems)
)]
pub(crate) async fn entries(
    State(state): State<ApiState>,
    Extension(session): Extension<Session>,
    PathPart(section): PathPart<Section>,
) -> Result<Json<Entries>, Problem> {
    let (scope, directory) = (state.scope(&session), state.inner.config.directory());
    let document = parse(&state.blocking(|state| Ok(state.inner.config.export())).await?)?;
    let mut all = list(&document, section);
    all.retain(|entry| is_theirs(&scope, &directory, section, entry));
    let view = |mut entry: Value| {
        without_secrets(&mut entry);
        Entry { key: section.key_of(&entry), entry }
    };
    Ok(Json(Entries { entries: all.into_iter().map(view).collect() }))
}

/// One entry.
#[utoipa::path(
    get, path = "/api/config/{section}/{key}", tag = "configuration",
    params(
        ("section" = Section, Path, description = "The section"),
        ("key" = String, Path, description = "Its id, number, name, port or key"),
    ),
    responses(
        (status = 200, body = Entry, description = "The entry", headers(("ETag" = String, description = "Its state, for If-Match"))),
        ReadOneProblems,
    )
)]
pub(crate) async fn entry(
    State(state): State<ApiState>,
    Extension(session): Extension<Session>,
    PathPart((section, key)): PathPart<(Section, String)>,
) -> Result<impl IntoResponse, Problem> {
    let (scope, directory) = (state.scope(&session), state.inner.config.directory());
    let document = parse(&state.blocking(|state| Ok(state.inner.config.export())).await?)?;
    let mut found = list(&document, section)
        .into_iter()
        .find(|e| section.key_of(e) == key && is_theirs(&scope, &directory, section, e))
        .ok_or_else(|| no_such_entry(&key))?;
    let tag = tag_of(&found.to_string());
    without_secrets(&mut found);
    Ok((AppendHeaders([(header::ETAG, tag)]), Json(Entry { key, entry: found })))
}

/// Add an entry. An id that is left out is given.
#[utoipa::path(
    post, path = "/api/config/{section}", tag = "configuration",
    params(("section" = Section, Path, description = "The section")),
    request_body(content = Object, description = "Its fields, as in the TOML document"),
    responses(
        (status = 204, description = "In force"),
        BodyProblems,
        (status = 422, body = Problem, content_type = "application/problem+json",
            description = "The entry, or the document with it, is not right"),
        (status = 412, body = Problem, content_type = "application/problem+json",
            description = "Others change the document all the time"),
    )
)]
pub(crate) async fn add_entry(
    State(state): State<ApiState>,
    Extension(session): Extension<Session>,
    PathPart(section): PathPart<Section>,
    Body(new): Body<Map<String, Value>>,
) -> Result<StatusCode, Problem> {
    change(&state, session, section, move |entries| {
        entries.push(Value::Object(new.clone()));
        Ok(())
    })
    .await
}

/// Put an entry in the place of the one of this key. A supervisor changes the own queues and their
/// agents, but neither passwords nor which queues an agent serves.
#[utoipa::path(
    put, path = "/api/config/{section}/{key}", tag = "configuration",
    params(
        ("section" = Section, Path, description = "The section"),
        ("key" = String, Path, description = "Its id, number, name, port or key"),
        crate::etag::IfMatch,
    ),
    request_body(content = Object, description = "Its fields, as in the TOML document"),
    responses(
        (status = 204, description = "In force"),
        BodyProblems, MatchProblems,
        (status = 422, body = Problem, content_type = "application/problem+json",
            description = "The entry, or the document with it, is not right"),
    )
)]
pub(crate) async fn put_entry(
    State(state): State<ApiState>,
    Extension(session): Extension<Session>,
    PathPart((section, key)): PathPart<(Section, String)>,
    headers: HeaderMap,
    Body(new): Body<Map<String, Value>>,
) -> Result<StatusCode, Problem> {
    let (scope, directory) = (state.scope(&session), state.inner.config.directory());
    let role = session.role;
    change(&state, session, section, move |entries| {
        let old = entries
            .iter_mut()
            .find(|e| section.key_of(e) == key && is_theirs(&scope, &directory, section, e))
            .ok_or_else(|| no_such_entry(&key))?;
        check_match(&headers, &old.to_string())?;
        let mut new = Value::Object(new.clone());
        if section == Section::Queues || section == Section::Agents {
            // The id stays, whatever the rest becomes: names may change, ids never do.
            new["id"] = old["id"].clone();
        }
        keep_secrets(old, &mut new);
        let kept = ["password", "queues", "work_number", "name"];
        let keeps = if section == Section::Queues { &kept[3..] } else { &kept[..3] };
        if role == Role::Supervisor && keeps.iter().any(|f| old.get(f) != new.get(f)) {
            let title = "You may not do this";
            let detail = format!("a supervisor does not change {}", keeps.join(", "));
            return Err(Problem::new(StatusCode::FORBIDDEN, "not-your-role", title, detail));
        }
        *old = new;
        Ok(())
    })
    .await
}

/// Take an entry away.
#[utoipa::path(
    delete, path = "/api/config/{section}/{key}", tag = "configuration",
    params(
        ("section" = Section, Path, description = "The section"),
        ("key" = String, Path, description = "Its id, number, name, port or key"),
        crate::etag::IfMatch,
    ),
    responses(
        (status = 204, description = "In force"),
        ReadOneProblems, MatchProblems,
        (status = 422, body = Problem, content_type = "application/problem+json",
            description = "Something else needs the entry"),
    )
)]
pub(crate) async fn remove_entry(
    State(state): State<ApiState>,
    Extension(session): Extension<Session>,
    PathPart((section, key)): PathPart<(Section, String)>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    change(&state, session, section, move |entries| {
        let at = entries
            .iter()
            .position(|entry| section.key_of(entry) == key)
            .ok_or_else(|| no_such_entry(&key))?;
        check_match(&headers, &entries[at].to_string())?;
        entries.remove(at);
        Ok(())
    })
    .await
}

/// Changes a section of the document in force, again if somebody else was faster.
async fn change(
    state: &ApiState,
    session: Session,
    section: Section,
    change: impl Fn(&mut Vec<Value>) -> Result<(), Problem> + Send + 'static,
) -> Result<StatusCode, Problem> {
    let author = session.author();
    let work = move |state: &ApiState| {
        for _ in 0..TRIES {
            let seen = state.inner.config.export();
            let mut document = parse(&seen)?;
            let mut entries = list(&document, section);
            change(&mut entries)?;
            document.insert(section.place().0.to_owned(), json!(entries));
            let toml = toml::to_string(&document).map_err(unwritable)?;
            if state.inner.config.import_over(&seen, &toml, &author).map_err(bad_configuration)? {
                return Ok(StatusCode::NO_CONTENT);
            }
        }
        Err(changed_meanwhile())
    };
    state.blocking(work).await
}

fn unwritable(e: toml::ser::Error) -> Problem {
    let title = "The configuration is not right";
    let detail = format!("{e}; TOML has no null: leave such a field out");
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "bad-configuration", title, detail)
}
