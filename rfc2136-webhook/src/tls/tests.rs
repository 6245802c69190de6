//! What is read of pins, files and names.

use super::*;

#[test]
fn a_pin_is_read_as_other_programs_write_it() {
    let text = "jGt2dYZIrgGJ5lcjBSDK4vbZhbB3YkTTuxjwFJ3mc3o=";
    for written in [
        text.to_owned(),
        format!("  sha256/{text} "),
        format!("sha256//{text}"),
        format!("pin-sha256=\"{text}\""),
    ] {
        assert_eq!(written.parse::<Pin>().unwrap().to_string(), text, "{written}");
    }
    for nonsense in ["", "AAAA", "sha1/2jmj7l5rSw0yVb/vlWAYkK/YBwk=", "not base64!", &text[1..]] {
        nonsense.parse::<Pin>().unwrap_err();
    }
}

#[test]
fn a_file_with_something_else_in_it_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.crt");
    let trust = Trust::Authorities(path.clone());
    let said = || daemon::chain(&Tls::new(&trust, None, None).unwrap_err());
    assert!(said().contains("ca.crt` cannot be used: cannot be read: "), "{}", said());
    std::fs::write(&path, "no certificate\n").unwrap();
    assert!(said().contains("ca.crt` holds no certificate in PEM"), "{}", said());
    let garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    std::fs::write(&path, garbage).unwrap();
    assert!(said().contains("ca.crt` cannot be used"), "{}", said());
}

#[test]
fn a_server_is_called_by_the_name_of_its_certificate_or_its_address() {
    for name in ["ns.example.com", "ns.example.com.", "192.0.2.53", "2001:db8::1", " localhost "] {
        server_name(name).unwrap();
    }
    for name in ["", "a b", "ns.example.com:853", "https://ns"] {
        assert!(server_name(name).unwrap_err().contains("as it stands in the certificate"));
    }
}
