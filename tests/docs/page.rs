//! A page and its blocks.

use std::ops::Range;
use std::path::{Path, PathBuf};

/// A page, by its path in the repository.
#[derive(Debug)]
pub struct Page {
    pub path: &'static str,
    pub lines: Vec<String>,
}

/// A code block, or a comment with commands.
#[derive(Debug, PartialEq, Eq)]
pub struct Block {
    /// The first word behind the fence; `run` for a comment.
    pub kind: String,
    /// What stands behind that word.
    pub rest: String,
    /// Its lines without the fences, counted from 0.
    pub lines: Range<usize>,
}

/// One command of a `console` block.
#[derive(Debug, PartialEq, Eq)]
pub struct Command {
    pub text: String,
    /// The lines of what it printed, counted from 0.
    pub output: Range<usize>,
}

/// The path of a file of the repository.
pub fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

impl Page {
    pub fn read(name: &'static str) -> Self {
        let text = std::fs::read_to_string(path(name))
            .unwrap_or_else(|error| panic!("{name} cannot be read: {error}"));
        Self::new(name, &text)
    }

    pub fn new(path: &'static str, text: &str) -> Self {
        Self {
            path,
            lines: text.lines().map(str::to_owned).collect(),
        }
    }

    /// Writes it back, at once: other tests may be reading it.
    pub fn write(&self) {
        let directory = path("target");
        let file = tempfile::NamedTempFile::new_in(directory).unwrap();
        std::fs::write(file.path(), self.lines.join("\n") + "\n").unwrap();
        let readable = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        std::fs::set_permissions(file.path(), readable).unwrap();
        file.persist(path(self.path)).unwrap();
    }

    /// Where a line is, as editors take it.
    pub fn place(&self, line: usize) -> String {
        format!("{}:{}", self.path, line + 1)
    }

    pub fn text(&self, lines: Range<usize>) -> String {
        self.lines[lines].join("\n")
    }

    /// Its blocks, from top to bottom.
    pub fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut lines = self.lines.iter().enumerate();
        while let Some((at, line)) = lines.next() {
            let (info, end) = match (line.strip_prefix("```"), line.strip_prefix("<!-- ")) {
                (Some(info), _) => (info, "```"),
                (None, Some(info)) if info.starts_with("run") => (info, "-->"),
                _ => {
                    let indented = line.trim_start().starts_with("```");
                    assert!(!indented, "{}: a block is indented", self.place(at));
                    continue;
                }
            };
            let Some((last, _)) = lines.by_ref().find(|(_, line)| *line == end) else {
                panic!("{}: a block without an end", self.place(at));
            };
            let (kind, rest) = info.split_once(' ').unwrap_or((info, ""));
            blocks.push(Block {
                kind: kind.to_owned(),
                rest: rest.to_owned(),
                lines: at + 1..last,
            });
        }
        blocks
    }

    /// The commands of a `console` block.
    pub fn commands(&self, block: &Block) -> Vec<Command> {
        let mut commands: Vec<Command> = Vec::new();
        for at in block.lines.clone() {
            let line = &self.lines[at];
            if let Some(text) = line.strip_prefix("$ ") {
                commands.push(Command {
                    text: text.to_owned(),
                    output: at + 1..at + 1,
                });
                continue;
            }
            let Some(command) = commands.last_mut() else {
                panic!("{}: output before the first command", self.place(at));
            };
            if command.text.ends_with('\\') && command.output.is_empty() {
                command.text = format!("{}\n{line}", command.text);
                command.output = at + 1..at + 1;
            } else {
                command.output.end = at + 1;
            }
        }
        commands
    }
}

impl Block {
    /// Whether it has commands to run.
    pub fn is_run(&self) -> bool {
        matches!(self.kind.as_str(), "sh" | "console" | "run") && self.reason().is_none()
    }

    /// Why it is not run or loaded.
    pub fn reason(&self) -> Option<&str> {
        self.rest.strip_prefix("not-run: ")
    }
}

#[test]
fn blocks_and_commands_are_found() {
    let text = "# T\n\n```sh not-run: root\nreboot\n```\n<!-- run\nfalse\n-->\n```console\n$ a \\\n  b\nout\n\
                more\n$ c\n```\n";
    let page = Page::new("t.md", text);
    let blocks = page.blocks();
    assert_eq!(blocks.len(), 3);
    assert_eq!(blocks[0].reason(), Some("root"));
    assert!(!blocks[0].is_run() && blocks[1].is_run() && blocks[2].is_run());
    assert_eq!(page.text(blocks[1].lines.clone()), "false");
    let commands = page.commands(&blocks[2]);
    assert_eq!(commands.len(), 2);
    assert_eq!(commands[0].text, "a \\\n  b");
    assert_eq!(page.text(commands[0].output.clone()), "out\nmore");
    assert!(commands[1].text == "c" && commands[1].output.is_empty());
}
