//! Reads Rust as far as paths go: which names of other modules and crates a file writes.

/// The text with comments and literals blanked, line by line as before.
pub fn code(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (length, keep) = match first {
            '/' if rest.starts_with("//") => (rest.find('\n').unwrap_or(rest.len()), false),
            '/' if rest.starts_with("/*") => (block_comment(rest), false),
            '"' => (string(rest), false),
            'r' | 'b' | 'c' if !out.ends_with(is_name) => match prefixed_string(rest) {
                Some(length) => (length, false),
                None => (1, true),
            },
            '\'' => match character(rest) {
                Some(length) => (length, false),
                None => (1, true),
            },
            _ => (first.len_utf8(), true),
        };
        let (piece, after) = rest.split_at(length);
        match keep {
            true => out.push_str(piece),
            false => out.extend(piece.chars().map(|c| if c == '\n' { c } else { ' ' })),
        }
        rest = after;
    }
    out
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        let rest = &text.as_bytes()[at..];
        if rest.starts_with(b"/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest.starts_with(b"*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    text.len()
}

/// The length of the string that begins with the first quote.
fn string(text: &str) -> usize {
    let start = text.find('"').unwrap_or(0) + 1;
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(start) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of a string with letters before it, such as `br#"..."#`.
fn prefixed_string(text: &str) -> Option<usize> {
    let letters = text.find(|c| !matches!(c, 'r' | 'b' | 'c'))?;
    let (prefix, rest) = text.split_at(letters);
    let hashes = rest.len() - rest.trim_start_matches('#').len();
    if letters > 2 || !rest[hashes..].starts_with('"') {
        return None;
    }
    if !prefix.contains('r') {
        return (hashes == 0).then(|| string(text));
    }
    let end = format!("\"{}", "#".repeat(hashes));
    let start = letters + hashes + 1;
    let length = text[start..].find(&end);
    Some(length.map_or(text.len(), |length| start + length + end.len()))
}

/// The length of a character; a lifetime is none.
fn character(text: &str) -> Option<usize> {
    let mut chars = text.char_indices().skip(1);
    let (_, first) = chars.next()?;
    if first == '\\' {
        let (_, _) = chars.next()?;
        return chars.find(|(_, c)| *c == '\'').map(|(at, _)| at + 1);
    }
    chars
        .next()
        .filter(|(_, c)| *c == '\'')
        .map(|(at, _)| at + 1)
}

/// A path as the file writes it, without `{}`: `use a::{b, c::d};` has `a::b` and `a::c::d`.
#[derive(Debug, PartialEq)]
pub struct Written {
    pub line: usize,
    pub names: Vec<String>,
}

/// All paths of two or more names in code.
pub fn paths(code: &str) -> Vec<Written> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = code[at..].find(is_name).map(|start| at + start) {
        let line = 1 + code[..start].matches('\n').count();
        let mut reader = Reader { code, at: start };
        let mut names = Vec::new();
        reader.tree(&mut names, &mut |names| {
            if names.len() > 1 {
                found.push(Written {
                    line,
                    names: names.to_vec(),
                });
            }
        });
        at = reader.at.max(start + 1);
    }
    found
}

struct Reader<'a> {
    code: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn skip_space(&mut self) {
        let rest = &self.code[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    fn take(&mut self, token: &str) -> bool {
        let before = self.at;
        self.skip_space();
        let found = self.code[self.at..].starts_with(token);
        self.at = if found { self.at + token.len() } else { before };
        found
    }

    /// A name and all that hangs on it; tells every whole path.
    fn tree(&mut self, names: &mut Vec<String>, tell: &mut dyn FnMut(&[String])) {
        self.skip_space();
        let rest = &self.code[self.at..];
        let length = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
        if length == 0 {
            return;
        }
        names.push(rest[..length].to_owned());
        self.at += length;
        if !self.take("::") {
            tell(names);
        } else if self.take("{") {
            while !self.take("}") && self.at < self.code.len() {
                let before = self.at;
                self.tree(names, tell);
                if self.take("as") {
                    self.tree(&mut Vec::new(), &mut |_| {});
                }
                self.take("*");
                self.take(",");
                if self.at == before {
                    break;
                }
            }
        } else {
            self.skip_space();
            match self.code[self.at..].starts_with(is_name) {
                true => self.tree(names, tell),
                false => tell(names),
            }
        }
        names.pop();
    }
}

/// The module that a file below `src` is: `src/store/tests/mod.rs` is `store::tests`.
pub fn module(path: &str) -> Vec<String> {
    let inner = path.trim_start_matches("src/").trim_end_matches(".rs");
    let mut names: Vec<_> = inner.split('/').map(str::to_owned).collect();
    if matches!(
        names.last().map(String::as_str),
        Some("mod" | "lib" | "main")
    ) {
        names.pop();
    }
    names
}

/// A path from the top of the crate, where it begins with `crate` or `super`.
pub fn absolute(module: &[String], names: &[String]) -> Option<Vec<String>> {
    if names[0] == "crate" {
        return Some(names[1..].to_vec());
    }
    let ups = names.iter().take_while(|name| *name == "super").count();
    let base = module.len().checked_sub(ups).filter(|_| ups > 0)?;
    Some([&module[..base], &names[ups..]].concat())
}

/// Code without the module of tests that ends it.
pub fn without_tests(code: &str) -> &str {
    let start = code.match_indices("#[cfg(test)]").find(|(at, mark)| {
        let after = code[at + mark.len()..].trim_start();
        let line = after.lines().next().unwrap_or_default();
        line.starts_with("mod ") && line.ends_with('{')
    });
    start.map_or(code, |(at, _)| &code[..at])
}

/// Whether the file has only tests in it.
pub fn is_test(path: &str) -> bool {
    path.split('/')
        .any(|name| name == "tests" || name == "tests.rs")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Vec<String> {
        let found = paths(&code(text));
        found.iter().map(|path| path.names.join("::")).collect()
    }

    #[test]
    fn a_group_is_read_as_all_its_paths() {
        let text = "use crate::{\n    app,\n    store::{self, Store as S, pending::*},\n};";
        let all = ["crate::app", "crate::store::self", "crate::store::Store"];
        assert_eq!(
            written(text),
            [&all[..], &["crate::store::pending"]].concat()
        );
    }

    #[test]
    fn paths_within_code_count_and_those_in_comments_and_literals_do_not() {
        let text = "// crate::a\n/* crate::b /* */ crate::c */ fn f<'a>(x: &'a crate::d::E) {\n\
                    let _ = (\"crate::f \\\" crate::g\", r#\"crate::\"h\"#, 'x', '\"', crate::i()); }";
        assert_eq!(written(text), ["crate::d::E", "crate::i"]);
        let found = paths(&code(text));
        assert_eq!(
            found.iter().map(|path| path.line).collect::<Vec<_>>(),
            [2, 3]
        );
    }

    #[test]
    fn tests_at_the_end_of_a_file_are_left_out() {
        let text = "#[cfg(test)]\nmod tests;\nfn f() {}\n#[cfg(test)]\nmod tests {\n}";
        let kept = "#[cfg(test)]\nmod tests;\nfn f() {}\n";
        assert_eq!(without_tests(text), kept);
    }

    #[test]
    fn super_is_resolved_from_the_module_of_the_file() {
        let names = |path: &str| path.split("::").map(str::to_owned).collect::<Vec<_>>();
        let from = module("src/http/api/mod.rs");
        assert_eq!(from, names("http::api"));
        let up = absolute(&from, &names("super::super::store::Store"));
        assert_eq!(up, Some(names("store::Store")));
        assert_eq!(absolute(&from, &names("std::fmt")), None);
        let top = absolute(&from, &names("crate::lane::Lane"));
        assert_eq!(top, Some(names("lane::Lane")));
    }
}
