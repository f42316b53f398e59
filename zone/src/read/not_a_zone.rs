//! Recognises texts that are no zone file at all, so that one sentence says so instead of ten errors.
//!
//! Asked only about texts that could not be read.

/// What `text` is instead of a zone file, as a whole sentence; `None` if it may be one. `is_read` says
/// that all its lines could be read.
pub(super) fn what(text: &[u8], is_read: bool) -> Option<String> {
    if let Some(format) = binary(text) {
        return Some(format!("the text is no zone file but {format}"));
    }
    let start = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let start = start.trim_ascii();
    if start.is_empty() {
        return Some("the text is empty".into());
    }
    let format = markup(start)
        .or_else(|| form(start))
        .or_else(|| message(start))
        .or_else(|| configuration(start));
    if let Some(format) = format {
        return Some(format!("the text is no zone file but {format}"));
    }
    if text.starts_with(b"\xef\xbb\xbf") {
        return Some(
            "the text starts with a byte order mark (octets \\239\\187\\191), which is no part of a \
             zone: save it without"
                .into(),
        );
    }
    // A comment may be all that there is of a text in one line.
    let is_whole = is_read && !start.starts_with(b";");
    if is_whole { None } else { line_ends(start) }
}

/// Formats that begin with octets of their own, and what is not text.
fn binary(text: &[u8]) -> Option<&'static str> {
    const MAGIC: [(&[u8], &str); 19] = [
        (b"\x1f\x8b", "compressed with gzip: send it unpacked"),
        (b"PK\x03\x04", "a ZIP archive: send what is in it"),
        (b"BZh", "compressed with bzip2: send it unpacked"),
        (b"\xfd7zXZ\0", "compressed with xz: send it unpacked"),
        (
            b"\x28\xb5\x2f\xfd",
            "compressed with zstd: send it unpacked",
        ),
        (b"7z\xbc\xaf\x27\x1c", "a 7z archive: send what is in it"),
        (b"%PDF", "a PDF document"),
        (b"\x7fELF", "a program"),
        (b"\x89PNG", "a picture (PNG)"),
        (b"GIF8", "a picture (GIF)"),
        (b"\xff\xd8\xff", "a picture (JPEG)"),
        (b"\xff\xfe\0\0", "text in UTF-32: save it as UTF-8 or ASCII"),
        (b"\0\0\xfe\xff", "text in UTF-32: save it as UTF-8 or ASCII"),
        (b"\xff\xfe", "text in UTF-16: save it as UTF-8 or ASCII"),
        (b"\xfe\xff", "text in UTF-16: save it as UTF-8 or ASCII"),
        (
            b"\0\0\0\x02",
            "a zone in BIND's raw format: write it as text (named-compilezone -f raw -F text)",
        ),
        (
            b"\0\0\0\x03",
            "a zone in BIND's map format: write it as text (named-compilezone -f map -F text)",
        ),
        (b"\x16\x03", "the beginning of a TLS connection"),
        (b"SQLite format 3\0", "a database (SQLite)"),
    ];
    if let Some((_, format)) = MAGIC.iter().find(|(magic, _)| text.starts_with(magic)) {
        return Some(format);
    }
    let sample = &text[..text.len().min(1024)];
    let nuls = |parity: usize| {
        let every_other = sample.iter().skip(parity).step_by(2);
        every_other.clone().filter(|byte| **byte == 0).count() * 4 > every_other.count() * 3
    };
    if sample.len() >= 8 && (nuls(0) != nuls(1)) {
        return Some("text in UTF-16: save it as UTF-8 or ASCII");
    }
    let odd = |byte: &&u8| matches!(**byte, 0..=8 | 14..=31 | 127);
    let many = sample.iter().filter(odd).count() * 10 > sample.len();
    many.then_some("binary data")
}

/// HTML, XML, JSON and their like, by how they begin.
fn markup(text: &[u8]) -> Option<&'static str> {
    let starts = |with: &str| starts_with(text, with);
    let second = text.get(1).copied().unwrap_or_default();
    match text[0] {
        _ if starts("<!doctype html") || starts("<html") || starts("<head") || starts("<body") => {
            Some("a web page (HTML)")
        }
        _ if starts("<?php") => Some("a program (PHP)"),
        _ if starts("<?xml") => Some("XML"),
        b'<' if second.is_ascii_alphabetic() || matches!(second, b'!' | b'?' | b'/') => {
            Some("HTML or XML")
        }
        b'{' | b'[' if is_json(&text[1..]) => Some("JSON"),
        b'"' if text.len() > 1 && text.ends_with(b"\"") && contains(text, b"\\n") => {
            Some("a string of JSON: send what is in the quotes, with real line ends")
        }
        _ if starts("-----BEGIN ") => Some("a key or certificate (PEM)"),
        _ if starts("#!/") => Some("a program (script)"),
        _ if text.starts_with(b"---\n") || text.starts_with(b"---\r\n") => Some("YAML"),
        _ if starts("{\\rtf") => Some("a text document (RTF)"),
        _ => None,
    }
}

/// Whether what follows the first bracket can go on JSON.
fn is_json(rest: &[u8]) -> bool {
    let rest = rest.trim_ascii_start();
    matches!(
        rest.first(),
        None | Some(b'"' | b'\'' | b'{' | b'[' | b'}' | b']' | b'0'..=b'9')
    )
}

/// Bodies of web forms.
fn form(text: &[u8]) -> Option<&'static str> {
    let line = first_line(text);
    let encoded = |with: &[u8]| contains(line, with);
    let is_one_word = !line.iter().any(|byte| matches!(byte, b' ' | b'\t'));
    if is_one_word
        && (encoded(b"%0A") || encoded(b"%0a") || encoded(b"%0D%0A") || encoded(b"%24TTL"))
    {
        return Some("the body of a form (URL-encoded): send the text as it is");
    }
    let is_name = |name: &[u8]| {
        let in_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.[]%".contains(byte);
        !name.is_empty() && name.iter().all(in_name)
    };
    let mut pairs = line.split(|byte| *byte == b'&');
    let is_pair = |pair: &[u8]| {
        pair.iter()
            .position(|byte| *byte == b'=')
            .is_some_and(|at| is_name(&pair[..at]))
    };
    if is_one_word && pairs.all(is_pair) {
        return Some("the body of a form (URL-encoded): send the text as it is");
    }
    let multipart =
        text.starts_with(b"--") && contains(&text[..text.len().min(2_000)], b"form-data");
    multipart.then_some("the body of a form (multipart): send the text as it is")
}

/// E-mail and HTTP, by the first line.
fn message(text: &[u8]) -> Option<&'static str> {
    const OF_MAIL: [&str; 14] = [
        "from",
        "to",
        "subject",
        "date",
        "received",
        "return-path",
        "delivered-to",
        "message-id",
        "mime-version",
        "reply-to",
        "dkim-signature",
        "content-type",
        "x-mailer",
        "envelope-to",
    ];
    const OF_HTTP: [&str; 7] = [
        "HTTP/", "GET /", "POST /", "PUT /", "HEAD /", "DELETE /", "OPTIONS ",
    ];
    if OF_HTTP.iter().any(|start| starts_with(text, start)) {
        return Some("an HTTP message");
    }
    let line = first_line(text);
    let colon = line.iter().position(|byte| *byte == b':')?;
    let name = std::str::from_utf8(&line[..colon]).ok()?;
    let spaced = matches!(line.get(colon + 1), None | Some(b' ' | b'\t' | b'\r'));
    let of_mail = OF_MAIL.iter().any(|known| name.eq_ignore_ascii_case(known));
    (spaced && of_mail).then_some("an e-mail")
}

/// Files that other programs of name servers and panels use.
fn configuration(text: &[u8]) -> Option<&'static str> {
    const SQL: [&str; 6] = [
        "INSERT INTO",
        "CREATE TABLE",
        "SELECT ",
        "DROP TABLE",
        "-- MySQL dump",
        "BEGIN;",
    ];
    let line = first_line(text);
    let opens = |word: &str| {
        let rest = line
            .get(word.len()..)
            .unwrap_or_default()
            .trim_ascii_start();
        starts_with(line, word) && (rest.starts_with(b"\"") || rest.starts_with(b"{"))
    };
    if [
        "zone", "options", "include", "key", "acl", "view", "logging", "controls",
    ]
    .iter()
    .any(|word| opens(word))
    {
        return Some("the configuration of a name server (named.conf)");
    }
    if SQL.iter().any(|start| starts_with(text, start)) {
        return Some("SQL");
    }
    is_tinydns(text).then_some("a data file of tinydns")
}

/// Whether each line is of the form `+fqdn:value:…`.
fn is_tinydns(text: &[u8]) -> bool {
    let mut lines = text
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .filter(|line| !line.is_empty() && !line.starts_with(b"#"))
        .take(20)
        .peekable();
    lines.peek().is_some()
        && lines.all(|line| {
            b".&=+@'^CZ:-%".contains(&line[0])
                && line.contains(&b':')
                && !line
                    .iter()
                    .take_while(|byte| **byte != b':')
                    .any(|byte| *byte == b' ')
        })
}

/// Whether the text lost its line ends on the way.
fn line_ends(text: &[u8]) -> Option<String> {
    if text.contains(&b'\n') {
        return None;
    }
    let records = contains_word(text, b"SOA");
    let of_carriage_returns = text.contains(&b'\r');
    match () {
        () if contains(text, b"\\n") => Some(
            "the text has no line ends: they are written as \\n, two characters, instead".into(),
        ),
        () if of_carriage_returns => Some(
            "the lines of the text end in carriage returns alone, which do not end a comment: end \
             them in line feeds"
                .into(),
        ),
        () if records => Some(
            "the text has no line ends, so that all of it is one line: send the file as it is (with \
             curl --data-binary instead of -d)"
                .into(),
        ),
        () => None,
    }
}

fn first_line(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
    &text[..end.unwrap_or(text.len())]
}

fn starts_with(text: &[u8], start: &str) -> bool {
    text.get(..start.len())
        .is_some_and(|text| text.eq_ignore_ascii_case(start.as_bytes()))
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// Whether a word stands between blanks in a text, in any case.
fn contains_word(text: &[u8], word: &[u8]) -> bool {
    let mut words = text.split(|byte| matches!(byte, b' ' | b'\t' | b'('));
    words.any(|found| found.eq_ignore_ascii_case(word))
}
