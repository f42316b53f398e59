//! Requests and transactions in short.

use bytes::Bytes;

use super::wire::rpc::compare::{CompareResult, CompareTarget, TargetUnion};
use super::wire::rpc::request_op::Request;
use super::wire::rpc::response_op::Response;
use super::wire::rpc::{
    Compare, DeleteRangeRequest, KeyValue, PutRequest, RangeRequest, RequestOp, ResponseHeader,
    TxnResponse,
};

pub(super) const RANGE: &str = "/etcdserverpb.KV/Range";
pub(super) const PUT: &str = "/etcdserverpb.KV/Put";
pub(super) const TXN: &str = "/etcdserverpb.KV/Txn";

/// The key has this `create_revision`; 0: it is not there.
pub(super) fn made_at(key: Vec<u8>, revision: u64) -> Compare {
    Compare {
        result: CompareResult::Equal.into(),
        target: CompareTarget::Create.into(),
        key: key.into(),
        target_union: Some(TargetUnion::CreateRevision(signed(revision))),
    }
}

/// The key says this.
pub(super) fn says(key: Vec<u8>, value: Bytes) -> Compare {
    Compare {
        result: CompareResult::Equal.into(),
        target: CompareTarget::Value.into(),
        key: key.into(),
        target_union: Some(TargetUnion::Value(value)),
    }
}

/// The key has this `mod_revision`; 0: it is not there.
pub(super) fn written_at(key: Vec<u8>, revision: u64) -> Compare {
    Compare {
        result: CompareResult::Equal.into(),
        target: CompareTarget::Mod.into(),
        key: key.into(),
        target_union: Some(TargetUnion::ModRevision(signed(revision))),
    }
}

/// The key is there.
pub(super) fn is_there(key: Vec<u8>) -> Compare {
    Compare {
        result: CompareResult::Greater.into(),
        target: CompareTarget::Version.into(),
        key: key.into(),
        target_union: Some(TargetUnion::Version(0)),
    }
}

pub(super) fn put(key: Vec<u8>, value: Bytes, lease: i64) -> RequestOp {
    let key = key.into();
    let request = Request::RequestPut(PutRequest { key, value, lease });
    RequestOp {
        request: Some(request),
    }
}

pub(super) fn delete(key: Vec<u8>, range_end: Vec<u8>) -> RequestOp {
    let (key, range_end) = (key.into(), range_end.into());
    let request = Request::RequestDeleteRange(DeleteRangeRequest { key, range_end });
    RequestOp {
        request: Some(request),
    }
}

/// One key as it stands.
pub(super) fn one(key: Vec<u8>) -> RangeRequest {
    RangeRequest {
        key: key.into(),
        ..RangeRequest::default()
    }
}

/// One key without what it says.
pub(super) fn one_stamp(key: Vec<u8>) -> RangeRequest {
    RangeRequest {
        keys_only: true,
        ..one(key)
    }
}

pub(super) fn read(range: RangeRequest) -> RequestOp {
    let request = Some(Request::RequestRange(range));
    RequestOp { request }
}

/// The first key that the request at this place of a transaction read.
pub(super) fn found(answer: &TxnResponse, at: usize) -> Option<&KeyValue> {
    match answer.responses.get(at)?.response.as_ref()? {
        Response::ResponseRange(range) => range.kvs.first(),
        _ => None,
    }
}

/// How many keys the request at this place of a transaction removed.
pub(super) fn removed(answer: &TxnResponse, at: usize) -> i64 {
    let response = answer
        .responses
        .get(at)
        .and_then(|response| response.response.as_ref());
    match response {
        Some(Response::ResponseDeleteRange(range)) => range.deleted,
        _ => 0,
    }
}

/// Where the engine stood when it answered.
pub(super) fn revision(header: Option<&ResponseHeader>) -> u64 {
    header.map_or(0, |header| unsigned(header.revision))
}

/// Revisions of etcd are signed and never negative.
pub(super) fn unsigned(revision: i64) -> u64 {
    u64::try_from(revision).unwrap_or(0)
}

pub(super) fn signed(revision: u64) -> i64 {
    i64::try_from(revision).unwrap_or(i64::MAX)
}
