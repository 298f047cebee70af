//! What an action costs at compile time, beside a plain constant, one `inventory::submit!` and one element of `linkme`.
//!
//! `compile [ACTIONS…]`; 100, 1,000, 5,000 and 13,652 if not said.
//!
//! - `--work check,build,incremental`: what is measured; all three if not said.
//! - `--forms attribute,handler-locked`: only these beside their references; all if not said.
//! - `--rounds N`: the median of N; if not said 5, and 3 above 1,000 actions.

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;

use upr_benches::Outcome;
use upr_benches::build::{Built, Work};
use upr_benches::measure::median;
use upr_benches::table::{Table, within};
use upr_tests::gcp::{Form, PERMISSIONS, PackageLock, permissions};

fn main() -> Outcome {
    let options = Options::read(std::env::args().skip(1))?;
    for work in &options.work {
        for actions in &options.sizes {
            let rounds = options.rounds_of(*actions);
            measure(*work, *actions, rounds, &options.compared())?;
        }
    }
    Ok(())
}

/// What was asked for.
struct Options {
    sizes: Vec<usize>,
    work: Vec<Work>,
    /// All if there are none.
    forms: Vec<String>,
    rounds: Option<usize>,
}

impl Options {
    fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, Box<dyn Error>> {
        let mut options = Self {
            sizes: Vec::new(),
            work: vec![Work::Check, Work::Build, Work::Incremental],
            forms: Vec::new(),
            rounds: None,
        };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} wants a value"));
            match argument.as_str() {
                "--rounds" => options.rounds = Some(value()?.parse()?),
                "--work" => {
                    options.work = value()?.split(',').map(work).collect::<Result<_, _>>()?
                }
                "--forms" => options.forms = forms(&value()?)?,
                size => options.sizes.push(size.parse()?),
            }
        }
        if options.sizes.is_empty() {
            options.sizes = vec![100, 1_000, 5_000, PERMISSIONS];
        }
        Ok(options)
    }

    fn rounds_of(&self, actions: usize) -> usize {
        self.rounds.unwrap_or(if actions > 1_000 { 3 } else { 5 })
    }

    /// What was chosen, and what it is measured against.
    fn compared(&self) -> Vec<&'static Compared> {
        let all = || COMPARED.iter();
        let chosen = |compared: &Compared| {
            self.forms.is_empty() || self.forms.iter().any(|form| form == compared.name)
        };
        let refers = |reference: &Compared| {
            reference.name == UNIT
                || reference.name == PLAIN
                || all().any(|other| chosen(other) && other.over == reference.name)
        };
        all().filter(|one| chosen(one) || refers(one)).collect()
    }
}

fn work(name: &str) -> Result<Work, String> {
    match name {
        "check" => Ok(Work::Check),
        "build" => Ok(Work::Build),
        "incremental" => Ok(Work::Incremental),
        _ => Err(format!("`{name}` is none of check, build, incremental")),
    }
}

fn forms(names: &str) -> Result<Vec<String>, String> {
    let known = |name: &str| COMPARED.iter().any(|compared| compared.name == name);
    match names.split(',').find(|name| !known(name)) {
        None => Ok(names.split(',').map(str::to_owned).collect()),
        Some(unknown) => {
            let known: Vec<&str> = COMPARED.iter().map(|compared| compared.name).collect();
            Err(format!("`{unknown}` is none of {}", known.join(", ")))
        }
    }
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

const PLAIN: &str = "constant";
const UNIT: &str = "inventory";
const FUNCTION: &str = "function";

const COMPARED: [Compared; 8] = {
    use Form::{Attribute, Constants, Elements, Functions, Handlers, Submissions};
    use PackageLock::{Absent, Alone};
    let (attribute, handler) = (Budget::Attribute, Budget::Handler);
    [
        compared(PLAIN, Constants, Absent, PLAIN, Budget::Free),
        compared(UNIT, Submissions, Absent, PLAIN, Budget::Free),
        compared("linkme", Elements, Absent, PLAIN, Budget::Free),
        compared("attribute", Attribute, Absent, PLAIN, attribute),
        compared("attribute-locked", Attribute, Alone, PLAIN, attribute),
        compared(FUNCTION, Functions, Absent, FUNCTION, Budget::Free),
        compared("handler", Handlers, Absent, FUNCTION, handler),
        compared("handler-locked", Handlers, Alone, FUNCTION, handler),
    ]
};

fn measure(work: Work, actions: usize, rounds: usize, compared: &[&Compared]) -> Outcome {
    let mut built = Vec::new();
    for compared in compared {
        let package = Built::new(compared.form, compared.lock, actions)?;
        package.prepare(work)?;
        built.push(package);
    }
    // Side by side, so that what the machine does meanwhile meets all of them.
    let mut times = vec![Vec::new(); built.len()];
    for round in 0..rounds {
        for (built, times) in built.iter().zip(&mut times) {
            times.push(built.measure(work, round)?);
        }
    }
    let names = compared.iter().map(|compared| compared.name);
    let whole: BTreeMap<&str, Duration> = names.zip(times.into_iter().map(median)).collect();
    let modules = modules(actions)?;
    println!(
        "\n{actions} actions in {modules} modules, {work:?}, processor time, median of {rounds}\n"
    );
    print!("{}", table(work, compared, &whole, actions, modules)?);
    Ok(())
}

fn table(
    work: Work,
    compared: &[&Compared],
    whole: &BTreeMap<&str, Duration>,
    actions: usize,
    modules: usize,
) -> Result<Table, Box<dyn Error>> {
    let seconds = |name: &str| {
        let time = whole.get(name).copied();
        time.unwrap_or_default().as_secs_f64()
    };
    let (actions, modules) = (
        f64::from(u32::try_from(actions)?),
        f64::from(u32::try_from(modules)?),
    );
    let unit = (seconds(UNIT) - seconds(PLAIN)) / actions;
    let mut table = Table::new(&[
        "form",
        "whole",
        "over",
        "an action",
        "units",
        "of its budget",
    ]);
    for compared in compared {
        let extra = seconds(compared.name) - seconds(compared.over);
        // The budgets are of `cargo check`.
        let budget = match compared.budget {
            _ if work != Work::Check => None,
            Budget::Free => None,
            Budget::Attribute => Some(unit * (0.5 * actions + 3.0 * modules)),
            Budget::Handler => Some(unit * 2.5 * actions),
        };
        table.row([
            compared.name.to_owned(),
            format!("{:.2} s", seconds(compared.name)),
            compared.over.to_owned(),
            format!("{:.3} ms", extra / actions * 1e3),
            format!("{:.2}", extra / actions / unit),
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
