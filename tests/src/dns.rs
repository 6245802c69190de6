//! Asks a DNS server, as a resolver would.

use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, bail};
use hickory_proto::op::{Message, OpCode, Query};
use hickory_proto::rr::{Name, RecordType};
use tokio::net::UdpSocket;

/// How long one answer may take.
const DEADLINE: Duration = Duration::from_secs(3);

/// Returns the answers for `name` and `record_type`, as text, sorted; empty when there are none.
///
/// # Errors
///
/// When there is no such type, the server does not answer, or its answer makes no sense.
pub async fn query(
    server: SocketAddr,
    name: &str,
    record_type: &str,
) -> anyhow::Result<Vec<String>> {
    let record_type = RecordType::from_str(record_type)
        .map_err(|_| anyhow::anyhow!("`{record_type}` is not a record type"))?;
    let mut question = Message::query();
    question.metadata.op_code = OpCode::Query;
    question.metadata.recursion_desired = true;
    question.add_query(Query::query(Name::from_ascii(name)?, record_type));
    let socket = UdpSocket::bind("127.0.0.1:0").await?;
    socket.connect(server).await?;
    socket.send(&question.to_vec()?).await?;
    let mut buffer = vec![0; 4096];
    let length = tokio::time::timeout(DEADLINE, socket.recv(&mut buffer))
        .await
        .with_context(|| format!("{server} does not answer"))??;
    let answer = Message::from_vec(buffer.get(..length).unwrap_or_default())?;
    if answer.metadata.id != question.metadata.id {
        bail!("{server} answered another question");
    }
    let of_type = answer.answers.iter().filter(|answer| answer.record_type() == record_type);
    let mut answers: Vec<String> = of_type.map(|answer| answer.data.to_string()).collect();
    answers.sort();
    Ok(answers)
}
