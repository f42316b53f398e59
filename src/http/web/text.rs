//! Texts and links of pages. Whatever others wrote is hostile.

use jiff::Timestamp;
use maud::{Markup, html};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::BASE;

/// What stands in a link as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// `text` for a part of a path or query.
pub(in crate::http) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, PLAIN).to_string()
}

/// The path of a page about a zone: `below` is what follows its name.
pub(in crate::http) fn of_zone(zone: &str, below: &str) -> String {
    format!("{BASE}/zones/{}{below}", encoded(zone))
}

/// A text of others, apart from what stands around it; what cannot be seen is written out.
pub(in crate::http) fn shown(text: &str) -> Markup {
    html! { bdi { (visible(text)) } }
}

/// `text`, with control characters, and those that turn or hide text, as `\u{…}`.
pub(in crate::http) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match is_hidden(c) {
            true => shown.extend(c.escape_unicode()),
            false => shown.push(c),
        }
    }
    shown
}

/// Whether a character cannot be seen, or turns or hides others.
pub(in crate::http) fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A moment.
pub(in crate::http) fn time(at: Timestamp) -> Markup {
    let text = at.strftime("%F %T UTC").to_string();
    html! { time datetime=(at.strftime("%FT%TZ")) { (text) } }
}

/// A moment of which it matters how long ago it is.
pub(in crate::http) fn ago(at: Timestamp) -> Markup {
    let text = at.strftime("%F %T UTC").to_string();
    html! { time datetime=(at.strftime("%FT%TZ")) data-relative { (text) } }
}

/// A number, in groups of three digits.
pub(in crate::http) fn number(number: impl Into<u64>) -> String {
    let plain = number.into().to_string();
    let mut shown = String::with_capacity(plain.len() * 4 / 3);
    for (place, digit) in plain.chars().enumerate() {
        if place > 0 && (plain.len() - place).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// `1 zone`, `2,000 zones`, `2 pushes`.
pub(in crate::http) fn count(count: usize, word: &str) -> String {
    let end = match (count, word.ends_with("sh")) {
        (1, _) => "",
        (_, true) => "es",
        _ => "s",
    };
    format!("{} {word}{end}", number(count as u64))
}

/// A table that scrolls by itself where a page is too narrow for it.
pub(in crate::http) fn table(
    about: &str,
    caption: &str,
    columns: &[&str],
    rows: &Markup,
) -> Markup {
    html! {
        div.wide tabindex="0" role="region" aria-label=(about) {
            table {
                caption { (caption) }
                thead { tr { @for column in columns { th scope="col" { (column) } } } }
                tbody { (rows) }
            }
        }
    }
}

/// The lines of a difference.
pub(in crate::http) fn lines(lines: &[String]) -> Markup {
    html! {
        @if lines.is_empty() {
            p { "No difference." }
        } @else {
            pre {
                @for line in lines {
                    @let class = match line.chars().next() {
                        Some('-') => "out",
                        Some('+') => "in",
                        _ => "soft",
                    };
                    span class=(class) { (visible(line)) } "\n"
                }
            }
        }
    }
}

/// The state of something, which is bad unless it is one of the good ones.
pub(in crate::http) fn state(word: &str) -> Markup {
    let good = matches!(
        word,
        "ok" | "served"
            | "removed"
            | "kept"
            | "not placed"
            | "in sync"
            | "valid"
            | "same"
            | "passing"
    );
    html! { span class=(if good { "state" } else { "state bad" }) { (word) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_turns_or_hides_text_is_written_out() {
        assert_eq!(
            visible("a\u{202e}b\u{200b}\n"),
            "a\\u{202e}b\\u{200b}\\u{a}"
        );
        assert_eq!(visible("täst 例え"), "täst 例え");
        let shown = shown("<script>\"&").into_string();
        assert_eq!(shown, "<bdi>&lt;script&gt;&quot;&amp;</bdi>");
        assert_eq!(
            of_zone("a\"/../b", "/edit"),
            "/web/zones/a%22%2F..%2Fb/edit"
        );
    }
}
