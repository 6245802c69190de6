//! Answers in JSON, which a person reads on a terminal, too: in them stands what others wrote.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use external_dns_webhook::printable_json;
use serde::Serialize;

/// A value as JSON in which nothing of a string is unseen, by the rule of the log and of all that is printed.
#[derive(Clone, Copy, Debug)]
pub(super) struct VisibleJson<T>(pub(super) T);

impl<T: Serialize> IntoResponse for VisibleJson<T> {
    fn into_response(self) -> Response {
        match serde_json::to_string(&self.0) {
            Ok(text) => visible(&text),
            Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
        }
    }
}

/// Returns what is JSON already, as [`VisibleJson`] has it.
pub(super) fn visible(json: &str) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], printable_json(json)).into_response()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn body(response: Response) -> String {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let body = axum::body::to_bytes(response.into_body(), usize::MAX);
        String::from_utf8(runtime.block_on(body).unwrap().to_vec()).unwrap()
    }

    /// What moves, hides or joins letters on a terminal, or acts there.
    fn is_unseen(character: char) -> bool {
        character.is_control()
            || [
                '\u{200b}'..='\u{200f}',
                '\u{2028}'..='\u{202e}',
                '\u{2060}'..='\u{206f}',
                '\u{180b}'..='\u{180f}',
                '\u{fe00}'..='\u{fe0f}',
                '\u{e0000}'..='\u{e0fff}',
            ]
            .iter()
            .any(|range| range.contains(&character))
            || ['\u{ad}', '\u{34f}', '\u{61c}', '\u{2800}', '\u{3164}', '\u{feff}']
                .contains(&character)
    }

    proptest! {
        #[test]
        fn an_answer_in_json_says_what_it_did_with_nothing_unseen_in_it(
            text in prop::collection::vec(any::<char>(), 0..40),
            hidden in prop::sample::select(vec![
                '\u{202e}', '\u{200b}', '\u{2066}', '\u{7f}', '\u{85}', '\u{9b}', '\u{2028}', '\u{2800}', '\u{feff}',
                '\u{e0041}', '\u{1b}', '\n', '\u{34f}', '\u{180b}', '\u{fe0f}', '\u{e0100}',
            ]),
            at in 0_usize..40,
        ) {
            let mut text = text;
            text.insert(at.min(text.len()), hidden);
            let text = String::from_iter(text);
            let given = json!({ text.clone(): [text.clone(), { "escaped": format!("\\{text}\\u202e") }] });
            let written = body(VisibleJson(&given).into_response());
            prop_assert_eq!(&written, &body(visible(&given.to_string())));
            prop_assert!(!written.chars().any(is_unseen), "{:?}", written);
            let read: Value = serde_json::from_str(&written).unwrap();
            prop_assert_eq!(read, given);
        }
    }

    #[test]
    fn a_letter_that_is_seen_is_as_it_was() {
        let text = "münchen 點看 क्षि \"x\" \\ 👍";
        let written = body(VisibleJson(text).into_response());
        assert_eq!(written, serde_json::to_string(text).unwrap());
    }
}
