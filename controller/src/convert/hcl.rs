//! Terraform's language, as far as values are written out in it ([syntax]).
//!
//! Operators, conditions and loops are not worked out: what has one is kept as its text.
//!
//! [syntax]: https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md

mod expression;
mod scanner;

pub(super) use self::expression::{Expression, Piece};
use self::scanner::Scanner;

/// What a block holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Body {
    pub(super) attributes: Vec<(String, Expression)>,
    pub(super) blocks: Vec<Block>,
}

/// A block with its labels.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Block {
    pub(super) name: String,
    pub(super) labels: Vec<String>,
    pub(super) body: Body,
}

/// Reads a whole file.
///
/// # Errors
///
/// Returns the line that makes no sense, and what has to stand there.
pub(super) fn read(text: &str) -> Result<Body, String> {
    let mut scanner = Scanner::new(text);
    body(&mut scanner, false, MOST_DEEP)
}

/// How deep blocks and values may stand in each other.
const MOST_DEEP: usize = 64;

fn body(scanner: &mut Scanner<'_>, is_inner: bool, depth: usize) -> Result<Body, String> {
    let depth = depth.checked_sub(1).ok_or_else(|| scanner.wrong("it is too deep"))?;
    let mut body = Body::default();
    loop {
        scanner.space(true);
        match scanner.peek() {
            None if is_inner => return Err(scanner.wrong("a `}` is missing before the end")),
            None => return Ok(body),
            Some('}') if is_inner => {
                scanner.next();
                return Ok(body);
            }
            Some(_) => {}
        }
        let name = scanner
            .name()
            .ok_or_else(|| scanner.wrong("an attribute or a block has to stand here"))?;
        scanner.space(false);
        if scanner.eat("=") {
            let value = expression::read(scanner, true, depth)?;
            body.attributes.push((name, value));
            continue;
        }
        let mut labels = Vec::new();
        while !scanner.eat("{") {
            let label = match scanner.peek() {
                Some('"') => expression::quoted(scanner, depth)?.literal(),
                Some(_) => scanner.name(),
                None => None,
            };
            labels
                .push(label.ok_or_else(|| scanner.wrong("`=`, `{` or a label has to stand here"))?);
            scanner.space(false);
        }
        let inner = self::body(scanner, true, depth)?;
        body.blocks.push(Block { name, labels, body: inner });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_are_written_out_are_read_and_all_else_is_kept_as_its_text() {
        let text = "# a\na = 1 // b\nb \"x\" y {\n  c = [true, null,\n -2.5] /* c\n */\n  d = {e = \"f\\n$${g}\", \"h\" : i.j[0].k\n l = m ? 1 : 2}\n}\n\
                    n = f(\"${o}-p\", [for q in r : q]...)\ns = <<-EOT\n    t: ${u}\n      v: w\n  EOT\n";
        let read = read(text).unwrap();
        insta::assert_snapshot!(
            "values_that_are_written_out_are_read_and_all_else_is_kept_as_its_text",
            format!("{read:#?}")
        );
    }

    #[test]
    fn what_is_no_terraform_is_named_with_its_line() {
        for (text, told) in [
            ("a = 1\n= 2", "line 2"),
            ("a {\n b = 1", "`}` is missing"),
            ("a = \"b", "not closed"),
            ("a = [1, 2", "not closed"),
            ("a b", "has to stand here"),
            ("a = <<EOT\nb", "not closed"),
        ] {
            let said = read(text).unwrap_err();
            assert!(said.contains(told), "{text}: {said}");
        }
        assert!(read(&"a {".repeat(10_000)).unwrap_err().contains("too deep"));
        assert!(read(&format!("a = {}", "[".repeat(10_000))).is_err());
    }

    proptest::proptest! {
        #[test]
        fn no_text_ends_the_program(text in "[-a-z:{}()\\[\\] \n\"'=,.<E$%\\\\]{0,80}") {
            drop(read(&text));
        }
    }
}
