//! Tokens and certificates, at the real doors of both programs: who is let in, and what the others
//! are told.

use std::path::{Path, PathBuf};

use e2e::patience::eventually;
use e2e::world::{Controller, Route53, Sidecar};
use external_dns_webhook::Provider as _;
use external_dns_webhook::client::{Client, ClientOptions, Credentials};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};

/// An authority that signs certificates into a folder.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    folder: PathBuf,
    /// Its own certificate.
    file: PathBuf,
}

/// A certificate and its key.
struct Pair {
    certificate: PathBuf,
    key: PathBuf,
}

impl Authority {
    fn new(folder: &Path, name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let file = folder.join(format!("{name}.pem"));
        std::fs::write(&file, params.self_signed(&key).unwrap().pem()).unwrap();
        Self { issuer: Issuer::new(params, key), folder: folder.to_owned(), file }
    }

    /// Signs a certificate for this machine that ends with a year.
    fn signs(&self, name: &str, last_year: i32) -> Pair {
        let names = ["127.0.0.1".to_owned(), "localhost".to_owned()];
        let mut params = CertificateParams::new(names).unwrap();
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(last_year, 12, 31);
        let key = KeyPair::generate().unwrap();
        let pem = params.signed_by(&key, &self.issuer).unwrap().pem();
        let pair = Pair {
            certificate: self.folder.join(format!("{name}.pem")),
            key: self.folder.join(format!("{name}.key")),
        };
        std::fs::write(&pair.certificate, pem).unwrap();
        std::fs::write(&pair.key, key.serialize_pem()).unwrap();
        pair
    }
}

fn flag(name: &str, file: &Path) -> String {
    format!("--{name}={}", file.display())
}

/// Asks the sidecar; returns why not, with every cause.
async fn asked(sidecar: &Sidecar, scheme: &str, credentials: Credentials) -> Result<(), String> {
    let url = format!("{scheme}://{}", sidecar.address());
    let client = Client::new(&ClientOptions { url, credentials, ..ClientOptions::default() });
    let answer = client.unwrap().negotiate().await;
    answer.map(drop).map_err(|error| format!("{:#}", anyhow::Error::new(error)))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_opens_the_door_and_another_one_takes_its_place_without_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let known = file("known", "first-token\n");
    let shown = file("shown", "wrong-token\n");
    let route53 = Route53::start("example.com", None, None).unwrap();
    let sidecar = Sidecar::start(&route53, &[&flag("listen-token-file", &known)], None).unwrap();
    let manifests = format!("--manifests={}", folder.path().display());
    let token = flag("webhook-provider-token-file", &shown);
    let usual = ["--source=service", "--txt-owner-id=me", "--interval=1s", &manifests, &token];
    let controller = Controller::start(&sidecar.url, &usual, None).unwrap();
    let ready = || async { controller.ready().await.unwrap() };
    let (_, why) = eventually("a refusal", ready, |(_, text)| text.contains("status 401")).await;
    assert!(why.contains("needs a token") && !why.contains("wrong-token"), "{why}");
    file("shown", "first-token\n");
    eventually("the first token", ready, |ready| ready.0).await;
    // Both count for as long as both are there.
    file("known", "second-token\nfirst-token\n");
    file("shown", "second-token\n");
    let second = Credentials { token_file: Some(shown), ..Credentials::default() };
    let let_in = || asked(&sidecar, "http", second.clone());
    drop(eventually("the second token", let_in, Result::is_ok).await);
    file("known", "second-token\n");
    let first = Credentials { token_file: Some(file("old", "first-token")), ..second.clone() };
    let refused = || asked(&sidecar, "http", first.clone());
    drop(eventually("the end of the first token", refused, Result::is_err).await);
    assert!(asked(&sidecar, "http", Credentials::default()).await.is_err());
    eventually("the controller with the second token", ready, |ready| ready.0).await;
    for log in [sidecar.process.log(), controller.process.log()] {
        assert!(!log.contains("-token\""), "{log}");
        assert!(
            !["first-token", "second-token", "wrong-token"].iter().any(|token| log.contains(token))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_whose_read_never_ends_stops_no_process_and_keeps_nobody_waiting() {
    // The messages of the kernel are a regular file, whose read waits for the next one. Only the
    // superuser may open it.
    let endless = Path::new("/proc/kmsg");
    if std::fs::File::open(endless).is_err() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let known = folder.path().join("known");
    std::fs::write(&known, "token").unwrap();
    let shown = folder.path().join("shown");
    std::fs::write(&shown, "token").unwrap();
    let route53 = Route53::start("example.com", None, None).unwrap();
    let file = flag("listen-token-file", &known);
    let mut sidecar = Sidecar::start(&route53, &[&file], None).unwrap();
    let token = Credentials { token_file: Some(shown), ..Credentials::default() };
    let let_in = || asked(&sidecar, "http", token.clone());
    let_in().await.unwrap();
    std::os::unix::fs::symlink(endless, folder.path().join("link")).unwrap();
    std::fs::rename(folder.path().join("link"), &known).unwrap();
    let said = || async {
        let begun = tokio::time::Instant::now();
        let_in().await.expect("what was read before counts");
        assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
        sidecar.process.log()
    };
    let has_told = |log: &String| log.contains("no answer comes from what it is on");
    let log = eventually("that it is told", said, has_told).await;
    assert!(log.contains(&format!("`{}` (--listen-token-file)", known.display())), "{log}");
    assert!(log.contains("Changed files cannot be used; those before are"), "{log}");
    sidecar.process.signal("TERM").unwrap();
    assert!(sidecar.process.wait().unwrap().success(), "{}", sidecar.process.log());

    let ended = Sidecar::program(&route53.url, "127.0.0.1:0", &[&file]).run().unwrap();
    assert!(!ended.status.success());
    let told = format!("`{}` (--listen-token-file) cannot be read: no answer", known.display());
    assert!(ended.stderr.contains(&told), "{}", ended.stderr);
    let config = flag("config", endless);
    let ended = Sidecar::program(&route53.url, "127.0.0.1:0", &[&config]).run().unwrap();
    assert!(!ended.status.success());
    assert!(ended.stderr.contains("--config=/proc/kmsg: "), "{}", ended.stderr);
    assert!(ended.stderr.contains("no answer comes"), "{}", ended.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_opens_the_door_if_it_is_good_and_the_reason_is_said_if_it_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, other) =
        (Authority::new(folder.path(), "ours"), Authority::new(folder.path(), "other"));
    let server = ours.signs("server", 2999);
    let (client, expired) = (ours.signs("client", 2999), ours.signs("expired", 2001));
    let stranger = other.signs("stranger", 2999);
    let route53 = Route53::start("example.com", None, None).unwrap();
    let arguments = [
        flag("listen-cert-file", &server.certificate),
        flag("listen-key-file", &server.key),
        flag("listen-client-ca-file", &ours.file),
    ];
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let sidecar = Sidecar::start(&route53, &arguments, None).unwrap();
    let shows = |authority: &Authority, pair: Option<&Pair>| Credentials {
        token_file: None,
        ca_file: Some(authority.file.clone()),
        certificate_file: pair.map(|pair| pair.certificate.clone()),
        key_file: pair.map(|pair| pair.key.clone()),
    };
    let good = shows(&ours, Some(&client));
    assert_eq!(asked(&sidecar, "https", good.clone()).await, Ok(()));
    for refused in [shows(&ours, None), shows(&ours, Some(&expired)), shows(&ours, Some(&stranger))]
    {
        assert!(asked(&sidecar, "https", refused.clone()).await.is_err(), "{refused:?}");
    }
    let why = asked(&sidecar, "https", shows(&other, Some(&client))).await.unwrap_err();
    assert!(why.contains("certificate") && why.contains("UnknownIssuer"), "{why}");
    assert!(asked(&sidecar, "http", Credentials::default()).await.is_err(), "in clear");

    // The controller, with the same files.
    let url = format!("https://{}", sidecar.address());
    let manifests = format!("--manifests={}", folder.path().join("none").display());
    std::fs::create_dir(folder.path().join("none")).unwrap();
    let files = [
        flag("webhook-provider-ca-file", &ours.file),
        flag("webhook-provider-cert-file", &client.certificate),
        flag("webhook-provider-key-file", &client.key),
        manifests,
    ];
    let mut usual = vec!["--source=service", "--txt-owner-id=me"];
    usual.extend(files.iter().map(String::as_str));
    let controller = Controller::start(&url, &usual, None).unwrap();
    let ready = || async { controller.ready().await.unwrap() };
    eventually("a sync by TLS", ready, |ready| ready.0).await;

    // Expired certificates of the server are found by clients, also when they are changed for.
    let old = ours.signs("server", 2001);
    assert_eq!(old.certificate, server.certificate);
    let expired = || asked(&sidecar, "https", good.clone());
    let why = eventually("the changed certificate", expired, Result::is_err).await.unwrap_err();
    assert!(why.contains("expired"), "{why}");
    ours.signs("server", 2999);
    drop(eventually("a good certificate", expired, Result::is_ok).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn probes_need_neither_token_nor_certificate_and_metrics_do() {
    let folder = tempfile::tempdir().unwrap();
    let ours = Authority::new(folder.path(), "ours");
    let (server, token) = (ours.signs("server", 2999), folder.path().join("token"));
    std::fs::write(&token, "a-token").unwrap();
    let route53 = Route53::start("example.com", None, None).unwrap();
    let arguments = [
        flag("metrics-cert-file", &server.certificate),
        flag("metrics-key-file", &server.key),
        flag("metrics-client-ca-file", &ours.file),
        flag("metrics-token-file", &token),
    ];
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let sidecar = Sidecar::start(&route53, &arguments, None).unwrap();
    let pem = std::fs::read(&ours.file).unwrap();
    let trusts = || {
        let authority = reqwest::Certificate::from_pem(&pem).unwrap();
        reqwest::Client::builder().tls_certs_only([authority])
    };
    let admin = sidecar.admin.replace("http://", "https://");
    let probe = trusts().build().unwrap();
    let status = async |client: &reqwest::Client, path: &str| {
        let request = client.get(format!("{admin}{path}")).bearer_auth("a-token");
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(status(&probe, "/healthz").await, 200);
    assert_eq!(status(&probe, "/metrics").await, 401);
    let pair = ours.signs("client", 2999);
    let both =
        [std::fs::read(pair.certificate).unwrap(), std::fs::read(pair.key).unwrap()].concat();
    let identity = reqwest::Identity::from_pem(&both).unwrap();
    let scraper = trusts().identity(identity).build().unwrap();
    assert_eq!(status(&scraper, "/metrics").await, 200);
    let without = scraper.get(format!("{admin}/metrics")).send().await.unwrap();
    assert_eq!(without.status(), 401);
    assert_eq!(without.headers()["www-authenticate"], "Bearer");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_shut_out_by_other_authorities_is_so_on_a_connection_that_stays() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, other) =
        (Authority::new(folder.path(), "ours"), Authority::new(folder.path(), "other"));
    let (server, client) = (ours.signs("server", 2999), ours.signs("client", 2999));
    let clients = folder.path().join("clients.pem");
    std::fs::copy(&ours.file, &clients).unwrap();
    let route53 = Route53::start("example.com", None, None).unwrap();
    let arguments = [
        flag("metrics-cert-file", &server.certificate),
        flag("metrics-key-file", &server.key),
        flag("metrics-client-ca-file", &clients),
    ];
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let sidecar = Sidecar::start(&route53, &arguments, None).unwrap();
    let both =
        [std::fs::read(&client.certificate).unwrap(), std::fs::read(&client.key).unwrap()].concat();
    let authority = reqwest::Certificate::from_pem(&std::fs::read(&ours.file).unwrap()).unwrap();
    let stays = reqwest::Client::builder()
        .tls_certs_only([authority])
        .identity(reqwest::Identity::from_pem(&both).unwrap())
        .pool_max_idle_per_host(1)
        .build()
        .unwrap();
    let url = format!("{}/metrics", sidecar.admin.replace("http://", "https://"));
    // A new connection would be refused before there is any status.
    let status = || async { stays.get(&url).send().await.map(|answer| answer.status().as_u16()) };
    assert_eq!(status().await.unwrap(), 200);
    // Another certificate of the server is no reason to shut anyone out.
    ours.signs("server", 2998);
    for _ in 0..3 {
        assert_eq!(status().await.unwrap(), 200);
    }
    let both = [std::fs::read(&other.file).unwrap(), std::fs::read(&ours.file).unwrap()].concat();
    std::fs::write(&clients, both).unwrap();
    assert_eq!(status().await.unwrap(), 200, "both authorities count");
    std::fs::copy(&other.file, &clients).unwrap();
    let refused = |status: &Result<u16, reqwest::Error>| !matches!(status, Ok(200));
    assert_eq!(eventually("to be shut out", status, refused).await.unwrap(), 401);
    assert!(status().await.is_err(), "the connection is closed, and no other is made");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_is_its_owners_alone_and_a_flag_with_a_useless_file_says_which() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let route53 = Route53::start("example.com", None, None).unwrap();
    let socket = folder.path().join("webhook.sock");
    let listen = format!("unix://{}", socket.display());
    let _sidecar = Sidecar::listening(&route53, &listen, &[], None).unwrap();
    assert_eq!(socket.metadata().unwrap().permissions().mode() & 0o777, 0o600);

    let empty = folder.path().join("empty");
    std::fs::write(&empty, "\n").unwrap();
    let file = flag("listen-token-file", &empty);
    let ended = Sidecar::program(&route53.url, "127.0.0.1:0", &[&file]).run().unwrap();
    let why = ended.stderr;
    assert!(
        !ended.status.success() && why.contains("(--listen-token-file) holds no token"),
        "{why}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_wants_certificates_of_clients_and_has_none_to_show_lets_nobody_in() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, other) =
        (Authority::new(folder.path(), "ours"), Authority::new(folder.path(), "other"));
    let (server, stranger) = (ours.signs("server", 2999), other.signs("stranger", 2999));
    let missing = folder.path().join("missing.pem");
    let none = folder.path().join("none");
    std::fs::create_dir(&none).unwrap();
    let route53 = Route53::start("example.com", None, None).unwrap();
    let manifests = format!("--manifests={}", none.display());
    let usual = ["--source=service", "--txt-owner-id=me", &manifests];
    let controller = Controller::program("http://127.0.0.1:9", &usual);
    let sidecar = Sidecar::program(&route53.url, "127.0.0.1:0", &[]);
    let name_servers = e2e::process::Program::new(e2e::programs::NAME_SERVERS)
        .args(["--listen=127.0.0.1:0", "--metrics-address=127.0.0.1:0", "--rfc2136-insecure"])
        .args(["--rfc2136-host=192.0.2.53", "--rfc2136-zone=example.com"]);
    for (program, listener) in [
        (&sidecar, "listen"),
        (&sidecar, "metrics"),
        (&name_servers, "listen"),
        (&name_servers, "metrics"),
        (&controller, "metrics"),
    ] {
        let flag = |what: &str, file: &Path| flag(&format!("{listener}-{what}-file"), file);
        let wants = flag("client-ca", &ours.file);
        let (certificate, key) = (flag("cert", &server.certificate), flag("key", &server.key));
        for (arguments, said) in [
            (vec![&wants], "cert-file"),
            (vec![&wants, &certificate], "key-file"),
            (vec![&wants, &certificate, &flag("key", &stranger.key)], "is not the key of"),
            (vec![&wants, &flag("cert", &missing), &flag("key", &missing)], "cannot read"),
            (vec![&wants, &flag("cert", &none), &key], "is a folder, and not a file"),
            (vec![&flag("client-ca", &missing), &certificate, &key], "cannot read"),
            (vec![&flag("client-ca", &server.key), &certificate, &key], "holds no certificate"),
            (vec![&flag("client-ca", Path::new("")), &certificate, &key], "a value is required"),
            (vec![&flag("token", Path::new(""))], "a value is required"),
        ] {
            let ended = program.clone().args(arguments.iter().copied().cloned()).run().unwrap();
            let (what, why) = (format!("{listener} {arguments:?}"), ended.stderr);
            assert!(!ended.status.success() && why.contains(said), "{what}: {why}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_authorities_count_at_once_whatever_becomes_of_the_servers_own_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, other) =
        (Authority::new(folder.path(), "ours"), Authority::new(folder.path(), "other"));
    let (server, client) = (ours.signs("server", 2999), ours.signs("client", 2999));
    let next = other.signs("next", 2999);
    let clients = folder.path().join("clients.pem");
    std::fs::copy(&ours.file, &clients).unwrap();
    let route53 = Route53::start("example.com", None, None).unwrap();
    let arguments = [
        flag("listen-cert-file", &server.certificate),
        flag("listen-key-file", &server.key),
        flag("listen-client-ca-file", &clients),
    ];
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let sidecar = Sidecar::start(&route53, &arguments, None).unwrap();
    let shows = |pair: &Pair| Credentials {
        token_file: None,
        ca_file: Some(ours.file.clone()),
        certificate_file: Some(pair.certificate.clone()),
        key_file: Some(pair.key.clone()),
    };
    let (before, after) = (shows(&client), shows(&next));
    assert_eq!(asked(&sidecar, "https", before.clone()).await, Ok(()));
    // Half of a rotation, whose other half never comes; and one of clients, to shut some out.
    std::fs::copy(&next.key, &server.key).unwrap();
    std::fs::copy(&other.file, &clients).unwrap();
    let shut_out = || asked(&sidecar, "https", before.clone());
    drop(eventually("who is shut out", shut_out, Result::is_err).await);
    assert_eq!(asked(&sidecar, "https", after.clone()).await, Ok(()));
    std::fs::remove_file(&server.certificate).unwrap();
    std::fs::copy(&ours.file, &clients).unwrap();
    let shut_out = || asked(&sidecar, "https", after.clone());
    drop(eventually("who is shut out then", shut_out, Result::is_err).await);
    assert_eq!(asked(&sidecar, "https", before).await, Ok(()));
    let log = sidecar.process.log();
    assert!(log.contains("Changed files cannot be used; those before are"), "{log}");
}
