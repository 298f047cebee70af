//! Which files belong to a crate.

use super::{Sources, declared, refused};

const USERS: &str = "#[upr::module(crud(view))] pub struct Users;\n";

/// A tree of modules, each of which declares itself: which files are read, by the keys.
#[test]
fn mods_are_found_as_rustc_finds_them() {
    for (files, keys) in [
        (
            "//- src/lib.rs\nmod a;\n//- src/a.rs\nM!(a)\nmod b;\n//- src/a/b.rs\nM!(b)\n",
            vec!["a.x", "b.x"],
        ),
        (
            "//- src/lib.rs\nmod a;\n//- src/a/mod.rs\nM!(a)\nmod b;\n//- src/a/b/mod.rs\nM!(b)\nmod c;\n//- src/a/b/c.rs\nM!(c)\n",
            vec!["a.x", "b.x", "c.x"],
        ),
        // Inline mods add folders; of a file that is not `mod.rs`, below its own name.
        (
            "//- src/lib.rs\nmod a { mod b; }\n//- src/a/b.rs\nM!(b)\nmod c { mod d; }\n//- src/a/b/c/d.rs\nM!(d)\n",
            vec!["b.x", "d.x"],
        ),
        // `#[path]` counts from the file's folder …
        (
            "//- src/lib.rs\n#[path = \"other/z.rs\"] mod a;\n//- src/other/z.rs\nM!(a)\nmod b;\n//- src/other/b.rs\nM!(b)\n",
            vec!["a.x", "b.x"],
        ),
        (
            "//- src/lib.rs\nmod a;\n//- src/a.rs\n#[path = \"z.rs\"] mod b;\n//- src/z.rs\nM!(b)\n",
            vec!["b.x"],
        ),
        // … and inside inline mods from the folder that they stand for.
        (
            "//- src/lib.rs\nmod a;\n//- src/a.rs\nmod i { #[path = \"z.rs\"] mod b; }\n//- src/a/i/z.rs\nM!(b)\n",
            vec!["b.x"],
        ),
        (
            "//- src/lib.rs\nmod a;\n//- src/a/mod.rs\nmod i { #[path = \"z.rs\"] mod b; }\n//- src/a/i/z.rs\nM!(b)\n",
            vec!["b.x"],
        ),
        // `#[path]` of an inline mod is a folder.
        (
            "//- src/lib.rs\n#[path = \"thread\"] mod a { #[path = \"tls.rs\"] mod b; mod c; }\n//- src/thread/tls.rs\nM!(b)\n//- src/thread/c.rs\nM!(c)\n",
            vec!["b.x", "c.x"],
        ),
        (
            "//- src/lib.rs\nmod a;\n//- src/a.rs\n#[path = \"q\"] mod i { mod b; }\n//- src/q/b.rs\nM!(b)\n",
            vec!["b.x"],
        ),
        (
            "//- src/lib.rs\n#[cfg_attr(unix, path = \"u.rs\")] #[cfg_attr(windows, path = \"w.rs\")] mod a;\n//- src/u.rs\nM!(u)\n",
            vec!["u.x"],
        ),
        (
            "//- src/lib.rs\nmod r#type;\n//- src/type.rs\nM!(t)\n",
            vec!["t.x"],
        ),
        // Blocks have no folder, `#[path]` has.
        (
            "//- src/lib.rs\nfn f() { #[path = \"z.rs\"] mod b; }\n//- src/z.rs\nM!(b)\n",
            vec!["b.x"],
        ),
        (
            "//- src/lib.rs\ninclude!(\"parts/a.rs\");\n//- src/parts/a.rs\nM!(a)\nmod b;\n//- src/parts/b.rs\nM!(b)\n",
            vec!["a.x", "b.x"],
        ),
        (
            "//- src/lib.rs\nmod a;\n//- src/a.rs\ninclude!(concat!(\"parts\", \"/z.rs\"));\n//- src/parts/z.rs\nM!(a)\n",
            vec!["a.x"],
        ),
        (
            "//- src/lib.rs\ninclude!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/gen/z.rs\"));\n//- gen/z.rs\nM!(a)\n",
            vec!["a.x"],
        ),
        (
            "//- src/lib.rs\nmod a {\n mod b {\n mod c { M!(c) }\n }\n}\n",
            vec!["c.x"],
        ),
        ("//- src/lib.rs\n\u{feff}M!(a)\r\n", vec!["a.x"]),
    ] {
        let text =
            files
                .split("M!(")
                .enumerate()
                .map(|(number, part)| match part.split_once(')') {
                    Some((name, rest)) if number > 0 => {
                        format!("#[upr::module({name:?}, actions(x))] pub struct S;{rest}")
                    }
                    _ => part.to_owned(),
                });
        assert_eq!(declared(&text.collect::<String>()), keys, "{files}");
    }
}

#[test]
fn a_mod_without_a_file_is_an_error_with_its_place() {
    assert_eq!(
        refused("mod a;\n  pub mod b;\n//- src/b.rs\n//- src/b/mod.rs\n"),
        [
            "src/lib.rs:1:5: mod `a` has no file; add `src/a.rs` or `src/a/mod.rs`, or take the mod out",
            "src/lib.rs:2:11: mod `b` has two files, `src/b.rs` and `src/b/mod.rs`; keep one of them",
        ]
    );
    assert_eq!(
        refused("fn f() { mod a { mod b; } }"),
        [
            "src/lib.rs:1:22: mod `b` stands in a block and has no file; write its body here, or give it a `#[path]`"
        ]
    );
    assert_eq!(
        refused("#[path = \"lib.rs\"] mod a;"),
        ["src/lib.rs:1:1: this file contains itself; break the circle of `#[path]` and `include!`"]
    );
    assert_eq!(
        declared(&format!("{USERS}#[cfg(windows)] mod absent;")),
        ["users.view"]
    );
}

#[test]
fn what_cannot_be_parsed_is_an_error_with_its_place() {
    let errors = refused("mod a;\n//- src/a.rs\nfn f() {}\npub struct\n  = ;\n");
    assert_eq!(
        errors,
        ["src/a.rs:3:3: expected identifier; correct it; `cargo check` says more"]
    );
}

#[test]
fn generated_files_are_read_where_they_are_known() {
    let text = "include!(concat!(env!(\"OUT_DIR\"), \"/made.rs\"));\n//- out/made.rs\n#[upr::module(crud(view))] struct Users;\n";
    let mut sources = Sources::new(text);
    let scanned = sources.scan().unwrap();
    let left_out: Vec<(&str, &str)> = scanned
        .left_out
        .iter()
        .map(|left| (left.what(), left.reason()))
        .collect();
    assert_eq!(
        left_out,
        [(
            "src/lib.rs:1",
            "it includes a file below `OUT_DIR`, which only the package's own build script knows"
        )]
    );
    sources.app().out_dir = Some(sources.path().join("out"));
    assert_eq!(sources.keys(), ["users.view"]);
    sources.app().out_dir = Some(sources.path().join("nowhere"));
    let errors = sources.errors();
    assert!(
        errors[0].starts_with("src/lib.rs:1:1: the included file"),
        "{errors:?}"
    );
    assert_eq!(
        refused("include!(some_macro!());"),
        [
            "src/lib.rs:1:1: the scanner cannot tell which file this includes; write a literal, or `concat!` of literals and `env!(\"OUT_DIR\")`"
        ]
    );
}

#[test]
fn an_included_expression_may_declare() {
    let files = "//- src/lib.rs\nfn f() -> u8 { include!(\"a.rs\") }\nfn g() { include!(\"b.rs\"); include!(\"none.rs\"); }\n\
        //- src/a.rs\n{ #[upr::module(crud(view))] struct Users; 1 }\n\
        //- src/b.rs\n[1, { #[upr::module(crud(view))] struct Teams; include!(\"b.rs\") }]\n";
    assert_eq!(declared(files), ["teams.view", "users.view"]);
}

#[test]
fn mods_in_macros_are_read_and_those_without_a_name_are_left_out() {
    let sources = Sources::new(
        "cfg_if! { if #[cfg(windows)] { #[path = \"w.rs\"] mod os; } else { mod os; mod none; } }\n\
         #[upr::module(crud(view))] pub struct Users;\n//- src/w.rs\n//- src/os.rs\nfn f() {}\n",
    );
    assert_eq!(sources.keys(), ["users.view"]);
    let read = sources.scan().unwrap().files;
    let is_read = |name: &str| read.iter().any(|file| file.ends_with(name));
    assert_eq!(
        ["src/w.rs", "src/os.rs"].map(is_read),
        [true, true],
        "{read:?}"
    );
    let sources = Sources::new("macro_rules! mods { ($($name:ident)*) => { $(mod $name;)* } }");
    let left_out = sources.scan().unwrap().left_out;
    let reasons: Vec<&str> = left_out.iter().map(|left| left.reason()).collect();
    assert_eq!(
        reasons,
        ["`mod $name;` in a macro: only the compiler knows which files it means"]
    );
}

#[test]
fn the_files_that_were_read_are_told() {
    let sources = Sources::new(
        "mod a;\n#[cfg(windows)] mod w;\n#[doc = include_str!(\"../docs/users.md\")] #[upr::module] pub struct Users;\n\
         //- src/a.rs\n//- src/w.rs\n//- src/unrelated.rs\n//- docs/users.md\nPeople.\n",
    );
    let scanned = sources.scan().unwrap();
    let files: Vec<String> = scanned
        .files
        .iter()
        .map(|file| {
            file.canonicalize()
                .unwrap()
                .strip_prefix(sources.path().canonicalize().unwrap())
                .unwrap()
                .display()
                .to_string()
        })
        .collect();
    assert_eq!(
        files,
        ["docs/users.md", "src/a.rs", "src/lib.rs"]
            .map(str::to_owned)
            .to_vec(),
        "{:?}",
        scanned.files
    );
}

#[test]
fn a_text_in_a_file_that_is_not_there_is_an_error() {
    assert_eq!(
        refused("#[upr::module(label = include_str!(\"label.txt\"))] struct Users;"),
        [
            "src/lib.rs:1:36: `label.txt` cannot be read: No such file or directory (os error 2); name a file that is there, from the folder of this source file"
        ]
    );
}
