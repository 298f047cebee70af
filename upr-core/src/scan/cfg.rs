//! What a crate is compiled with, and the predicates of `cfg` over it.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::process::Command;

use proc_macro2::{TokenStream, TokenTree};
use syn::LitStr;

use crate::declare::{split, unraw};

/// The names that the compiler itself sets, or not: no build script does.
const OF_THE_COMPILER: &[&str] = &[
    "clippy",
    "debug_assertions",
    "doc",
    "docsrs",
    "doctest",
    "false",
    "feature",
    "miri",
    "overflow_checks",
    "panic",
    "proc_macro",
    "relocation_model",
    "rustfmt",
    "target_abi",
    "target_arch",
    "target_endian",
    "target_env",
    "target_family",
    "target_feature",
    "target_has_atomic",
    "target_object_format",
    "target_os",
    "target_pointer_width",
    "target_thread_local",
    "target_vendor",
    "test",
    "true",
    "ub_checks",
    "unix",
    "windows",
];

/// What is set when a crate is compiled.
///
/// ```
/// use upr_core::scan::{Answer, Cfg};
/// let cfg = Cfg::of_rustc("unix\ntarget_os=\"linux\"\n").with_feature("export");
/// assert_eq!(cfg.eval("all(unix, not(target_os = \"windows\"))"), Ok(Answer::Yes));
/// assert_eq!(cfg.eval("any(windows, feature = \"import\")"), Ok(Answer::No));
/// assert!(cfg.eval("sometimes(unix)").is_err());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cfg {
    names: BTreeSet<String>,
    values: BTreeSet<(String, String)>,
    off: BTreeSet<String>,
    is_open: bool,
}

/// Whether a predicate holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It holds.
    Yes,
    /// It does not hold.
    No,
    /// Only the crate's build script knows: the name that it may set.
    Unknown(String),
}

impl Cfg {
    /// What `rustc --print cfg` says, a line each.
    #[must_use]
    pub fn of_rustc(text: &str) -> Self {
        let mut cfg = Self::default();
        for line in text.lines() {
            cfg.insert(line);
        }
        cfg
    }

    /// What `rustc` says that it compiles with for a target, the host's if none is named.
    ///
    /// # Errors
    ///
    /// When it cannot be started, or knows no such target.
    pub fn ask(rustc: &Path, target: Option<&str>) -> io::Result<Self> {
        let mut command = Command::new(rustc);
        command.args(["--print", "cfg"]);
        if let Some(target) = target {
            command.args(["--target", target]);
        }
        let output = command.output()?;
        if output.status.success() {
            Ok(Self::of_rustc(&String::from_utf8_lossy(&output.stdout)))
        } else {
            let said = String::from_utf8_lossy(&output.stderr);
            Err(io::Error::other(said.trim().to_owned()))
        }
    }

    /// What Cargo tells build scripts of the package's target and profile: `CARGO_CFG_…` for what the compiler sets, and
    /// `CARGO_ENCODED_RUSTFLAGS` for what people do.
    ///
    /// The package's features are not among them: [`with_feature`](Self::with_feature).
    #[must_use]
    pub fn of_build_script(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut cfg = Self::default();
        for (variable, value) in variables {
            if variable == "CARGO_ENCODED_RUSTFLAGS" {
                cfg.insert_flags(&value);
            } else if let Some(name) = variable.strip_prefix("CARGO_CFG_") {
                cfg.insert_variable(&name.to_ascii_lowercase(), &value);
            }
        }
        cfg
    }

    /// The same, with a feature of the package.
    #[must_use]
    pub fn with_feature(mut self, feature: &str) -> Self {
        self.values
            .insert(("feature".to_owned(), feature.to_owned()));
        self
    }

    /// The same without any feature, for another package of the same build.
    #[must_use]
    pub fn without_features(mut self) -> Self {
        self.values.retain(|(key, _)| key != "feature");
        self
    }

    /// The same, with a name (`loom`) or a value (`runtime = "tokio"`) that `rustc` is given by `--cfg`, set or not.
    #[must_use]
    pub fn with(mut self, condition: &str, is_set: bool) -> Self {
        if is_set {
            self.insert(condition);
        } else {
            self.off.insert(normal(condition));
        }
        self
    }

    /// The same for a package with a build script, which may set names of its own.
    #[must_use]
    pub fn open(mut self, is_open: bool) -> Self {
        self.is_open = is_open;
        self
    }

    /// Whether a predicate holds, as it stands between the parentheses of `cfg(…)`.
    ///
    /// # Errors
    ///
    /// What is wrong with it, in words.
    pub fn eval(&self, predicate: &str) -> Result<Answer, String> {
        let tokens = predicate
            .parse()
            .map_err(|_| format!("`{predicate}` is no condition"))?;
        self.answer(&tokens)
    }

    /// The same of tokens.
    pub(super) fn answer(&self, predicate: &TokenStream) -> Result<Answer, String> {
        let tokens: Vec<TokenTree> = predicate.clone().into_iter().collect();
        match tokens.as_slice() {
            [TokenTree::Ident(name)] => Ok(self.name(&unraw(name))),
            [
                TokenTree::Ident(key),
                TokenTree::Punct(equals),
                TokenTree::Literal(value),
            ] if equals.as_char() == '=' => {
                let value: LitStr = syn::parse_str(&value.to_string())
                    .map_err(|_| format!("`{predicate}` is no condition: the value is a text"))?;
                Ok(self.value(&unraw(key), &value.value()))
            }
            [TokenTree::Ident(operator), TokenTree::Group(group)] => {
                self.operator(&operator.to_string(), split(group.stream()))
            }
            _ => Err(format!("`{predicate}` is no condition")),
        }
    }

    fn operator(&self, operator: &str, parts: Vec<TokenStream>) -> Result<Answer, String> {
        let answers: Vec<Answer> = parts
            .into_iter()
            .map(|part| self.answer(&part))
            .collect::<Result<_, _>>()?;
        let doubt = answers
            .iter()
            .find(|answer| matches!(answer, Answer::Unknown(_)));
        let decided = |decisive: Answer, otherwise: Answer| {
            if answers.contains(&decisive) {
                decisive
            } else {
                doubt.cloned().unwrap_or(otherwise)
            }
        };
        match (operator, answers.as_slice()) {
            ("all", _) => Ok(decided(Answer::No, Answer::Yes)),
            ("any", _) => Ok(decided(Answer::Yes, Answer::No)),
            ("not", [Answer::Yes]) => Ok(Answer::No),
            ("not", [Answer::No]) => Ok(Answer::Yes),
            ("not", [unknown]) => Ok(unknown.clone()),
            ("not", _) => Err("`not` takes one condition".to_owned()),
            _ => Err(format!(
                "`{operator}` is no operator of conditions; they are `all`, `any` and `not`"
            )),
        }
    }

    fn name(&self, name: &str) -> Answer {
        match name {
            "true" => Answer::Yes,
            "false" => Answer::No,
            _ if self.names.contains(name) => Answer::Yes,
            _ => self.unset(name, name),
        }
    }

    fn value(&self, key: &str, value: &str) -> Answer {
        if self.values.contains(&(key.to_owned(), value.to_owned())) {
            return Answer::Yes;
        }
        self.unset(key, &format!("{key} = {value:?}"))
    }

    /// What is not set is off, unless a build script may have set it.
    fn unset(&self, name: &str, condition: &str) -> Answer {
        let is_known = OF_THE_COMPILER.contains(&name)
            || self.off.contains(name)
            || self.off.contains(condition);
        if is_known || !self.is_open {
            Answer::No
        } else {
            Answer::Unknown(condition.to_owned())
        }
    }

    /// `name` or `key="value"`.
    fn insert(&mut self, condition: &str) {
        match condition.split_once('=') {
            None => {
                self.names.insert(condition.trim().to_owned());
            }
            Some((key, value)) => {
                let value = syn::parse_str::<LitStr>(value.trim())
                    .map_or_else(|_| value.trim().to_owned(), |value| value.value());
                self.values.insert((key.trim().to_owned(), value));
            }
        }
    }

    /// Variables are in capitals, so only what is known to be written in small letters can be taken from them.
    fn insert_variable(&mut self, name: &str, value: &str) {
        if !OF_THE_COMPILER.contains(&name) || name == "feature" {
            return;
        }
        let has_values =
            name.starts_with("target_") || name == "panic" || name == "relocation_model";
        if !has_values {
            self.names.insert(name.to_owned());
            return;
        }
        if name == "target_has_atomic" || name == "target_thread_local" {
            self.names.insert(name.to_owned());
        }
        for value in value.split(',') {
            self.values.insert((name.to_owned(), value.to_owned()));
        }
    }

    /// Flags parted by U+001F; `--cfg` may stand apart from its argument.
    fn insert_flags(&mut self, flags: &str) {
        let mut flags = flags.split('\u{1f}');
        while let Some(flag) = flags.next() {
            let condition = match flag.strip_prefix("--cfg") {
                Some("") => flags.next(),
                Some(attached) => attached.strip_prefix('='),
                None => None,
            };
            if let Some(condition) = condition {
                self.insert(condition);
            }
        }
    }
}

/// `name` or `key = "value"`, spaced as a predicate is shown.
fn normal(condition: &str) -> String {
    match condition.split_once('=') {
        Some((key, value)) => format!("{} = {}", key.trim(), value.trim()),
        None => condition.trim().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer, Cfg};

    const LINUX: &str = "debug_assertions\npanic=\"unwind\"\ntarget_abi=\"\"\ntarget_feature=\"sse\"\ntarget_feature=\"sse2\"\ntarget_has_atomic\ntarget_has_atomic=\"8\"\ntarget_os=\"linux\"\nunix\n";

    fn cases(cfg: &Cfg, cases: &[(&str, bool)]) {
        for (predicate, holds) in cases {
            let expected = if *holds { Answer::Yes } else { Answer::No };
            assert_eq!(cfg.eval(predicate), Ok(expected), "{predicate}");
        }
    }

    const PREDICATES: &[(&str, bool)] = &[
        ("unix", true),
        ("windows", false),
        ("r#unix", true),
        ("true", true),
        ("false", false),
        ("all()", true),
        ("any()", false),
        ("not(any())", true),
        ("all(unix, not(windows))", true),
        ("any(windows, all(unix, feature = \"x\"),)", true),
        ("all(unix, feature = \"y\")", false),
        ("feature = \"x\"", true),
        ("feature = r\"x\"", true),
        ("feature = \"a-b\"", true),
        ("feature = \"a_b\"", false),
        ("target_feature = \"sse2\"", true),
        ("target_feature = \"avx\"", false),
        ("target_abi = \"\"", true),
        ("target_has_atomic", true),
        ("target_has_atomic = \"8\"", true),
        ("panic = \"unwind\"", true),
        ("debug_assertions", true),
        ("test", false),
        ("unheard_of", false),
        ("Loom", true),
        ("loom", false),
        ("runtime = \"tokio\"", true),
        ("runtime = \"smol\"", false),
    ];

    #[test]
    fn predicates_hold_as_rustc_has_them() {
        let cfg = Cfg::of_rustc(LINUX)
            .with_feature("x")
            .with_feature("a-b")
            .with("Loom", true)
            .with("runtime = \"tokio\"", true);
        cases(&cfg, PREDICATES);
    }

    #[test]
    fn a_build_script_is_told_the_same() {
        let variables = [
            ("CARGO_CFG_DEBUG_ASSERTIONS", ""),
            ("CARGO_CFG_FEATURE", "x,a-b"),
            ("CARGO_CFG_LOOM", ""),
            ("CARGO_CFG_PANIC", "unwind"),
            ("CARGO_CFG_TARGET_ABI", ""),
            ("CARGO_CFG_TARGET_FEATURE", "sse,sse2"),
            ("CARGO_CFG_TARGET_HAS_ATOMIC", "16,8"),
            ("CARGO_CFG_TARGET_OS", "linux"),
            ("CARGO_CFG_UNIX", ""),
            (
                "CARGO_ENCODED_RUSTFLAGS",
                "--cfg\u{1f}Loom\u{1f}-Copt-level=3\u{1f}--cfg=runtime=\"tokio\"",
            ),
            ("PATH", "/bin"),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let cfg = Cfg::of_build_script(variables)
            .with_feature("x")
            .with_feature("a-b");
        cases(&cfg, PREDICATES);
        assert_eq!(
            cfg.without_features().eval("feature = \"x\""),
            Ok(Answer::No)
        );
    }

    #[test]
    fn what_a_build_script_may_set_is_not_guessed() {
        let cfg = Cfg::of_rustc(LINUX).open(true).with("quiet", false);
        let unknown = |condition: &str| Ok(Answer::Unknown(condition.to_owned()));
        assert_eq!(cfg.eval("loom"), unknown("loom"));
        assert_eq!(cfg.eval("not(loom)"), unknown("loom"));
        assert_eq!(cfg.eval("all(unix, run = \"x\")"), unknown("run = \"x\""));
        cases(
            &cfg,
            &[
                ("any(unix, loom)", true),
                ("all(windows, loom)", false),
                ("quiet", false),
                ("test", false),
                ("feature = \"z\"", false),
            ],
        );
    }

    #[test]
    fn rustc_is_asked() {
        let windows = Cfg::ask("rustc".as_ref(), Some("x86_64-pc-windows-msvc")).unwrap();
        cases(
            &windows,
            &[
                ("windows", true),
                ("target_env = \"msvc\"", true),
                ("unix", false),
            ],
        );
        assert!(Cfg::ask("rustc".as_ref(), Some("no-such-target")).is_err());
        assert!(Cfg::ask("no-such-compiler".as_ref(), None).is_err());
    }

    #[test]
    fn what_is_no_predicate_is_said() {
        for predicate in [
            "",
            "unix windows",
            "not(unix, windows)",
            "maybe(unix)",
            "feature = x",
            "feature = 1",
            "all(unix",
            "feature = b\"x\"",
        ] {
            assert!(Cfg::default().eval(predicate).is_err(), "{predicate}");
        }
    }
}
