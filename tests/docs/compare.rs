//! Compares what a page shows with what a command printed, but for what differs from run to run.

/// The text without what differs from run to run: times, serials, digests, durations, sizes, places in the
/// code. Each of them becomes `#`.
pub fn lasting(text: &str) -> String {
    text.lines()
        .map(|line| words(line).concat().trim_end().to_owned() + "\n")
        .collect()
}

/// A line in pieces: words without what varies, and what stands between them.
fn words(line: &str) -> Vec<String> {
    let blank = |c: char| " \t\",;()[]{}".contains(c);
    let mut pieces: Vec<String> = Vec::new();
    for word in line.split_inclusive(blank) {
        let body = word.trim_end_matches(blank);
        let end = &word[body.len()..];
        // The unit behind a number: `3 s`, `0 KiB`.
        let unit = matches!(
            body,
            "s" | "ms" | "s:" | "min" | "h" | "KiB" | "MiB" | "zones/sec"
        );
        if unit
            && let Some(number) = pieces.last_mut()
            && number.starts_with(|c: char| c.is_ascii_digit())
        {
            "# ".clone_into(number);
        }
        pieces.push(if varies(body) { "#" } else { body }.to_owned() + end);
    }
    // How wide a column is depends on what stands in it.
    pieces.retain(|piece| !piece.trim().is_empty());
    for piece in &mut pieces {
        let wide = piece.trim_end().len();
        if wide < piece.len() {
            piece.truncate(wide);
            piece.push(' ');
        }
    }
    pieces
}

/// Whether a word is another one in each run.
fn varies(word: &str) -> bool {
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let all = |allowed: &str| {
        word.chars()
            .all(|c| c.is_ascii_digit() || allowed.contains(c))
    };
    // An address such as 192.0.2.1:5300 is none of these.
    let is_time = (digits == 8 && all("-"))
        || (digits == 6 && all(":"))
        || (word.contains('T') && all("-:.TZ"));
    let is_serial = digits >= 8 && digits == word.len();
    let is_digest = digits > 0 && word.len() >= 16 && word.chars().all(|c| c.is_ascii_hexdigit());
    let is_duration = digits > 0 && word.ends_with('s') && all(".s");
    let is_place = word.starts_with("dadns::") && digits > 0;
    is_time || is_serial || is_digest || is_duration || is_place
}

/// Whether two texts have the same lines: several zones are looked at at a time, so their order may differ.
pub fn same_lines(shown: &str, printed: &str) -> bool {
    let sorted = |text: &str| {
        let mut lines: Vec<_> = lasting(text).lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    sorted(shown) == sorted(printed)
}

/// The first line in which two texts differ, and both versions of it.
pub fn difference(shown: &str, printed: &str) -> Option<(usize, String, String)> {
    let (left, right) = (lasting(shown), lasting(printed));
    if left == right {
        return None;
    }
    let common = left.lines().zip(right.lines()).take_while(|(a, b)| a == b);
    let at = common.count();
    let line = |text: &str| text.lines().nth(at).unwrap_or("(nothing)").to_owned();
    Some((at, line(shown), line(printed)))
}

#[test]
fn what_differs_from_run_to_run_is_not_compared_and_everything_else_is() {
    for (shown, printed, same) in [
        ("up 1 s: 1 zone", "up 12 s: 1 zone", true),
        ("up 1 s: 1 zone", "up 12 s: 2 zone", false),
        (
            "at 2026-11-28 18:55:03 UTC",
            "at 2027-01-02 03:04:05 UTC",
            true,
        ),
        ("serial 2026112401,", "serial 2026112402,", true),
        ("revision 1", "revision 2", false),
        (
            "INFO | dadns::lane:run:87 - a",
            "INFO | dadns::b:c:1 - a",
            true,
        ),
        ("digest f0ca4a60a4521bed", "digest aaca4a60a4521be0", true),
        ("a    10 records", "a 10 records", true),
        ("10 mail.plain.example.", "20 mail.plain.example.", false),
        ("192.0.2.1:5300", "192.0.2.1:5301", false),
        ("error=0", "error=1", false),
        ("one", "one\ntwo", false),
    ] {
        let found = difference(shown, printed);
        assert_eq!(
            found.is_none(),
            same,
            "{shown:?} and {printed:?}: {found:?}"
        );
    }
}
