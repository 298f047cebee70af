//! Records written and read back, and records that are not sound.

use proptest::prelude::*;
use semver::Version;

use super::*;
use crate::catalog::{self, Application, Retired, RoleMode};
use crate::fragment::{
    ActionBody, ActionFragment, DeprecationFragment, Fragment, LockedCrate, ModuleFragment, Origin,
    ProgramFragment, RoleFragment,
};
use crate::id::fnv1a_continue;
use crate::key::Key;

fn origin() -> Origin {
    Origin {
        package: "help-desk".to_owned(),
        version: Version::new(1, 4, 0),
        krate: "help_desk".to_owned(),
        file: "src/users.rs".to_owned(),
        line: 300,
    }
}

fn body(name: &str) -> ActionBody {
    ActionBody {
        name: name.to_owned(),
        label: "Übersicht".to_owned(),
        description: "Any\u{1e}thing\u{1f}\0 at all".to_owned(),
        kind: catalog::Kind::Action,
        critical: false,
        deprecation: None,
        cfg: Vec::new(),
        file: "src/users.rs".to_owned(),
        line: 70_000,
    }
}

/// One of every kind, with everything that can be said.
fn fragments() -> Vec<Fragment> {
    let special = ActionBody {
        kind: catalog::Kind::Crud,
        critical: true,
        deprecation: Some(DeprecationFragment {
            message: "use `update` instead".to_owned(),
            since: Some(Version::new(1, 1, 0)),
            remove_in: Some(Version::new(2, 0, 0)),
            replaced_by: Some(0xfeed_beef),
        }),
        cfg: vec!["unix".to_owned(), "feature = \"extra\"".to_owned()],
        file: "src/other.rs".to_owned(),
        ..body("edit")
    };
    let plainly_deprecated = ActionBody {
        deprecation: Some(DeprecationFragment {
            message: "gone".to_owned(),
            since: None,
            remove_in: None,
            replaced_by: None,
        }),
        ..body("old")
    };
    vec![
        Fragment::Module(ModuleFragment {
            key: "users".parse().unwrap(),
            label: "Users".to_owned(),
            description: String::new(),
            allow_case_variants: true,
            cfg: vec!["not(test)".to_owned()],
            origin: origin(),
            actions: vec![body("view"), special.clone(), plainly_deprecated],
        }),
        Fragment::Action(ActionFragment {
            module: 7,
            body: special,
        }),
        Fragment::Action(ActionFragment {
            module: 8,
            body: body("plain"),
        }),
        Fragment::Role(RoleFragment {
            key: "support".parse().unwrap(),
            label: "Support".to_owned(),
            mode: RoleMode::Seeded,
            all: false,
            permissions: vec![1, 2, u64::MAX],
            modules: vec![4],
            origin: origin(),
        }),
        Fragment::Role(RoleFragment {
            key: "desk.admin".parse().unwrap(),
            label: "Admin".to_owned(),
            mode: RoleMode::Managed,
            all: true,
            permissions: Vec::new(),
            modules: Vec::new(),
            origin: origin(),
        }),
        Fragment::Program(ProgramFragment {
            application: Application {
                name: "help-desk".to_owned(),
                version: Version::new(1, 4, 0),
            },
            locked: vec![LockedCrate {
                package: "billing".to_owned(),
                krate: "billing".to_owned(),
                keys: vec!["invoices.send".to_owned(), "invoices.view".to_owned()],
            }],
            retired: vec![
                Retired {
                    key: Key::parse("users.old").unwrap(),
                    retired: Version::new(1, 0, 0),
                    replaced_by: None,
                },
                Retired {
                    key: Key::parse("users.older").unwrap(),
                    retired: Version::new(0, 9, 0),
                    replaced_by: Some(Key::parse("users.edit").unwrap()),
                },
            ],
            origin: origin(),
        }),
    ]
}

fn section(fragments: &[Fragment]) -> Vec<u8> {
    fragments.iter().flat_map(encode).collect()
}

#[test]
fn what_is_written_is_read_back() {
    let fragments = fragments();
    assert_eq!(read(&section(&fragments)).unwrap(), fragments);
}

#[test]
fn padding_between_records_is_skipped() {
    let fragments = fragments();
    let mut bytes = vec![0; 5];
    for (fragment, padding) in fragments.iter().zip(0..) {
        bytes.extend(encode(fragment));
        bytes.resize(bytes.len() + padding, 0);
    }
    assert_eq!(read(&bytes).unwrap(), fragments);
    assert_eq!(read(&[]).unwrap(), []);
}

#[test]
fn late_texts_stand_behind_the_ids() {
    let literal = action(&ActionFields {
        name: "view",
        label: TextField::Late,
        description: TextField::Late,
        kind: catalog::Kind::Action,
        critical: false,
        deprecation: None,
        cfg: &[],
        file: "a.rs",
        line: 1,
    });
    assert_eq!((literal.ids, literal.late), (1, 2));
    let text = "A label.\n";
    let mut expected = body("view");
    "A label.".clone_into(&mut expected.label);
    "\u{1f}".clone_into(&mut expected.description);
    "a.rs".clone_into(&mut expected.file);
    expected.line = 1;
    let id = fnv1a_continue(9, b".view");
    // The literal, one id, and two texts behind their lengths.
    assert_eq!(literal.bytes.len(), 34);
    let bytes = record::<{ 34 + 8 + 4 + 9 + 4 + 1 }>(&literal.bytes, &[id], &[text, "\u{1f}"]);
    let fragment = Fragment::Action(ActionFragment {
        module: 9,
        body: expected,
    });
    assert_eq!(read(&bytes).unwrap(), [fragment]);
}

#[test]
fn a_late_text_is_referred_to_once_and_in_order() {
    let fields = |label, description| {
        let literal = action(&ActionFields {
            name: "view",
            label,
            description,
            kind: catalog::Kind::Action,
            critical: false,
            deprecation: None,
            cfg: &[],
            file: "a.rs",
            line: 1,
        });
        record::<47>(&literal.bytes, &[9], &["a"])
    };
    let mut bytes = fields(TextField::Late, TextField::Known(""));
    assert!(read(&bytes).is_ok());
    let label = HEAD + 1 + 1 + 4;
    assert_eq!(bytes[label..label + 2], [1, 0]);
    bytes[label + 1] = 1;
    let error = read(&bytes).unwrap_err();
    assert!(error.to_string().contains("once, in order"), "{error}");
}

#[test]
fn every_cut_is_noticed() {
    let fragments = fragments();
    let whole = section(&fragments);
    let ends: Vec<usize> = (1..=fragments.len())
        .map(|count| section(&fragments[..count]).len())
        .collect();
    for end in 1..whole.len() {
        let result = read(&whole[..end]);
        if ends.contains(&end) {
            assert!(result.is_ok());
            continue;
        }
        let error = result.unwrap_err();
        let start = ends
            .iter()
            .copied()
            .rfind(|start| *start < end)
            .unwrap_or(0);
        assert_eq!(error.problem(), &SectionProblem::Truncated, "{end}");
        assert_eq!(error.offset(), start);
        assert!(error.to_string().contains("truncated"), "{error}");
    }
}

#[test]
fn a_newer_format_is_told_apart_from_damage() {
    let mut bytes = vec![0; 3];
    bytes.extend(section(&fragments()));
    bytes[7] = FORMAT + 1;
    let error = read(&bytes).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the section `.upr` was written by a newer upr: format 2 at byte 3, and this one reads format 1"
    );
    assert!(
        error
            .remedy()
            .contains("the `upr` that the program was built with")
    );
    // Whatever else a later format changes.
    assert_eq!(
        read(b"\x7fUPR\x09").unwrap_err().problem(),
        &SectionProblem::Newer { format: 9 }
    );
}

#[test]
fn damage_is_shown_where_it_is() {
    let whole = section(&fragments());
    let damaged = |at: usize, byte: u8| {
        let mut bytes = whole.clone();
        bytes[at] = byte;
        read(&bytes).unwrap_err()
    };
    for (at, byte, message) in [
        (0, b'x', "expected a record at byte 0"),
        (4, 0, "expected the version of the format at byte 4"),
        (5, 9, "expected the kind of a record at byte 5"),
        (6, 1, "expected zeros at byte 6"),
        (8, 1, "at byte "),
        (21, 200, "expected UTF-8 at byte 22"),
        (22, b'!', "expected the key of a module"),
    ] {
        let error = damaged(at, byte).to_string();
        assert!(
            error.starts_with("the section `.upr` is damaged: ") && error.contains(message),
            "{at}: {error}"
        );
    }
}

#[test]
fn an_overlong_number_is_damage() {
    let mut bytes = encode(&fragments()[0]);
    let label = HEAD + 1 + 1 + "users".len();
    bytes.splice(label..label, [0xff; 5]);
    let error = Record::open(&bytes).unwrap().module().unwrap_err();
    assert_eq!(error.offset(), label);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        drop(read(&bytes));
    }

    /// Beyond the magic, where damage is interesting.
    #[test]
    fn no_damage_makes_it_panic(changes in prop::collection::vec((0_usize..4096, any::<u8>()), 1..6)) {
        let mut bytes = section(&fragments());
        for (at, byte) in changes {
            let length = bytes.len();
            bytes[at % length] = byte;
        }
        // What can be read can be written, and says the same then.
        if let Ok(fragments) = read(&bytes) {
            prop_assert_eq!(read(&section(&fragments)).unwrap(), fragments);
        }
    }
}
