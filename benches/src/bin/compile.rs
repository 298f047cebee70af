//! What an action costs at compile time, beside a plain constant and one `inventory::submit!`.
//!
//! `compile [ACTIONS…]`; 1,000 and 5,000 if not said. `--rounds N`: the median of N, 5 if not said.

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;

use upr_benches::Outcome;
use upr_benches::build::Built;
use upr_benches::measure::median;
use upr_benches::table::{Table, within};
use upr_tests::gcp::{Form, PackageLock, permissions};

fn main() -> Outcome {
    let mut rounds = 5;
    let mut sizes = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--rounds" {
            rounds = arguments.next().ok_or("--rounds wants a number")?.parse()?;
        } else {
            sizes.push(argument.parse()?);
        }
    }
    if sizes.is_empty() {
        sizes = vec![1_000, 5_000];
    }
    for actions in sizes {
        measure(actions, rounds)?;
    }
    Ok(())
}

/// A form of declaring, and what it is measured against.
struct Compared {
    name: &'static str,
    form: Form,
    lock: PackageLock,
    /// What the same package costs without it.
    over: &'static str,
    budget: Budget,
}

#[derive(Clone, Copy)]
enum Budget {
    Free,
    /// Half a submission an action, and three a module.
    Attribute,
    /// Two and a half submissions an action.
    Handler,
}

const fn compared(
    name: &'static str,
    form: Form,
    lock: PackageLock,
    over: &'static str,
    budget: Budget,
) -> Compared {
    Compared {
        name,
        form,
        lock,
        over,
        budget,
    }
}

const COMPARED: [Compared; 7] = {
    use Form::{Attribute, Constants, Functions, Handlers, Submissions};
    use PackageLock::{Absent, Recorded};
    [
        compared("constant", Constants, Absent, "constant", Budget::Free),
        compared(SUBMISSION, Submissions, Absent, "constant", Budget::Free),
        compared(
            "attribute",
            Attribute,
            Absent,
            "constant",
            Budget::Attribute,
        ),
        compared(
            "attribute, locked",
            Attribute,
            Recorded,
            "constant",
            Budget::Attribute,
        ),
        compared("function", Functions, Absent, "function", Budget::Free),
        compared("handler", Handlers, Absent, "function", Budget::Handler),
        compared(
            "handler, locked",
            Handlers,
            Recorded,
            "function",
            Budget::Handler,
        ),
    ]
};

const SUBMISSION: &str = "inventory::submit!";

fn measure(actions: usize, rounds: usize) -> Outcome {
    let mut built = Vec::new();
    for compared in &COMPARED {
        built.push(Built::new(compared.form, compared.lock, actions)?);
    }
    // Side by side, so that what the machine does meanwhile meets all of them.
    let mut times = vec![Vec::new(); built.len()];
    for _ in 0..rounds {
        for (built, times) in built.iter().zip(&mut times) {
            times.push(built.check()?);
        }
    }
    let names = COMPARED.iter().map(|compared| compared.name);
    let whole: BTreeMap<&str, Duration> = names.zip(times.into_iter().map(median)).collect();
    let modules = modules(actions)?;
    println!(
        "\n{actions} actions in {modules} modules, `cargo check`, processor time, median of {rounds}\n"
    );
    print!("{}", table(&whole, actions, modules)?);
    Ok(())
}

fn table(
    whole: &BTreeMap<&str, Duration>,
    actions: usize,
    modules: usize,
) -> Result<Table, Box<dyn Error>> {
    let extra = |name: &str, over: &str| {
        let (name, over) = (whole.get(name).copied(), whole.get(over).copied());
        name.unwrap_or_default()
            .saturating_sub(over.unwrap_or_default())
            .as_secs_f64()
    };
    let (actions, modules) = (
        f64::from(u32::try_from(actions)?),
        f64::from(u32::try_from(modules)?),
    );
    let submission = extra(SUBMISSION, "constant") / actions;
    let mut table = Table::new(&["form", "whole", "over", "an action", "of its budget"]);
    for compared in &COMPARED {
        let extra = extra(compared.name, compared.over);
        let budget = match compared.budget {
            Budget::Free => None,
            Budget::Attribute => Some(submission * (0.5 * actions + 3.0 * modules)),
            Budget::Handler => Some(submission * 2.5 * actions),
        };
        let total = whole.get(compared.name).copied().unwrap_or_default();
        table.row([
            compared.name.to_owned(),
            format!("{:.2} s", total.as_secs_f64()),
            compared.over.to_owned(),
            format!("{:.3} ms", extra / actions * 1e3),
            budget
                .map(|budget| within(extra / budget, 1.0))
                .unwrap_or_default(),
        ]);
    }
    Ok(table)
}

fn modules(actions: usize) -> Result<usize, Box<dyn Error>> {
    let permissions = permissions()?;
    let head = permissions.get(..actions).ok_or("so many there are not")?;
    Ok(head.chunk_by(|a, b| a.module() == b.module()).count())
}
