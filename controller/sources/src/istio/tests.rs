//! What a gateway serves, host by host.

use proptest::prelude::*;

use super::hosts::{HostMatch, ServerHost, serves};
use crate::objects::Meta;
use crate::objects::istio::{
    IstioGateway, IstioGatewaySpec, IstioServer, IstioVirtualService, IstioVirtualServiceSpec,
};

fn at(namespace: &str, name: &str) -> Meta {
    Meta { name: name.to_owned(), namespace: namespace.to_owned(), ..Meta::default() }
}

fn gateway(hosts: &[&str]) -> IstioGateway {
    let hosts = hosts.iter().map(|host| (*host).to_owned()).collect();
    let spec =
        IstioGatewaySpec { servers: vec![IstioServer { hosts }], ..IstioGatewaySpec::default() };
    IstioGateway { meta: at("infra", "gw"), spec }
}

fn service(exports: &[&str]) -> IstioVirtualService {
    let export_to = exports.iter().map(|to| (*to).to_owned()).collect();
    IstioVirtualService {
        meta: at("app", "web"),
        spec: IstioVirtualServiceSpec { export_to, ..IstioVirtualServiceSpec::default() },
    }
}

fn shown(serves: &HostMatch) -> &'static str {
    match serves {
        HostMatch::Yes => "yes",
        HostMatch::No(_) => "no",
        HostMatch::Unknown(_) => "unknown",
    }
}

#[test]
fn a_host_is_served_as_the_dns_compares_names() {
    for (server, host, expected) in [
        ("www.example.com", "www.example.com", "yes"),
        ("WWW.Example.com", "www.example.COM", "yes"),
        ("www.example.com.", "www.example.com", "yes"),
        ("www.example.com", "www.example.com.", "yes"),
        ("xn--bcher-kva.example", "bücher.example", "yes"),
        ("*.Bücher.example", "www.xn--bcher-kva.example", "yes"),
        ("*.example.com", "a.b.Example.com", "yes"),
        ("*.example.com", "*.example.com", "yes"),
        ("*.example.com", "example.com", "no"),
        ("*.example.com", "badexample.com", "no"),
        ("app/*", "www.example.com", "yes"),
        ("app/www.example.com", "www.example.com", "yes"),
        ("*/www.example.com", "www.example.com", "yes"),
        ("./www.example.com", "www.example.com", "no"),
        ("other/www.example.com", "www.example.com", "no"),
        ("other.example.com", "www.example.com", "no"),
    ] {
        let found = serves(&service(&[]), &gateway(&[server]), host);
        assert_eq!(shown(&found), expected, "{server} {host}");
    }
}

#[test]
fn what_a_server_host_that_is_not_valid_serves_is_not_known() {
    for server in [
        "",
        "*.${DOMAIN}",
        "*.example.com:443",
        "https://www.example.com",
        "{{ .Values.host }}",
        "*.*.example.com",
        "*.example.com ",
        "*example.com",
        "www.example.com/",
        "www.example.com/app",
        "ns/",
        "*/",
        "./",
        "/",
        "/www.example.com",
        "a/b/*.example.com",
        "${NS}/www.example.com",
        "NS/www.example.com",
    ] {
        ServerHost::read(server).unwrap_err();
        let found = serves(&service(&[]), &gateway(&[server]), "www.example.com");
        assert_eq!(shown(&found), "unknown", "{server}");
        let found = serves(&service(&[]), &gateway(&[server, "*.example.com"]), "www.example.com");
        assert_eq!(shown(&found), "yes", "{server} beside one that serves it");
    }
    let found = serves(&service(&[]), &gateway(&[]), "www.example.com");
    assert_eq!(shown(&found), "unknown", "a server without hosts");
}

#[test]
fn an_export_that_is_not_valid_keeps_nothing_out() {
    for (exports, expected) in [
        (vec!["*"], "yes"),
        (vec!["infra"], "yes"),
        (vec!["."], "no"),
        (vec!["~"], "no"),
        (vec!["other"], "no"),
        (vec![""], "unknown"),
        (vec!["${NS}"], "unknown"),
        (vec!["Infra"], "unknown"),
        (vec!["infra", "${NS}"], "yes"),
    ] {
        let found = serves(&service(&exports), &gateway(&["*"]), "www.example.com");
        assert_eq!(shown(&found), expected, "{exports:?}");
    }
    let found = serves(&service(&["${NS}"]), &gateway(&["other.example.com"]), "www.example.com");
    assert_eq!(shown(&found), "no", "no legal host of the gateway serves it");
}

proptest! {
    #[test]
    fn only_legal_hosts_say_no(server in r"[a-z*./:${} ]{0,12}", host in "[a-z]{1,3}\\.[a-z]{1,3}") {
        let found = serves(&service(&[]), &gateway(&[&server]), &host);
        let is_legal = ServerHost::read(&server).is_ok();
        prop_assert_eq!(is_legal, !matches!(found, HostMatch::Unknown(_)), "{}", server);
    }
}
