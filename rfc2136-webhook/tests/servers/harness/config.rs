//! What each name server is told, and how it is started.

use std::fmt::Write as _;
use std::process::Command;

use super::{KEY, Kind, SECRET, Server, write_file};

/// Writes the files of a server.
pub(super) fn write(server: &Server, zones: &[&str]) {
    for zone in zones {
        write_zone(server, zone);
    }
    match server.kind {
        Kind::Bind => bind(server, zones),
        Kind::Knot => knot(server, zones),
        Kind::PowerDns => powerdns(server, zones),
    }
}

/// Writes a zone that has nothing but its own records.
pub(super) fn write_zone(server: &Server, zone: &str) {
    let text = format!(
        "$ORIGIN {zone}.\n$TTL 300\n@ SOA ns.{zone}. admin.{zone}. 1 3600 600 86400 300\n@ NS ns.{zone}.\nns A 127.0.0.1\n"
    );
    write_file(&server.path(&format!("{zone}.zone")), &text);
}

/// Returns what runs a server in the foreground.
pub(super) fn command(server: &Server) -> Command {
    let folder = server.folder.path().display().to_string();
    let mut command = match server.kind {
        Kind::Bind => {
            let mut command = super::command("named");
            command.args(["-g", "-n", "1", "-c", &format!("{folder}/named.conf")]);
            command
        }
        Kind::Knot => {
            let mut command = super::command("knotd");
            command.args(["-c", &format!("{folder}/knot.conf")]);
            command
        }
        Kind::PowerDns => {
            let mut command = super::command("pdns_server");
            command.arg(format!("--config-dir={folder}"));
            command
        }
    };
    command.current_dir(server.folder.path());
    command
}

fn bind(server: &Server, zones: &[&str]) {
    let folder = server.folder.path().display();
    let (port, control) = (server.port, server.control_port);
    let mut text = format!(
        r#"key "{KEY}" {{ algorithm hmac-sha256; secret "{SECRET}"; }};
key "reader" {{ algorithm hmac-sha256; secret "{SECRET}"; }};
options {{
  directory "{folder}";
  pid-file "{folder}/named.pid";
  session-keyfile "{folder}/session.key";
  managed-keys-directory "{folder}";
  listen-on port {port} {{ 127.0.0.1; }};
  listen-on-v6 {{ none; }};
  recursion no;
  dnssec-validation no;
  notify no;
  allow-transfer {{ key "{KEY}"; key "reader"; }};
}};
controls {{ inet 127.0.0.1 port {control} allow {{ 127.0.0.1; }} keys {{ "{KEY}"; }}; }};
"#
    );
    if server.path("tls.crt").exists() {
        let port = server.tls_port;
        let listen = format!("  listen-on port {port} tls mine {{ 127.0.0.1; }};\n  listen-on-v6");
        text = text.replacen("  listen-on-v6", &listen, 1);
        let clients = if server.path("clients.crt").exists() {
            format!(" ca-file \"{folder}/clients.crt\";")
        } else {
            String::new()
        };
        writeln!(
            text,
            "tls \"mine\" {{ cert-file \"{folder}/tls.crt\"; key-file \"{folder}/tls.key\";{clients} }};"
        )
        .unwrap();
    }
    for zone in zones {
        writeln!(text, "zone \"{zone}\" {{ type primary; file \"{folder}/{zone}.zone\"; update-policy {{ grant \"{KEY}\" zonesub ANY; }}; }};").unwrap();
    }
    write_file(&server.path("named.conf"), &text);
    let rndc = format!(
        "key \"{KEY}\" {{ algorithm hmac-sha256; secret \"{SECRET}\"; }};\noptions {{ default-key \"{KEY}\"; default-server 127.0.0.1; default-port {control}; }};\n"
    );
    write_file(&server.path("rndc.conf"), &rndc);
}

fn knot(server: &Server, zones: &[&str]) {
    let folder = server.folder.path().display();
    let port = server.port;
    let mut text = format!(
        "server:\n    rundir: \"{folder}\"\n    listen: 127.0.0.1@{port}\n    udp-workers: 1\n    tcp-workers: 1\n    background-workers: 1\nlog:\n  - target: stderr\n    any: info\ndatabase:\n    storage: \"{folder}\"\nkey:\n  - id: {KEY}\n    algorithm: hmac-sha256\n    secret: {SECRET}\n  - id: reader\n    algorithm: hmac-sha256\n    secret: {SECRET}\nacl:\n  - id: all\n    key: {KEY}\n    action: [transfer, update]\n  - id: reading\n    key: reader\n    action: transfer\ntemplate:\n  - id: default\n    storage: \"{folder}\"\n    file: \"%s.zone\"\n    acl: [all, reading]\nzone:\n"
    );
    for zone in zones {
        writeln!(text, "  - domain: {zone}\n    file: \"{zone}.zone\"").unwrap();
    }
    write_file(&server.path("knot.conf"), &text);
}

fn powerdns(server: &Server, zones: &[&str]) {
    let folder = server.folder.path().display().to_string();
    let port = server.port;
    let text = format!(
        "launch=gsqlite3\ngsqlite3-database={folder}/pdns.sqlite3\ngsqlite3-dnssec=yes\nlocal-address=127.0.0.1\nlocal-port={port}\nsocket-dir={folder}\ndaemon=no\nguardian=no\ndnsupdate=yes\nallow-dnsupdate-from=127.0.0.0/8\nallow-axfr-ips=\nreceiver-threads=1\ndistributor-threads=1\n"
    );
    write_file(&server.path("pdns.conf"), &text);
    let schema = [
        "/usr/share/doc/pdns-backend-sqlite3/schema.sqlite3.sql",
        "/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql",
    ];
    let schema = schema.iter().find_map(|path| std::fs::read(path).ok());
    let schema = schema.unwrap_or_else(|| panic!("PowerDNS has no schema for sqlite3"));
    write_file(&server.path("schema.sql"), &String::from_utf8(schema).unwrap());
    let output = command_in_shell(&format!("sqlite3 {folder}/pdns.sqlite3 < {folder}/schema.sql"));
    assert!(output.status.success(), "{output:?}");
    let config = format!("--config-dir={folder}");
    let tool = |arguments: &[&str]| {
        let all: Vec<_> = [config.as_str()].iter().chain(arguments).copied().collect();
        server.run_tool("pdnsutil", &all);
    };
    for key in [KEY, "reader"] {
        tool(&["import-tsig-key", key, "hmac-sha256", SECRET]);
    }
    for zone in zones {
        tool(&["load-zone", zone, &format!("{folder}/{zone}.zone")]);
        tool(&["set-kind", zone, "primary"]);
        tool(&["set-meta", zone, "TSIG-ALLOW-AXFR", KEY, "reader"]);
        tool(&["set-meta", zone, "TSIG-ALLOW-DNSUPDATE", KEY]);
    }
}

fn command_in_shell(script: &str) -> std::process::Output {
    command_of("sh").args(["-c", script]).output().unwrap()
}

fn command_of(program: &str) -> Command {
    super::command(program)
}
