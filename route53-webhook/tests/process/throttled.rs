//! That AWS throttles is told by the log, the page and the answers, and not by a counter alone.

use std::time::Duration;

use route53_emulator::{Fault, FaultKind, Operation};
use tokio::time::Instant;

use crate::harness::*;

/// Returns the status and the body of the answer to a write of one record set.
async fn write(sidecar: &Sidecar) -> reqwest::Result<(u16, String)> {
    let body =
        r#"{"create":[{"dnsName":"a.example.com","targets":["192.0.2.1"],"recordType":"A"}]}"#;
    let request = reqwest::Client::new()
        .post(format!("{}/records", sidecar.listen))
        .header("content-type", "application/json")
        .body(body);
    let answer = request.send().await?;
    Ok((answer.status().as_u16(), answer.text().await?))
}

#[tokio::test]
async fn what_aws_puts_off_is_told_by_the_answer_the_page_and_one_line_of_the_log() {
    for (kind, operation, words) in [
        (FaultKind::Throttle, Operation::ChangeResourceRecordSets, "AWS throttles `Change"),
        (FaultKind::PriorRequest, Operation::ChangeResourceRecordSets, "Route 53 is still busy"),
        (FaultKind::Throttle, Operation::ListResourceRecordSets, "AWS throttles `List"),
    ] {
        let emulator = emulator().await;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log");
        let log = std::fs::File::create(&path).expect("a file");
        let mut fault = Fault::new(kind);
        fault.operation = Some(operation);
        emulator.set_faults(vec![fault]);
        let mut program = command(&emulator.endpoint_url());
        let sidecar = start_logging(&mut program, &["--records-timeout=1s"], log.into());
        let is_write = operation == Operation::ChangeResourceRecordSets;
        if is_write {
            until_ready(&sidecar).await;
        }
        let begin = Instant::now();
        let (status, body) = if is_write {
            write(&sidecar).await.unwrap()
        } else {
            get(&format!("{}/records", sidecar.listen)).await
        };
        assert_eq!(status, 503, "{body}");
        assert!(body.starts_with(&format!(r#"{{"error":"{words}"#)), "{body}");
        assert!(begin.elapsed() < Duration::from_secs(5), "before a controller gives up");
        for path in ["/", "/readyz"] {
            let (_, page) = get(&format!("{}{path}", sidecar.metrics)).await;
            assert!(page.contains(words) && page.contains("put off in"), "{page}");
        }
        let log = std::fs::read_to_string(&path).expect("the log");
        let told = log.lines().filter(|line| line.contains("AWS puts calls off"));
        let told: Vec<_> = told.collect();
        assert_eq!(told.len(), 1, "{log}");
        assert!(told[0].contains("level=warn") && told[0].contains(words), "{log}");
    }
}
