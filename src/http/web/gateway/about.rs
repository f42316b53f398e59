//! Which program this is, since when it runs, where its store is, and where more is written.

use actix_web::{HttpResponse, web};
use maud::{Markup, html};

use crate::http::problem::reading;
use crate::http::status::Identity;
use crate::http::v1::process::own;
use crate::http::v1::shape::About;
use crate::http::web::frame::View;
use crate::http::web::text::{shown, table, time};
use crate::store::Store;

/// The pages that come with the program, and what each is about.
const PAGES: [(&str, &str); 12] = [
    ("docs/install.md", "install and register in DirectAdmin"),
    (
        "docs/operations.md",
        "run it: backups, upgrades, what to do when something fails",
    ),
    ("docs/configuration.md", "every key of the configuration"),
    ("docs/backends.md", "what each backend needs and can serve"),
    ("docs/web.md", "this page"),
    ("docs/http.md", "every route of the API"),
    ("docs/tokens.md", "tokens and what they may do"),
    ("docs/record-api.md", "edit records by API"),
    ("docs/dynamic-update.md", "edit records by dynamic update"),
    ("docs/metrics-and-alerts.md", "what to watch, and alerts"),
    ("docs/logging.md", "what is logged"),
    ("docs/secondaries.md", "secondaries of the built-in server"),
];

/// `GET /web/about`.
pub(in crate::http) async fn show(
    view: View,
    store: web::Data<Store>,
    identity: web::Data<Identity>,
) -> HttpResponse {
    let backends = identity.backends.clone();
    let about = match reading(store, move |store| own(store, &identity)).await {
        Ok(about) => about,
        Err(problem) => return view.problem(&problem),
    };
    let body = html! {
        h1 { "About" }
        dl.facts {
            dt { "Version" } dd { "dadns " (about.version) }
            dt { "Started" } dd { (time(about.started)) ", " (span(about.uptime_s)) " ago" }
            dt { "Store" } dd { (about.engine) ", in " code { (shown(&about.directory)) } }
            dt { "Free there" } dd { (size(about.free_bytes)) }
            @for (id, description) in &*backends { dt { "Backend " (id) } dd { (shown(description)) } }
        }
        (files(&about))
        h2 { "For programs" }
        p.soft { "These ask for an account or a token of their own: the session of this page is worth nothing there." }
        ul {
            li { a href="/metrics" { "Metrics" } " for Prometheus" }
            li { a href="/api/openapi" { "The API" } ", and " a href="/api/openapi.json" { "its OpenAPI document" } }
            li { a href="/api/docs" { "The API of PowerDNS" } ", as Swagger" }
        }
        h2 { "Documentation" }
        p.soft { "These pages come with the source of the program." }
        dl.facts { @for (page, about) in PAGES { dt { code { (page) } } dd { (about) } } }
    };
    view.page("About", &body)
}

fn files(about: &About) -> Markup {
    let rows = html! {
        @for file in &about.files { tr { td { code { (shown(&file.name)) } } td { (size(file.bytes)) } } }
    };
    html! {
        h2 { "Files of the store" }
        (table("Files of the store", "What the store takes on disk now", &["File", "Size"], &rows))
    }
}

/// Bytes as people read them.
fn size(bytes: u64) -> String {
    let mut shown = bytes as f64;
    for unit in ["bytes", "KiB", "MiB", "GiB"] {
        if shown < 1024.0 {
            return match unit {
                "bytes" => format!("{bytes} bytes"),
                unit => format!("{shown:.1} {unit}"),
            };
        }
        shown /= 1024.0;
    }
    format!("{shown:.1} TiB")
}

/// A number of seconds as people say it.
fn span(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} minutes", seconds / 60),
        7_200..172_800 => format!("{} hours", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_spans_are_told_as_people_say_them() {
        assert_eq!(size(1_023), "1023 bytes");
        assert_eq!(size(1_536), "1.5 KiB");
        assert_eq!(size(3 << 30), "3.0 GiB");
        assert_eq!(size(5 << 40), "5.0 TiB");
        assert_eq!(span(59), "59 s");
        assert_eq!(span(7_199), "119 minutes");
        assert_eq!(span(172_800), "2 days");
    }

    #[test]
    fn each_page_of_the_documentation_that_is_named_is_there() {
        for (page, _) in PAGES {
            let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(page);
            assert!(path.is_file(), "{page}");
        }
    }
}
