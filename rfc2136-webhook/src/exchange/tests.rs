//! Servers that do not come to an end.

mod encrypted;

use tokio::net::TcpListener;

use super::*;
use crate::message::{IN, ResourceRecord, emit_name};
use crate::record_type::SOA;
use crate::transfer::{self, Transfer};

/// Returns an answer with one record, as it goes over TCP.
fn framed(id: [u8; 2], record: &ResourceRecord) -> Vec<u8> {
    let mut message = [&id[..], &[0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0]].concat();
    emit_name(&record.name, &mut message);
    message.extend(record.record_type.to_be_bytes());
    message.extend(record.class.to_be_bytes());
    message.extend(record.ttl.to_be_bytes());
    message.extend(u16::try_from(record.data.len()).unwrap().to_be_bytes());
    message.extend(&record.data);
    [&u16::try_from(message.len()).unwrap().to_be_bytes()[..], &message].concat()
}

/// Answers each request with a zone that goes on for ever.
async fn never_end(listener: TcpListener) -> io::Result<()> {
    let name = name::parse("example.com").unwrap();
    let soa = ResourceRecord {
        name: name.clone(),
        record_type: SOA,
        class: IN,
        ttl: 60,
        data: vec![0; 22],
    };
    let address =
        ResourceRecord { name, record_type: 1, class: IN, ttl: 60, data: vec![192, 0, 2, 1] };
    loop {
        let (mut client, _) = listener.accept().await?;
        let request = read_message(&mut client).await?;
        let id = [request[0], request[1]];
        client.write_all(&framed(id, &soa)).await?;
        while client.write_all(&framed(id, &address)).await.is_ok() {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn a_transfer_that_never_ends_and_never_falls_silent_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server =
        Address { host: "127.0.0.1".to_owned(), port: listener.local_addr().unwrap().port() };
    let exchange = Exchange {
        timeout: Duration::from_mins(1),
        deadline: Duration::from_millis(200),
        clock: system_clock,
        tls: None,
        observer: Arc::new(|_| {}),
    };
    let zone = name::parse("example.com").unwrap();
    let request = transfer::whole(zone.clone());
    let operation = Operation::Transfer;
    let question = Question { server: &server, key: None, operation, request: &request };
    let mut answers = Transfer::new(zone, None);
    let fault = tokio::select! {
        outcome = exchange.send(question, &mut answers) => outcome.unwrap_err(),
        ended = never_end(listener) => panic!("{ended:?}"),
    };
    assert!(matches!(fault, Fault::Slow { .. }), "{fault}");
    assert!(fault.to_string().contains("has not ended its answer to the AXFR within 200ms"));
    assert_eq!((fault.result(), fault.is_of_server()), ("timeout", true));
}
