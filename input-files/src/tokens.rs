//! The tokens in a file: what [RFC 6750, 2.1] lets stand behind `Bearer`, each alone on its line.
//!
//! One Secret may stand at both ends, so that there is one rule: blank lines, and blanks around a token, are
//! passed over; a line with anything else in it is bad, and told by its number and by what is wrong with
//! it, never by what it holds.
//!
//! [RFC 6750, 2.1]: https://www.rfc-editor.org/rfc/rfc6750#section-2.1

/// What is in a file of tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// The tokens, in their order; there is one at least.
    pub good: Vec<String>,
    /// What is wrong with the first line that holds something else, as the rest of a sentence.
    pub bad: Option<String>,
}

/// Why there is no token in a file, as the rest of a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadTokens(pub String);

/// Returns the tokens in `file`.
///
/// # Errors
///
/// Returns what is wrong with the file when there is none.
pub fn tokens(file: &[u8]) -> Result<Tokens, BadTokens> {
    let marks: [&[u8]; 3] = [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"];
    if marks.iter().any(|mark| file.starts_with(mark)) {
        let told = "holds a byte order mark at its beginning; save it as plain ASCII";
        return Err(BadTokens(told.to_owned()));
    }
    let (mut good, mut bad) = (Vec::new(), None);
    for (line, number) in file.split(|byte| *byte == b'\n').zip(1_usize..) {
        match token(line.trim_ascii()) {
            Ok(None) => {}
            Ok(Some(token)) => good.push(token.to_owned()),
            Err(problem) => {
                bad.get_or_insert_with(|| format!("holds in line {number} {problem}"));
            }
        }
    }
    if good.is_empty() {
        let none = || "holds no token; write one on a line of its own".to_owned();
        return Err(BadTokens(bad.unwrap_or_else(none)));
    }
    Ok(Tokens { good, bad })
}

fn token(line: &[u8]) -> Result<Option<&str>, &'static str> {
    if line.is_empty() {
        return Ok(None);
    }
    if line.get(..7).is_some_and(|begin| begin.eq_ignore_ascii_case(b"bearer ")) {
        return Err("`Bearer` before the token; write the token alone");
    }
    if line.iter().any(u8::is_ascii_whitespace) {
        return Err("a space inside of a token; write each alone on its line");
    }
    let is_of_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(byte);
    let bare = line.iter().position(|byte| *byte == b'=').unwrap_or(line.len());
    let (bare, padding) = line.split_at(bare);
    let is_token = !bare.is_empty()
        && bare.iter().all(is_of_token)
        && padding.iter().all(|byte| *byte == b'=');
    let token = std::str::from_utf8(line).ok().filter(|_| is_token);
    token.map(Some).ok_or(
        "what can be no token; one has letters, digits and `-._~+/`, and `=` at its end alone",
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tokens_are_read_however_lines_end_and_blank_ones_are_passed_over() {
        for file in [
            "3q2-7w\nother==",
            "3q2-7w\r\nother==\r\n",
            "\n\n3q2-7w\n \t\nother==\n\n",
            "  3q2-7w\t\n other== ",
        ] {
            let good = ["3q2-7w", "other=="].map(str::to_owned).to_vec();
            assert_eq!(tokens(file.as_bytes()), Ok(Tokens { good, bad: None }), "{file:?}");
        }
        for token in ["a", "aGk=", "aGk==", "a.b_c~d+e/f-g", "eyJhbGciOi.J9", "0"] {
            assert_eq!(tokens(token.as_bytes()).unwrap().good, [token]);
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
            (b"Bearer s3cret", "in line 1 `Bearer`"),
            (b"\n\nbearer s3cret\n", "in line 3 `Bearer`"),
            (b"s3cret other", "a space inside"),
            (b"s3cret\rother", "a space inside"),
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
            (b"token: s3cret", "a space inside"),
        ];
        for (file, sentence) in many {
            let problem = tokens(file).unwrap_err().to_string();
            assert!(problem.contains(sentence), "{file:?}: {problem}");
            assert!(!problem.contains("cret"), "{problem}");
            if file.starts_with(b"s") {
                let with_good = [b"good\n", *file].concat();
                let Tokens { good, bad } = tokens(&with_good).unwrap();
                assert_eq!(good, ["good"]);
                let bad = bad.unwrap();
                assert!(bad.contains("in line 2") && !bad.contains("cret"), "{bad}");
            }
        }
    }

    proptest! {
        #[test]
        fn each_good_line_counts_whatever_stands_in_the_others(
            lines in prop::collection::vec(("[a-z0-9._~+/-]{1,8}={0,2}", any::<bool>(), "[ -<>-~]{0,8}"), 0..8),
        ) {
            let text = lines.iter().map(|(good, is_good, other)| {
                if *is_good { format!("{good}\n") } else { format!(",{other}\n") }
            });
            let text = text.collect::<String>();
            let wanted: Vec<_> = lines.iter().filter(|line| line.1).map(|line| line.0.clone()).collect();
            match tokens(text.as_bytes()) {
                Ok(Tokens { good, bad }) => {
                    prop_assert_eq!(bad.is_some(), wanted.len() < lines.len());
                    prop_assert_eq!(good, wanted);
                }
                Err(_) => prop_assert!(wanted.is_empty()),
            }
        }
    }
}
