//! Who is let in, by what files hold.

use rcgen::{CertificateParams, KeyPair};

use super::*;

fn headers(authorization: &str) -> HeaderMap {
    HeaderMap::from_iter([(AUTHORIZATION, authorization.parse().unwrap())])
}

fn file(flag: &'static str, folder: &tempfile::TempDir, text: &str) -> NamedFile {
    let path = folder.path().join(flag);
    std::fs::write(&path, text).unwrap();
    NamedFile::new(flag, &path)
}

#[test]
fn any_token_of_the_file_is_let_in_and_nothing_that_is_like_one() {
    let folder = tempfile::tempdir().unwrap();
    let tokens = Some(file("tokens", &folder, "\n  one-token\r\nanother\n\n"));
    let access = Access::new(AccessFiles { tokens, ..AccessFiles::default() }, false).unwrap();
    for shown in ["Bearer one-token", "bearer another", "BEARER  another "] {
        let known = Ok(Admission::Known { by_token: true });
        assert_eq!(access.check(&headers(shown), false), known, "{shown}");
    }
    for shown in [
        "Bearer one",
        "Bearer one-token-",
        "Bearer ",
        "Bearer",
        "one-token",
        "Basic one-token",
        "Bearer one-token another",
    ] {
        assert_eq!(access.check(&headers(shown), true), Err(NotAllowed::Token), "{shown}");
    }
    assert_eq!(access.check(&HeaderMap::new(), false), Err(NotAllowed::Token));
    for second in ["Bearer one-token", "Bearer another", "Basic x", ""] {
        for (first, second) in [("Bearer one-token", second), (second, "Bearer one-token")] {
            let mut twice = headers(first);
            twice.append(AUTHORIZATION, second.parse().unwrap());
            assert_eq!(access.check(&twice, true), Err(NotAllowed::Token), "{first}, {second}");
        }
    }
    assert!(access.is_guarded() && !access.is_encrypted());
}

#[test]
fn a_file_of_tokens_without_one_opens_no_door() {
    for text in [
        "",
        "\n \n",
        "two words",
        "gr\u{fc}n",
        "Bearer words",
        "\u{feff}words",
        "\"words\"",
        "wor,ds",
        "w=ords",
        "==",
        "good\nwords words",
        "words\0",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let tokens = Some(file("tokens", &folder, text));
        let error = Access::new(AccessFiles { tokens, ..AccessFiles::default() }, false);
        let error = error.unwrap_err().to_string();
        assert!(error.contains("(tokens) holds") && !error.contains("words"), "{error}");
    }
}

#[test]
fn a_token_that_is_withdrawn_counts_no_more_whatever_else_is_wrong_with_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let write = |text: &str| file("tokens", &folder, text);
    let known = known(write("old\nother")).unwrap();
    let start = Instant::now();
    let at = |seconds| known.get(start + Duration::from_secs(seconds)).to_vec();
    assert_eq!(at(0), ["old", "other"]);
    write("new\ntwo words\n\nother\n");
    assert_eq!(at(1), ["new", "other"]);
    write("two words\nother");
    assert_eq!(at(2), ["other"]);
}

#[test]
fn a_file_of_tokens_that_is_empty_or_away_keeps_those_before_for_a_minute() {
    for text in [Some(""), Some("\n \n"), Some("two words"), None] {
        let folder = tempfile::tempdir().unwrap();
        let write = |text: &str| file("tokens", &folder, text);
        let known = known(write("old")).unwrap();
        let start = Instant::now();
        let at = |seconds| known.get(start + Duration::from_secs(seconds)).to_vec();
        match text {
            Some(text) => drop(write(text)),
            None => std::fs::remove_file(folder.path().join("tokens")).unwrap(),
        }
        assert_eq!((at(1), at(60)), (vec!["old".to_owned()], vec!["old".to_owned()]), "{text:?}");
        assert_eq!(at(61), Vec::<String>::new(), "{text:?}");
        assert_eq!(at(3_600), Vec::<String>::new(), "{text:?}");
        write("old");
        assert_eq!(at(3_601), ["old"], "{text:?}");
        write("");
        assert_eq!(at(3_602), ["old"], "it has a minute again");
        write("old");
        assert_eq!(at(3_661), ["old"]);
        write("");
        assert_eq!(at(3_662), ["old"], "and again");
        assert_eq!(at(3_722), Vec::<String>::new(), "{text:?}");
    }
}

#[test]
fn what_belongs_together_is_wanted_together() {
    let folder = tempfile::tempdir().unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&key);
    let certificate = certificate.unwrap().pem();
    let text = |key: &KeyPair| key.serialize_pem();
    let files = |name: &'static str, text: &str| Some(file(name, &folder, text));
    let problem = |files: AccessFiles| Access::new(files, false).unwrap_err().to_string();
    let whole = AccessFiles {
        certificate: files("cert", &certificate),
        key: files("key", &text(&key)),
        client_authorities: files("ca", &certificate),
        tokens: None,
    };
    let access = Access::new(whole.clone(), false).unwrap();
    assert!(access.is_guarded() && access.tls().is_some());
    assert_eq!(access.check(&HeaderMap::new(), false), Err(NotAllowed::Certificate));
    let known = Ok(Admission::Known { by_token: false });
    assert_eq!(access.check(&HeaderMap::new(), true), known);
    let unguarded = Access::default().check(&HeaderMap::new(), true);
    assert_eq!(unguarded, Ok(Admission::Unguarded));
    assert!(problem(AccessFiles { key: None, ..whole.clone() }).contains("(cert) is alone"));
    assert!(problem(AccessFiles { certificate: None, ..whole.clone() }).contains("(key) is alone"));
    let alone = AccessFiles { certificate: None, key: None, ..whole.clone() };
    assert!(problem(alone).contains("(ca) is of no use"));
    let other = files("other", &text(&KeyPair::generate().unwrap()));
    assert!(problem(AccessFiles { key: other, ..whole.clone() }).contains("is not the key of"));
    let swapped = AccessFiles { certificate: whole.key.clone(), ..whole.clone() };
    assert!(problem(swapped).contains("holds no certificate"));
    let missing = NamedFile::new("gone", &folder.path().join("gone"));
    assert!(problem(AccessFiles { key: Some(missing), ..whole }).contains("cannot read"));
}

#[test]
fn other_authorities_count_at_once_also_while_certificate_and_key_do_not_fit() {
    let folder = tempfile::tempdir().unwrap();
    let authority = |name: &'static str| {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new([name.to_owned()]).unwrap().self_signed(&key);
        (certificate.unwrap().pem(), key.serialize_pem())
    };
    let ((first, key), (second, other_key)) = (authority("first"), authority("second"));
    let files = |name: &'static str, text: &str| file(name, &folder, text);
    let (certificate, key_file) = (files("cert", &first), files("key", &key));
    let authorities = Some(files("ca", &first));
    let tls = TlsFiles::new(certificate, key_file, authorities, false).unwrap();
    let now = Instant::now();
    let seconds = |count| now + Duration::from_secs(count);
    let judges = |count| {
        let tls = tls.get(seconds(count));
        let verifier = tls.verifier.clone().unwrap();
        (Arc::as_ptr(&tls), format!("{:?}", verifier.root_hint_subjects()))
    };
    let before = judges(1);
    assert_eq!(before, judges(2), "nothing has changed");
    files("key", &other_key);
    assert_eq!(before, judges(3), "half a rotation shuts no door");
    files("ca", &second);
    let after = judges(4);
    assert_ne!(before, after, "other clients are let in, and those of before are not");
    files("ca", "nonsense");
    assert_eq!(after, judges(5), "nobody is let in for it");
    files("key", &key);
    files("ca", "");
    assert_eq!(after, judges(6));
    std::fs::remove_file(folder.path().join("ca")).unwrap();
    assert_eq!(after, judges(7));
}
