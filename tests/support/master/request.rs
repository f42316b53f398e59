//! Requests as the fake master reads them.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};

/// One request.
pub struct Request {
    pub method: String,
    pub path: String,
    pub query: BTreeMap<String, String>,
    head: String,
    pub body: Vec<u8>,
}

impl Request {
    /// Reads one, with its first line for the record.
    pub fn read(stream: &mut (impl Read + Write)) -> std::io::Result<(Self, String)> {
        let mut reader = BufReader::new(stream);
        let (mut head, mut line) = (String::new(), String::new());
        while reader.read_line(&mut line)? > 2 {
            head.push_str(&std::mem::take(&mut line));
        }
        let first: Vec<&str> = head.lines().next().unwrap_or_default().split(' ').collect();
        let [method, target, _] = first.as_slice() else {
            return Err(std::io::Error::other("no request"));
        };
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.parse().unwrap())
        });
        let mut body = vec![0; length.unwrap_or(0)];
        reader.read_exact(&mut body)?;
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let query = form_urlencoded::parse(query.as_bytes());
        let request = Self {
            method: (*method).to_owned(),
            path: path.to_owned(),
            query: query.into_owned().collect(),
            body,
            head: head.clone(),
        };
        Ok((request, format!("{method} {target}")))
    }

    pub fn header(&self, wanted: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case(wanted).then_some(value)
        })
    }

    pub fn number(&self, name: &str) -> usize {
        self.query[name].parse().unwrap()
    }
}
