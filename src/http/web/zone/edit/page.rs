//! The form of one RRset, as it is shown.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use dadns_zone::ZoneName;
use maud::{Markup, html};

use super::forms::{FORMS, Form};
use super::kinds::{Field, Kind};
use super::typed::{Data, Fault, MOST, Typed, name_of, word};
use crate::http::v1::records::shape::Op;
use crate::http::web::frame::View;
use crate::http::web::text::{encoded, of_zone, shown, visible};

/// What a form is shown with.
pub(super) struct Shown<'a> {
    pub view: &'a View,
    pub zone: &'a ZoneName,
    pub typed: &'a Typed,
    pub faults: &'a [Fault],
}

impl Shown<'_> {
    /// The page, below what there is to say first.
    pub fn page(&self, status: StatusCode, first: &Markup) -> HttpResponse {
        let title = self.title();
        let body = html! {
            (way(self.zone))
            h1 { (visible(&title)) }
            (first)
            (self.summary())
            (self.form())
            script src="/web/assets/form.js" defer {}
        };
        self.view.page_with(status, &title, &body)
    }

    fn title(&self) -> String {
        let Typed {
            op, name, rtype, ..
        } = self.typed;
        match op {
            Op::Add => format!("Add {rtype} to {}", self.zone),
            _ => format!("Change {rtype} of {name}"),
        }
    }

    /// All that is wrong, each with a link to its field.
    fn summary(&self) -> Markup {
        html! {
            @if !self.faults.is_empty() {
                div.alert role="alert" tabindex="-1" autofocus {
                    p { strong { "Nothing was published yet." } " Please look at:" }
                    ul {
                        @for fault in self.faults {
                            li { a href={ "#" (fault.field) } { (visible(&fault.message)) } }
                        }
                    }
                }
            }
        }
    }

    fn form(&self) -> Markup {
        let typed = self.typed;
        let to = of_zone(self.zone.as_str(), "/edit");
        let check = of_zone(self.zone.as_str(), "/check");
        let fixed = typed.op == Op::Replace;
        html! {
            form.stack.rrset method="post" action=(to) data-check=(check) {
                // What the key Enter presses.
                button.enter type="submit" name="step" value="review" tabindex="-1" aria-hidden="true" { "Review" }
                (self.view.token())
                input type="hidden" name="revision" value=(typed.revision);
                input type="hidden" name="op" value=(word(typed.op));
                div.fields {
                    @if fixed {
                        input type="hidden" name="name" value=(typed.name);
                        input type="hidden" name="type" value=(typed.rtype);
                    } @else {
                        (self.around("name", "Owner name", "Relative to the zone; @ is the zone itself", &html! {
                            input id="name" name="name" value=(typed.name) required autocapitalize="none" spellcheck="false" autocomplete="off"
                                aria-describedby="name-hint name-error" aria-invalid=[self.invalid("name")];
                        }))
                        @match &typed.data {
                            Data::Fields(form, _) => { input type="hidden" name="type" value=(form.rtype); }
                            Data::Lines(_) => {
                                (self.around("type", "Type", "Such as LOC, or TYPE65400", &html! {
                                    input id="type" name="type" value=(typed.rtype) required spellcheck="false" autocomplete="off"
                                        aria-describedby="type-hint type-error" aria-invalid=[self.invalid("type")];
                                }))
                            }
                        }
                    }
                    (self.around("ttl", "TTL", "Seconds; empty: the one that it has, or that of the configuration", &html! {
                        input id="ttl" name="ttl" value=(typed.ttl) inputmode="numeric" autocomplete="off"
                            aria-describedby="ttl-hint ttl-error" aria-invalid=[self.invalid("ttl")];
                    }))
                }
                @match &typed.data {
                    Data::Fields(form, values) => (self.values(form, values)),
                    Data::Lines(text) => (self.lines(text)),
                }
                p.soft role="status" data-said="" {}
                div.actions {
                    button type="submit" name="step" value="review" { "Review the change" }
                    a href=(of_zone(self.zone.as_str(), "")) { "Cancel" }
                }
            }
        }
    }

    fn values(&self, form: &Form, values: &[Vec<String>]) -> Markup {
        let many = values.len() > 1;
        html! {
            p.soft { (form.rtype) ": " (form.about) ", " span title="Where its fields are defined" { (form.rfc) } }
            @for (at, value) in values.iter().enumerate() {
                fieldset {
                    legend { @if many { "Value " (at + 1) } @else { "Value" } }
                    div.fields {
                        @for (field, text) in form.fields.iter().zip(value) {
                            @let name = name_of(at, field.id);
                            (self.around(&name, field.label, field.hint, &self.input(&name, field, text)))
                        }
                    }
                    p.soft data-read=(format!("v{at}")) {}
                    @if many {
                        button.plain type="submit" name="step" value=(format!("less-{at}")) formnovalidate { "Remove value " (at + 1) }
                    }
                }
            }
            div.actions {
                @if !form.is_single && values.len() < MOST {
                    button.plain type="submit" name="step" value="more" formnovalidate { "Add another value" }
                }
                button.plain type="submit" name="step" value="lines" formnovalidate { "Write it as in a zone file" }
            }
        }
    }

    fn lines(&self, text: &str) -> Markup {
        let has_form = super::forms::of(&self.typed.rtype).is_some();
        html! {
            (self.around("records", "Data", "One record on each line, as in a zone file", &html! {
                textarea id="records" name="records" rows="6" spellcheck="false"
                    aria-describedby="records-hint records-error" aria-invalid=[self.invalid("records")] { "\n" (super::kinds::seen(text)) }
            }))
            @if has_form {
                div.actions { button.plain type="submit" name="step" value="fields" formnovalidate { "Use a field for each part" } }
            }
        }
    }

    fn input(&self, name: &str, field: &Field, text: &str) -> Markup {
        let about = format!("{name}-hint {name}-error");
        let invalid = self.invalid(name);
        let known = field.choices.iter().any(|(value, _)| *value == text);
        html! {
            @if !field.choices.is_empty() {
                select id=(name) name=(name) aria-describedby=(about) aria-invalid=[invalid] {
                    @if !known { option value=(text) selected { (text) } }
                    @for (value, meaning) in field.choices {
                        option value=(value) selected[*value == text] { (value) " – " (meaning) }
                    }
                }
            } @else if matches!(field.kind, Kind::Strings | Kind::Hex | Kind::Params | Kind::LongText) {
                textarea id=(name) name=(name) rows="2" spellcheck="false" aria-describedby=(about) aria-invalid=[invalid] { "\n" (text) }
            } @else {
                @let numeric = matches!(field.kind, Kind::U8 | Kind::U16 | Kind::U32).then_some("numeric");
                input id=(name) name=(name) value=(text) inputmode=[numeric] readonly[field.is_fixed] autocapitalize="none" spellcheck="false"
                    autocomplete="off" aria-describedby=(about) aria-invalid=[invalid];
            }
        }
    }

    /// A field with its label, its hint, and what is wrong with it.
    fn around(&self, name: &str, label: &str, hint: &str, input: &Markup) -> Markup {
        let faults = self.faults.iter().filter(|fault| fault.field == name);
        html! {
            div.field {
                label for=(name) { (label) }
                (input)
                span.hint id={ (name) "-hint" } { (hint) }
                span.fault id={ (name) "-error" } {
                    @for fault in faults { (visible(&fault.message)) " " }
                }
            }
        }
    }

    fn invalid(&self, name: &str) -> Option<&'static str> {
        let mut faults = self.faults.iter();
        faults.any(|fault| fault.field == name).then_some("true")
    }
}

/// The way back to the zone.
pub(in crate::http::web) fn way(zone: &ZoneName) -> Markup {
    html! { p.way { a href="/web/zones" { "Zones" } " › " a href=(of_zone(zone.as_str(), "")) { (shown(zone.as_str())) } } }
}

/// Which type is added.
pub(super) fn which_type(view: &View, zone: &ZoneName, name: &str) -> HttpResponse {
    let title = format!("Add records to {zone}");
    let link = |rtype: &str| {
        let query = format!("/edit?name={}&type={rtype}", encoded(name));
        of_zone(zone.as_str(), &query)
    };
    let offered = FORMS.iter().filter(|form| form.rtype != "SOA");
    let body = html! {
        (way(zone))
        h1 { (visible(&title)) }
        p { "Which type?" }
        ul.types {
            @for form in offered {
                li { a href=(link(form.rtype)) { strong { (form.rtype) } " " span.soft { (form.about) } } }
            }
        }
        form.row method="get" action=(of_zone(zone.as_str(), "/edit")) {
            input type="hidden" name="name" value=(name);
            label { "Another type" input name="type" required spellcheck="false" autocomplete="off" placeholder="LOC"; }
            button.plain type="submit" { "Go on" }
        }
    };
    view.page(&title, &body)
}
