//! The emulator to the tools of BIND, which are skipped loudly where they are not installed.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world should stop")]
#![expect(clippy::print_stderr, reason = "a test that is skipped says so")]

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use name_server_emulator::{Emulator, Options};

const SECRET: &str = "bm90aGluZyB0aGF0IG5lZWRzIHRvIGJlIGtlcHQ=";

async fn start(folder: &tempfile::TempDir) -> Emulator {
    let options = Options {
        listen: "127.0.0.1:0".parse().unwrap(),
        zones: vec!["example.com.".parse().unwrap()],
        key: format!("home:{SECRET}").parse().unwrap(),
        state: Some(folder.path().join("zones.json")),
    };
    Emulator::start(options).await.unwrap()
}

/// Runs a tool; `None` where it is not installed.
async fn run(program: &'static str, words: Vec<String>, input: String) -> Option<Output> {
    let ran = tokio::task::spawn_blocking(move || {
        let mut child = Command::new(program)
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .ok()?;
        child.stdin.take()?.write_all(input.as_bytes()).ok()?;
        child.wait_with_output().ok()
    });
    let output = ran.await.unwrap();
    if output.is_none() {
        eprintln!("SKIPPED: `{program}` is not installed");
    }
    output
}

/// Sends an update, and returns what is wrong with it; `None` where there is no tool.
async fn nsupdate(emulator: &Emulator, secret: &str, lines: &[&str]) -> Option<String> {
    let port = emulator.address().port();
    let script = format!("server 127.0.0.1 {port}\nzone example.com\n{}\nsend\n", lines.join("\n"));
    let words = ["-v", "-y", &format!("hmac-sha256:home:{secret}")].map(str::to_owned);
    let output = run("nsupdate", words.to_vec(), script).await?;
    Some(String::from_utf8_lossy(&output.stderr).into_owned())
}

async fn dig(emulator: &Emulator, words: &[&str]) -> Option<String> {
    let port = emulator.address().port().to_string();
    let own = ["+noall", "+answer", "+nocomments", "@127.0.0.1", "-p", &port];
    let words = own.iter().chain(words).map(|word| (*word).to_owned()).collect();
    let output = run("dig", words, String::new()).await?;
    Some(String::from_utf8_lossy(&output.stdout).split_whitespace().collect::<Vec<_>>().join(" "))
}

#[tokio::test]
async fn signed_updates_are_made_answered_transferred_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let emulator = start(&folder).await;
    let lines = [
        "prereq nxdomain www.example.com",
        "add www.example.com 60 A 192.0.2.1",
        "add *.wild.example.com 60 CNAME www.example.com",
    ];
    let Some(said) = nsupdate(&emulator, SECRET, &lines).await else { return };
    assert_eq!(said, "");
    let Some(answer) = dig(&emulator, &["www.example.com", "A"]).await else { return };
    assert_eq!(answer, "www.example.com. 60 IN A 192.0.2.1");
    let wild = dig(&emulator, &["a.wild.example.com", "CNAME"]).await.unwrap();
    assert_eq!(wild, "a.wild.example.com. 60 IN CNAME www.example.com.");
    let key = format!("hmac-sha256:home:{SECRET}");
    let transfer = dig(&emulator, &["-y", &key, "example.com", "AXFR"]).await.unwrap();
    assert!(transfer.contains("www.example.com. 60 IN A 192.0.2.1"), "{transfer}");
    assert!(transfer.contains("example.com. 300 IN NS ns.example.com."), "{transfer}");
    let unsigned = dig(&emulator, &["example.com", "AXFR"]).await.unwrap();
    assert!(!unsigned.contains("192.0.2.1"), "{unsigned}");
    drop(emulator);
    let again = start(&folder).await;
    let answer = dig(&again, &["www.example.com", "A"]).await.unwrap();
    assert_eq!(answer, "www.example.com. 60 IN A 192.0.2.1");
}

#[tokio::test]
async fn what_a_name_server_refuses_is_refused_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let emulator = start(&folder).await;
    let first = nsupdate(&emulator, SECRET, &["add www.example.com 60 A 192.0.2.1"]).await;
    if first.is_none() {
        return;
    }
    for (lines, expected) in [
        (&["prereq nxdomain www.example.com", "add b.example.com 60 A 192.0.2.2"][..], "YXDOMAIN"),
        (&["prereq nxrrset www.example.com A", "add b.example.com 60 A 192.0.2.2"], "YXRRSET"),
        (
            &["prereq yxrrset www.example.com A 192.0.2.9", "add b.example.com 60 A 192.0.2.2"],
            "NXRRSET",
        ),
        (&["prereq yxdomain c.example.com", "add b.example.com 60 A 192.0.2.2"], "NXDOMAIN"),
        (
            &[
                "check-names no",
                "add b.example.com 60 A 192.0.2.2",
                "add b_c.example.com 60 A 192.0.2.2",
            ],
            "REFUSED",
        ),
        (&["add b.example.net 60 A 192.0.2.2"], "NOTZONE"),
    ] {
        let said = nsupdate(&emulator, SECRET, lines).await.unwrap();
        assert!(said.contains(expected), "{lines:?}: {said}");
        assert_eq!(dig(&emulator, &["b.example.com", "A"]).await.unwrap(), "", "{lines:?}");
    }
    let other = nsupdate(&emulator, "b3RoZXI=", &["add b.example.com 60 A 192.0.2.2"]).await;
    assert!(other.unwrap().contains("BADSIG"));
    // Passed over without a word, as the RFC wants.
    let cname = ["add www.example.com 60 CNAME a.example.net"];
    assert_eq!(nsupdate(&emulator, SECRET, &cname).await.unwrap(), "");
    assert_eq!(dig(&emulator, &["www.example.com", "CNAME"]).await.unwrap(), "");
}
