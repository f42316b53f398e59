//! Words that must not come back: the glossary of ARCHITECTURE.md, column "not". In names, comments,
//! texts and pages alike.

use super::files::{self, File};
use super::none;

/// A word that has a better one.
struct Word {
    /// Phrases: words with spaces between, `a|b` for either, `a*` for all that begin so. `FoundIt` and
    /// `found_it` are the words `found it`.
    not: &'static [&'static str],
    write: &'static str,
    /// Phrases around it in which it is plain English.
    fine: &'static [&'static str],
    /// A file with one of these words speaks of something else by it.
    unless: &'static [&'static str],
}

const WORD: Word = Word {
    not: &[],
    write: "",
    fine: &[],
    unless: &[],
};

const WORDS: &[Word] = &[
    Word {
        not: &["audit*"],
        write: "check (the comparison), unsupported (what a backend cannot serve)",
        ..WORD
    },
    Word {
        not: &["foreign"],
        write: "unmanaged",
        fine: &["foreign key|keys"],
        ..WORD
    },
    Word {
        not: &[
            "prove|proves|proved|proven|proving|provable|provably",
            "proof|proofs",
        ],
        write: "verify, verified",
        // NSEC and NSEC3 records prove, as RFC 4035 says it.
        unless: &["nsec", "nsec3", "dnssec"],
        ..WORD
    },
    Word {
        not: &["mend|mends|mended|mending"],
        write: "repair",
        ..WORD
    },
    Word {
        not: &[
            "found otherwise",
            "is|are|was|were|be|been|as otherwise",
            "0|1|2 otherwise",
            "otherwise 0|1|2",
            "held|served|answered otherwise",
        ],
        write: "drifted",
        ..WORD
    },
    Word {
        not: &[
            "is|are|was|were|be|been|being|backend|backends|place|goes|while away",
            "away since|for",
        ],
        write: "unavailable",
        ..WORD
    },
    Word {
        not: &["quarantin*", "kept aside"],
        write: "held",
        ..WORD
    },
    Word {
        not: &["verdict|verdicts"],
        write: "result",
        ..WORD
    },
    Word {
        not: &["settl*"],
        write: "result, or record a result",
        ..WORD
    },
    Word {
        not: &["outcome|outcomes"],
        write: "result",
        ..WORD
    },
    Word {
        not: &["cannot be worked with", "can be worked with"],
        write: "unavailable",
        ..WORD
    },
    Word {
        not: &["wanted|is|are nowhere"],
        write: "removed",
        ..WORD
    },
    Word {
        not: &["as it|they should be"],
        write: "in sync; desired state; drifted",
        ..WORD
    },
    Word {
        not: &["caller|callers"],
        write: "principal",
        fine: &["track caller", "the caller does"],
        ..WORD
    },
    Word {
        not: &["is|are|was|be|all|looks|it well"],
        write: "healthy, verified, in sync",
        fine: &["well known|formed|below|above|within|as", "as well"],
        ..WORD
    },
    Word {
        not: &["held"],
        write: "present, stored (held is a push that the guard keeps)",
        fine: &["held a example", "held by the crates", "locks held"],
        unless: &["guard", "approve", "reject", "push"],
    },
];

/// What a file says, word by word: `(line, word)`. Line 0 is its name.
fn words(file: &File) -> Vec<(usize, String)> {
    let mut found = split(&file.path, 0);
    for (at, line) in file.text.lines().enumerate() {
        found.extend(split(&readable(&file.path, line), at + 1));
    }
    found
}

/// A line without what names old words on purpose.
fn readable(path: &str, line: &str) -> String {
    match path {
        // The column "not" of the glossary.
        "ARCHITECTURE.md" if line.starts_with('|') => line.splitn(4, '|').take(3).collect(),
        // Old names of keys and metrics and old texts, and what they are now.
        "CHANGELOG.md" if line.starts_with('|') => String::new(),
        "CHANGELOG.md" => line.split('`').step_by(2).collect::<Vec<_>>().join(" "),
        _ => line.to_owned(),
    }
}

fn split(text: &str, line: usize) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut word = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
        let next = chars.peek();
        let ends = next.is_none_or(|next| {
            !next.is_alphanumeric() || (next.is_uppercase() && !c.is_uppercase())
        });
        if ends && !word.is_empty() {
            found.push((line, std::mem::take(&mut word)));
        }
    }
    found
}

/// Whether the phrase stands at the beginning of these words; how many words it has.
fn begins(words: &[(usize, String)], phrase: &str) -> Option<usize> {
    let mut length = 0;
    for (at, alternatives) in phrase.split(' ').enumerate() {
        let (_, word) = words.get(at)?;
        let fits = alternatives
            .split('|')
            .any(|wanted| match wanted.strip_suffix('*') {
                Some(start) => word.starts_with(start),
                None => word == wanted,
            });
        if !fits {
            return None;
        }
        length = at + 1;
    }
    Some(length)
}

/// Whether a plain phrase stands around the words `at..at + length`.
fn is_fine(words: &[(usize, String)], at: usize, length: usize, fine: &[&str]) -> bool {
    fine.iter().any(|phrase| {
        let most = phrase.split(' ').count();
        let starts = at.saturating_sub(most)..at + length;
        starts
            .filter(|start| begins(&words[*start..], phrase).is_some_and(|long| start + long > at))
            .any(|start| start < at + length)
    })
}

/// Where a file says one of the words: file, line, the word, what to write.
fn said(file: &File, table: &[Word]) -> Vec<String> {
    let words = words(file);
    let mut found = Vec::new();
    for word in table {
        let other = |(_, said): &(usize, String)| word.unless.contains(&said.as_str());
        if words.iter().any(other) {
            continue;
        }
        for at in 0..words.len() {
            let mut lengths = word
                .not
                .iter()
                .filter_map(|phrase| begins(&words[at..], phrase));
            let Some(length) = lengths.next() else {
                continue;
            };
            if is_fine(&words, at, length, word.fine) {
                continue;
            }
            let phrase: Vec<_> = words[at..at + length]
                .iter()
                .map(|(_, word)| word.as_str())
                .collect();
            let phrase = phrase.join(" ");
            found.push(format!(
                "{}:{}: {phrase:?}: write {}",
                file.path, words[at].0, word.write
            ));
        }
    }
    found
}

/// Where old names of keys stand, which go on working.
const OLD_NAMES: &[&str] = &["src/config/moved.rs", "tests/config/samples.rs"];

/// All that people wrote: not what tools did, nor zones, nor this table.
fn written() -> Vec<File> {
    let mut files = files::below(&["."]);
    let strange = [".lock", ".sum", ".zone", "LICENSE", "house/words.rs"];
    files.retain(|file| !OLD_NAMES.contains(&file.path.as_str()));
    files.retain(|file| !strange.iter().any(|end| file.path.ends_with(end)));
    files
}

#[test]
fn nobody_says_a_word_that_has_a_better_one() {
    let found: Vec<_> = written()
        .iter()
        .flat_map(|file| said(file, WORDS))
        .collect();
    none(&found, "words of old:");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        let (path, text) = (path.to_owned(), text.to_owned());
        said(&File { path, text }, WORDS)
    }

    #[test]
    fn a_word_is_found_in_names_comments_and_texts_with_its_line() {
        let text =
            "struct FoundOutcome;\nlet is_settled = 1; // the audit\n\"bind is\n/// away\"\n";
        let found = found("src/a.rs", text);
        let at: Vec<_> = found
            .iter()
            .map(|line| line.split(": write").next().unwrap())
            .collect();
        assert_eq!(at.len(), 4, "{found:?}");
        for expected in [
            "src/a.rs:1: \"outcome\"",
            "src/a.rs:2: \"settled\"",
            "src/a.rs:2: \"audit\"",
            "src/a.rs:3: \"is away\"",
        ] {
            assert!(at.contains(&expected), "{expected}: {found:?}");
        }
        assert!(found.iter().any(|line| line.ends_with("write unavailable")));
    }

    #[test]
    fn a_file_may_not_be_called_so_either() {
        let found = found("src/audit/pass.rs", "");
        assert!(
            found[0].starts_with("src/audit/pass.rs:0: \"audit\""),
            "{found:?}"
        );
    }

    #[test]
    fn plain_english_is_left_alone() {
        let fine = "#[track_caller] takes it away; otherwise not. It is well known, as well. FOREIGN KEY\n\
                    The guard has held it; an NSEC proof; nothing leads nowhere; a placeholder.";
        assert_eq!(found("src/a.rs", fine), [""; 0]);
    }

    #[test]
    fn each_word_of_the_table_is_found() {
        for word in WORDS {
            for phrase in word.not {
                let text: Vec<_> = phrase
                    .split(' ')
                    .map(|part| part.split('|').next().unwrap().trim_end_matches('*'))
                    .collect();
                let (path, text) = ("a".to_owned(), text.join(" "));
                let said = said(&File { path, text }, std::slice::from_ref(word));
                assert!(!said.is_empty(), "{phrase}");
            }
        }
    }

    #[test]
    fn pages_may_name_old_words_where_they_explain_new_ones() {
        let row = "| check | what is compared | audit |";
        assert_eq!(found("ARCHITECTURE.md", row), [""; 0]);
        assert_eq!(found("CHANGELOG.md", "`audit:` is `check:` now"), [""; 0]);
        assert_eq!(
            found("CHANGELOG.md", "| log | the audit | the check |"),
            [""; 0]
        );
        assert_eq!(found("CHANGELOG.md", "the audit").len(), 1);
        assert_eq!(found("README.md", row).len(), 1);
        assert_eq!(found("ARCHITECTURE.md", "| the audit | a | b |").len(), 1);
    }
}
