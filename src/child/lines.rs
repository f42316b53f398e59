//! What a server prints: each line becomes one of the log.

use std::io::{BufRead, BufReader, Read};
use std::time::{Duration, Instant};

use dadns_backends::BackendId;

use crate::logging::{info, warning};

/// The longest line, in octets; the rest of it is left out.
const LONGEST: u64 = 1_000;

/// Most lines in a second.
const MOST: usize = 100;

const SECOND: Duration = Duration::from_secs(1);

/// Reads to the end, and has all of it logged that is not too much.
pub(super) fn read(backend: &BackendId, output: impl Read) {
    each(output, Instant::now, |printed| match printed {
        Printed::Line(text) => info!(backend = %backend, "{backend} prints: {text}"),
        Printed::LeftOut(lines) => warning!(
            backend = %backend,
            "{backend} prints more than {MOST} lines in a second: {lines} are left out"
        ),
    });
}

#[derive(Debug, PartialEq, Eq)]
enum Printed<'a> {
    Line(&'a str),
    /// So many lines are not told.
    LeftOut(u64),
}

fn each(output: impl Read, now: impl Fn() -> Instant, mut tell: impl FnMut(Printed<'_>)) {
    let mut output = BufReader::new(output);
    let (mut began, mut count, mut left_out) = (now(), 0, 0_u64);
    let mut line = Vec::new();
    loop {
        line.clear();
        match (&mut output).take(LONGEST).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => break,
            Ok(_) => {}
        }
        if !line.ends_with(b"\n") {
            skip(&mut output);
        }
        if now().duration_since(began) >= SECOND {
            if left_out > 0 {
                tell(Printed::LeftOut(left_out));
            }
            (began, count, left_out) = (now(), 0, 0);
        }
        count += 1;
        if count > MOST {
            left_out += 1;
            continue;
        }
        let text = String::from_utf8_lossy(line.trim_ascii_end());
        if !text.is_empty() {
            tell(Printed::Line(&text));
        }
    }
    if left_out > 0 {
        tell(Printed::LeftOut(left_out));
    }
}

/// Skips what is left of a line.
fn skip(output: &mut impl BufRead) {
    loop {
        let (length, end) = match output.fill_buf() {
            Ok([]) | Err(_) => return,
            Ok(octets) => match octets.iter().position(|&octet| octet == b'\n') {
                Some(place) => (place + 1, true),
                None => (octets.len(), false),
            },
        };
        output.consume(length);
        if end {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_cut_and_too_many_in_a_second_are_left_out_and_counted() {
        let mut text = "x".repeat(50_000) + "\nsecond\r\n\n";
        text.extend((0..200).map(|number| format!("{number}\n")));
        let start = Instant::now();
        let (mut lines, mut left_out) = (Vec::new(), 0);
        each(
            text.as_bytes(),
            || start,
            |printed| match printed {
                Printed::Line(line) => lines.push(line.to_owned()),
                Printed::LeftOut(count) => left_out += count,
            },
        );
        assert_eq!(lines[0].len(), 1_000);
        assert_eq!(lines[1], "second");
        assert_eq!(lines.last().map(String::as_str), Some("96"));
        assert_eq!(left_out, 103);
    }

    #[test]
    fn what_comes_slowly_is_told_in_full() {
        let text: String = (0..500).map(|number| format!("{number}\n")).collect();
        let clock = std::cell::Cell::new(Instant::now());
        let now = || {
            clock.set(clock.get() + Duration::from_millis(10));
            clock.get()
        };
        let mut lines = 0;
        each(text.as_bytes(), now, |printed| {
            assert!(matches!(printed, Printed::Line(_)), "{printed:?}");
            lines += 1;
        });
        assert_eq!(lines, 500);
    }
}
