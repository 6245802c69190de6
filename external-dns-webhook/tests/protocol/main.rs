//! The protocol over a socket: our server against plain HTTP, and our client against our server.
//!
//! The bodies are the files in `proto-docs/examples`, which the documentation shows, too.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world should stop")]

mod age;
mod crowds;
mod odd_requests;
mod unanswered;
mod web_pages;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use external_dns_webhook::client::{Client, ClientOptions, Observer, PartlyApplied, WriteProgress};
use external_dns_webhook::memory::Memory;
use external_dns_webhook::{
    Adjusted, Applied, Changes, DomainFilter, Endpoint, Extension, Negotiation, Provider,
    ProviderError, RecordType, Refusal, media_type, server, wire,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const MEDIA_TYPE: &str = "application/external.dns.webhook+json;version=1";

fn example(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../proto-docs/examples");
    std::fs::read_to_string(folder.join(name)).unwrap()
}

/// Serves `provider` until the test ends and returns where.
async fn serve<P: Provider>(provider: Arc<P>, options: server::ServerOptions) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = server::router(provider, options);
    #[expect(clippy::disallowed_methods, reason = "the test's runtime ends it")]
    tokio::spawn(async move { axum_serve(listener, router).await });
    address
}

async fn axum_serve(listener: TcpListener, router: axum::Router) {
    axum::serve(listener, router).await.unwrap();
}

/// Sends one request as it stands and returns the whole answer as it came.
async fn raw(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

async fn send(address: SocketAddr, method: &str, path: &str, body: &str) -> (u16, String, String) {
    let length = body.len();
    let answer = raw(
        address,
        &format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
             Content-Type: {MEDIA_TYPE}\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        ),
    )
    .await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let content_type = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-type"))
        .map_or_else(String::new, |(_, value)| value.to_owned());
    (status, content_type, body.to_owned())
}

fn holding_the_examples() -> Arc<Memory> {
    Arc::new(Memory::holding(wire::decode_endpoints(example("records.json").as_bytes()).unwrap()))
}

#[tokio::test]
async fn negotiation_is_answered_byte_for_byte() {
    let provider = Arc::new(Scripted::new(Negotiation {
        domain_filter: DomainFilter::lists(["example.com", ".example.com"], [""; 0]),
        ..Negotiation::default()
    }));
    let address = serve(provider, server::ServerOptions::default()).await;
    let (status, content_type, body) = send(address, "GET", "/", "").await;
    assert_eq!((status, content_type.as_str()), (200, MEDIA_TYPE));
    assert_eq!(body, example("negotiate.json"));
    let (status, content_type, body) = send(address, "HEAD", "/", "").await;
    assert_eq!((status, content_type.as_str(), body.as_str()), (200, MEDIA_TYPE, ""));
}

#[tokio::test]
async fn extensions_are_added_to_negotiation_only_when_there_are_some() {
    let provider = Arc::new(Scripted::new(Negotiation {
        domain_filter: DomainFilter::lists(["example.com", ".example.com"], [""; 0]),
        extensions: [Extension::Outcomes, Extension::RecordsByName].into_iter().collect(),
        property_prefixes: vec!["aws/".into()],
        shard: None,
    }));
    let address = serve(provider, server::ServerOptions::default()).await;
    let (_, _, body) = send(address, "GET", "/", "").await;
    assert_eq!(body, example("negotiate-extended.json"));
}

#[tokio::test]
async fn a_missing_accept_a_star_and_curl_are_all_served() {
    let address = serve(holding_the_examples(), server::ServerOptions::default()).await;
    for accept in ["", "Accept: */*\r\n", "User-Agent: curl/8.5.0\r\nAccept: */*\r\n"] {
        let request =
            format!("GET /records HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{accept}\r\n");
        let answer = raw(address, &request).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.contains(&format!("content-type: {MEDIA_TYPE}\r\n")), "{answer}");
    }
}

#[tokio::test]
async fn records_and_changes_travel_as_the_examples_show() {
    let memory = Arc::new(Memory::default());
    let address = serve(Arc::clone(&memory), server::ServerOptions::default()).await;
    let create = format!("{{\"create\":{}}}", example("records.json"));
    assert_eq!(send(address, "POST", "/records", &create).await.0, 204);
    let (status, content_type, body) = send(address, "GET", "/records", "").await;
    assert_eq!((status, content_type.as_str()), (200, MEDIA_TYPE));
    let mut listed = wire::decode_endpoints(body.as_bytes()).unwrap();
    let mut shown = wire::decode_endpoints(example("records.json").as_bytes()).unwrap();
    listed.sort_by_key(Endpoint::key);
    shown.sort_by_key(Endpoint::key);
    assert_eq!(listed, shown);
    assert_eq!(send(address, "POST", "/records", &example("changes.json")).await.0, 204);
    let changed = memory.dump();
    assert!(changed.iter().any(|endpoint| endpoint.targets == ["192.0.2.3"].into()));
    // The capitalised spelling of older controllers says the same, so nothing more happens.
    assert_eq!(
        send(address, "POST", "/records", &example("changes-capitalised.json")).await.0,
        204
    );
    assert_eq!(memory.dump(), changed);
    for nothing in ["changes-none.json", "changes-none-capitalised.json"] {
        assert_eq!(send(address, "POST", "/records", &example(nothing)).await.0, 204, "{nothing}");
    }
    assert_eq!(send(address, "POST", "/records", "null\n").await.0, 204);
    assert_eq!(memory.dump(), changed);
}

#[test]
fn the_examples_are_what_we_would_write() {
    let endpoints = |name: &str| {
        let text = example(name);
        let decoded = wire::decode_endpoints(text.as_bytes()).unwrap();
        assert_eq!(String::from_utf8(wire::encode(&decoded)).unwrap(), text, "{name}");
    };
    endpoints("records.json");
    endpoints("adjust-request.json");
    let changes = wire::decode_changes(example("changes.json").as_bytes()).unwrap();
    assert_eq!(String::from_utf8(wire::encode(&changes)).unwrap(), example("changes.json"));
    let capitalised = wire::decode_changes(example("changes-capitalised.json").as_bytes());
    assert_eq!(capitalised.unwrap(), changes);
    let adjusted: Adjusted =
        wire::decode_extension(example("adjusted-outcomes.json").as_bytes()).unwrap();
    assert_eq!(
        String::from_utf8(wire::encode(&adjusted)).unwrap(),
        example("adjusted-outcomes.json")
    );
    let applied: Applied =
        wire::decode_extension(example("applied-outcomes.json").as_bytes()).unwrap();
    assert_eq!(
        String::from_utf8(wire::encode(&applied)).unwrap(),
        example("applied-outcomes.json")
    );
}

#[tokio::test]
async fn adjust_answers_null_with_an_empty_list_and_echoes_the_rest() {
    let address = serve(Arc::new(Memory::default()), server::ServerOptions::default()).await;
    let request = example("adjust-request.json");
    let (status, content_type, body) = send(address, "POST", "/adjustendpoints", &request).await;
    assert_eq!((status, content_type.as_str(), body), (200, MEDIA_TYPE, request));
    assert_eq!(send(address, "POST", "/adjustendpoints", "null").await.2, "[]\n");
    let odd = r#"[{"DNSNAME":"a","recordTTL":0,"labels":{},"targets":[]}]"#;
    assert_eq!(send(address, "POST", "/adjustendpoints", odd).await.2, "[{\"dnsName\":\"a\"}]\n");
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_said_in_its_answer() {
    let address = serve(Arc::new(Memory::default()), server::ServerOptions::default()).await;
    for (method, path, body, status, says) in [
        ("POST", "/records", "", 400, "the body is empty"),
        ("POST", "/adjustendpoints", "", 400, "the body is empty"),
        ("POST", "/records", "{nonsense", 400, "line 1 column 2"),
        ("POST", "/adjustendpoints", "{}", 400, "expected a list"),
        ("POST", "/records", r#"{"updateOld":[{}]}"#, 400, "has 1 elements"),
        ("PUT", "/records", "{}", 400, "`PUT` is not for `/records`; use GET or POST"),
        ("GET", "/adjustendpoints", "", 400, "use POST"),
        ("DELETE", "/", "", 400, "use GET or HEAD"),
        ("GET", "/healthz", "", 404, "nothing is at `/healthz`"),
        ("GET", "/Records", "", 404, "`/records`"),
    ] {
        let (got, content_type, text) = send(address, method, path, body).await;
        assert_eq!(got, status, "{method} {path}: {text}");
        assert_eq!(content_type, "application/json");
        let problem: serde_json::Value = serde_json::from_str(&text).unwrap();
        let error = problem.get("error").unwrap().as_str().unwrap();
        assert!(error.contains(says), "{method} {path} says: {error}");
    }
}

#[tokio::test]
async fn a_body_may_be_as_long_as_the_limit_and_not_longer() {
    let options = server::ServerOptions { max_body_size_bytes: 100, ..Default::default() };
    let address = serve(Arc::new(Memory::default()), options).await;
    let padded = |length: usize| format!("[]{}", " ".repeat(length - 2));
    for path in ["/records", "/adjustendpoints"] {
        let (status, _, text) = send(address, "POST", path, &padded(101)).await;
        assert_eq!(status, 413, "{text}");
        assert!(text.contains("larger than 100 bytes"), "{text}");
    }
    assert_eq!(send(address, "POST", "/adjustendpoints", &padded(100)).await.0, 200);
    let unlimited = server::ServerOptions { max_body_size_bytes: 0, ..Default::default() };
    let address = serve(Arc::new(Memory::default()), unlimited).await;
    assert_eq!(send(address, "POST", "/adjustendpoints", &padded(2 << 20)).await.0, 200);
}

#[tokio::test]
async fn a_provider_that_fails_is_a_500_and_one_that_is_busy_a_503() {
    let provider = Arc::new(Scripted::new(Negotiation::default()));
    let address = serve(Arc::clone(&provider), server::ServerOptions::default()).await;
    for path in ["/records", "/zones"] {
        provider.fail(|| ProviderError::refused("no such zone"));
        let (status, _, text) = send(address, "GET", path, "").await;
        assert_eq!(status, 500);
        assert!(text.contains("no such zone"), "{text}");
    }
    provider.fail(|| ProviderError::Unavailable {
        retry_after: Some(Duration::from_secs(7)),
        source: "throttled".into(),
    });
    let answer = raw(
        address,
        &format!(
            "POST /records HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
             Content-Type: {MEDIA_TYPE}\r\nContent-Length: 2\r\n\r\n{{}}"
        ),
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    assert!(answer.contains("retry-after: 7\r\n"), "{answer}");
}

#[tokio::test]
async fn a_change_that_was_not_written_is_never_a_success_of_version_1() {
    let provider = Arc::new(Scripted::new(Negotiation::default()));
    let endpoint = Endpoint::new("bad.example.com", RecordType::A, ["192.0.2.1"]);
    provider.refuse(Refusal::of(&endpoint, "InvalidProperty", "the weight is not a number"));
    let address = serve(provider, server::ServerOptions::default()).await;
    let (status, _, text) = send(address, "POST", "/records", "{}").await;
    assert_eq!(status, 500);
    assert!(text.contains("`bad.example.com` A: the weight is not a number"), "{text}");
}

#[tokio::test]
async fn the_client_gets_back_what_the_server_was_given() {
    let memory = holding_the_examples();
    let address = serve(Arc::clone(&memory), server::ServerOptions::default()).await;
    for url in [format!("http://{address}"), format!("http://{address}/")] {
        let client = connect(&url);
        let negotiation = client.negotiate().await.unwrap();
        assert!(negotiation.extensions.offers(Extension::RecordsByName));
        assert_eq!(client.records().await.unwrap(), memory.dump());
        let named = client.records_named(vec!["WWW.example.com".into()]).await.unwrap();
        assert_eq!(named.len(), 1);
    }
    let client = connect(&format!("http://{address}"));
    client.negotiate().await.unwrap();
    let changes = wire::decode_changes(example("changes.json").as_bytes()).unwrap();
    assert_eq!(client.apply(changes.clone()).await.unwrap(), Applied::default());
    let wanted = changes.create.clone();
    assert_eq!(client.adjust(wanted.clone()).await.unwrap().endpoints, wanted);
    let other = Endpoint::new("new.example.com", RecordType::A, ["192.0.2.77"]);
    let conflict = Changes { create: vec![other], ..Changes::default() };
    let applied = client.apply(conflict).await.unwrap();
    assert_eq!(applied.refused.first().unwrap().code, "AlreadyExists");
}

#[tokio::test]
async fn a_request_that_is_too_large_costs_only_what_is_too_large_alone() {
    let memory = Arc::new(Memory::default());
    let options = server::ServerOptions { max_body_size_bytes: 2_000, ..Default::default() };
    let client = connect(&format!("http://{}", serve(Arc::clone(&memory), options).await));
    client.negotiate().await.unwrap();
    let record = |count: usize| {
        let name = format!("{count}.example.com");
        Endpoint::new(name, RecordType::A, ["192.0.2.1"])
    };
    let mut wanted: Vec<_> = (0..50).map(record).collect();
    let huge = Endpoint::new("huge.example.com", RecordType::Txt, ["v".repeat(3_000)]);
    wanted.insert(25, huge);
    let adjusted = client.adjust(wanted.clone()).await.unwrap();
    let create = wanted.clone();
    let applied = client.apply(Changes { create, ..Changes::default() }).await.unwrap();
    for refused in [adjusted.refused, applied.refused] {
        let told: Vec<_> = refused
            .iter()
            .map(|refusal| (refusal.dns_name.as_str(), refusal.code.as_str()))
            .collect();
        assert_eq!(told, [("huge.example.com", "TooLarge")]);
    }
    wanted.remove(25);
    assert_eq!(adjusted.endpoints, wanted);
    assert_eq!(memory.dump().len(), 50);
}

#[tokio::test]
async fn of_a_write_in_several_requests_it_is_told_how_far_it_has_come() {
    let memory = Arc::new(Memory::default());
    let address = serve(Arc::clone(&memory), server::ServerOptions::default()).await;
    let told = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&told);
    let observer = Observer::new(|_| {}).with_progress(move |WriteProgress { done, all }| {
        seen.lock().unwrap().push((done, all));
        if all == 6_000 { Err("no more".into()) } else { Ok(()) }
    });
    let url = format!("http://{address}");
    let client = Client::new(&ClientOptions { url, observer, ..Default::default() }).unwrap();
    client.negotiate().await.unwrap();
    let record =
        |count| Endpoint::new(format!("{count}.example.com"), RecordType::A, ["192.0.2.1"]);
    let write = async |names: std::ops::Range<usize>| {
        let create = names.map(record).collect();
        client.apply(Changes { create, ..Changes::default() }).await.unwrap();
        std::mem::take(&mut *told.lock().unwrap())
    };
    assert_eq!(write(0..5_000).await, [(2_000, 5_000), (4_000, 5_000)]);
    assert_eq!(write(5_000..5_010).await, []);
    let stopped = client
        .apply(Changes { create: (10_000..16_000).map(record).collect(), ..Changes::default() })
        .await
        .unwrap_err();
    assert!(stopped.to_string().contains("no more"), "{stopped}");
    let part = PartlyApplied::of(&stopped).unwrap();
    assert_eq!((part.done.len(), part.rest.len()), (2_000, 4_000), "what was answered is known");
    assert_eq!(part.rest.create.first(), Some(&record(12_000)), "in the order of the write");
    assert_eq!(memory.dump().len(), 5_010 + 2_000, "the rest is not sent");
}

#[tokio::test]
async fn the_client_asks_nobody_whom_a_provider_redirects_it_to() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = elsewhere.local_addr().unwrap();
    for status in [301, 302, 303, 307, 308] {
        let answer = format!(
            "HTTP/1.1 {status} X\r\nLocation: http://me:secret@{target}/x\r\nContent-Length: 0\r\n\r\n"
        );
        let address = answering(&answer).await;
        let client = connect(&format!("http://{address}"));
        let errors = [
            client.negotiate().await.unwrap_err(),
            client.records().await.unwrap_err(),
            client.apply(Changes::default()).await.unwrap_err(),
        ];
        for error in errors {
            let ProviderError::Refused(source) = error else { panic!("{error:?}") };
            let text = source.to_string();
            assert!(text.contains(&format!("http://{address}/ redirects")), "{text}");
            assert!(text.contains(&format!("http://…@{target}/x")), "{text}");
        }
    }
    let asked = tokio::time::timeout(Duration::ZERO, elsewhere.accept()).await;
    assert!(asked.is_err(), "it was asked");
}

#[tokio::test]
async fn the_client_refuses_what_is_not_the_protocol() {
    let wrong_type = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\n{}";
    let address = answering(wrong_type).await;
    let error = connect(&format!("http://{address}")).negotiate().await.unwrap_err();
    assert!(format!("{error:?}").contains("text/html"), "{error:?}");
    let spaced = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {}\r\nContent-Length: 2\r\n\r\n{{}}",
        media_type::MEDIA_TYPE.replace(';', "; ")
    );
    let address = answering(&spaced).await;
    connect(&format!("http://{address}")).negotiate().await.unwrap();
    let not_204 = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    let address = answering(not_204).await;
    let error = connect(&format!("http://{address}")).apply(Changes::default()).await.unwrap_err();
    assert!(matches!(error, ProviderError::Refused(_)), "{error:?}");
    for url in ["://invalid-url", "localhost", "ftp://localhost"] {
        let options = ClientOptions { url: url.into(), ..ClientOptions::default() };
        assert!(Client::new(&options).is_err(), "{url}");
    }
}

#[tokio::test]
async fn an_answer_beyond_the_limit_is_not_read_to_its_end() {
    let memory = holding_the_examples();
    let length = wire::encode(&memory.dump()).len();
    let address = serve(memory, server::ServerOptions::default()).await;
    let limited = |limit| {
        let url = format!("http://{address}");
        Client::new(&ClientOptions { url, max_body_size_bytes: limit, ..Default::default() })
            .unwrap()
    };
    assert!(limited(length).records().await.is_ok());
    let error = limited(length - 1).records().await.unwrap_err();
    assert!(format!("{error:?}").contains("TooLarge"), "{error:?}");
    assert!(limited(0).records().await.is_ok());
}

fn connect(url: &str) -> Client {
    Client::new(&ClientOptions { url: url.into(), ..ClientOptions::default() }).unwrap()
}

/// Answers every connection with the same bytes.
async fn answering(answer: &str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let answer = answer.to_owned();
    #[expect(clippy::disallowed_methods, reason = "the test's runtime ends it")]
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    address
}

/// A provider that answers as it is told.
struct Scripted {
    negotiation: Negotiation,
    error: Mutex<Option<fn() -> ProviderError>>,
    refused: Mutex<Vec<Refusal>>,
}

impl Scripted {
    fn new(negotiation: Negotiation) -> Self {
        Self { negotiation, error: Mutex::default(), refused: Mutex::default() }
    }

    fn fail(&self, error: fn() -> ProviderError) {
        *self.error.lock().unwrap() = Some(error);
    }

    fn refuse(&self, refusal: Refusal) {
        self.refused.lock().unwrap().push(refusal);
    }

    fn answer<T>(&self, value: T) -> Result<T, ProviderError> {
        self.error.lock().unwrap().map_or(Ok(value), |error| Err(error()))
    }
}

impl Provider for Scripted {
    async fn negotiate(&self) -> Result<Negotiation, ProviderError> {
        self.answer(self.negotiation.clone())
    }

    async fn records(&self) -> Result<Vec<Endpoint>, ProviderError> {
        self.answer(Vec::new())
    }

    async fn apply(&self, _: Changes) -> Result<Applied, ProviderError> {
        self.answer(Applied { refused: self.refused.lock().unwrap().clone(), dry_run: false })
    }

    async fn zones(&self) -> Result<Vec<external_dns_webhook::Zone>, ProviderError> {
        self.answer(Vec::new())
    }
}
