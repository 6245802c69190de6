//! Signatures, made as a server makes them, and keys as their tools write them.

use super::*;
use crate::message::{Request, Response};

const SECRET: &str = "c2VjcmV0IG9mIHRoZSB0ZXN0cw==";

fn key() -> Key {
    Key::new("Home.", Algorithm::HmacSha256, SECRET).unwrap()
}

/// A question that is signed, and what checks its answers.
fn question(key: &Key) -> (Vec<u8>, Verifier<'_>) {
    let question = Request::question(name::parse("example.com").unwrap(), record_type::SOA);
    let mut message = question.encode(77);
    let verifier = key.sign(&mut message, 1_000_000);
    (message, verifier)
}

/// An answer to it, signed as a server would: `before` is the code before, and `first` tells whether
/// it is the first message.
fn answered(
    key: &Key,
    before: &[u8],
    unsigned: &[u8],
    first: bool,
    time: u64,
) -> (Vec<u8>, Vec<u8>) {
    let mut message = Request::question(name::parse("example.com").unwrap(), 6).encode(77);
    message[2] = 0x84;
    let mut signed = [&length(before)[..], before, unsigned, &message].concat();
    if first {
        key.variables(time, FUDGE, 0, &[], &mut signed);
    } else {
        signed.extend(time_bytes(time));
        signed.extend(FUDGE.to_be_bytes());
    }
    let mac = hmac::sign(&key.secret, &signed).as_ref().to_vec();
    let mut data = Vec::new();
    emit_name(&key.algorithm_name(), &mut data);
    data.extend(time_bytes(time));
    data.extend(FUDGE.to_be_bytes());
    data.extend(length(&mac));
    data.extend(&mac);
    data.extend([0, 77, 0, 0, 0, 0]);
    emit_name(&key.name, &mut message);
    message.extend(record_type::TSIG.to_be_bytes());
    message.extend(ANY.to_be_bytes());
    message.extend([0; 4]);
    message.extend(length(&data));
    message.extend(data);
    add_to_additional(&mut message, 1);
    (message, mac)
}

fn take(verifier: &mut Verifier<'_>, message: &[u8], now: u64) -> Result<(), BadSignature> {
    let response = Response::decode(message).unwrap();
    verifier.take(message, response.signature.as_ref(), now)
}

#[test]
fn a_signed_answer_is_believed_and_one_that_was_changed_is_not() {
    let key = key();
    let (_, mut verifier) = question(&key);
    let (answer, _) = answered(&key, &verifier.mac.clone(), &[], true, 1_000_010);
    let mut changed = answer.clone();
    changed[3] ^= 5;
    assert_eq!(take(&mut verifier, &changed, 1_000_011), Err(BadSignature::Wrong));
    assert_eq!(take(&mut verifier, &answer, 1_000_011), Ok(()));
    assert_eq!(verifier.end(), Ok(()));
}

#[test]
fn messages_of_a_transfer_may_lack_signatures_except_the_first_and_the_last() {
    let key = key();
    let (_, mut verifier) = question(&key);
    let plain = Request::question(name::parse("example.com").unwrap(), 252).encode(77);
    assert_eq!(take(&mut verifier, &plain, 1_000_000), Err(BadSignature::Unsigned));
    let (first, mac) = answered(&key, &verifier.mac.clone(), &[], true, 1_000_000);
    assert_eq!(take(&mut verifier, &first, 1_000_000), Ok(()));
    for _ in 0..99 {
        assert_eq!(take(&mut verifier, &plain, 1_000_000), Ok(()));
    }
    assert_eq!(verifier.end(), Err(BadSignature::Unsigned));
    assert_eq!(take(&mut verifier, &plain, 1_000_000), Err(BadSignature::Unsigned));
    let (last, _) = answered(&key, &mac, &plain.repeat(99), false, 1_000_001);
    assert_eq!(take(&mut verifier, &last, 1_000_000), Ok(()));
    assert_eq!(verifier.end(), Ok(()));
}

#[test]
fn an_old_answer_and_one_of_another_key_are_refused() {
    let key = key();
    let (_, mut verifier) = question(&key);
    let (old, _) = answered(&key, &verifier.mac.clone(), &[], true, 900_000);
    assert_eq!(take(&mut verifier, &old, 1_000_000), Err(BadSignature::Stale(900_000)));
    let other = Key::new("other", Algorithm::HmacSha256, SECRET).unwrap();
    let (answer, _) = answered(&other, &verifier.mac.clone(), &[], true, 1_000_000);
    assert_eq!(take(&mut verifier, &answer, 1_000_000), Err(BadSignature::OtherKey));
    assert!(verifier.end().is_err());
}

#[test]
fn keys_are_read_as_the_tools_of_name_servers_write_them() {
    let bind = format!(
        "# made by hand\nkey \"Home\" {{\n\talgorithm hmac-sha512;\n\tsecret \"{SECRET}\";\n}};\nkey other {{ algorithm hmac-sha256; secret {SECRET}; }};"
    );
    let knot = format!(
        "# hmac-sha256:home:{SECRET}\nkey:\n  - id: home\n    algorithm: hmac-sha256\n    secret: {SECRET}\n"
    );
    let line = format!("hmac-sha384:home:{SECRET}\n");
    let told = |text: &str| format!("{:?}", parse_key_file(text).unwrap());
    assert_eq!(told(&bind), "[Key(home hmac-sha512), Key(other hmac-sha256)]");
    assert_eq!(told(&knot), "[Key(home hmac-sha256)]");
    assert_eq!(told(&line), "[Key(home hmac-sha384)]");
}

#[test]
fn a_bad_key_is_told_without_its_secret() {
    let told = |text: &str| parse_key_file(text).unwrap_err().to_string();
    assert!(told("hmac-md5:home:AAAA").contains("`hmac-md5` is no algorithm"));
    assert!(told("hmac-sha256:home:geheim!").contains("key `home` is not in base64"));
    assert!(!told("hmac-sha256:home:geheim!").contains("geheim"));
    assert!(
        told("key \"home\" { algorithm hmac-sha256; };").contains("key `home` has no `secret`")
    );
    assert!(told("nothing").contains("there is no key in it"));
}
