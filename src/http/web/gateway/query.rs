//! A question, asked at every backend at once: the answers side by side, and in what they differ.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use maud::{Markup, html};

use crate::http::problem::Problem;
use crate::http::v1::query::answer;
use crate::http::v1::shape::{BackendAnswer, QueryAnswer, Question};
use crate::http::web::frame::View;
use crate::http::web::text::{of_zone, shown, state, table, visible};
use crate::logging::counted;
use crate::operations::Operations;
use crate::store::Store;

/// The types that are offered; any other can be typed.
const TYPES: [&str; 12] = [
    "A", "AAAA", "CAA", "CNAME", "DNSKEY", "HTTPS", "MX", "NS", "PTR", "SOA", "SRV", "TXT",
];

const COLUMNS: [&str; 6] = [
    "Backend",
    "Code",
    "Flags",
    "TTL",
    "Data",
    "Compared with the others",
];

/// `GET /web/query`.
pub(in crate::http) async fn ask(
    view: View,
    store: web::Data<Store>,
    operations: web::Data<Operations>,
    asked: web::Query<Question>,
) -> HttpResponse {
    let answered = match asked.name.trim().is_empty() {
        true => None,
        false => Some(answer(&view.principal, store, &operations, &asked).await),
    };
    let problem = answered
        .as_ref()
        .and_then(|answered| answered.as_ref().err());
    let status = problem.map_or(StatusCode::OK, Problem::status);
    let body = html! {
        h1 { "Query" }
        (form(&asked, problem))
        @match &answered {
            Some(Ok(answered)) => { (compared(answered)) }
            Some(Err(_)) => {}
            None => { p { "Ask for a name and type: every backend is asked at once, and the answers stand side by side." } }
        }
    };
    view.page_with(status, "Query", &body)
}

fn form(asked: &Question, problem: Option<&Problem>) -> Markup {
    let tcp = asked.transport == "tcp";
    let rtype = if asked.rtype.is_empty() {
        "A"
    } else {
        &asked.rtype
    };
    html! {
        form.row method="get" action="/web/query" {
            label.grow { "Name" input name="name" value=(asked.name) required autocomplete="off" spellcheck="false"
                aria-invalid=[problem.map(|_| "true")] aria-describedby=[problem.map(|_| "problem")]; }
            label { "Type" input.short name="type" value=(rtype) list="types" autocomplete="off"; }
            datalist id="types" { @for rtype in TYPES { option value=(rtype); } }
            label { "Over"
                select name="transport" {
                    option value="udp" selected[!tcp] { "UDP, then TCP if truncated" }
                    option value="tcp" selected[tcp] { "TCP" }
                }
            }
            button type="submit" { "Ask every backend" }
        }
        @if let Some(problem) = problem { p.alert id="problem" role="alert" { (visible(problem.detail())) } }
    }
}

fn compared(answered: &QueryAnswer) -> Markup {
    let answers = &answered.answers;
    let caption = format!(
        "{} {}, asked without recursion",
        answered.name, answered.rtype
    );
    html! {
        (truth(answered))
        p.soft {
            @match &answered.zone {
                Some(zone) => { "The name is in zone " a href=(of_zone(zone, "")) { (shown(zone)) } "." }
                None => { "The name is in no zone of this gateway." }
            }
        }
        (table("Answers", &visible(&caption), &COLUMNS, &html! { @for one in answers { (row(one)) } }))
    }
}

/// One sentence about all answers.
fn truth(answered: &QueryAnswer) -> Markup {
    let (asked, others): (Vec<_>, Vec<_>) = answered
        .answers
        .iter()
        .partition(|one| one.server.is_some());
    let all = asked.len();
    let count = |is: fn(&BackendAnswer) -> bool| asked.iter().filter(|one| is(one)).count();
    let silent = count(|one| one.error.is_some());
    let differ = count(|one| !one.differs.is_empty());
    let class = if answered.agree { "truth" } else { "truth bad" };
    html! {
        p class=(class) role="status" {
            @match (all, silent, differ) {
                (0, ..) => "No backend can be asked over DNS.",
                (1, 0, _) => "The only server that can be asked answers.",
                (_, 0, 0) => { "All " (all) " servers answer the same." }
                _ => {
                    @if differ > 0 { (differ) " of " (counted(all, "server")) " " @if differ == 1 { "answers" } @else { "answer" } " otherwise than the rest. " }
                    @if silent > 0 { (silent) " of " (counted(all, "server")) " gave no answer." }
                }
            }
            @if all > 0 && !others.is_empty() { " " (counted(others.len(), "backend")) " cannot be asked." }
        }
    }
}

fn row(one: &BackendAnswer) -> Markup {
    html! {
        tr {
            td {
                strong { (one.backend) }
                @if let Some(server) = &one.server { p.soft { (server) } }
            }
            @if let Some(error) = &one.error {
                td colspan="4" {
                    @if one.server.is_some() { (state("no answer")) } @else { strong { "cannot be asked" } }
                    p { (shown(error)) }
                }
                td { "cannot be compared" }
            } @else {
                td {
                    (shown(one.code.as_deref().unwrap_or_default()))
                    p.soft { (format!("{:.1}", one.took_ms)) " ms" @if one.tcp { " over TCP" } }
                }
                td { (flags(one)) }
                td { ul { @for record in &one.records { li { (record.ttl) } } } }
                td {
                    @if one.records.is_empty() { span.soft { "no record" } }
                    ul {
                        @for record in &one.records {
                            li {
                                code { (shown(&record.data)) }
                                span.soft { " " (shown(&record.name)) " " (record.rtype)
                                    @if record.section == "authority" { ", authority section" } }
                            }
                        }
                    }
                    @if one.more > 0 { p.soft { "and " (one.more) " more" } }
                }
                td {
                    @if one.differs.is_empty() { (state("same")) }
                    @else { (state("differs")) ul { @for said in &one.differs { li { (shown(said)) } } } }
                }
            }
        }
    }
}

/// The flags that are set.
fn flags(one: &BackendAnswer) -> Markup {
    let all = [
        (one.authoritative, "aa", "claims authority"),
        (one.truncated, "tc", "was truncated over UDP"),
        (one.recursion, "ra", "offers recursion"),
    ];
    let set: Vec<_> = all.into_iter().filter(|(set, ..)| *set).collect();
    html! {
        @if set.is_empty() { span.soft { "none" } }
        @for (at, (_, flag, meaning)) in set.iter().enumerate() {
            @if at > 0 { " " }
            abbr title=(meaning) { (flag) }
        }
    }
}
