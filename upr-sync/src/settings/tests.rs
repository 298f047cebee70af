//! The settings as people meet them: files, variables and options together.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::Failure;

const FILE: &str = r#"
[default]
database = "sqlite:data/upr.db"
application = "helpdesk"
startup_timeout = "45s"
mass_loss = { keys = 20 }
[default.backup]
keep = 3
[default.users]
table = "auth_users"
active = "is_active"

[env.development]
strict_mode = false
orphan_action = "warn"
[env.development.backup]
dir = "/var/backups"

[env.production]
protected = true
"#;

struct Project {
    directory: tempfile::TempDir,
}

impl Project {
    fn with(file: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join(FILE_NAME), file).unwrap();
        Self { directory }
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn sources(&self, variables: &[(&str, &str)]) -> Sources {
        Sources::new(self.path()).variables(
            variables
                .iter()
                .map(|(name, value)| (OsString::from(name), OsString::from(value))),
        )
    }

    fn load(&self, variables: &[(&str, &str)]) -> Settings {
        self.sources(variables).load().unwrap()
    }

    /// The error of loading, without the directory, and its first hint.
    fn error(&self, variables: &[(&str, &str)]) -> (String, String) {
        let error = self.sources(variables).load().unwrap_err();
        let message = error.to_string();
        let here = format!("{}/", self.path().display());
        (message.replace(&here, ""), error.hints().join(" "))
    }
}

#[test]
fn environments_override_defaults_and_keep_the_rest() {
    let project = Project::with(FILE);
    let development = project.load(&[]);
    assert_eq!(development.environment, "development");
    assert!(!development.strict_mode);
    assert_eq!(development.orphan_action, OrphanAction::Warn);
    assert_eq!(development.application.as_deref(), Some("helpdesk"));
    assert_eq!(development.startup_timeout, Duration::from_secs(45));
    assert_eq!(
        development.mass_loss,
        MassLoss {
            keys: 20,
            percent: 5
        }
    );
    assert_eq!(
        development.backup,
        Backup {
            dir: PathBuf::from("/var/backups"),
            keep: 3
        }
    );
    let users = development.users.as_ref().unwrap();
    assert_eq!(
        (users.table.as_str(), users.id.as_str()),
        ("auth_users", "id")
    );
    assert_eq!(users.active.as_deref(), Some("is_active"));

    let production = project.load(&[("UPR_ENV", "production")]);
    assert!(production.strict_mode && production.protected && !production.bootstrap);
    assert_eq!(production.orphan_action, OrphanAction::Error);
}

#[test]
fn options_beat_variables_beat_the_file() {
    let project = Project::with(FILE);
    let variables = [
        ("UPR_ENV", "production"),
        ("UPR_ORPHAN_ACTION", "ignore"),
        ("UPR_BACKUP__DIR", "elsewhere"),
        ("UPR_MASS_LOSS__PERCENT", "50"),
        ("UPR_DATABASE", "sqlite:variable.db"),
        ("UPR_UNHEARD_OF", "ignored"),
    ];
    let settings = project.load(&variables);
    assert_eq!(settings.orphan_action, OrphanAction::Ignore);
    assert_eq!(settings.backup.dir, Path::new("elsewhere"));
    assert_eq!(settings.mass_loss.percent, 50);
    assert_eq!(settings.database, "sqlite:variable.db");
    assert_eq!(
        settings.origin("database").to_string(),
        "UPR_DATABASE".to_owned()
    );

    let settings = project
        .sources(&variables)
        .environment(Some("development".into()))
        .database(Some("sqlite:option.db".into()))
        .catalog(Some("other.json".into()))
        .load()
        .unwrap();
    assert_eq!(settings.environment, "development");
    assert_eq!(settings.database, "sqlite:option.db");
    assert_eq!(settings.catalog, Path::new("other.json"));
    assert_eq!(settings.origin("database").to_string(), "--database");
}

#[test]
fn database_url_serves_where_upr_database_is_unset() {
    let project = Project::with(FILE);
    let url = ("DATABASE_URL", "postgres://db/main");
    assert_eq!(project.load(&[url]).database, "postgres://db/main");
    let both = [url, ("UPR_DATABASE", "sqlite:a.db")];
    assert_eq!(project.load(&both).database, "sqlite:a.db");
}

#[test]
fn paths_of_the_file_start_at_the_file() {
    let project = Project::with(FILE);
    let settings = project.load(&[("UPR_ENV", "production")]);
    let database = format!("sqlite:{}", project.path().join("data/upr.db").display());
    assert_eq!(settings.database, database.as_str());
    assert_eq!(settings.catalog, project.path().join("upr-catalog.json"));
    assert_eq!(settings.backup.dir, project.path().join("backups"));
    assert_eq!(settings.root(), project.path());
}

#[test]
fn without_a_file_the_strict_defaults_apply() {
    let directory = tempfile::tempdir().unwrap();
    let settings = Sources::new(directory.path()).load().unwrap();
    assert!(settings.strict_mode && settings.fail_on_breaking_changes && !settings.auto_sync);
    assert_eq!(settings.file(), None);
    assert!(settings.bootstrap, "rule 37: the default in development");

    let production = Sources::new(directory.path())
        .environment(Some("production".into()))
        .load()
        .unwrap();
    assert!(production.protected && !production.bootstrap);
}

#[test]
fn disable_bootstrap_wins() {
    let project = Project::with("[default]\nbootstrap = true\n");
    assert!(project.load(&[("UPR_ENV", "staging")]).bootstrap);
    let disabled = [("DISABLE_BOOTSTRAP", "true"), ("UPR_BOOTSTRAP", "true")];
    assert!(!project.load(&disabled).bootstrap);
    assert!(project.load(&[("DISABLE_BOOTSTRAP", "false")]).bootstrap);
}

#[test]
fn a_protected_store_undoes_the_relaxations_of_an_unprotected_environment() {
    let project = Project::with(FILE);
    let relaxed = project.load(&[]);
    assert!(!relaxed.clone().in_store(false).strict_mode);
    let hardened = relaxed.in_store(true);
    assert!(hardened.strict_mode && hardened.protected && !hardened.bootstrap);
    assert_eq!(hardened.orphan_action, OrphanAction::Error);

    let production = project.load(&[("UPR_ENV", "production"), ("UPR_ORPHAN_ACTION", "warn")]);
    assert_eq!(
        production.in_store(true).orphan_action,
        OrphanAction::Warn,
        "what production itself says stands"
    );
}

#[test]
fn mistakes_in_the_file_name_the_line_and_the_way_out() {
    for (file, message, hint) in [
        (
            "[default]\ndatabse = \"sqlite:upr.db\"\n",
            "upr.toml:2: unknown key `databse`",
            "Did you mean `database`?",
        ),
        (
            "[default]\n\n[default.backup]\nkep = 1\n",
            "upr.toml:4: unknown key `backup.kep`",
            "Did you mean `backup.keep`?",
        ),
        (
            "database = \"sqlite:upr.db\"\n",
            "upr.toml:1: unknown key `database`",
            "Write `database` under [default] or [env.NAME].",
        ),
        (
            "[production]\nprotected = true\n",
            "upr.toml:1: unknown key `production`",
            "The tables are [default] and [env.NAME], here perhaps [env.production].",
        ),
        (
            "[default]\norphan_action = \"delete\"\n",
            "upr.toml:2: `orphan_action` is `\"delete\"`, expected `ignore`, `warn` or `error`",
            "Set `orphan_action` to `ignore`, `warn` or `error`, or remove the line.",
        ),
        (
            "[env.production]\nstrict_mode = \"true\"\n",
            "upr.toml:2: `strict_mode` is `\"true\"`, expected `true` or `false`",
            "Set `strict_mode` to `true` or `false`, or remove the line.",
        ),
        (
            "[default]\nstartup_timeout = 30\n",
            "upr.toml:2: `startup_timeout` is `30`, expected a length of time such as \"30s\", \
             \"500ms\" or \"5m\"",
            "",
        ),
        (
            "[default]\nmass_loss = { percent = 101 }\n",
            "upr.toml:2: `mass_loss.percent` is `101`, expected a whole number from 0 to 100",
            "",
        ),
        (
            "[default]\nbackup = \"backups\"\n",
            "upr.toml:2: `backup` is `\"backups\"`, expected a table",
            "",
        ),
        (
            "[default.users]\nid = \"id\"\n",
            "upr.toml:2: `users` names no table",
            "auth_users",
        ),
        (
            "[default.users]\ntable = \"users; DROP TABLE x\"\n",
            "upr.toml:2: `users.table` is `\"users; DROP TABLE x\"`, expected a name of letters, \
             digits and `_`",
            "",
        ),
        (
            "[[ignore]]\nid = \"UPR004\"\nreasn = \"later\"\n",
            "upr.toml:3: unknown key `ignore.reasn`",
            "Did you mean `reason`?",
        ),
        (
            "[default]\n\n[[ignore]]\nid = \"UPR004\"\nkey = \"users.edit\"\nreason = \"later\"\n",
            "upr.toml:3: this [[ignore]] has no `until`",
            "Say `id`",
        ),
        (
            "[[ignore]]\nid = \"UPR04\"\nkey = \"a.b\"\nreason = \"c\"\nuntil = \"2027-01-31\"\n",
            "upr.toml:2: `ignore.id` is `\"UPR04\"`, expected the id of a rule, such as \"UPR004\"",
            "",
        ),
        (
            "[[ignore]]\nid = \"UPR002\"\nkey = \"a.b\"\nreason = \"c\"\nuntil = \"2027-01-31\"\n",
            "upr.toml:2: `ignore.id` is `\"UPR002\"`, expected another rule: UPR002 key-reused can not be \
             ignored: no store takes a retired key back",
            "",
        ),
        (
            "[[ignore]]\nid = \"UPR004\"\nkey = \"a.b\"\nreason = \"\"\nuntil = \"2027-01-31\"\n",
            "upr.toml:4: `ignore.reason` is `\"\"`, expected a text that is not empty",
            "",
        ),
        (
            "[[ignore]]\nid = \"UPR004\"\nkey = \"a.b\"\nreason = \"c\"\nuntil = \"2027-02-30\"\n",
            "upr.toml:5: `ignore.until` is `\"2027-02-30\"`, expected a day such as \"2027-01-31\"",
            "",
        ),
        (
            "[ignore]\nid = \"UPR004\"\n",
            "upr.toml:1: `ignore` is a table, expected a list of tables, each under `[[ignore]]`",
            "",
        ),
        (
            "[[ignroe]]\n",
            "upr.toml:1: unknown key `ignroe`",
            "Did you mean `[[ignore]]`?",
        ),
        (
            "[default]\n\"a\\nb\" = 1\n",
            "upr.toml:2: unknown key `a\\nb`",
            "The known keys are database,",
        ),
        (
            "[default]\norphan_action = \"a\\tb\"\n",
            "upr.toml:2: `orphan_action` is `\"a\\tb\"`, expected `ignore`, `warn` or `error`",
            "",
        ),
        (
            "[env.\"a b\"]\n",
            "upr.toml:1: `env` is `a b`, expected 1 to 64 letters, digits, `-` or `_`",
            "",
        ),
    ] {
        let (found, hints) = Project::with(file).error(&[]);
        assert_eq!(found, message, "{file}");
        assert!(hints.contains(hint), "{file}: {hints}");
    }
}

#[test]
fn what_is_ignored_is_ignored_in_every_environment() {
    let project = Project::with(
        "[[ignore]]\nid = \"UPR004\"\nkey = \"users.edit\"\nreason = \"later\"\nuntil = 2027-01-31\n\n\
         [env.production]\nprotected = true\n\n\
         [[ignore]]\nid = \"UPR012\"\nkey = \"support\"\nreason = \"agreed\"\nuntil = \"2027-01-31\"\n",
    );
    for environment in ["development", "production"] {
        let settings = project.load(&[("UPR_ENV", environment)]);
        let reasons: Vec<&str> = settings.ignores.iter().map(Ignore::reason).collect();
        assert_eq!(reasons, ["later", "agreed"]);
        assert_eq!(settings.ignores[0].until().to_string(), "2027-01-31");
    }
}

#[test]
fn a_file_that_is_no_toml_names_the_line() {
    let (message, _) = Project::with("[default]\nstrict_mode = \n").error(&[]);
    assert!(message.starts_with("upr.toml:2: "), "{message}");
    assert!(!message.contains('\n'), "{message}");
}

#[test]
fn bad_variables_are_named_with_their_value() {
    let project = Project::with(FILE);
    for (name, value, message) in [
        (
            "UPR_STRICT_MODE",
            "maybe",
            "UPR_STRICT_MODE is `maybe`, expected `true` or `false`",
        ),
        (
            "UPR_BACKUP__KEEP",
            "0",
            "UPR_BACKUP__KEEP is `0`, expected a whole number, at least 1",
        ),
        (
            "UPR_ENV",
            "",
            "UPR_ENV is ``, expected 1 to 64 letters, digits, `-` or `_`",
        ),
        (
            "UPR_DATABASE",
            " ",
            "UPR_DATABASE is ` `, expected a text that is not empty",
        ),
        (
            "DISABLE_BOOTSTRAP",
            "ja",
            "DISABLE_BOOTSTRAP is `ja`, expected `true` or `false`",
        ),
    ] {
        assert_eq!(project.error(&[(name, value)]).0, message);
    }
}

#[cfg(unix)]
#[test]
fn variables_that_are_no_text_are_named() {
    use std::os::unix::ffi::OsStringExt;

    let broken = OsString::from_vec(vec![0xff, 0xfe]);
    let load = |name: &str| {
        Sources::new("")
            .variables([(OsString::from(name), broken.clone())])
            .load()
    };
    let error = load("UPR_DATABASE").unwrap_err().to_string();
    assert_eq!(error, "UPR_DATABASE is no UTF-8, expected text in UTF-8");
    assert!(load("PATH").is_ok(), "foreign variables are ignored");
}

#[test]
fn a_named_file_must_exist() {
    let error = Sources::new("")
        .config(Some("no/such/upr.toml".into()))
        .load()
        .unwrap_err();
    assert!(matches!(error, SettingsError::Unreadable { .. }), "{error}");
}

#[test]
fn an_environment_without_a_table_is_pointed_out() {
    let project = Project::with(FILE);
    let settings = project.load(&[("UPR_ENV", "produciton")]);
    let warning = settings.warnings().join(" ");
    assert!(warning.contains("did you mean `production`?"), "{warning}");
    assert!(project.load(&[]).warnings().is_empty());
}

/// Lines as they stand in such files, whole and mangled.
fn line() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just("default".to_owned()),
        Just("env.production".to_owned()),
        Just("env".to_owned()),
        Just("backup".to_owned()),
        Just("mass_loss".to_owned()),
        Just("[ignore]".to_owned()),
        Just("until".to_owned()),
        Just("users.table".to_owned()),
        Just("orphan_action".to_owned()),
        Just("database".to_owned()),
        "[a-z_.\"\\[\\]{}=#\\n\\\\ ]{0,12}",
    ];
    let value = prop_oneof![
        Just("true".to_owned()),
        Just("{ keys = 1 }".to_owned()),
        Just("\"30s\"".to_owned()),
        "-?[0-9]{1,25}",
        "\"\\PC{0,10}\"",
        "\\PC{0,10}",
    ];
    (word, value, 0..3).prop_map(|(word, value, shape)| match shape {
        0 => format!("[{word}]"),
        1 => format!("{word} = {value}"),
        _ => value,
    })
}

proptest! {
    #[test]
    fn any_file_is_read_or_refused_in_one_line_that_names_the_place(
        lines in prop::collection::vec(line(), 0..8)
    ) {
        let project = Project::with(&lines.join("\n"));
        if let Err(error) = project.sources(&[]).load() {
            let message = error.to_string();
            prop_assert!(message.contains("upr.toml:"), "{message}");
            prop_assert!(!message.contains('\n'), "{message}");
            prop_assert!(!error.hints().is_empty());
        }
    }

    #[test]
    fn any_variable_is_read_or_refused_with_its_name(
        index in 0..keys::KEYS.len(),
        value in "\\PC{0,20}",
    ) {
        let name = keys::KEYS[index].variable();
        let directory = tempfile::tempdir().unwrap();
        let load = Sources::new(directory.path())
            .variables([(OsString::from(&name), OsString::from(&value))])
            .load();
        if let Err(error) = load {
            let message = error.to_string();
            prop_assert!(message.contains(&name) || message.contains("users"), "{message}");
            prop_assert!(!message.contains('\n'), "{message}");
        }
    }
}
