//! `cargo demo -- --once`, as the README shows it.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world should stop")]

use std::process::{Command, Output};

fn demo(folder: &tempfile::TempDir) -> Output {
    demo_with(folder, &[])
}

fn demo_with(folder: &tempfile::TempDir, options: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_demo"))
        .args(["--once", &format!("--folder={}", folder.path().display())])
        .args(options)
        .output()
        .unwrap()
}

#[test]
fn every_name_of_the_quickstart_is_answered_and_a_second_run_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let first = demo(&folder);
    let text = String::from_utf8_lossy(&first.stdout);
    assert!(first.status.success(), "{text}{}", String::from_utf8_lossy(&first.stderr));
    for row in [
        "app.example.com     A      192.0.2.20",
        "multi.example.com   AAAA   2001:db8::31",
        "shop.example.com    A      k8s-default-shop-1234567890.us-east-1.elb.amazonaws.com",
        "shop.example.com    AAAA   k8s-default-shop-1234567890.us-east-1.elb.amazonaws.com",
        "web.example.com     A      192.0.2.10",
    ] {
        assert!(text.contains(row), "no `{row}` in:\n{text}");
    }
    assert!(text.contains("wrote all of it"), "{text}");
    let second = demo(&folder);
    let text = String::from_utf8_lossy(&second.stdout);
    assert!(second.status.success(), "{text}{}", String::from_utf8_lossy(&second.stderr));
    assert!(text.contains("Nothing had to be written"), "{text}");
}

#[test]
fn a_name_server_gives_the_same_answers_without_being_installed() {
    let folder = tempfile::tempdir().unwrap();
    let first = demo_with(&folder, &["--provider=rfc2136"]);
    let text = String::from_utf8_lossy(&first.stdout);
    assert!(first.status.success(), "{text}{}", String::from_utf8_lossy(&first.stderr));
    for row in [
        "app.example.com     A      192.0.2.20",
        "multi.example.com   AAAA   2001:db8::31",
        "shop.example.com    CNAME  k8s-default-shop-1234567890.us-east-1.elb.amazonaws.com",
        "web.example.com     A      192.0.2.10",
    ] {
        assert!(text.contains(row), "no `{row}` in:\n{text}");
    }
    assert!(text.contains("of the name server wrote all of it"), "{text}");
    let second = demo_with(&folder, &["--provider=rfc2136"]);
    let text = String::from_utf8_lossy(&second.stdout);
    assert!(second.status.success(), "{text}{}", String::from_utf8_lossy(&second.stderr));
    assert!(text.contains("Nothing had to be written"), "{text}");
}
