//! Holds an answer against the OpenAPI document: the status must be described, the body must have
//! every field its schema asks for, of the right kind, and no other.

use std::collections::BTreeSet;

use serde_json::Value;

/// The document.
pub(crate) struct Document(Value);

impl Document {
    pub(crate) fn new() -> Self {
        Document(serde_json::to_value(tipring_api::openapi()).unwrap())
    }

    /// Every described route: method in upper case and path template.
    pub(crate) fn routes(&self) -> Vec<(String, String)> {
        let paths = self.0["paths"].as_object().unwrap();
        let methods = |(path, item): (&String, &Value)| -> Vec<(String, String)> {
            let methods = item.as_object().unwrap().keys();
            methods.map(|method| (method.to_uppercase(), path.clone())).collect()
        };
        paths.iter().flat_map(methods).collect()
    }

    /// The description of a route, by a real path.
    fn operation(&self, method: &str, path: &str) -> Option<&Value> {
        let path = path.split('?').next().unwrap();
        let fits = |template: &str| {
            let (mut parts, mut real) = (template.split('/'), path.split('/'));
            loop {
                match (parts.next(), real.next()) {
                    (None, None) => return true,
                    (Some(part), Some(real)) if part == real || part.starts_with('{') => {}
                    _ => return false,
                }
            }
        };
        let paths = self.0["paths"].as_object().unwrap();
        // A template without parameters goes before one with.
        let exact = paths.get(path);
        let item = exact.or_else(|| paths.iter().find(|(t, _)| fits(t)).map(|(_, item)| item))?;
        item.get(method.to_lowercase())
    }

    /// Checks an answer of a described route; one that is not described is let pass.
    pub(crate) fn check(
        &self,
        (method, path): (&str, &str),
        status: u16,
        media_type: &str,
        body: &[u8],
    ) -> Result<(), String> {
        let Some(operation) = self.operation(method, path) else { return Ok(()) };
        let response = operation["responses"]
            .get(status.to_string())
            .ok_or_else(|| format!("{method} {path}: status {status} is not described"))?;
        let Some(content) = response.get("content") else {
            let empty = body.is_empty();
            return if empty { Ok(()) } else { Err(format!("{method} {path}: a body at all")) };
        };
        let media = content.as_object().unwrap().iter().find(|(t, _)| t.starts_with(media_type));
        let (_, media) =
            media.ok_or_else(|| format!("{method} {path}: {media_type} is not described"))?;
        if !media_type.ends_with("json") {
            return Ok(());
        }
        let value = serde_json::from_slice(body).map_err(|e| e.to_string())?;
        self.exact(&media["schema"], &value).map_err(|e| format!("{method} {path} {status}: {e}"))
    }

    /// Checks a value against a schema by its name.
    pub(crate) fn check_named(&self, name: &str, value: &Value) -> Result<(), String> {
        self.exact(&self.0["components"]["schemas"][name], value)
            .map_err(|e| format!("{name}: {e}"))
    }

    /// The value fits the schema, and has no field that the schema does not know.
    fn exact(&self, schema: &Value, value: &Value) -> Result<(), String> {
        let known = self.fits(schema, value)?;
        let kind = &schema["type"];
        let is_object = kind == "object"
            || kind.as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "object"));
        let free = is_object && schema.get("properties").is_none();
        match value.as_object() {
            Some(fields) if !free => match fields.keys().find(|key| !known.contains(*key)) {
                Some(unknown) => Err(format!("field {unknown} is not described")),
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }

    /// The value fits; returns the names of all fields that its schema knows.
    fn fits(&self, schema: &Value, value: &Value) -> Result<BTreeSet<String>, String> {
        let mut known = BTreeSet::new();
        if let Some(reference) = schema["$ref"].as_str() {
            let name = reference.rsplit('/').next().unwrap();
            let target = &self.0["components"]["schemas"][name];
            return self.fits(target, value).map_err(|e| format!("{name}: {e}"));
        }
        for part in schema["allOf"].as_array().into_iter().flatten() {
            known.extend(self.fits(part, value)?);
        }
        if let Some(parts) = schema["oneOf"].as_array() {
            let fitting: Vec<_> = parts.iter().filter_map(|p| self.fits(p, value).ok()).collect();
            match fitting.as_slice() {
                [one] => known.extend(one.iter().cloned()),
                others => return Err(format!("{value} fits {} of the variants", others.len())),
            }
        }
        check_kind(schema, value)?;
        if let Some(words) = schema["enum"].as_array()
            && !words.contains(value)
        {
            return Err(format!("{value} is none of {words:?}"));
        }
        for item in value.as_array().into_iter().flatten() {
            self.exact(&schema["items"], item)?;
        }
        for name in schema["required"].as_array().into_iter().flatten() {
            let name = name.as_str().unwrap();
            value.get(name).ok_or_else(|| format!("field {name} is missing in {value}"))?;
        }
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            known.insert(name.clone());
            if let Some(value) = value.get(name) {
                self.exact(property, value).map_err(|e| format!("{name}: {e}"))?;
            }
        }
        Ok(known)
    }
}

fn check_kind(schema: &Value, value: &Value) -> Result<(), String> {
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => return Ok(()),
    };
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(n) if n.is_i64() || n.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    if kinds.contains(&kind) { Ok(()) } else { Err(format!("{value} is not of {kinds:?}")) }
}
