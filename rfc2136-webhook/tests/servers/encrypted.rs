//! TLS to a name server: everything goes through it, and a server that is not believed gets nothing.

use std::path::PathBuf;
use std::time::Duration;

use external_dns_webhook::{Changes, Endpoint, Provider as _, RecordType};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rfc2136_webhook::exchange::Exchange;
use rfc2136_webhook::fault::Fault;
use rfc2136_webhook::provider::Zoned;
use rfc2136_webhook::tls::{Identity, Tls, Trust, server_name};

use crate::harness::{
    KEY, Kind, SECRET, Server, adjusted, apply, exchange, key, listed, provider, told, write_file,
    zone_at,
};

/// An authority, and the certificates of a server by it.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub(crate) pem: String,
}

impl Authority {
    pub(crate) fn new() -> Self {
        Self::called("an authority")
    }

    fn called(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// Writes a certificate for us, and its key.
    fn identity(&self, server: &Server, called: &str) -> Identity {
        let key = KeyPair::generate().unwrap();
        let certificate = named("signpost.example.com").signed_by(&key, &self.issuer).unwrap();
        let [crt, pem] = ["crt", "key"].map(|end| server.path(&format!("{called}.{end}")));
        write_file(&crt, &certificate.pem());
        write_file(&pem, &key.serialize_pem());
        Identity { certificate: crt, key: pem }
    }

    /// Writes a certificate and its key, and returns what tells the key.
    pub(crate) fn write(&self, server: &Server, params: &CertificateParams) -> String {
        use base64::Engine as _;
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        write_file(&server.path("tls.crt"), &certificate.pem());
        write_file(&server.path("tls.key"), &key.serialize_pem());
        let hash = aws_lc_rs::digest::digest(
            &aws_lc_rs::digest::SHA256,
            rcgen::PublicKeyData::subject_public_key_info(&key).as_slice(),
        );
        base64::engine::general_purpose::STANDARD.encode(hash)
    }
}

pub(crate) fn named(name: &str) -> CertificateParams {
    CertificateParams::new(vec![name.to_owned()]).unwrap()
}

/// Returns how a server is asked that is known by these.
fn through(trust: &Trust, name: Option<&str>, identity: Option<&Identity>) -> Exchange {
    let name = name.map(|name| server_name(name).unwrap());
    let tls = Tls::new(trust, name, identity).unwrap();
    Exchange { tls: Some(tls), ..exchange() }
}

/// Returns what is said when the version of a zone is asked for.
async fn said(server: &Server, exchange: Exchange) -> Result<u32, String> {
    let zone = zone_at("example.com", vec![server.tls_address()], Some(key(KEY, SECRET)), exchange);
    zone.serial().await.map_err(|fault| {
        assert!(matches!(fault, Fault::Distrusted { .. } | Fault::Cut { .. }), "{fault:?}");
        daemon::chain(&fault)
    })
}

async fn bind(authority: &Authority, params: &CertificateParams) -> Option<(Server, PathBuf)> {
    let server = Server::start_with(Kind::Bind, &["example.com"], |server| {
        authority.write(server, params);
    })
    .await?;
    let ca = server.path("ca.crt");
    write_file(&ca, &authority.pem);
    Some((server, ca))
}

#[tokio::test]
async fn queries_transfers_and_updates_go_through_tls() {
    let authority = Authority::new();
    let Some((server, ca)) = bind(&authority, &named("ns.example.com")).await else { return };
    let exchange = through(&Trust::Authorities(ca), Some("ns.example.com"), None);
    let zone = zone_at("example.com", vec![server.tls_address()], Some(key(KEY, SECRET)), exchange);
    let provider = provider(vec![zone]);
    let wanted = vec![Endpoint::new("www.example.com", RecordType::A, ["192.0.2.1"])];
    let create = adjusted(&provider, wanted).await;
    let applied = apply(&provider, Changes { create, ..Changes::default() }).await;
    assert_eq!(applied.refused, []);
    assert_eq!(server.answers("www.example.com", "A").await, ["192.0.2.1"]);
    // A change of another is read as a difference.
    server.nsupdate("example.com", &["add b.example.com 60 A 192.0.2.2"]);
    let told = told(&listed(&provider).await);
    assert!(told.iter().any(|line| line.starts_with("b.example.com A 192.0.2.2")), "{told:?}");
    assert!(Zoned(provider).records().await.is_ok());
}

#[tokio::test]
async fn each_way_to_be_the_wrong_server_has_its_sentence() {
    let authority = Authority::new();
    let Some((mut server, ca)) = bind(&authority, &named("ns.example.com")).await else { return };
    let by_authority = Trust::Authorities(ca);
    let ask = async |server: &Server, name: &str| {
        said(server, through(&by_authority, Some(name), None)).await
    };
    assert_eq!(ask(&server, "ns.example.com").await, Ok(1));
    let other = ask(&server, "other.example.com").await.unwrap_err();
    assert!(
        other.contains("a certificate for `ns.example.com`, and not for `other.example.com`"),
        "{other}"
    );
    // One that has the same name as the right one, and one that has not.
    for stranger in [Authority::new(), Authority::called("another authority")] {
        let file = server.path("stranger.crt");
        write_file(&file, &stranger.pem);
        let trust = Trust::Authorities(file);
        let unknown = said(&server, through(&trust, Some("ns.example.com"), None)).await;
        let unknown = unknown.unwrap_err();
        assert!(unknown.contains("authority that is not known here"), "{unknown}");
    }

    let mut expired = named("ns.example.com");
    (expired.not_before, expired.not_after) =
        (date_time_ymd(2001, 1, 1), date_time_ymd(2002, 1, 1));
    let mut early = named("ns.example.com");
    early.not_before = date_time_ymd(2999, 1, 1);
    early.not_after = date_time_ymd(3000, 1, 1);
    for (params, words) in [
        (expired, "a certificate that ended at 2002-01-01T00:00:00Z, and here it is 20"),
        (early, "a certificate that begins at 2999-01-01T00:00:00Z, and here it is 20"),
    ] {
        server.kill();
        let pin = authority.write(&server, &params);
        server.run().await;
        let error = ask(&server, "ns.example.com").await.unwrap_err();
        assert!(error.contains(words), "{error}");
        // Of a key that is known, nothing else counts.
        let pinned = Trust::Pins(vec![pin.parse().unwrap()]);
        assert_eq!(said(&server, through(&pinned, None, None)).await, Ok(1));
    }
    let pinned = Trust::Pins(vec![format!("sha256/{}", "A".repeat(43) + "=").parse().unwrap()]);
    let pinned = said(&server, through(&pinned, None, None)).await.unwrap_err();
    assert!(pinned.contains("a key whose pin is `"), "{pinned}");
}

#[tokio::test]
async fn a_server_without_tls_is_not_asked_in_the_clear() {
    let authority = Authority::new();
    let Some((server, ca)) = bind(&authority, &named("ns.example.com")).await else { return };
    let exchange = through(&Trust::Authorities(ca), Some("ns.example.com"), None);
    let exchange = Exchange { timeout: Duration::from_secs(2), ..exchange };
    let zone = zone_at("example.com", vec![server.address()], Some(key(KEY, SECRET)), exchange);
    let fault = zone.serial().await.unwrap_err();
    assert!(!fault.is_unconfirmed(), "nothing was asked: {fault:?}");
    let text = daemon::chain(&fault);
    assert!(
        text.contains("does not speak TLS 1.3") || text.contains("no handshake within"),
        "{text}"
    );
}

#[tokio::test]
async fn a_server_that_wants_a_certificate_is_shown_one() {
    let (authority, of_clients) = (Authority::new(), Authority::called("an authority of clients"));
    let prepare = |server: &Server| {
        authority.write(server, &named("ns.example.com"));
        write_file(&server.path("clients.crt"), &of_clients.pem);
    };
    let Some(server) = Server::start_with(Kind::Bind, &["example.com"], prepare).await else {
        return;
    };
    let ca = server.path("ca.crt");
    write_file(&ca, &authority.pem);
    let trust = Trust::Authorities(ca);
    let showing = |identity| through(&trust, Some("ns.example.com"), identity);
    let stranger = Authority::called("another authority").identity(&server, "stranger");
    for identity in [None, Some(&stranger)] {
        let refused = said(&server, showing(identity)).await.unwrap_err();
        assert!(refused.contains("--tls-client-cert"), "{refused}");
    }

    let ours = of_clients.identity(&server, "ours");
    let servers = vec![server.tls_address()];
    let zone = zone_at("example.com", servers, Some(key(KEY, SECRET)), showing(Some(&ours)));
    let provider = provider(vec![zone]);
    let wanted = vec![Endpoint::new("www.example.com", RecordType::A, ["192.0.2.1"])];
    let create = adjusted(&provider, wanted).await;
    let applied = apply(&provider, Changes { create, ..Changes::default() }).await;
    assert_eq!(applied.refused, []);
    assert_eq!(server.answers("www.example.com", "A").await, ["192.0.2.1"]);
}
