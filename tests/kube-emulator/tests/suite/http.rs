//! A plain HTTP client of one emulator, and the objects that tests start from.

use std::time::Duration;

use kube_emulator::{Emulator, Options};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

/// How long a test waits for anything before it fails.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

pub(crate) const SERVICES: &str = "/api/v1/namespaces/default/services";
pub(crate) const INGRESSES: &str = "/apis/networking.k8s.io/v1/namespaces/default/ingresses";
pub(crate) const CONFIG_MAPS: &str = "/api/v1/namespaces/default/configmaps";

pub(crate) struct Http {
    pub(crate) emulator: Emulator,
    client: reqwest::Client,
}

impl Http {
    pub(crate) async fn start() -> Self {
        Self::start_with(Options::default()).await
    }

    pub(crate) async fn start_with(options: Options) -> Self {
        let emulator = Emulator::start(options).await.unwrap();
        let client = reqwest::Client::builder().timeout(DEADLINE).build().unwrap();
        Self { emulator, client }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.emulator.url()))
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        answer(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        answer(self.request(Method::POST, path).json(body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> (u16, Value) {
        answer(self.request(Method::PUT, path).json(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> (u16, Value) {
        answer(self.request(Method::DELETE, path)).await
    }

    pub(crate) async fn patch(&self, path: &str, form: &str, body: &str) -> (u16, Value) {
        let media_type = match form {
            "apply" => "application/apply-patch+yaml".to_owned(),
            form => format!("application/{form}+json"),
        };
        let request = self.request(Method::PATCH, path).header("content-type", media_type);
        answer(request.body(body.to_owned())).await
    }

    /// Creates a `ConfigMap`, the plainest of objects.
    pub(crate) async fn config_map(&self, name: &str, labels: Value) -> Value {
        let body = json!({ "metadata": { "name": name, "labels": labels } });
        let (code, created) = self.post(CONFIG_MAPS, &body).await;
        assert_eq!(code, 201, "{created}");
        created
    }

    /// Opens a watch; its events are read with [`Events::next`].
    pub(crate) async fn watch(&self, path_and_query: &str) -> Events {
        let response = self.request(Method::GET, path_and_query).send().await.unwrap();
        assert_eq!(response.status(), 200);
        Events { response, rest: Vec::new() }
    }
}

pub(crate) async fn answer(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let code = response.status().as_u16();
    let text = response.text().await.unwrap();
    (code, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

/// The events of an open watch.
pub(crate) struct Events {
    response: Response,
    rest: Vec<u8>,
}

impl Events {
    /// Returns the next event; `None` when the watch has ended in order.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.rest.drain(..=end).collect();
                return Some(serde_json::from_slice(&line).unwrap());
            }
            let chunk = self.response.chunk().await.unwrap()?;
            self.rest.extend_from_slice(&chunk);
        }
    }

    /// Returns the next event as `TYPE name`.
    pub(crate) async fn next_short(&mut self) -> String {
        let event = self.next().await.expect("the watch goes on");
        let name = event["object"]["metadata"]["name"].as_str().unwrap_or("");
        format!("{} {name}", event["type"].as_str().unwrap()).trim_end().to_owned()
    }

    /// Returns the error with which the connection breaks.
    pub(crate) async fn next_break(&mut self) -> reqwest::Error {
        loop {
            match self.response.chunk().await {
                Ok(Some(_)) => {}
                Ok(None) => panic!("the watch ended in order"),
                Err(error) => return error,
            }
        }
    }
}

pub(crate) fn service(name: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": { "name": name },
        "spec": { "selector": { "app": name }, "ports": [{ "port": 80 }] },
    })
}

pub(crate) fn ingress(name: &str, host: &str) -> Value {
    json!({
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": { "name": name },
        "spec": { "rules": [{ "host": host, "http": { "paths": [{
            "path": "/",
            "pathType": "Prefix",
            "backend": { "service": { "name": name, "port": { "number": 80 } } },
        }] } }] },
    })
}

/// Returns the names in a list.
pub(crate) fn names(list: &Value) -> Vec<&str> {
    let items = list["items"].as_array().unwrap();
    items.iter().map(|item| item["metadata"]["name"].as_str().unwrap()).collect()
}

/// Returns the resource version of an object or a list.
pub(crate) fn version(value: &Value) -> &str {
    value["metadata"]["resourceVersion"].as_str().unwrap()
}
