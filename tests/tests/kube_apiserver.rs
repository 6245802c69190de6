//! Whether the real API server of the wider suites starts, is told who asks, and ends.

use e2e::kube_apiserver::{ApiServer, Authorization, assets};
use reqwest::{Certificate, Client, StatusCode};
use serde_json::{Value, json};

#[tokio::test]
async fn a_real_api_server_keeps_objects_and_tells_users_apart() {
    let Some(assets) = assets() else { return };
    let server = ApiServer::start(&assets, Authorization::Rbac).await.unwrap();
    let roots = Certificate::from_pem_bundle(&std::fs::read(&server.ca).unwrap()).unwrap();
    let client = Client::builder().tls_certs_only(roots).build().unwrap();
    let services = format!("{}/api/v1/namespaces/default/services", server.url);
    let service = json!({
        "metadata": {"name": "web"},
        "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]},
    });

    let stranger =
        client.get(&services).bearer_auth(&server.plain_token).send().await.unwrap().status();
    let created = client
        .post(&services)
        .bearer_auth(&server.token)
        .json(&service)
        .send()
        .await
        .unwrap()
        .json::<Value>()
        .await
        .unwrap();

    assert_eq!(stranger, StatusCode::FORBIDDEN);
    assert_eq!(created["metadata"]["name"], "web", "{created}");
    assert!(created["spec"]["clusterIP"].as_str().unwrap().starts_with("10."), "{created}");

    let url = format!("{}/readyz", server.url);
    drop(server);
    assert!(client.get(url).send().await.is_err(), "the server outlived its handle");
}
