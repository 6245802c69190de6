//! Finds what stands for text in a body and can be held by none.
//!
//! A Go decoder reads U+FFFD in its place, and what was meant is then something else: a record set of another
//! name, or with another value.

use super::surrogate;

/// Something in a body that no text can hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} at byte {at} of the body holds {what}; send text in UTF-8", of(member.as_deref()))]
pub struct NoText {
    /// The member that it is a value of, or in whose object it is; `None` at the top.
    pub member: Option<String>,
    /// Where it is, in bytes.
    pub at: usize,
    /// What it is.
    pub what: &'static str,
}

fn of(member: Option<&str>) -> String {
    member.map_or_else(|| "what stands".to_owned(), |member| format!("`{member}`"))
}

/// Returns the text of a body.
pub(super) fn check(body: &[u8]) -> Result<&str, NoText> {
    let found = match std::str::from_utf8(body) {
        Ok(text) => match half_of_a_pair(text) {
            None => return Ok(text),
            Some(at) => (at, "half of a surrogate pair"),
        },
        Err(error) => (error.valid_up_to(), "bytes that are no UTF-8"),
    };
    let (at, what) = found;
    let before = body.get(..at).unwrap_or_default();
    Err(NoText { member: member(before), at, what })
}

/// Returns where the first escape is that is half of a surrogate pair.
fn half_of_a_pair(text: &str) -> Option<usize> {
    if !text.contains("\\u") {
        return None;
    }
    let mut from = 0;
    while let Some(escape) =
        text.get(from..).and_then(|rest| Some(rest.split_at(rest.find('\\')?).1))
    {
        let at = text.len() - escape.len();
        from = at
            + match surrogate(escape) {
                Some(0xD800..=0xDBFF)
                    if matches!(escape.get(6..).and_then(surrogate), Some(0xDC00..=0xDFFF)) =>
                {
                    12
                }
                Some(0xD800..=0xDFFF) => return Some(at),
                // The backslash and what it escapes, so that `\\u` is not read as `\u`.
                _ => 1 + escape.chars().nth(1).map_or(0, char::len_utf8),
            };
    }
    None
}

/// Returns the last member of which `before` has the name whole.
fn member(before: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(before);
    let (mut last, mut begun, mut characters) = (None, None, text.char_indices());
    while let Some((at, character)) = characters.next() {
        match (character, begun) {
            ('\\', Some(_)) => drop(characters.next()),
            ('"', None) => begun = Some(at + 1),
            ('"', Some(from)) => {
                begun = None;
                let is_name = characters.as_str().trim_start().starts_with(':');
                last = text.get(from..at).filter(|_| is_name).or(last);
            }
            _ => {}
        }
    }
    last.map(|name| name.chars().take(100).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(body: &[u8]) -> String {
        check(body).unwrap_err().to_string()
    }

    #[test]
    fn what_no_text_can_hold_is_named_by_its_member_and_place() {
        let half = "holds half of a surrogate pair; send text in UTF-8";
        for (body, place) in [
            (r#"[{"dnsName":"a\ud800"}]"#, "`dnsName` at byte 14"),
            (r#"[{"dnsName":"a\uDC00b"}]"#, "`dnsName` at byte 14"),
            (r#"[{"dnsName":"\ud800\u0061"}]"#, "`dnsName` at byte 13"),
            (r#"[{"dnsName":"\ud800\ud800\udc00"}]"#, "`dnsName` at byte 13"),
            (r#"[{"dnsName":"\udc00\ud800"}]"#, "`dnsName` at byte 13"),
            (r#"[{"dnsName":"a","targets":["b","\udfff"]}]"#, "`targets` at byte 32"),
            (r#"[{"labels" : {"\udfff":"x"}}]"#, "`labels` at byte 15"),
            (r#"[{"labels":{"k\":":"\udfff"}}]"#, "`k\\\":` at byte 20"),
            (r#""\ud800""#, "what stands at byte 1"),
            (r"\ud800", "what stands at byte 0"),
        ] {
            assert_eq!(told(body.as_bytes()), format!("{place} of the body {half}"), "{body}");
        }
        for bytes in
            [&b"\xff"[..], b"\x80", b"\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\xaf"]
        {
            let body = [b"[{\"setIdentifier\":\"\xc3\xa4", bytes, b"\"}]"].concat();
            let said = "`setIdentifier` at byte 21 of the body holds bytes that are no UTF-8; \
                        send text in UTF-8";
            assert_eq!(told(&body), said);
        }
    }

    #[test]
    fn text_that_can_be_held_is_left_as_it_is() {
        for body in [
            "",
            "[]",
            r#"["\ud83d\ude00"]"#,
            r#"["\uD83D\uDE00\\ud800"]"#,
            r#"["\\\\ud800","\u0000\uffff\ufffd"]"#,
            r#"["münchen \"ud800\" 👍"]"#,
            r#"["\u12"]"#,
            r#"["\"#,
        ] {
            assert_eq!(check(body.as_bytes()).unwrap(), body);
        }
    }
}
