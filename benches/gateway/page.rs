//! The report, and the figures and pictures of `docs/performance.md`, from what was measured.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use super::figures::{Figures, Row, shown, target, thousands};
use super::measure::ALL;
use super::plot;

/// What stands between these lines of the page is written by this program.
const BEGIN: &str = "<!-- measured: written by `just bench-page` -->\n";
const END: &str = "<!-- end of what was measured -->";

/// Writes all of it.
pub fn write(figures: &Figures) {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pictures = top.join("docs/performance");
    fs::create_dir_all(&pictures).unwrap();
    let mut text = String::new();
    for (name, about) in ALL
        .iter()
        .flat_map(|one| one.names.iter().map(|name| (*name, one.about)))
    {
        let rows = figures.of(name);
        if rows.is_empty() {
            continue;
        }
        let _ = writeln!(
            text,
            "### {name}\n\n{}.\n\n{}",
            capital(about),
            table(&rows)
        );
        for (file, what) in plot::write(&pictures, name, &rows) {
            let _ = writeln!(
                text,
                "![{name}: {what} against zones present](performance/{file})\n"
            );
        }
    }
    let mut report = format!("# Benches\n\n{text}");
    // What programs beside this one printed.
    for name in ["bench-dns", "bench-records"] {
        if let Ok(printed) = fs::read_to_string(target(&format!("{name}.txt"))) {
            let _ = writeln!(report, "### {name}\n\n```text\n{printed}```\n");
        }
    }
    fs::write(target("bench-report.md"), report).unwrap();
    let page = top.join("docs/performance.md");
    let before = fs::read_to_string(&page).unwrap();
    let (head, rest) = before
        .split_once(BEGIN)
        .expect("the page has the line that figures begin at");
    let (_, tail) = rest
        .split_once(END)
        .expect("the page has the line that figures end at");
    fs::write(&page, format!("{head}{BEGIN}\n{text}{END}{tail}")).unwrap();
    println!(
        "written: {} and {}",
        target("bench-report.md").display(),
        page.display()
    );
}

fn capital(text: &str) -> String {
    text[..1].to_uppercase() + &text[1..]
}

/// The rows with a column for each figure that any of them has.
fn table(rows: &[&Row]) -> String {
    let mut columns: Vec<&str> = Vec::new();
    for (what, _) in rows.iter().flat_map(|row| &row.values) {
        if !columns.contains(&what.as_str()) {
            columns.push(what);
        }
    }
    let mut text = format!(
        "| | zones present | {} |\n|---|{}\n",
        columns.join(" | "),
        "---|".repeat(columns.len() + 1)
    );
    for row in rows {
        let _ = write!(
            text,
            "| {} | {} |",
            row.subject,
            thousands(row.present as u64)
        );
        for column in &columns {
            let _ = write!(
                text,
                " {} |",
                row.value(column).map_or(String::new(), shown)
            );
        }
        text.push('\n');
    }
    text
}
