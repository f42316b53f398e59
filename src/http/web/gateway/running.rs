//! Operations that were begun on pages: each goes on while nobody looks, and its page shows how far it is.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpResponse, web};
use jiff::Timestamp;
use maud::{Markup, html};
use parking_lot::Mutex;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use crate::access::{Principal, Right, random};
use crate::http::problem::{Code, Problem};
use crate::http::v1::operations::begin;
use crate::http::web::frame::View;
use crate::http::web::session::see_other;
use crate::http::web::text::{of_zone, shown, table, time, visible};
use crate::operations::{Operations, Task};
use crate::report::shape::{Item, Line, Summary};

/// How many operations are remembered.
const KEPT: usize = 50;

/// How many lines of each.
const LINES: usize = 1_000;

/// How long a page waits for the end of an operation, which most come to within that.
const PATIENCE: Duration = Duration::from_secs(5);

/// The operations that were begun on pages since the start, oldest first.
#[derive(Default)]
pub(in crate::http) struct Running(Mutex<VecDeque<Arc<Run>>>);

/// One of them.
struct Run {
    id: String,
    /// What is done, as the heading of its page.
    title: String,
    /// The page that it was begun on: its path and name.
    from: (String, String),
    /// Whoever began it.
    by: String,
    began: Timestamp,
    state: Mutex<State>,
    ended: watch::Sender<bool>,
}

/// How far it is.
#[derive(Default, Clone)]
struct State {
    progress: Option<(usize, usize)>,
    items: Vec<Item>,
    more: usize,
    /// How it went, or why it could not go on.
    end: Option<Result<Summary, String>>,
}

impl State {
    fn take(&mut self, line: Line) {
        match line {
            Line::Progress { done, total } => self.progress = Some((done, total)),
            Line::Item(item) if self.items.len() < LINES => self.items.push(item),
            Line::Item(_) => self.more += 1,
            Line::Summary(summary) => self.end = Some(Ok(summary)),
            Line::Failed { detail } => self.end = Some(Err(detail)),
        }
    }
}

impl Running {
    /// Begins an operation, and leads to its page.
    pub async fn begin(
        &self,
        principal: &Principal,
        operations: &Operations,
        task: Task,
        title: String,
        from: (String, String),
    ) -> Result<HttpResponse, Problem> {
        let number = random().map_err(|why| Problem::new(Code::StoreFailed, why.to_string()))?;
        let lines = begin(principal, operations, task).await?;
        let run = Arc::new(Run {
            id: blake3::Hash::from_bytes(number).to_hex().to_string(),
            title,
            from,
            by: principal.account(),
            began: Timestamp::now(),
            state: Mutex::default(),
            ended: watch::Sender::new(false),
        });
        let page = format!("/web/operations/{}", run.id);
        {
            let mut all = self.0.lock();
            if all.len() == KEPT {
                all.pop_front();
            }
            all.push_back(Arc::clone(&run));
        }
        // An operation ends when nobody reads its lines any more.
        actix_web::rt::spawn(run.read(lines));
        Ok(see_other(&page))
    }

    fn find(&self, id: &str) -> Option<Arc<Run>> {
        self.0.lock().iter().find(|run| run.id == id).cloned()
    }
}

impl Run {
    async fn read(self: Arc<Self>, mut lines: mpsc::Receiver<Line>) {
        while let Some(line) = lines.recv().await {
            self.state.lock().take(line);
        }
        let mut state = self.state.lock();
        let stopped = || Err("it ended early: the gateway is stopping".to_owned());
        state.end.get_or_insert_with(stopped);
        drop(state);
        self.ended.send_replace(true);
    }
}

/// `GET /web/operations/ID`.
pub(in crate::http) async fn show(
    view: View,
    running: web::Data<Running>,
    id: web::Path<String>,
) -> HttpResponse {
    let operates = view.principal.may_everywhere(Right::Operate).is_ok();
    let run = running.find(&id);
    let seen = |run: &Arc<Run>| operates || run.by == view.principal.account();
    let Some(run) = run.filter(seen) else {
        let detail =
            "no such operation is remembered: dadns keeps the newest until it starts again";
        return view.problem(&Problem::new(Code::NotFound, detail));
    };
    let mut ended = run.ended.subscribe();
    drop(timeout(PATIENCE, ended.wait_for(|ended| *ended)).await);
    let state = run.state.lock().clone();
    let (path, page) = &run.from;
    let body = html! {
        h1 { (visible(&run.title)) }
        (how_far(&run, &state))
        (items(&state))
        p { a href=(path) { "Back to " (shown(page)) } }
    };
    view.page(&run.title, &body)
}

fn how_far(run: &Run, state: &State) -> Markup {
    html! {
        @match &state.end {
            Some(Ok(summary)) if summary.ok => { p.truth role="status" { "Done: " (shown(&summary.detail)) "." } }
            Some(Ok(summary)) => { p.truth.bad role="status" { "Done, and something differs: " (shown(&summary.detail)) "." } }
            Some(Err(why)) => { p.alert role="alert" { "It could not go on: " (shown(why)) "." } }
            None => {
                p.truth role="status" {
                    "Running"
                    @if let Some((done, total)) = state.progress { ": " (done) " of " (total) " done" }
                    ". It goes on when you leave this page."
                }
                p { a.button href=(format!("/web/operations/{}", run.id)) { "Look again" } }
            }
        }
        p.soft { "Begun " (time(run.began)) " by " (shown(&run.by)) }
    }
}

/// What was found or done.
fn items(state: &State) -> Markup {
    if state.items.is_empty() {
        return html! {};
    }
    let rows = items_of(&state.items);
    html! {
        h2 { "What was found and done" }
        (table("What was found and done", "In the order in which it was reported", &COLUMNS, &rows))
        @if state.more > 0 { p { "And " (state.more) " more lines, which are not kept." } }
    }
}

/// The columns of [`items_of`].
pub(super) const COLUMNS: [&str; 4] = ["Zone", "Where", "Result", "Detail"];

/// A row for each item.
pub(super) fn items_of(items: &[Item]) -> Markup {
    html! {
        @for item in items {
            tr {
                td { @if let Some(zone) = &item.zone { a href=(of_zone(zone, "")) { (shown(zone)) } } @else { "all" } }
                td { @if let Some(at) = item.backend.as_ref().or(item.master.as_ref()) { (shown(at)) } }
                td { (shown(&item.result)) }
                td { (shown(&item.detail)) }
            }
        }
    }
}
