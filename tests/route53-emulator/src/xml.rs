//! XML bodies: a small tree for what comes in, a small writer for what goes out.
//!
//! Route 53's bodies are shallow and their namespace is always the same, so the tree keeps local
//! names and text only.

use quick_xml::Reader;
use quick_xml::escape::{escape, resolve_xml_entity};
use quick_xml::events::Event;

use crate::error::ApiError;

/// The namespace of every body.
pub(crate) const NAMESPACE: &str = "https://route53.amazonaws.com/doc/2013-04-01/";

/// An element that was read.
#[derive(Debug, Default)]
pub(crate) struct Element {
    /// The name without its prefix.
    pub(crate) name: String,
    /// The text directly inside, joined.
    pub(crate) text: String,
    /// The elements directly inside.
    pub(crate) children: Vec<Self>,
}

impl Element {
    /// Returns the first child of this name.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// Returns the text of the first child of this name.
    pub(crate) fn text_of(&self, name: &str) -> Option<String> {
        self.child(name).map(|child| child.text.clone())
    }

    /// Returns the number in the first child of this name.
    ///
    /// # Errors
    ///
    /// `InvalidInput` when the text is not a whole number.
    pub(crate) fn number_of(&self, name: &str) -> Result<Option<i64>, ApiError> {
        self.child(name)
            .map(|child| {
                child.text.trim().parse().map_err(|_| {
                    ApiError::invalid_input(format!(
                        "Invalid XML ; '{}' is not a valid value for '{name}'",
                        child.text
                    ))
                })
            })
            .transpose()
    }

    /// Returns the truth value in the first child of this name.
    ///
    /// # Errors
    ///
    /// `InvalidInput` when the text is none of XML's four spellings.
    pub(crate) fn bool_of(&self, name: &str) -> Result<Option<bool>, ApiError> {
        self.child(name)
            .map(|child| match child.text.trim() {
                "true" | "1" => Ok(true),
                "false" | "0" => Ok(false),
                text => Err(ApiError::invalid_input(format!(
                    "Invalid XML ; '{text}' is not a valid value for '{name}'"
                ))),
            })
            .transpose()
    }
}

/// Reads a body whose root element has to be `root`.
///
/// # Errors
///
/// `MalformedInput` when it is not well formed or has another root.
pub(crate) fn read(body: &str, root: &str) -> Result<Element, ApiError> {
    let tree = read_tree(body)
        .ok_or_else(|| ApiError::malformed(format!("Unable to parse the body, expected {root}")))?;
    if tree.name == root {
        return Ok(tree);
    }
    Err(ApiError::malformed(format!("{} is not valid, expected {root}", tree.name)))
}

fn read_tree(body: &str) -> Option<Element> {
    let mut reader = Reader::from_str(body);
    let mut open: Vec<Element> = Vec::new();
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) => {
                open.push(Element {
                    name: local_name(tag.local_name().as_ref())?,
                    ..Element::default()
                });
            }
            Event::Empty(tag) => {
                let element =
                    Element { name: local_name(tag.local_name().as_ref())?, ..Element::default() };
                match open.last_mut() {
                    Some(parent) => parent.children.push(element),
                    None => return Some(element),
                }
            }
            Event::End(_) => {
                let element = open.pop()?;
                match open.last_mut() {
                    Some(parent) => parent.children.push(element),
                    None => return Some(element),
                }
            }
            Event::Text(text) => {
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&text.xml10_content());
                }
            }
            Event::CData(text) => {
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&text.xml10_content());
                }
            }
            Event::GeneralRef(reference) => {
                let element = open.last_mut()?;
                match reference.resolve_char_ref().ok()? {
                    Some(character) => element.text.push(character),
                    None => {
                        element.text.push_str(resolve_xml_entity(&reference.xml10_content())?);
                    }
                }
            }
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            // A document type can only do harm here.
            Event::DocType(_) | Event::Eof => return None,
        }
    }
}

fn local_name(name: impl AsRef<[u8]>) -> Option<String> {
    String::from_utf8(name.as_ref().to_vec()).ok()
}

/// A body that is being written.
#[derive(Debug)]
pub(crate) struct Document {
    text: String,
    root: &'static str,
}

impl Document {
    /// Opens the root element.
    pub(crate) fn new(root: &'static str) -> Self {
        Self { text: format!("<?xml version=\"1.0\"?>\n<{root} xmlns=\"{NAMESPACE}\">"), root }
    }

    /// Writes an element with text.
    pub(crate) fn leaf(&mut self, name: &str, text: &str) {
        self.text.push('<');
        self.text.push_str(name);
        self.text.push('>');
        self.text.push_str(&escape(text));
        self.close(name);
    }

    /// Writes an element with text when there is one.
    pub(crate) fn optional(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.leaf(name, text);
        }
    }

    /// Writes an element around what `inside` writes.
    pub(crate) fn nest(&mut self, name: &str, inside: impl FnOnce(&mut Self)) {
        self.text.push('<');
        self.text.push_str(name);
        self.text.push('>');
        inside(self);
        self.close(name);
    }

    /// Closes the root element and returns the body.
    pub(crate) fn finish(mut self) -> String {
        let root = self.root;
        self.close(root);
        self.text
    }

    fn close(&mut self, name: &str) {
        self.text.push_str("</");
        self.text.push_str(name);
        self.text.push('>');
    }
}

/// Writes an error as the service does.
pub(crate) fn error_body(error: &ApiError, request_id: &str) -> String {
    let mut document = Document::new("ErrorResponse");
    document.nest("Error", |document| {
        let sender = if error.status < 500 { "Sender" } else { "Receiver" };
        document.leaf("Type", sender);
        document.leaf("Code", error.code);
        document.leaf("Message", &error.message);
    });
    document.leaf("RequestId", request_id);
    document.finish()
}

/// Writes the refusal of a batch that stands alone: the form of the error's own shape in the API's
/// [model], which SDKs of AWS read beside the other.
///
/// [model]: https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html
pub(crate) fn bare_batch(error: &ApiError, request_id: &str) -> String {
    let mut document = Document::new("InvalidChangeBatch");
    document.nest("Messages", |document| {
        for message in &error.batch {
            document.leaf("Message", message);
        }
    });
    document.leaf("RequestId", request_id);
    document.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_keeps_its_blanks_and_entities_are_resolved() {
        let tree =
            read("<?xml version='1.0'?><A xmlns='x'><B> \"a &amp; b\" &#65;&#x42; </B></A>", "A");
        assert_eq!(tree.unwrap().text_of("B").unwrap(), " \"a & b\" AB ");
    }

    #[test]
    fn another_root_or_broken_xml_is_malformed_input() {
        assert_eq!(read("<B/>", "A").unwrap_err().code, "MalformedInput");
        assert_eq!(read("<A><B></A>", "A").unwrap_err().code, "MalformedInput");
        assert_eq!(read("", "A").unwrap_err().code, "MalformedInput");
        assert_eq!(read("<A>&unknown;</A>", "A").unwrap_err().code, "MalformedInput");
    }

    #[test]
    fn what_is_written_reads_back() {
        let mut document = Document::new("A");
        document.nest("B", |document| document.leaf("C", "<&\"'>"));
        let tree = read(&document.finish(), "A").unwrap();
        assert_eq!(tree.child("B").unwrap().text_of("C").unwrap(), "<&\"'>");
    }
}
