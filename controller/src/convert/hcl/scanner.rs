//! Letters, names, blanks and comments.

/// A text that is read from its beginning to its end.
#[derive(Clone, Debug)]
pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Returns what is still to be read.
    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Returns where it is, for [`since`](Self::since).
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Returns what was read since, in one line.
    pub(super) fn since(&self, at: usize) -> String {
        let text = self.text.get(at..self.at).unwrap_or_default();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let letter = self.peek()?;
        self.at = self.at.saturating_add(letter.len_utf8());
        Some(letter)
    }

    /// Reads a text if it comes next.
    pub(super) fn eat(&mut self, text: &str) -> bool {
        let is_next = self.rest().starts_with(text);
        if is_next {
            self.at = self.at.saturating_add(text.len());
        }
        is_next
    }

    /// Reads letters for as long as they are of a kind.
    pub(super) fn take_while(&mut self, is: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.find(|letter| !is(letter)).unwrap_or(rest.len());
        self.at = self.at.saturating_add(length);
        rest.get(..length).unwrap_or_default()
    }

    /// Reads a name; `None` when none comes next.
    pub(super) fn name(&mut self) -> Option<String> {
        let is_first = |letter: char| letter.is_alphabetic() || letter == '_';
        self.peek().filter(|letter| is_first(*letter))?;
        Some(self.take_while(|letter| letter.is_alphanumeric() || "_-".contains(letter)).to_owned())
    }

    /// Reads blanks and comments, and the ends of lines where they mean nothing.
    pub(super) fn space(&mut self, over_lines: bool) {
        loop {
            self.take_while(|letter| letter.is_whitespace() && (over_lines || letter != '\n'));
            if self.peek() == Some('#') || self.rest().starts_with("//") {
                self.take_while(|letter| letter != '\n');
            } else if self.rest().starts_with("/*") {
                let end =
                    self.rest().find("*/").map_or(self.rest().len(), |end| end.saturating_add(2));
                self.at = self.at.saturating_add(end);
            } else {
                return;
            }
        }
    }

    /// Returns that something is wrong where it is.
    pub(super) fn wrong(&self, what: &str) -> String {
        let before = self.text.get(..self.at).unwrap_or_default();
        format!("line {}: {what}", before.matches('\n').count().saturating_add(1))
    }
}
