//! Lists in one text: names and targets separated by commas.

/// Returns the items of a list, without the white space around them; never none.
///
/// Commas separate, and nothing else does: an item with white space inside stays one item, which no
/// name and no target is. Commas at the end end the list. Any other empty item stays, because something
/// may have been meant by it; so a list of nothing but blanks and commas is one empty item.
///
/// ```
/// use controller_core::value::items;
///
/// assert_eq!(items("a.example.com,\n  b.example.com,"), ["a.example.com", "b.example.com"]);
/// assert_eq!(items(" "), [""]);
/// ```
pub fn items(list: &str) -> Vec<&str> {
    let mut items: Vec<_> = list.split(',').map(str::trim).collect();
    while items.len() > 1 && items.last().is_some_and(|last| last.is_empty()) {
        items.pop();
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_commas_separate() {
        assert_eq!(items("a, b"), ["a", "b"]);
        assert_eq!(items("a b"), ["a b"]);
        assert_eq!(items("a\nb"), ["a\nb"]);
        assert_eq!(items(" a\u{a0},\r\n\tb \n"), ["a", "b"]);
    }

    #[test]
    fn commas_may_end_a_list_and_other_empty_items_stay() {
        assert_eq!(items("a,"), ["a"]);
        assert_eq!(items("a , \n,"), ["a"]);
        assert_eq!(items("a,,b"), ["a", "", "b"]);
        assert_eq!(items(",a"), ["", "a"]);
        for blank in ["", " ", ",", ",,", "\n, \t"] {
            assert_eq!(items(blank), [""], "{blank:?}");
        }
    }
}
