//! The token in a file: what [RFC 6750, 2.1] lets stand behind `Bearer`, alone on its line.
//!
//! A server's file has one token a line, and one Secret may stand at both ends, so that a client's may
//! have several: the first is shown. Nothing is guessed: a file with anything else in it is refused, by
//! what is wrong with it and never by what it holds.
//!
//! [RFC 6750, 2.1]: https://www.rfc-editor.org/rfc/rfc6750#section-2.1

/// Returns the token that a file shows.
///
/// # Errors
///
/// Returns what is wrong with the file, as the rest of a sentence.
pub(super) fn shown(file: &[u8]) -> Result<&str, &'static str> {
    if file.starts_with(b"\xef\xbb\xbf")
        || file.starts_with(b"\xff\xfe")
        || file.starts_with(b"\xfe\xff")
    {
        return Err("begins with a byte order mark; save it as plain ASCII");
    }
    if file.trim_ascii().is_empty() {
        return Err("holds no token");
    }
    let text = file.strip_suffix(b"\n").unwrap_or(file);
    let lines = text.split(|byte| *byte == b'\n');
    let lines = lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let mut first = None;
    for line in lines {
        let token = token(line)?;
        first.get_or_insert(token);
    }
    first.ok_or("holds no token")
}

fn token(line: &[u8]) -> Result<&str, &'static str> {
    if line.trim_ascii().is_empty() {
        return Err("holds an empty line; write a token on each, without blank ones");
    }
    if line.get(..7).is_some_and(|begin| begin.eq_ignore_ascii_case(b"bearer ")) {
        return Err("holds `Bearer` before the token; write the token alone");
    }
    if line.iter().any(u8::is_ascii_whitespace) {
        return Err("holds a space beside or inside of a token; write each alone on its line");
    }
    let is_of_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(byte);
    let bare = line.iter().position(|byte| *byte == b'=').unwrap_or(line.len());
    let (bare, padding) = line.split_at(bare);
    let is_token = !bare.is_empty()
        && bare.iter().all(is_of_token)
        && padding.iter().all(|byte| *byte == b'=');
    let token = std::str::from_utf8(line).ok().filter(|_| is_token);
    token.ok_or(
        "holds what can be no token; one has letters, digits and `-._~+/`, and `=` at its end alone",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_the_tokens_is_shown_however_lines_end() {
        for file in [
            "3q2-7w",
            "3q2-7w\n",
            "3q2-7w\r\n",
            "3q2-7w\nother==\n",
            "3q2-7w\r\nother",
            "3q2-7w\nother\nthird",
        ] {
            assert_eq!(shown(file.as_bytes()), Ok("3q2-7w"), "{file:?}");
        }
        for token in ["a", "aGk=", "aGk==", "a.b_c~d+e/f-g", "eyJhbGciOi.J9", "0"] {
            assert_eq!(shown(token.as_bytes()), Ok(token));
        }
    }

    #[test]
    fn what_is_no_token_is_refused_by_what_is_wrong_and_never_shown() {
        let many: &[(&[u8], &str)] = &[
            (b"", "holds no token"),
            (b"\n", "holds no token"),
            (b" \r\n\t", "holds no token"),
            (b"\xef\xbb\xbfs3cret", "byte order mark"),
            (b"\xff\xfes\x003\x00", "byte order mark"),
            (b"\xfe\xff\x00s", "byte order mark"),
            (b"Bearer s3cret", "holds `Bearer`"),
            (b"bearer s3cret\n", "holds `Bearer`"),
            (b"s3cret\n\n", "an empty line"),
            (b"\ns3cret\n", "an empty line"),
            (b"s3cret\n\nother", "an empty line"),
            (b"s3cret ", "holds a space"),
            (b"\ts3cret", "holds a space"),
            (b"s3cret other", "holds a space"),
            (b"s3cret\rother", "holds a space"),
            (b"s3cret\nother one", "holds a space"),
            (b"s3cret\nBearer other", "holds `Bearer`"),
            (b"s3cret,other", "can be no token"),
            (b"\"s3cret\"", "can be no token"),
            (b"Bearer:s3cret", "can be no token"),
            (b"s3=cret", "can be no token"),
            (b"=", "can be no token"),
            (b"s3\x01cret", "can be no token"),
            (b"s3\x00cret", "can be no token"),
            (b"s3cr\xc3\xa9t", "can be no token"),
            (b"s3cr\xff", "can be no token"),
            (b"s3cret\xe2\x80\x8b", "can be no token"),
            (b"token: s3cret", "holds a space"),
        ];
        for (file, sentence) in many {
            let problem = shown(file).unwrap_err();
            assert!(problem.contains(sentence), "{file:?}: {problem}");
            assert!(!problem.contains("cret"), "{problem}");
        }
    }
}
