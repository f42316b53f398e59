//! Reading documents: some by name, or all at one revision.

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{StreamExt, stream};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::envelope::{Content, Envelope};
use super::keys::end;
use super::txn::{RANGE, TXN, one, read, revision, signed, unsigned};
use super::wire::rpc::response_op::Response;
use super::wire::{Kind, LONG_ATTEMPT, Trouble, rpc};
use super::{Etcd, READ};
use crate::ledger::{Document, LedgerError, Stamp};

/// Most documents that are asked for at once: each page has etcd count the rest of the range, so small ones are slow.
const PAGE: i64 = 10_000;

/// The first page, before it is known how large documents are here.
const FIRST_PAGE: i64 = 1_000;

/// Bytes that a page had better not exceed.
const PAGE_BYTES: usize = 16 << 20;

/// Documents that are fetched with one transaction: together less than an answer may have.
const FETCHED: usize = 64;

const ALL: &str = "read all documents of etcd";
const SOME: &str = "read documents of etcd";
const STAMPS: &str = "read the stamps of etcd";

/// Why there is no document in a key.
pub(super) enum Bad {
    /// What stands there is none, or is damaged.
    Broken(String),
    /// Its pieces could not be read.
    Trouble(Trouble),
}

impl Bad {
    pub fn error(self, name: &str) -> LedgerError {
        let what = format!("read {name} of etcd");
        match self {
            Self::Broken(cause) => {
                let next = "write it again, or see whether a member of etcd is damaged";
                LedgerError::new(what, format!("{cause}; {next}"))
            }
            Self::Trouble(trouble) => trouble.error(what),
        }
    }
}

impl Etcd {
    /// The document in a key as it was read at a revision; `None`: its pieces are gone, so that it must have been
    /// written since.
    pub(super) async fn document(
        &self,
        name: &str,
        key: &rpc::KeyValue,
        revision: u64,
    ) -> Result<Option<Document>, Bad> {
        let envelope = Envelope::decode(&key.value).map_err(Bad::Broken)?;
        let value = match &envelope.content {
            Content::Value(value) => value.clone(),
            Content::Pieces(pieces) => match self.read_pieces(pieces, revision).await {
                Ok(Some(value)) => value,
                Ok(None) => return Ok(None),
                Err(trouble) if trouble.failure.kind == Kind::Compacted => return Ok(None),
                Err(trouble) => return Err(Bad::Trouble(trouble)),
            },
        };
        if !envelope.fits(&value) {
            return Err(Bad::Broken("its digest does not fit what it says".into()));
        }
        Ok(Some(Document {
            name: name.into(),
            stamp: Stamp(unsigned(key.mod_revision)),
            id: envelope.id,
            value,
        }))
    }

    pub(super) async fn read_documents(
        &self,
        names: &[String],
    ) -> Result<Vec<Option<Document>>, LedgerError> {
        let mut chunks: Vec<BoxFuture<'_, _>> = Vec::new();
        for names in names.chunks(FETCHED) {
            chunks.push(Box::pin(self.read_some(names)));
        }
        let mut chunks = stream::iter(chunks).buffered(2);
        let mut all = Vec::with_capacity(names.len());
        while let Some(chunk) = chunks.next().await {
            all.extend(chunk?);
        }
        Ok(all)
    }

    async fn read_some(&self, names: &[String]) -> Result<Vec<Option<Document>>, LedgerError> {
        // One that was written anew while its pieces were read is read again.
        for _ in 0..5 {
            let request = rpc::TxnRequest {
                success: names
                    .iter()
                    .map(|name| read(one(self.keys.document(name))))
                    .collect(),
                ..rpc::TxnRequest::default()
            };
            let until = Instant::now() + READ;
            let asked = self
                .wire
                .ask::<_, rpc::TxnResponse>(TXN, request, until, LONG_ATTEMPT)
                .await;
            let answer = asked.map_err(|trouble| trouble.error(SOME))?;
            let at = revision(answer.header.as_ref());
            let mut found = Vec::with_capacity(names.len());
            let mut is_whole = answer.responses.len() == names.len();
            for (name, response) in names.iter().zip(&answer.responses) {
                let key = match &response.response {
                    Some(Response::ResponseRange(range)) => range.kvs.first(),
                    _ => None,
                };
                let Some(key) = key else {
                    found.push(None);
                    continue;
                };
                let document = self
                    .document(name, key, at)
                    .await
                    .map_err(|bad| bad.error(name))?;
                is_whole &= document.is_some();
                found.push(document);
            }
            if is_whole {
                return Ok(found);
            }
        }
        Err(LedgerError::new(
            SOME,
            "pieces of documents are missing: write these zones again",
        ))
    }

    pub(super) async fn read_all(
        &self,
        prefix: &str,
        pages: &mpsc::Sender<Vec<Document>>,
    ) -> Result<Stamp, LedgerError> {
        let mut range = Range::new(self, prefix, false);
        let mut ready = Vec::new();
        let mut bytes = 0;
        while let Some(page) = range
            .next(self)
            .await
            .map_err(|trouble| trouble.error(ALL))?
        {
            for key in page {
                let name = self
                    .keys
                    .document_of(&key.key)
                    .ok_or_else(|| strange(&key.key))?;
                let read = self.document(&name, &key, range.revision).await;
                let document = read.map_err(|bad| bad.error(&name))?;
                let swept = || {
                    LedgerError::new(ALL, format!("pieces of {name} are missing: write it again"))
                };
                let document = document.ok_or_else(swept)?;
                bytes += document.name.len() + document.value.len();
                ready.push(document);
                if bytes >= PAGE_BYTES {
                    give(pages, &mut ready).await?;
                    bytes = 0;
                }
            }
            give(pages, &mut ready).await?;
            bytes = 0;
        }
        Ok(Stamp(range.revision))
    }

    pub(super) async fn read_stamps(
        &self,
        prefix: &str,
    ) -> Result<(Stamp, Vec<(String, Stamp)>), LedgerError> {
        let mut range = Range::new(self, prefix, true);
        let mut stamps = Vec::new();
        while let Some(page) = range
            .next(self)
            .await
            .map_err(|trouble| trouble.error(STAMPS))?
        {
            for key in page {
                let name = self
                    .keys
                    .document_of(&key.key)
                    .ok_or_else(|| strange(&key.key))?;
                stamps.push((name, Stamp(unsigned(key.mod_revision))));
            }
        }
        Ok((Stamp(range.revision), stamps))
    }
}

fn strange(key: &Bytes) -> LedgerError {
    let cause = format!(
        "the key {:?} is not of dadns: remove it",
        String::from_utf8_lossy(key)
    );
    LedgerError::new(ALL, cause)
}

async fn give(
    pages: &mpsc::Sender<Vec<Document>>,
    ready: &mut Vec<Document>,
) -> Result<(), LedgerError> {
    if ready.is_empty() {
        return Ok(());
    }
    let sent = pages.send(std::mem::take(ready)).await;
    sent.map_err(|_| LedgerError::new(ALL, "nobody listens any more"))
}

/// Keys in their order, page by page, as they were at the moment of the first.
struct Range {
    next: Bytes,
    end: Bytes,
    /// The moment; 0: not known yet.
    revision: u64,
    limit: i64,
    keys_only: bool,
    is_over: bool,
}

impl Range {
    fn new(etcd: &Etcd, prefix: &str, keys_only: bool) -> Self {
        let start = etcd.keys.document(prefix);
        Self {
            end: end(&start).into(),
            next: start.into(),
            revision: 0,
            limit: if keys_only { PAGE } else { FIRST_PAGE },
            keys_only,
            is_over: false,
        }
    }

    async fn next(&mut self, etcd: &Etcd) -> Result<Option<Vec<rpc::KeyValue>>, Trouble> {
        if self.is_over {
            return Ok(None);
        }
        let answer = loop {
            let request = rpc::RangeRequest {
                key: self.next.clone(),
                range_end: self.end.clone(),
                limit: self.limit,
                revision: signed(self.revision),
                // The first tells the moment, and has to see all that was answered. The others burden one member.
                serializable: self.revision > 0,
                keys_only: self.keys_only,
            };
            let until = Instant::now() + READ;
            match etcd
                .wire
                .ask::<_, rpc::RangeResponse>(RANGE, request, until, LONG_ATTEMPT)
                .await
            {
                Ok(answer) => break answer,
                Err(trouble) if trouble.failure.kind == Kind::TooMuch && self.limit > 1 => {
                    self.limit = (self.limit / 8).max(1);
                }
                Err(trouble) => return Err(trouble),
            }
        };
        if self.revision == 0 {
            self.revision = revision(answer.header.as_ref());
        }
        self.is_over = !answer.more;
        if let Some(last) = answer.kvs.last() {
            let mut next = last.key.to_vec();
            next.push(0);
            self.next = next.into();
            let bytes: usize = answer
                .kvs
                .iter()
                .map(|key| key.key.len() + key.value.len())
                .sum();
            let average = bytes.div_ceil(answer.kvs.len()).max(1);
            if !self.keys_only {
                self.limit = i64::try_from(PAGE_BYTES / average)
                    .unwrap_or(PAGE)
                    .clamp(1, PAGE);
            }
        }
        Ok(Some(answer.kvs))
    }
}
