//! Markdown, as a renderer reads it.

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use upr_core::{Catalog, render};
use upr_tests::gcp::{self, Roles};

use crate::{Outcome, catalog};

/// What a page shows: its headings, and the cells of its tables, as text.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) headings: Vec<(HeadingLevel, String)>,
    pub(crate) tables: Vec<Vec<Vec<String>>>,
    /// Tags that stand in the page; text that only looks like one is none.
    pub(crate) tags: Vec<String>,
}

impl Page {
    pub(crate) fn read(markdown: &str) -> Self {
        let options = Options::ENABLE_TABLES
            | Options::ENABLE_STRIKETHROUGH
            | Options::ENABLE_MATH
            | Options::ENABLE_FOOTNOTES
            | Options::ENABLE_TASKLISTS;
        let mut page = Self::default();
        let mut text = String::new();
        for event in Parser::new_ext(markdown, options) {
            match event {
                Event::Start(Tag::Table(_)) => page.tables.push(Vec::new()),
                Event::Start(Tag::TableHead | Tag::TableRow) => {
                    if let Some(table) = page.tables.last_mut() {
                        table.push(Vec::new());
                    }
                }
                Event::Start(Tag::TableCell | Tag::Heading { .. }) => text.clear(),
                Event::End(TagEnd::TableCell) => {
                    let row = page.tables.last_mut().and_then(|table| table.last_mut());
                    row.into_iter().for_each(|row| row.push(text.clone()));
                }
                Event::End(TagEnd::Heading(level)) => page.headings.push((level, text.clone())),
                Event::Text(part) | Event::Code(part) => text.push_str(&part),
                Event::SoftBreak | Event::HardBreak => text.push(' '),
                Event::InlineHtml(tag) | Event::Html(tag) => page.tags.push(tag.into_string()),
                _ => {}
            }
        }
        page
    }

    /// The rows below the headers of all tables whose first column is `name`.
    pub(crate) fn rows(&self, name: &str) -> Vec<&Vec<String>> {
        let tables = self.tables.iter().filter(|table| table[0][0] == name);
        tables.flat_map(|table| &table[1..]).collect()
    }
}

#[test]
fn every_permission_has_a_row_that_says_what_was_declared() -> Outcome {
    let catalog = catalog()?;
    let page = Page::read(&render::markdown(&catalog));
    // Keys stand in the tables of their modules, and once more in the matrix.
    let rows: Vec<&Vec<String>> = page.rows("Permission");
    for permission in catalog.permissions() {
        let row = rows.iter().find(|row| row[0] == permission.key.as_str());
        let row = row.ok_or_else(|| format!("no row for {}", permission.key))?;
        assert!(row.len() >= 2, "{row:?}");
    }
    let row = |key: &str| {
        rows.iter()
            .find(|row| row[0] == key)
            .map(|row| row[1..].join("|"))
    };
    assert_eq!(
        row("users.reset_password").as_deref(),
        Some("Reset password|Send a reset link and end all sessions.|")
    );
    assert_eq!(
        row("users.edit").as_deref(),
        Some("Edit||Deprecated since 1.1.0, goes in 2.0.0: use update instead → users.update")
    );
    assert_eq!(
        row("desk.tickets.delete").as_deref(),
        Some("Delete|Critical.")
    );
    assert_eq!(
        row("set.default")
            .map(|row| row.replace(' ', ""))
            .as_deref(),
        Some("*|\\_<b>\"quoted\"twolines|")
    );
    let mut tags: Vec<&str> = page.tags.iter().map(String::as_str).collect();
    tags.retain(|tag| !tag.starts_with("<a id=\"module-") && *tag != "</a>");
    assert_eq!(tags, ["<br/>", "<br/>", "<code>", "</code>"]);
    Ok(())
}

fn roles(number: usize, each: usize) -> Result<Catalog, Box<dyn std::error::Error>> {
    let list = |range: std::ops::Range<usize>, text: &dyn Fn(usize) -> String| {
        range.map(text).collect::<Vec<_>>().join(",")
    };
    let permissions = list(0..each, &|index| format!(r#"{{"key":"m.a{index}"}}"#));
    let held = list(0..each, &|index| format!(r#""m.a{index}""#));
    let roles = list(0..number, &|index| {
        format!(r#"{{"key":"r{index}","mode":"managed","permissions":[{held}]}}"#)
    });
    Ok(Catalog::from_json(&format!(
        r#"{{"format":"upr.catalog/1","application":{{"name":"a"}},
            "modules":[{{"key":"m","permissions":[{permissions}]}}],"roles":[{roles}]}}"#
    ))?)
}

/// A matrix of few, a list of more, counts of very many.
#[test]
fn roles_stay_readable() -> Outcome {
    let matrix = Page::read(&render::markdown(&roles(8, 3)?));
    let header = |page: &Page| page.tables.last().map(|table| table[0].join(" "));
    assert_eq!(
        header(&matrix).as_deref(),
        Some("Permission r0 r1 r2 r3 r4 r5 r6 r7")
    );
    assert_eq!(
        matrix
            .tables
            .last()
            .map(|table| table[1].join(" "))
            .as_deref(),
        Some("m.* ✓ ✓ ✓ ✓ ✓ ✓ ✓ ✓")
    );
    let list = Page::read(&render::markdown(&roles(9, 3)?));
    assert_eq!(header(&list).as_deref(), Some("Role Label Mode Holds"));
    assert_eq!(
        list.rows("Role")[8].last().map(String::as_str),
        Some("m.a0, m.a1, m.a2")
    );
    let counts = Page::read(&render::markdown(&roles(300, 7)?));
    assert_eq!(
        header(&counts).as_deref(),
        Some("Role Label Mode Permissions Modules")
    );
    assert_eq!(counts.rows("Role")[0][3..], ["7", "1"]);
    Ok(())
}

/// Counts are right where a role holds a whole module and one of its permissions, or everything.
#[test]
fn what_a_role_holds_is_counted_once() -> Outcome {
    let many = roles(300, 7)?;
    let json = many
        .to_json()
        .replacen("\"modules\": []", "\"modules\": [\"m\"]", 1);
    let page = Page::read(&render::markdown(&Catalog::from_json(&json)?));
    assert_eq!(page.rows("Role")[0][3..], ["7", "1"]);
    let all = many
        .to_json()
        .replacen("\"all\": false", "\"all\": true", 1);
    let page = Page::read(&render::markdown(&Catalog::from_json(&all)?));
    assert_eq!(page.rows("Role")[0][3..], ["7", "1"]);
    Ok(())
}

/// Links lead somewhere.
#[test]
fn every_link_has_its_anchor() -> Outcome {
    for catalog in [catalog()?, gcp::catalog(Roles::Left)?] {
        let text = render::markdown(&catalog);
        let anchors: std::collections::HashSet<&str> = text
            .split("<a id=\"")
            .skip(1)
            .filter_map(|part| part.split('"').next())
            .collect();
        assert_eq!(anchors.len(), catalog.modules().len());
        for link in text
            .split("](#")
            .skip(1)
            .filter_map(|part| part.split(')').next())
        {
            assert!(anchors.contains(link), "{link}");
        }
    }
    Ok(())
}
