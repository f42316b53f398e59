//! YAML text to a tree that remembers the line of every key and value.
//!
//! The parser hands out events with positions; no ready-made loader keeps the raw text of a scalar
//! together with its line. Raw text matters: `password: 012345` must stay those six characters.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Tag};

/// Most values one file may hold once its aliases are expanded: far above any real file, far below
/// what an alias bomb needs.
const MAX_NODES: usize = 10_000;
/// Deepest nesting; the deepest known key needs six levels.
const MAX_DEPTH: usize = 16;

/// One value and the line it starts on.
#[derive(Debug, Clone)]
pub struct Node {
    /// The line, counted from 1.
    pub line: usize,
    /// What stands there.
    pub value: Value,
}

/// What stands there. Scalars stay text: the key they belong to decides what they mean.
#[derive(Debug, Clone)]
pub enum Value {
    /// Nothing.
    Null,
    /// A scalar.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A mapping.
    Map(Vec<Entry>),
}

/// One `key: value` of a mapping.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// The line of the key.
    pub line: usize,
    /// The value.
    pub node: Node,
}

/// Something wrong with the text itself.
#[derive(Debug)]
pub struct Fault {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

impl Node {
    /// Its entries, if it is a mapping.
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The value of `key`, if it is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        let found = self.entries().iter().find(|entry| entry.key == key)?;
        Some(&found.node)
    }

    /// The text, if it is a scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    fn size(&self) -> usize {
        1 + match &self.value {
            Value::Null | Value::Text(_) => 0,
            Value::List(items) => items.iter().map(Node::size).sum(),
            Value::Map(entries) => entries.iter().map(|entry| entry.node.size()).sum(),
        }
    }
}

/// Reads one document. What could be read is returned beside the faults, so that one run can
/// report the problems of the keys as well. No document at all is [`Value::Null`].
pub fn read(text: &str) -> (Node, Vec<Fault>) {
    let mut builder = Builder::default();
    let mut parser = Parser::new_from_str(text);
    while let Some(next) = parser.next_event() {
        let step = match next {
            Ok((event, span)) => builder.take(event, span.start.line()),
            Err(error) => Err(syntax(&error)),
        };
        if let Err(fault) = step {
            builder.faults.push(fault);
            break;
        }
    }
    let nothing = Node {
        line: 1,
        value: Value::Null,
    };
    (builder.root.unwrap_or(nothing), builder.faults)
}

fn syntax(error: &ScanError) -> Fault {
    let marker = error.marker();
    Fault {
        line: marker.line(),
        message: format!(
            "not valid YAML at column {}: {}",
            marker.col() + 1,
            error.info()
        ),
    }
}

/// A collection whose end has not been seen.
struct Open {
    line: usize,
    anchor: usize,
    within: Within,
}

enum Within {
    List(Vec<Node>),
    /// The entries, and the key that waits for its value.
    Map(Vec<Entry>, Option<(String, usize)>),
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
    documents: usize,
    root: Option<Node>,
    faults: Vec<Fault>,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, line: usize) -> Result<(), Fault> {
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                match self.documents {
                    1 => Ok(()),
                    _ => fault(
                        line,
                        "a second document starts here: one file is one document",
                    ),
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                let tagged = known_tag(tag.as_deref(), line)?;
                let plain = style == ScalarStyle::Plain && !tagged;
                let value = match text.as_ref() {
                    "" | "~" | "null" | "Null" | "NULL" if plain => Value::Null,
                    text => Value::Text(text.to_owned()),
                };
                self.place(Node { line, value }, anchor, &text, 1)
            }
            Event::SequenceStart(anchor, tag) => {
                known_tag(tag.as_deref(), line)?;
                self.enter(line, anchor, Within::List(Vec::new()))
            }
            Event::MappingStart(anchor, tag) => {
                known_tag(tag.as_deref(), line)?;
                self.enter(line, anchor, Within::Map(Vec::new(), None))
            }
            Event::SequenceEnd | Event::MappingEnd => self.leave(),
            Event::Alias(anchor) => match self.anchors.get(&anchor).cloned() {
                Some(node) => {
                    let size = node.size();
                    self.place(Node { line, ..node }, 0, "", size)
                }
                None => fault(line, "this alias points into itself"),
            },
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
        }
    }

    fn enter(&mut self, line: usize, anchor: usize, within: Within) -> Result<(), Fault> {
        if self.open.len() >= MAX_DEPTH {
            return fault(line, &format!("nested more than {MAX_DEPTH} levels deep"));
        }
        self.open.push(Open {
            line,
            anchor,
            within,
        });
        Ok(())
    }

    fn leave(&mut self) -> Result<(), Fault> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let value = match open.within {
            Within::List(items) => Value::List(items),
            Within::Map(entries, _) => Value::Map(entries),
        };
        let line = open.line;
        self.place(Node { line, value }, open.anchor, "", 1)
    }

    /// Puts a complete node where it belongs; `raw` is its text in case it is a key, `new` is how
    /// many values it adds.
    fn place(&mut self, node: Node, anchor: usize, raw: &str, new: usize) -> Result<(), Fault> {
        let line = node.line;
        self.nodes += new;
        if self.nodes > MAX_NODES {
            return fault(line, &format!("more than {MAX_NODES} values"));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match &mut open.within {
            Within::List(items) => items.push(node),
            Within::Map(entries, waiting) => match waiting.take() {
                None if matches!(node.value, Value::List(_) | Value::Map(_)) => {
                    return fault(line, "a key must be a plain word, not a list or mapping");
                }
                None => *waiting = Some((raw.to_owned(), line)),
                Some((key, line)) => match entries.iter().find(|entry| entry.key == key) {
                    Some(first) => self.faults.push(Fault {
                        line,
                        message: format!("{key:?} is given twice, first on line {}", first.line),
                    }),
                    None => entries.push(Entry { key, line, node }),
                },
            },
        }
        Ok(())
    }
}

/// Whether a tag of YAML itself (`!!str`) is there; any other kind of tag is a fault.
fn known_tag(tag: Option<&Tag>, line: usize) -> Result<bool, Fault> {
    match tag {
        None => Ok(false),
        Some(tag) if tag.is_yaml_core_schema() => Ok(true),
        Some(tag) => fault(line, &format!("the tag {tag} has no meaning here")),
    }
}

fn fault<T>(line: usize, message: &str) -> Result<T, Fault> {
    Err(Fault {
        line,
        message: message.to_owned(),
    })
}
