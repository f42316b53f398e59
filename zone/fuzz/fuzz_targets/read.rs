//! No text makes the reader panic; what it accepts comes back the same from print and pack.
#![no_main]

use dadns_zone::{Limits, Rdata, Zone, ZoneName, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    let name = ZoneName::parse("z.example").unwrap();
    let reading = match read(&name, text, &Limits::default()) {
        Ok(reading) => reading,
        Err(error) => {
            assert!(!error.errors().is_empty() && error.errors().len() <= 10);
            assert!(!error.to_string().chars().any(char::is_control));
            return;
        }
    };
    let lines = reading.notes.lines();
    assert!(lines.len() <= 21);
    assert!(!lines.iter().any(|line| line.chars().any(char::is_control)));
    let zone = reading.zone;
    let printed = zone.to_string();
    let again = read(&name, printed.as_bytes(), &Limits::default()).expect("what is printed can be read");
    assert_eq!(again.zone, zone);
    for set in zone.rrsets() {
        for rdata in set.rdata() {
            let checked = Rdata::from_wire(set.rtype(), rdata.as_bytes()).expect("what is read is valid");
            assert_eq!(&checked, rdata);
        }
    }
    assert_eq!(Zone::unpack(name, &zone.pack()).as_ref(), Ok(&zone));
});
