//! The parts of a page that a test can act on: blocks of code, and what a comment before them says.
//!
//! `<!-- run -->` before a block runs it; `<!-- run, fails -->` expects it to fail. Of a `console` block
//! the lines after `$` are run and the others must be printed. `<!-- shows -->` before a block says that
//! the block run last printed each of its lines. A comment of several lines that begins with `run` is
//! run as it is, unseen by the reader.

/// A block of code.
#[derive(Clone, Debug, Default)]
pub(crate) struct Block {
    /// Where its text begins, counted from 1.
    pub(crate) line: usize,
    /// What follows the fence, such as `sh`.
    pub(crate) language: String,
    /// Its lines, without the indentation of the fence.
    pub(crate) text: String,
    /// The comment on the line before; empty without one.
    pub(crate) note: String,
}

impl Block {
    /// Returns the commands of the block, one a line, with continued lines joined.
    pub(crate) fn commands(&self) -> Vec<String> {
        let joined = self.text.replace("\\\n", " ");
        let lines = joined.lines().filter(|line| !line.trim().is_empty());
        if self.language == "console" {
            return lines.filter_map(|line| line.strip_prefix("$ ")).map(str::to_owned).collect();
        }
        lines.map(str::to_owned).collect()
    }

    /// Returns the lines that a `console` block says are printed.
    pub(crate) fn printed(&self) -> Vec<&str> {
        let mut continued = false;
        let is_output = |line: &&str| {
            let is_command = continued || line.starts_with("$ ");
            continued = is_command && line.ends_with('\\');
            !is_command && !line.trim().is_empty()
        };
        self.text.lines().filter(is_output).collect()
    }
}

/// Returns the blocks of a page, in order.
pub(crate) fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut note = String::new();
    let mut lines = page.lines().enumerate();
    while let Some((at, line)) = lines.next() {
        let text = line.trim_start();
        let indent = line.len() - text.len();
        if let Some(language) = text.strip_prefix("```") {
            let mut block = Block {
                line: at + 2,
                language: language.to_owned(),
                note: std::mem::take(&mut note),
                ..Block::default()
            };
            for (_, line) in lines.by_ref() {
                if line.trim() == "```" {
                    break;
                }
                block.text.push_str(line.get(indent..).unwrap_or_default());
                block.text.push('\n');
            }
            blocks.push(block);
        } else if text == "<!-- run" {
            let mut block = Block { line: at + 2, note: "run".to_owned(), ..Block::default() };
            for (_, line) in lines.by_ref().take_while(|(_, line)| line.trim() != "-->") {
                block.text.push_str(line);
                block.text.push('\n');
            }
            blocks.push(block);
        } else if let Some(comment) = text.strip_prefix("<!--") {
            comment.trim_end_matches("-->").trim().clone_into(&mut note);
        } else if !text.is_empty() {
            note.clear();
        }
    }
    blocks
}

#[test]
fn blocks_come_with_the_comment_before_them_and_without_their_indentation() {
    let page = "text\n<!-- run -->\n```sh\na \\\n  b\nc\n```\n\n1. item\n\n   ```console\n   $ d\n   e\n   ```\n<!-- run\nf\n-->\n";
    let blocks = blocks(page);
    assert_eq!(blocks.len(), 3);
    assert_eq!((blocks[0].line, blocks[0].note.as_str()), (4, "run"));
    assert_eq!(blocks[0].commands(), ["a    b", "c"]);
    assert_eq!((blocks[1].note.as_str(), blocks[1].printed()), ("", vec!["e"]));
    assert_eq!(blocks[1].commands(), ["d"]);
    assert_eq!((blocks[2].note.as_str(), blocks[2].text.as_str()), ("run", "f\n"));
}
