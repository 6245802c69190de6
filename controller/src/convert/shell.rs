//! Scripts that only start a program, as `sh -c` gets them in a container.

/// Returns the words of the one command that a script is about, with `$NAME` as Kubernetes writes it.
///
/// `set -…` before it and `exec` in it change nothing.
///
/// # Errors
///
/// Returns what the script does besides.
pub(super) fn command(script: &str) -> Result<Vec<String>, String> {
    let mut commands = Vec::new();
    for line in lines(script) {
        let words = words(&line)?;
        match words.first().map(String::as_str) {
            None => {}
            Some("set") if words.iter().skip(1).all(|word| is_option(word)) => {}
            Some("exec") => commands.push(words.into_iter().skip(1).collect::<Vec<_>>()),
            Some(_) => commands.push(words),
        }
    }
    let mut commands = commands.into_iter();
    match (commands.next(), commands.next()) {
        (Some(words), None) => Ok(words),
        (None, _) => Err("it starts nothing".to_owned()),
        (Some(_), Some(second)) => {
            let first = second.first().map(String::as_str).unwrap_or_default();
            // What stands behind it may be a secret.
            let name = first.split('=').next().unwrap_or_default();
            Err(format!("it does more than one thing, such as `{name}`"))
        }
    }
}

/// Tells whether a word is an option of `set`, or the name of one, and sets nothing else.
fn is_option(word: &str) -> bool {
    ["pipefail", "errexit", "nounset", "xtrace", "allexport"].contains(&word)
        || word.strip_prefix(['-', '+']).is_some_and(|letters| {
            letters.chars().all(|letter| "abefhkmnoptuvxBCEHPT".contains(letter))
        })
}

/// Returns the lines of a script, with those together that a backslash joins.
fn lines(script: &str) -> Vec<String> {
    let joined = script.replace("\\\r\n", " ").replace("\\\n", " ");
    joined.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
}

/// Splits one line into words.
fn words(line: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(open), letter) if open == letter => quote = None,
            (Some('\''), letter) => word.get_or_insert_default().push(letter),
            (_, '\\') => word.get_or_insert_default().extend(letters.next()),
            (_, '$') => {
                let is_braced = letters.next_if_eq(&'{').is_some();
                let mut name = String::new();
                while let Some(letter) =
                    letters.next_if(|letter| letter.is_ascii_alphanumeric() || *letter == '_')
                {
                    name.push(letter);
                }
                let is_closed = !is_braced || letters.next_if_eq(&'}').is_some();
                if name.is_empty() || !is_closed {
                    return Err("it computes something with `$`".to_owned());
                }
                let word = word.get_or_insert_default();
                word.push_str("$(");
                word.push_str(&name);
                word.push(')');
            }
            (_, '`') => return Err("it runs a command in backticks".to_owned()),
            (None, '"' | '\'') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, '#') if word.is_none() => break,
            (None, ';' | '&' | '|' | '<' | '>' | '(' | ')') => {
                return Err(format!("it has a `{letter}`"));
            }
            (None, letter) if letter.is_whitespace() => words.extend(word.take()),
            (_, letter) => word.get_or_insert_default().push(letter),
        }
    }
    if quote.is_some() {
        return Err("a quote in it is not closed".to_owned());
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_that_only_starts_a_program_is_its_words() {
        for script in [
            "external-dns --a --b='x y' \"--c=$NAME\"",
            "set -eu\nexec external-dns \\\n  --a --b=x\\ y --c=${NAME} # all of it",
        ] {
            let words = command(script).unwrap();
            assert_eq!(words, ["external-dns", "--a", "--b=x y", "--c=$(NAME)"], "{script}");
        }
    }

    #[test]
    fn a_script_that_does_more_says_what() {
        for (script, told) in [
            ("sleep 5; external-dns --a", "`;`"),
            ("sleep 5\nexternal-dns --a", "more than one thing"),
            ("external-dns --a=$(cat /x)", "`$`"),
            ("external-dns --a=${B:-c}", "`$`"),
            ("external-dns --a=`cat /x`", "backticks"),
            ("external-dns --a > /dev/null", "`>`"),
            ("external-dns '--a", "not closed"),
            ("set -e", "nothing"),
        ] {
            assert!(command(script).unwrap_err().contains(told), "{script}");
        }
    }
}
