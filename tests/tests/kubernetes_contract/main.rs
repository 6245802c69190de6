//! One suite of requests, put to our Kubernetes emulator and to a real kube-apiserver.
//!
//! The real server is the judge: what a case expects is what it answered. The emulator is what the
//! quick tests and `cargo demo` believe in, so it must answer the same.

#![expect(clippy::unwrap_used, reason = "helpers of a test fail as the test does")]

mod cases;
mod probe;

use std::fmt::Write as _;

use e2e::kube_apiserver::{ApiServer, Authorization, assets};
use kube_emulator::{Emulator, Options};
use reqwest::{Certificate, Client};

use crate::{cases::Case, probe::Server};

#[tokio::test]
async fn the_emulator_answers_as_kubernetes_does() {
    let emulator = Emulator::start(Options::default()).await.unwrap();
    let url = emulator.url().trim_end_matches('/').to_owned();
    compare(&Server { client: Client::new(), url, token: None }).await;
}

#[tokio::test]
async fn a_real_api_server_answers_as_the_cases_say() {
    let Some(assets) = assets() else { return };
    let server = ApiServer::start(&assets, Authorization::Rbac).await.unwrap();
    let roots = Certificate::from_pem_bundle(&std::fs::read(&server.ca).unwrap()).unwrap();
    let client = Client::builder().tls_certs_only(roots).build().unwrap();
    compare(&Server { client, url: server.url.clone(), token: Some(server.token.clone()) }).await;
}

/// Puts every case to `server` and lists all answers that are not expected.
async fn compare(server: &Server) {
    let mut differences = String::new();
    for (index, case) in cases::all().into_iter().enumerate() {
        let Case { name, steps, expected } = case;
        let said = probe::run(server, &format!("case-{index}"), steps).await;
        if said != expected {
            write!(differences, "\n{name}\n  Kubernetes: {expected}\n  this:       {said}\n")
                .unwrap();
        }
    }
    assert!(differences.is_empty(), "answers that are not Kubernetes':\n{differences}");
}
