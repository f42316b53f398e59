//! What a form has: an RRset as somebody typed it, and what that asks for.

use std::collections::BTreeMap;

use dadns_zone::{MAX_TTL, ZoneName, presentation};

use super::forms::{self, Form};
use super::kinds::{Kind, seen};
use super::values::{is_blank, join, new, split};
use crate::http::v1::records::shape::{Change, Changes, Op};
use crate::http::web::form::Fields;
use crate::records::{TextError, rdata, rdata_key, rrset};

/// The most values of a form with fields; RRsets with more are one text.
pub(super) const MOST: usize = 100;

/// An RRset as it was typed.
#[derive(Clone)]
pub(super) struct Typed {
    pub op: Op,
    pub name: String,
    pub rtype: String,
    pub ttl: String,
    pub revision: u64,
    pub data: Data,
}

/// Its data.
#[derive(Clone)]
pub(super) enum Data {
    /// The fields of each value.
    Fields(&'static Form, Vec<Vec<String>>),
    /// One record on each line, as in a zone file.
    Lines(String),
}

/// Something that is wrong, with the field that it is about.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub field: String,
    pub message: String,
}

impl Fault {
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            message: message.into(),
        }
    }
}

/// The name of a field of a value.
pub(super) fn name_of(value: usize, field: &str) -> String {
    format!("v{value}.{field}")
}

impl Typed {
    pub fn of(fields: &Fields) -> Self {
        let get = |name: &str| seen(fields.get(name).trim());
        let rtype = get("type");
        Self {
            op: op(fields.get("op")),
            name: get("name"),
            ttl: get("ttl"),
            revision: fields.get("revision").parse().unwrap_or(0),
            data: match (values(&rtype, fields), forms::of(&rtype)) {
                (values, Some(form)) if !values.is_empty() => Data::Fields(form, values),
                _ => Data::Lines(fields.get("records").to_owned()),
            },
            rtype,
        }
    }

    /// One that nobody has typed anything into.
    pub fn new(op: Op, name: String, rtype: String, revision: u64) -> Self {
        let rtype = rtype.to_ascii_uppercase();
        let data = match forms::of(&rtype) {
            Some(form) => Data::Fields(form, vec![new(form)]),
            None => Data::Lines(String::new()),
        };
        Self {
            op,
            name,
            rtype,
            ttl: String::new(),
            revision,
            data,
        }
    }

    /// The same with `records` as its data.
    pub fn with(self, records: &[String]) -> Self {
        let fields = || {
            let form = forms::of(&self.rtype).filter(|_| records.len() <= MOST)?;
            let values: Option<Vec<_>> = records.iter().map(|data| split(form, data)).collect();
            Some(Data::Fields(form, values?))
        };
        let data = fields().unwrap_or_else(|| Data::Lines(records.join("\n")));
        Self { data, ..self }
    }

    /// The same, as one text.
    pub fn in_lines(self) -> Self {
        match &self.data {
            Data::Lines(_) => self,
            Data::Fields(form, values) => {
                let filled = values.iter().filter(|values| !is_blank(form, values));
                let lines: Vec<_> = filled
                    .map(|values| join(form, values).unwrap_or_else(|_| values.join(" ")))
                    .collect();
                let data = Data::Lines(lines.join("\n"));
                Self { data, ..self }
            }
        }
    }

    /// The same, with a field for each part, if it can be read.
    pub fn in_fields(self, zone: &ZoneName) -> Self {
        let read: Option<Vec<_>> = self
            .records()
            .iter()
            .map(|(_, data)| self.read(zone, data).ok())
            .collect();
        match read {
            Some(read) if read.is_empty() => {
                let Self { data, .. } = Self::new(self.op, String::new(), self.rtype.clone(), 0);
                Self { data, ..self }
            }
            Some(read) => self.with(&read),
            None => self,
        }
    }

    /// The same with one more value.
    pub fn with_one_more(mut self) -> Self {
        if let Data::Fields(form, values) = &mut self.data
            && values.len() < MOST
        {
            values.push(new(form));
        }
        self
    }

    /// The same without one of its values.
    pub fn without(mut self, index: usize) -> Self {
        if let Data::Fields(form, values) = &mut self.data {
            if index < values.len() {
                values.remove(index);
            }
            if values.is_empty() {
                values.push(new(form));
            }
        }
        self
    }

    /// Whether records are written.
    pub fn writes(&self) -> bool {
        matches!(self.op, Op::Replace | Op::Add | Op::Remove)
    }

    /// The data of each record that is not blank, with the number of its value or line.
    pub fn records(&self) -> Vec<(usize, String)> {
        match &self.data {
            Data::Lines(text) => {
                let lines = text.lines().map(str::trim).enumerate();
                let lines = lines.filter(|(_, line)| !line.is_empty());
                lines.map(|(at, line)| (at, line.to_owned())).collect()
            }
            Data::Fields(form, values) => {
                let values = values.iter().enumerate();
                let values = values.filter(|(_, values)| !is_blank(form, values));
                values
                    .filter_map(|(at, values)| Some((at, join(form, values).ok()?)))
                    .collect()
            }
        }
    }

    /// A record as it is published.
    pub fn read(&self, zone: &ZoneName, data: &str) -> Result<String, TextError> {
        let (key, rdata) = rdata(zone, "@", &self.rtype, data)?;
        Ok(presentation(key.rtype(), &rdata))
    }

    /// All that is wrong with it by itself, by the readers that the zone is read with.
    pub fn faults(&self, zone: &ZoneName) -> Vec<Fault> {
        let mut faults = Vec::new();
        if let Err(error) = rdata_key(zone, &self.name, "A") {
            faults.push(Fault::new("name", error.to_string()));
        }
        if let Err(error) = rdata_key(zone, "@", &self.rtype) {
            faults.push(Fault::new("type", error.to_string()));
            return faults;
        }
        if !self.writes() {
            return faults;
        }
        let ttl = self.ttl.parse::<u32>();
        if !self.ttl.is_empty() && ttl.as_ref().map_or(true, |ttl| *ttl > MAX_TTL) {
            let message = format!("a TTL is a number of seconds, at most {MAX_TTL}");
            faults.push(Fault::new("ttl", message));
        }
        match &self.data {
            Data::Lines(_) => faults.extend(self.faults_of_lines(zone)),
            Data::Fields(form, values) => {
                let filled = values.iter().enumerate();
                let filled = filled.filter(|(_, values)| !is_blank(form, values));
                faults
                    .extend(filled.flat_map(|(at, values)| self.faults_of(zone, form, at, values)));
            }
        }
        if faults.is_empty() {
            faults.extend(self.faults_together(zone));
        }
        faults
    }

    fn faults_of_lines(&self, zone: &ZoneName) -> Vec<Fault> {
        let lines = self.records().into_iter();
        let faults = lines.filter_map(|(at, data)| {
            let error = self.read(zone, &data).err()?;
            Some(Fault::new("records", format!("line {}: {error}", at + 1)))
        });
        faults.collect()
    }

    fn faults_of(&self, zone: &ZoneName, form: &Form, at: usize, values: &[String]) -> Vec<Fault> {
        let fields = form.fields.iter().zip(values);
        let found: Vec<_> = fields
            .filter_map(|(field, value)| {
                let message = field.fault(zone, value)?;
                Some(Fault::new(name_of(at, field.id), message))
            })
            .collect();
        if !found.is_empty() {
            return found;
        }
        // Each field is fine: what is wrong is that they do not agree.
        let read = join(form, values)
            .map(|data| self.read(zone, &data).map_err(|error| error.to_string()));
        match (read, form.fields.last()) {
            (Err(error) | Ok(Err(error)), Some(last)) => {
                vec![Fault::new(name_of(at, last.id), error)]
            }
            _ => Vec::new(),
        }
    }

    fn faults_together(&self, zone: &ZoneName) -> Vec<Fault> {
        let records = self.records();
        let first = match &self.data {
            Data::Lines(_) => "records".to_owned(),
            Data::Fields(form, _) => name_of(0, form.fields.first().map_or("", |field| field.id)),
        };
        if records.is_empty() {
            return vec![Fault::new(
                first,
                "there is no value; type one, or remove the RRset instead",
            )];
        }
        let data: Vec<_> = records.iter().map(|(_, data)| data).collect();
        let set = rrset(zone, &self.name, &self.rtype, 0, &data);
        let faults = set.err().unwrap_or_default().into_iter();
        faults
            .map(|(_, error)| Fault::new(first.clone(), error.to_string()))
            .collect()
    }

    /// What is worth saying of a value though it can be read.
    pub fn notes(&self, zone: &ZoneName) -> Vec<(usize, String)> {
        let Data::Fields(form, values) = &self.data else {
            return Vec::new();
        };
        let values = values.iter().enumerate();
        let notes = values.flat_map(|(at, values)| {
            let fields = form.fields.iter().zip(values);
            fields.filter_map(move |(field, value)| Some((at, field.note(zone, value)?)))
        });
        notes.collect()
    }

    /// What is asked for.
    pub fn changes(&self) -> Changes {
        let records = match self.writes() {
            true => self.records(),
            false => Vec::new(),
        };
        Changes {
            changes: vec![Change {
                op: self.op,
                name: self.name.clone(),
                rtype: self.rtype.clone(),
                ttl: self
                    .ttl
                    .parse()
                    .ok()
                    .filter(|_| self.writes() && self.op != Op::Remove),
                records: records.into_iter().map(|(_, data)| data).collect(),
            }],
        }
    }
}

/// The fields of the values in a form of `rtype`.
fn values(rtype: &str, fields: &Fields) -> Vec<Vec<String>> {
    let Some(form) = forms::of(rtype) else {
        return Vec::new();
    };
    let mut values: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for (name, text) in fields.all() {
        let Some((at, id)) = name.strip_prefix('v').and_then(|name| name.split_once('.')) else {
            continue;
        };
        let at = at.parse::<usize>().ok().filter(|at| *at < 10 * MOST);
        let field = form.fields.iter().position(|field| field.id == id);
        let (Some(at), Some(field)) = (at, field) else {
            continue;
        };
        if values.len() >= MOST && !values.contains_key(&at) {
            continue;
        }
        let value = values
            .entry(at)
            .or_insert_with(|| vec![String::new(); form.fields.len()]);
        if let (Some(place), Some(field)) = (value.get_mut(field), form.fields.get(field)) {
            *place = as_typed(field.kind, text);
        }
    }
    values.into_values().collect()
}

/// A text, in which nothing hides. What a text field has of that becomes the form with quotation marks.
fn as_typed(kind: Kind, text: &str) -> String {
    let text_kind = matches!(kind, Kind::Strings | Kind::Text | Kind::LongText);
    let hides = |c: char| crate::http::web::text::is_hidden(c) && !matches!(c, '\r' | '\n' | '\t');
    let begins = text.trim_start().starts_with('"');
    match text_kind && !begins && text.chars().any(hides) {
        true => {
            let octets = text.replace(['\r', '\n'], "");
            let strings: Vec<_> = octets
                .as_bytes()
                .chunks(255)
                .map(dadns_zone::quoted)
                .collect();
            strings.join(" ")
        }
        false => seen(text),
    }
}

fn op(word: &str) -> Op {
    match word {
        "add" => Op::Add,
        "remove" => Op::Remove,
        "delete" => Op::Delete,
        "release" => Op::Release,
        _ => Op::Replace,
    }
}

/// What an operation is called in requests.
pub(super) const fn word(op: Op) -> &'static str {
    match op {
        Op::Replace => "replace",
        Op::Add => "add",
        Op::Remove => "remove",
        Op::Delete => "delete",
        Op::Release => "release",
    }
}
