//! Any text in a label, a description or a message: each format says it, and nothing else.

use std::path::Path;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use upr_core::{Catalog, render};
use upr_tests::node::Node;

use crate::Outcome;
use crate::pages::Page;

/// Pieces that mean something to one of the formats, and pieces that mean nothing.
fn text() -> impl Strategy<Value = String> {
    const PIECES: &[&str] = &[
        "|",
        "*",
        "**",
        "_",
        "__",
        "`",
        "``",
        "```",
        "~~",
        "<",
        ">",
        "<b>",
        "</td>",
        "<!--",
        "-->",
        "<script>",
        "[",
        "]",
        "](x)",
        "![",
        "(",
        ")",
        "{",
        "}",
        "{{",
        "${x}",
        "$",
        "$$",
        "#",
        "##",
        "+",
        "-",
        "---",
        "- ",
        "* ",
        "1. ",
        "1) ",
        "=",
        "===",
        "!",
        "\\",
        "\\\\",
        "\\|",
        "&",
        "&amp;",
        "&#124;",
        "@",
        "@deprecated ",
        "{@link ",
        "*/",
        "/*",
        "//",
        "\"",
        "'",
        "\n",
        "\r\n",
        "\n\n",
        "\t",
        "    ",
        "\u{0}",
        "\u{1b}[31m",
        "\u{2028}",
        "\u{2029}",
        "\u{85}",
        "\u{202e}",
        "\u{feff}",
        "\u{a0}",
        "é",
        "日本",
        "😀",
        "http://x.y",
        ":smile:",
        "[^1]",
        "[x] ",
        "a",
        "b c",
        "word",
        " ",
        " ",
        "| --- |",
        "\"@title\"",
        "\"@permission\"",
    ];
    let piece = prop_oneof![4 => prop::sample::select(PIECES).prop_map(str::to_owned), 1 => any::<char>().prop_map(String::from)];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// A label, a description, and the message of a deprecation, which is one where it is not empty.
type Texts = (String, String, String);

fn module() -> impl Strategy<Value = (String, String, Vec<Texts>)> {
    let permissions = prop::collection::vec((text(), text(), text()), 0..4);
    (text(), text(), permissions)
}

fn permission(module: usize, number: usize, (label, description, message): &Texts) -> Value {
    json!({"key": format!("m{module}.a{number}"), "label": label, "description": description,
        "is_deprecated": !message.is_empty(), "deprecation_message": message})
}

fn catalog() -> impl Strategy<Value = Catalog> {
    let modules = prop::collection::vec(module(), 0..3);
    ("[a-z*|<`_ ]{1,12}", modules, text()).prop_map(|(name, modules, role)| {
        let modules = modules.iter().enumerate();
        let modules = modules.map(|(index, (label, description, permissions))| {
            let permissions = permissions.iter().enumerate();
            let permissions = permissions.map(|(number, texts)| permission(index, number, texts));
            json!({"key": format!("m{index}"), "label": label, "description": description,
                "permissions": permissions.collect::<Vec<Value>>()})
        });
        let document = json!({"format": "upr.catalog/1", "application": {"name": name},
            "modules": modules.collect::<Vec<Value>>(),
            "roles": [{"key": "r", "label": role, "mode": "managed", "all": true}]});
        Catalog::from_json(&document.to_string()).unwrap()
    })
}

/// What is left to compare when marks of code and what cannot be seen are taken out.
fn visible(text: &str) -> String {
    let invisible = |c: char| {
        c.is_whitespace()
            || c.is_control()
            || c == '`'
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    text.replace(invisible, "")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn json_reads_back(catalog in catalog()) {
        for text in [catalog.to_json(), catalog.to_json_v2()] {
            prop_assert_eq!(&Catalog::from_json(&text).unwrap(), &catalog);
        }
        let document: Value = serde_json::from_str(&render::openapi(&catalog)).unwrap();
        let title = format!("Permissions of {}", catalog.application().name);
        prop_assert_eq!(&document["info"]["title"], &Value::from(title));
    }

    /// Every cell shows its text, in its column; no text makes a tag, a heading or a table.
    #[test]
    fn pages_keep_their_columns(catalog in catalog()) {
        let markdown = render::markdown(&catalog);
        let page = Page::read(&markdown);
        let rows = page.rows("Permission");
        for permission in catalog.permissions() {
            let row = rows.iter().find(|row| row[0] == permission.key.as_str());
            let row = row.ok_or_else(|| TestCaseError::fail(markdown.clone()))?;
            prop_assert_eq!(visible(&row[1]), visible(&permission.label), "{}", markdown);
        }
        let roles = page.rows("Role");
        prop_assert_eq!(visible(&roles[0][1]), visible(&catalog.roles()[0].label), "{}", markdown);
        prop_assert_eq!(roles[0][2].as_str(), "managed");
        let modules = catalog.modules().iter();
        let labels: Vec<String> = modules.map(|module| visible(&format!("{}({})", module.label, module.key))).collect();
        let headings: Vec<String> = page.headings.iter().map(|(_, text)| visible(text))
            .filter(|text| text != "Modules" && text != "Roles").skip(1).collect();
        prop_assert_eq!(headings, labels, "{}", markdown);
        let strange: Vec<&String> = page.tags.iter().filter(|tag| {
            !tag.starts_with("<a id=\"module-m") && !["</a>", "<br/>", "<code>", "</code>"].contains(&tag.as_str())
        }).collect();
        prop_assert!(strange.is_empty(), "{strange:?} in {markdown}");
    }
}

/// A hundred catalogs, compiled at once; node reads each label back.
#[test]
fn typescript_compiles_whatever_the_texts() -> Outcome {
    let Some(node) = Node::prepare(Path::new(env!("CARGO_TARGET_TMPDIR")))? else {
        return Ok(());
    };
    let folder = node.folder("texts", &[])?;
    let mut runner = TestRunner::deterministic();
    let mut script = String::from(
        "import { readFileSync } from 'node:fs';\nimport { strictEqual, deepStrictEqual } from 'node:assert';\n",
    );
    for number in 0..100 {
        let catalog = catalog()
            .new_tree(&mut runner)
            .map_err(|reason| reason.to_string())?
            .current();
        std::fs::write(
            folder.join(format!("c{number}.ts")),
            render::typescript(&catalog),
        )?;
        std::fs::write(folder.join(format!("c{number}.json")), catalog.to_json_v2())?;
    }
    script.push_str(
        "for (let n = 0; n < 100; n++) {
           const code = await import(`./out/c${n}.js`);
           const catalog = JSON.parse(readFileSync(new URL(`./c${n}.json`, import.meta.url), 'utf8'));
           deepStrictEqual(code.permissionLabels, Object.fromEntries(catalog.permissions.map((p) => [p.key, p.label])));
           deepStrictEqual(code.roleLabels, { r: catalog.roles[0].label });
           strictEqual(code.fingerprint, catalog.fingerprint);
           for (const p of catalog.permissions) strictEqual(code[p.module.toUpperCase()][p.action.toUpperCase()], p.key);
         }\n",
    );
    std::fs::write(folder.join("read.mjs"), script)?;
    node.tsc("typescript", &folder)?.expect_code(0)?;
    node.run([folder.join("read.mjs")])?.expect_code(0)?;
    Ok(())
}
