//! Writes JSON by appending to a text, for what is made for every job: values that are already JSON are spliced in unread.

/// Appends a whole number.
pub fn push_number(out: &mut String, number: impl itoa::Integer) {
    out.push_str(itoa::Buffer::new().format(number));
}

/// Appends a JSON string; names are nearly always plain.
pub fn push_text(out: &mut String, text: &str) {
    if text.bytes().all(|b| b >= 0x20 && b != b'"' && b != b'\\') {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        out.push_str(&serde_json::to_string(text).expect("a string always has a JSON text"));
    }
}

/// Appends a JSON array, each item by `push`.
pub fn push_list(out: &mut String, items: &[String], push: fn(&mut String, &str)) {
    out.push('[');
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        push(out, item);
    }
    out.push(']');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_json() {
        let texts = ["plain".to_owned(), "a \"quote\"\n\\".to_owned(), "é\u{1}".to_owned()];
        let mut out = String::new();
        push_list(&mut out, &texts, push_text);
        assert_eq!(serde_json::from_str::<Vec<String>>(&out).unwrap(), texts);
    }
}
