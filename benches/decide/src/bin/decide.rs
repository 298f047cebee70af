//! Nanoseconds a check, load time and memory, at every size.
//!
//! `decide [SIZE…]` takes some of `small`, `medium`, `large` and `google`.

use std::alloc::System;
use std::error::Error;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use upr::access::Access;
use upr_benches_decide::contender::Contender;
use upr_benches_decide::contender::bits::{Bits, BitsBehind, WarmBits};
use upr_benches_decide::contender::maps::Maps;
use upr_benches_decide::contender::upr::{
    ByNumber, ByOldSubject, BySubject, ByText, Ids, snapshot,
};
use upr_benches_decide::policy::{Policy, SIZES};
use upr_benches_decide::query::queries;
use upr_benches_decide::race::{Lap, race, race_together};
use upr_benches_decide::table::Table;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const QUERIES: usize = 1 << 20;
const ROUNDS: usize = 7;

fn main() -> Result<(), Box<dyn Error>> {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    for (name, size) in ["small", "medium", "large"].iter().zip(SIZES) {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            figures(size.name, &Policy::random(size))?;
        }
    }
    if wanted.is_empty() || wanted.iter().any(|wanted| wanted == "google") {
        figures("Google Cloud, 1 M users", &Policy::google(1_000_000)?)?;
    }
    Ok(())
}

fn figures(name: &str, policy: &Policy) -> Result<(), Box<dyn Error>> {
    println!("\n{name}: {} grants", policy.grants());
    let queries = queries(policy, QUERIES);
    let users = policy.users.len();
    let bits = loaded("bits", users, || Ok(Bits::new(policy)))?;
    let texts = loaded("texts", users, || Ok(BitsBehind::texts(policy)))?;
    let numbers = loaded("numbers", users, || Ok(BitsBehind::numbers(policy)))?;
    let maps = loaded("maps", users, || Ok(Maps::new(policy)))?;
    let by_text = loaded("upr, text ids", users, || snapshot(policy, Ids::Text))?;
    let by_number = loaded("upr, integer ids", users, || snapshot(policy, Ids::Number))?;
    let access = Access::new(by_text);
    let warm = WarmBits(&bits);
    let by_subject = BySubject(access.clone());
    let by_old_subject = ByOldSubject::new(policy, &access)?;
    let by_text = ByText(access);
    let by_number = ByNumber(Access::new(by_number));

    let contenders: [&dyn Contender; 9] = [
        &bits,
        &warm,
        &by_subject,
        &by_old_subject,
        &texts,
        &by_text,
        &numbers,
        &by_number,
        &maps,
    ];
    let alone = race(&contenders, &queries, ROUNDS);
    let together = race_together(&contenders, &queries, ROUNDS, 2);
    let mut table = Table::new(&[
        "contender",
        "median",
        "p99",
        "× loop",
        "p99 ÷ loop's",
        "two threads",
    ]);
    let reference = alone.first().cloned().unwrap_or_default();
    for ((contender, alone), together) in contenders.iter().zip(&alone).zip(&together) {
        assert_eq!(alone.allowed, QUERIES / 2, "{}", contender.name());
        table.row(row(contender.name(), alone, together, &reference));
    }
    println!("{table}");
    Ok(())
}

fn row(name: &str, alone: &Lap, together: &Lap, reference: &Lap) -> [String; 6] {
    [
        name.to_owned(),
        format!("{:.1}", alone.median),
        format!("{:.1}", alone.p99),
        format!("{:.2}", alone.median / reference.median),
        format!("{:.2}", alone.p99 / reference.p99),
        format!("{:.1}", together.median),
    ]
}

fn loaded<T>(
    name: &str,
    users: usize,
    load: impl FnOnce() -> Result<T, Box<dyn Error>>,
) -> Result<T, Box<dyn Error>> {
    let region = Region::new(ALLOCATOR);
    let start = std::time::Instant::now();
    let loaded = load();
    let time = start.elapsed();
    let change = region.change();
    let bytes = change.bytes_allocated as f64 - change.bytes_deallocated as f64;
    println!(
        "{name}: loaded in {time:.0?}, {:.0} bytes a user",
        bytes / users as f64
    );
    loaded
}
