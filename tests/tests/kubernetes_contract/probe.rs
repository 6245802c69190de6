//! Sends a case's requests to one API server and says in a line of words what came of each.

use std::{collections::BTreeMap, time::Duration};

use reqwest::{Client, Method, RequestBuilder, header::ACCEPT, header::CONTENT_TYPE};
use serde_json::{Value, json};

/// How often a request is sent again while its kind is not served yet.
const QUESTIONS: usize = 100;

/// One request, and what of its answer matters.
///
/// In paths, queries and bodies `$NAME` stands for what an earlier step saved, and `$ns` for the
/// case's own namespace. A path without a leading `/` lies in that namespace, in the core group.
pub(crate) struct Step {
    method: Method,
    path: String,
    query: String,
    accept: &'static str,
    content_type: &'static str,
    body: Body,
    says: Vec<&'static str>,
    saves: Vec<(&'static str, &'static str)>,
    is_silent: bool,
    is_watch: bool,
    waits: bool,
}

enum Body {
    None,
    Json(Value),
    Text(&'static str),
}

/// An API server and how to be let in.
pub(crate) struct Server {
    /// Knows the server's certificate.
    pub(crate) client: Client,
    /// Without a trailing slash.
    pub(crate) url: String,
    /// Sent with every request, where there is one.
    pub(crate) token: Option<String>,
}

/// Asks for `path`.
pub(crate) fn get(path: &str) -> Step {
    Step::new(Method::GET, path, Body::None)
}

/// Creates `body` in the collection `path`.
pub(crate) fn post(path: &str, body: Value) -> Step {
    Step::new(Method::POST, path, Body::Json(body))
}

/// Replaces `path` by `body`.
pub(crate) fn put(path: &str, body: Value) -> Step {
    Step::new(Method::PUT, path, Body::Json(body))
}

/// Deletes `path`.
pub(crate) fn delete(path: &str) -> Step {
    Step::new(Method::DELETE, path, Body::None)
}

/// Deletes `path` with options.
pub(crate) fn delete_with(path: &str, options: Value) -> Step {
    Step::new(Method::DELETE, path, Body::Json(options))
}

/// Sends a JSON merge patch.
pub(crate) fn merge(path: &str, body: Value) -> Step {
    Step::new(Method::PATCH, path, Body::Json(body)).typed("application/merge-patch+json")
}

/// Sends a strategic merge patch.
pub(crate) fn strategic(path: &str, body: Value) -> Step {
    Step::new(Method::PATCH, path, Body::Json(body)).typed("application/strategic-merge-patch+json")
}

/// Sends a JSON patch.
pub(crate) fn json_patch(path: &str, body: Value) -> Step {
    Step::new(Method::PATCH, path, Body::Json(body)).typed("application/json-patch+json")
}

/// Applies a YAML document as the field manager that `query` names.
pub(crate) fn apply(path: &str, query: &str, yaml: &'static str) -> Step {
    Step::new(Method::PATCH, path, Body::Text(yaml))
        .typed("application/apply-patch+yaml")
        .asking(query)
}

/// Watches `path` for a second and says the events.
pub(crate) fn watch(path: &str, query: &str) -> Step {
    let mut step = get(path).asking(query);
    step.is_watch = true;
    step
}

impl Step {
    fn new(method: Method, path: &str, body: Body) -> Self {
        Self {
            method,
            path: path.to_owned(),
            query: String::new(),
            accept: "application/json",
            content_type: "application/json",
            body,
            says: Vec::new(),
            saves: Vec::new(),
            is_silent: false,
            is_watch: false,
            waits: false,
        }
    }

    /// Adds a query.
    pub(crate) fn asking(mut self, query: &str) -> Self {
        query.clone_into(&mut self.query);
        self
    }

    /// Asks for another form of the answer.
    pub(crate) fn accepting(mut self, accept: &'static str) -> Self {
        self.accept = accept;
        self
    }

    /// Sends the body under another media type.
    pub(crate) fn typed(mut self, content_type: &'static str) -> Self {
        self.content_type = content_type;
        self
    }

    /// Sends `body` as it stands.
    pub(crate) fn raw(mut self, body: &'static str) -> Self {
        self.body = Body::Text(body);
        self
    }

    /// Says the values at these JSON pointers; `?` at the end says only whether there is one, and a
    /// `*` between two pointers says the second of every element.
    pub(crate) fn says<const N: usize>(mut self, pointers: [&'static str; N]) -> Self {
        self.says = pointers.to_vec();
        self
    }

    /// Keeps the value at `pointer` for later steps.
    pub(crate) fn saves(mut self, name: &'static str, pointer: &'static str) -> Self {
        self.saves.push((name, pointer));
        self
    }

    /// Prepares something, and says nothing unless it fails.
    pub(crate) fn given(mut self) -> Self {
        self.is_silent = true;
        self
    }

    /// Repeats the request while the answer is 404, because a new kind takes a moment.
    pub(crate) fn waiting(mut self) -> Self {
        self.waits = true;
        self
    }
}

/// Runs `steps` in a new namespace and returns what they said, separated by `; `.
pub(crate) async fn run(server: &Server, namespace: &str, steps: Vec<Step>) -> String {
    let mut saved = BTreeMap::from([("ns".to_owned(), namespace.to_owned())]);
    let made = json!({ "metadata": { "name": namespace } });
    let first = post("/api/v1/namespaces", made).given();
    let mut said = Vec::new();
    for step in std::iter::once(first).chain(steps) {
        match say(server, &step, &mut saved).await {
            Ok(text) if step.is_silent => drop(text),
            Ok(text) => said.push(text),
            Err(text) => return format!("preparation failed: {text}"),
        }
    }
    said.join("; ")
}

async fn say(
    server: &Server,
    step: &Step,
    saved: &mut BTreeMap<String, String>,
) -> Result<String, String> {
    let mut answer = send(server, step, saved).await?;
    for _ in 0..QUESTIONS {
        if !(step.waits && answer.0 == 404) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        answer = send(server, step, saved).await?;
    }
    let (status, text) = answer;
    if step.is_watch {
        return Ok(if status == 200 { events(&text) } else { refusal(status, &text) });
    }
    let body = serde_json::from_str::<Value>(&text).unwrap_or(Value::Null);
    for (name, pointer) in &step.saves {
        saved.insert((*name).to_owned(), shown(body.pointer(pointer)));
    }
    if step.is_silent && status >= 400 {
        return Err(format!("{} {}: {status} {text}", step.method, step.path));
    }
    let mut words = vec![refusal(status, &text)];
    words.extend(step.says.iter().map(|pointer| look(&body, pointer)));
    Ok(words.join(" "))
}

async fn send(
    server: &Server,
    step: &Step,
    saved: &BTreeMap<String, String>,
) -> Result<(u16, String), String> {
    let path = if step.path.starts_with('/') {
        step.path.clone()
    } else {
        format!("/api/v1/namespaces/$ns/{}", step.path)
    };
    let url = fill(&format!("{}{path}?{}", server.url, step.query), saved);
    let mut request: RequestBuilder = server.client.request(step.method.clone(), url);
    request = request.header(ACCEPT, step.accept);
    if let Some(token) = &server.token {
        request = request.bearer_auth(token);
    }
    request = match &step.body {
        Body::None => request,
        Body::Json(body) => {
            request.header(CONTENT_TYPE, step.content_type).body(fill(&body.to_string(), saved))
        }
        Body::Text(body) => request.header(CONTENT_TYPE, step.content_type).body(fill(body, saved)),
    };
    let answer = request.send().await.map_err(|error| format!("no answer: {error}"))?;
    let status = answer.status().as_u16();
    let text = answer.text().await.map_err(|error| format!("half an answer: {error}"))?;
    Ok((status, text))
}

fn fill(text: &str, saved: &BTreeMap<String, String>) -> String {
    saved
        .iter()
        .fold(text.to_owned(), |text, (name, value)| text.replace(&format!("${name}"), value))
}

/// Says the status, and the reason of a refusal.
fn refusal(status: u16, text: &str) -> String {
    let body = serde_json::from_str::<Value>(text).unwrap_or(Value::Null);
    match body.pointer("/reason").and_then(Value::as_str) {
        Some(reason) if status >= 400 => format!("{status} {reason}"),
        _ => status.to_string(),
    }
}

fn look(body: &Value, pointer: &str) -> String {
    if let Some(pointer) = pointer.strip_suffix('?') {
        let is_set = body.pointer(pointer).is_some_and(|value| !value.is_null());
        return if is_set { "set" } else { "unset" }.to_owned();
    }
    if let Some((list, rest)) = pointer.split_once('*') {
        let items = body.pointer(list).and_then(Value::as_array).cloned().unwrap_or_default();
        let items = items.iter().map(|item| shown(item.pointer(rest)));
        return format!("[{}]", items.collect::<Vec<_>>().join(" "));
    }
    shown(body.pointer(pointer))
}

fn shown(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    }
}

/// Says the type and the name of every event of a watch.
fn events(text: &str) -> String {
    let events = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let said = events.map(|event| {
        let kind = shown(event.pointer("/type"));
        match kind.as_str() {
            "ERROR" => format!("ERROR {}", shown(event.pointer("/object/code"))),
            "BOOKMARK" => {
                let end = "/object/metadata/annotations/k8s.io~1initial-events-end";
                let is_end = event.pointer(end).is_some();
                format!("BOOKMARK{}", if is_end { " of the end" } else { "" })
            }
            _ => format!("{kind} {}", shown(event.pointer("/object/metadata/name"))),
        }
    });
    // A server may send bookmarks whenever it likes.
    let said = said.filter(|word| word != "BOOKMARK").collect::<Vec<_>>();
    if said.is_empty() { "no events".to_owned() } else { said.join(", ") }
}
