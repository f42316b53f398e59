//! Reads an expression. Whoever asks writes it, so that its length, its depth and its patterns have limits.

use regex_lite::{Regex, RegexBuilder};
use serde_json::Value;

use super::shape::{Field, Shape};
use super::{Expression, Test};

/// Most octets of an expression.
const LENGTH: usize = 4_096;
/// How deep parentheses and `not` may stand in one another.
const DEPTH: usize = 32;
/// Most comparisons.
const MATCHES: usize = 64;
/// Most patterns, and most octets of one that was made ready: each is tried on a field of every entry, and a pattern
/// costs its size times that of the text.
const PATTERNS: usize = 4;
const PATTERN: usize = 4 << 10;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Open,
    Close,
    Equal,
    NotEqual,
    /// A text in quotes.
    Quoted(String),
    /// A word: an operator, a value or a field, with the steps of its path.
    Word(String, Vec<String>),
}

/// The expression that a text is, about entries of this shape.
pub(super) fn expression(text: &str, shape: &Shape) -> Result<Expression, String> {
    if text.len() > LENGTH {
        return Err(format!("it is longer than {LENGTH} octets"));
    }
    let mut reader = Reader {
        tokens: tokens(text)?.into_iter().peekable(),
        shape,
        matches: 0,
        patterns: 0,
    };
    let read = reader.any(0)?;
    match reader.tokens.next() {
        None => Ok(read),
        Some(token) => Err(format!("{token} is not expected there")),
    }
}

struct Reader<'s> {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    shape: &'s Shape,
    matches: usize,
    patterns: usize,
}

impl Reader<'_> {
    /// Parts with `or` between them, which binds least.
    fn any(&mut self, depth: usize) -> Result<Expression, String> {
        let mut parts = vec![self.all(depth)?];
        while self.takes("or") {
            parts.push(self.all(depth)?);
        }
        Ok(Expression::Any(parts))
    }

    fn all(&mut self, depth: usize) -> Result<Expression, String> {
        let mut parts = vec![self.one(depth)?];
        while self.takes("and") {
            parts.push(self.one(depth)?);
        }
        Ok(Expression::All(parts))
    }

    fn one(&mut self, depth: usize) -> Result<Expression, String> {
        if depth > DEPTH {
            return Err(format!("it is nested deeper than {DEPTH} times"));
        }
        if self.takes("not") {
            return Ok(Expression::Not(Box::new(self.one(depth + 1)?)));
        }
        if self.tokens.next_if_eq(&Token::Open).is_some() {
            let inner = self.any(depth + 1)?;
            return match self.tokens.next() {
                Some(Token::Close) => Ok(inner),
                _ => Err("a ) is missing".to_owned()),
            };
        }
        self.comparison()
    }

    /// `FIELD OPERATOR VALUE`, or `VALUE in FIELD`.
    fn comparison(&mut self) -> Result<Expression, String> {
        self.matches += 1;
        if self.matches > MATCHES {
            return Err(format!("it has more than {MATCHES} comparisons"));
        }
        let first = self.operand()?;
        let is = |token: &Token| matches!(token, Token::Equal | Token::NotEqual);
        let (negated, path, test) = if let Some(sign) = self.tokens.next_if(is) {
            let path = self.path(first)?;
            let value = self.value()?;
            let test = Test::Equals(self.typed(&path, value)?);
            (sign == Token::NotEqual, path, test)
        } else if self.takes("is") {
            let negated = self.takes("not");
            self.expects("empty")?;
            let path = self.path(first)?;
            if matches!(self.field(&path)?, Field::Number | Field::Flag) {
                return Err(format!("{} is never empty", path.join(".")));
            }
            (negated, path, Test::IsEmpty)
        } else {
            let negated = self.takes("not");
            if self.takes("in") {
                let second = self.operand()?;
                let path = self.path(second)?;
                (negated, self.with_members(path)?, Test::Has(text(first)))
            } else if self.takes("contains") {
                let path = self.path(first)?;
                let path = self.with_members(path)?;
                (negated, path, Test::Has(self.value()?))
            } else {
                self.expects("matches")?;
                self.patterns += 1;
                if self.patterns > PATTERNS {
                    return Err(format!("it has more than {PATTERNS} patterns"));
                }
                let path = self.path(first)?;
                if self.field(&path)? != Field::Text {
                    return Err(format!("{} is no text that could match", path.join(".")));
                }
                (negated, path, Test::Matches(pattern(&self.value()?)?))
            }
        };
        let found = Expression::Match { path, test };
        Ok(match negated {
            true => Expression::Not(Box::new(found)),
            false => found,
        })
    }

    fn operand(&mut self) -> Result<Token, String> {
        match self.tokens.next() {
            Some(token @ (Token::Quoted(_) | Token::Word(..))) => Ok(token),
            Some(token) => Err(format!(
                "{token} stands where a field or a value is expected"
            )),
            None => Err("it ends where a field or a value is expected".to_owned()),
        }
    }

    fn value(&mut self) -> Result<String, String> {
        self.operand().map(text)
    }

    fn path(&self, token: Token) -> Result<Vec<String>, String> {
        let Token::Word(_, path) = token else {
            return Err(format!("{token} stands where a field is expected"));
        };
        self.field(&path)?;
        Ok(path)
    }

    fn field(&self, path: &[String]) -> Result<Field, String> {
        let field = self.shape.field(path);
        field.ok_or_else(|| format!("Selector {:?} is not valid", path.join(".")))
    }

    fn with_members(&self, path: Vec<String>) -> Result<Vec<String>, String> {
        match self.field(&path)? {
            Field::Number | Field::Flag => Err(format!("{} contains nothing", path.join("."))),
            _ => Ok(path),
        }
    }

    /// A value as the field at this path has it.
    fn typed(&self, path: &[String], value: String) -> Result<Value, String> {
        let wrong = |what: &str| format!("{} is {what}, and {value:?} is none", path.join("."));
        match self.field(path)? {
            Field::Text => Ok(value.into()),
            Field::Number => {
                let number: Result<u64, _> = value.parse();
                number.map(Value::from).map_err(|_| wrong("a whole number"))
            }
            Field::Flag => match value.as_str() {
                "true" | "True" | "TRUE" | "t" | "T" | "1" => Ok(true.into()),
                "false" | "False" | "FALSE" | "f" | "F" | "0" => Ok(false.into()),
                _ => Err(wrong("true or false")),
            },
            Field::Texts | Field::Map | Field::Addresses => Err(format!(
                "{} has several values: ask with contains or in",
                path.join(".")
            )),
        }
    }

    fn takes(&mut self, word: &str) -> bool {
        let is = |token: &Token| matches!(token, Token::Word(known, _) if known == word);
        self.tokens.next_if(is).is_some()
    }

    fn expects(&mut self, word: &str) -> Result<(), String> {
        match self.takes(word) {
            true => Ok(()),
            false => Err(match self.tokens.peek() {
                Some(token) => format!("{token} stands where an operator is expected"),
                None => "it ends where an operator is expected".to_owned(),
            }),
        }
    }
}

fn text(token: Token) -> String {
    match token {
        Token::Quoted(text) | Token::Word(text, _) => text,
        other => other.to_string(),
    }
}

fn pattern(text: &str) -> Result<Regex, String> {
    let made = RegexBuilder::new(text).size_limit(PATTERN).build();
    made.map_err(|error| format!("{text:?} is no pattern: {error}"))
}

impl std::fmt::Display for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Open => f.write_str("("),
            Self::Close => f.write_str(")"),
            Self::Equal => f.write_str("=="),
            Self::NotEqual => f.write_str("!="),
            Self::Quoted(text) | Self::Word(text, _) => write!(f, "{text:?}"),
        }
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut rest = text.trim_start();
    let mut found = Vec::new();
    while let Some(first) = rest.chars().next() {
        let (token, left) = match first {
            '(' => (Token::Open, &rest[1..]),
            ')' => (Token::Close, &rest[1..]),
            '"' | '`' => {
                let (quoted, left) = quoted(rest)?;
                (Token::Quoted(quoted), left)
            }
            _ if rest.starts_with("==") => (Token::Equal, &rest[2..]),
            _ if rest.starts_with("!=") => (Token::NotEqual, &rest[2..]),
            _ => word(rest)?,
        };
        found.push(token);
        rest = left.trim_start();
    }
    Ok(found)
}

/// A text in quotes, and what comes after it. Between backquotes nothing is escaped.
fn quoted(text: &str) -> Result<(String, &str), String> {
    let mut characters = text.char_indices();
    let (_, quote) = characters.next().ok_or("a text is missing")?;
    let mut found = String::new();
    while let Some((at, character)) = characters.next() {
        match character {
            _ if character == quote => return Ok((found, &text[at + 1..])),
            '\\' if quote == '"' => match characters.next() {
                Some((_, 'n')) => found.push('\n'),
                Some((_, 't')) => found.push('\t'),
                Some((_, escaped @ ('"' | '\\'))) => found.push(escaped),
                _ => return Err("a text has an escape that is not known".to_owned()),
            },
            other => found.push(other),
        }
    }
    Err("a text in quotes does not end".to_owned())
}

/// A word, with the steps of the path that it is: `Meta.version`, `Meta["my-key"]`.
fn word(text: &str) -> Result<(Token, &str), String> {
    let known = |c: char| c.is_ascii_alphanumeric() || "_./:-".contains(c);
    let end = text.find(|c: char| !known(c)).unwrap_or(text.len());
    let (word, mut rest) = text.split_at(end);
    if word.is_empty() {
        let wrong = text.chars().next().unwrap_or_default();
        return Err(format!("{wrong:?} is not expected there"));
    }
    let mut path: Vec<String> = word.split('.').map(str::to_owned).collect();
    while let Some(index) = rest.strip_prefix('[') {
        let index = index.trim_start();
        if !index.starts_with(['"', '`']) {
            return Err("a key between [ and ] has no quotes".to_owned());
        }
        let (key, left) = quoted(index)?;
        let left = left.trim_start().strip_prefix(']');
        path.push(key);
        rest = left.ok_or("a ] is missing")?;
        let end = rest.find(|c: char| !known(c)).unwrap_or(rest.len());
        let (more, left) = rest.split_at(end);
        path.extend(more.split('.').skip(1).map(str::to_owned));
        rest = left;
    }
    Ok((Token::Word(word.to_owned(), path), rest))
}
