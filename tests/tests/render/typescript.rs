//! TypeScript, as its compilers and a frontend take it.

use std::path::Path;

use upr_core::render;
use upr_tests::node::Node;

use crate::{Outcome, catalog};

fn node() -> Result<Option<Node>, Box<dyn std::error::Error>> {
    Node::prepare(Path::new(env!("CARGO_TARGET_TMPDIR")))
}

/// The catalog with every feature.
fn write(folder: &Path) -> Outcome {
    let code = render::typescript(&catalog()?);
    Ok(std::fs::write(folder.join("permissions.ts"), code)?)
}

/// Compiled strictly, then run: what `can()` answers.
#[test]
fn it_compiles_and_does_what_it_says() -> Outcome {
    let Some(node) = node()? else { return Ok(()) };
    let folder = node.folder("behaviour", &["behaviour.ts"])?;
    write(&folder)?;
    for package in ["typescript-5", "typescript"] {
        node.tsc(package, &folder)?.expect_code(0)?;
        let script = folder.join("out/behaviour.js");
        node.run([script])?.expect_code(0)?;
        std::fs::remove_dir_all(folder.join("out"))?;
    }
    Ok(())
}

/// The guide's own example.
#[test]
fn the_guide_compiles() -> Outcome {
    let Some(node) = node()? else { return Ok(()) };
    let folder = node.folder("guide", &[])?;
    write(&folder)?;
    let guide = include_str!("../../../docs/catalog.md");
    let blocks = guide.split("```ts\n").skip(1);
    let blocks: Vec<&str> = blocks
        .filter_map(|block| block.split("```").next())
        .collect();
    assert_eq!(blocks.len(), 1);
    std::fs::write(folder.join("guide.ts"), blocks.concat())?;
    node.tsc("typescript", &folder)?.expect_code(0)?;
    Ok(())
}

/// What a person reads who writes a key that there is not.
#[test]
fn mistakes_are_named() -> Outcome {
    let Some(node) = node()? else { return Ok(()) };
    let folder = node.folder("mistakes", &["mistakes.ts"])?;
    write(&folder)?;
    let said = node.tsc("typescript", &folder)?.expect_code(2)?.stdout;
    let said = said
        .replace("node/mistakes/", "")
        .replace("mistakes/mistakes.ts", "mistakes.ts");
    insta::assert_snapshot!(said, @r#"
    mistakes.ts(8,11): error TS2345: Argument of type '"users.updaet"' is not assignable to parameter of type 'Condition'.
    mistakes.ts(9,17): error TS2551: Property 'UPDAET' does not exist on type '{ readonly EDIT: "users.edit"; readonly PEEK: "users.peek"; readonly RESET_PASSWORD: "users.reset_password"; readonly UPDATE: "users.update"; }'. Did you mean 'UPDATE'?
    mistakes.ts(10,33): error TS2345: Argument of type '"users.updaet"' is not assignable to parameter of type 'Condition'.
    mistakes.ts(11,14): error TS2820: Type '"users.updaet"' is not assignable to type 'Permission'. Did you mean '"users.update"'?
    mistakes.ts(14,64): error TS2345: Argument of type 'string' is not assignable to parameter of type 'Condition'.
    mistakes.ts(17,11): error TS2555: Expected at least 1 arguments, but got 0.
    mistakes.ts(20,7): error TS2353: Object literal may only specify known properties, and 'permissions' does not exist in type 'ReadonlySet<Permission>'.
    mistakes.ts(23,30): error TS7053: Element implicitly has an 'any' type because expression of type '"users.nothing"' can't be used to index type 'Readonly<Record<Permission, string>>'.
      Property 'users.nothing' does not exist on type 'Readonly<Record<Permission, string>>'.
    mistakes.ts(26,7): error TS2540: Cannot assign to 'UPDATE' because it is a read-only property.
    "#);
    Ok(())
}

/// Editors strike out what is deprecated, and say why.
#[test]
fn deprecated_permissions_are_struck_out() -> Outcome {
    let Some(node) = node()? else { return Ok(()) };
    let folder = node.folder("deprecated", &["deprecated.ts"])?;
    write(&folder)?;
    let script = Path::new("deprecated.mjs");
    let said = node
        .run([script, &folder.join("deprecated.ts")])?
        .expect_code(0)?;
    insta::assert_snapshot!(said.stdout, @"
    'EDIT' is deprecated.
    'PEEK' is deprecated.
    ");
    Ok(())
}

/// No permission, no role, and modules that are named like what every program has.
#[test]
fn empty_and_awkward_catalogs_compile() -> Outcome {
    let Some(node) = node()? else { return Ok(()) };
    let folder = node.folder("awkward", &[])?;
    let names = [
        "object",
        "set",
        "map",
        "array",
        "string",
        "promise",
        "permission",
        "role",
        "module",
        "granted",
        "condition",
        "me",
        "any_of",
        "can",
        "roles",
        "permissionLabels",
        "record",
        "readonly",
        "default",
        "class",
        "undefined",
        "null",
        "globalThis",
        "infinity",
        "na-n",
        "prototype",
        "constructor",
        "eval",
        "arguments",
        "await",
    ];
    let modules: Vec<String> = names
        .iter()
        .map(|name| {
            let actions = [
                "delete",
                "constructor",
                "toString",
                "getX",
                "get_x",
                "get-x",
            ];
            let permissions: Vec<String> = actions
                .iter()
                .map(|action| format!(r#"{{"key":"{name}.{action}"}}"#))
                .collect();
            format!(
                r#"{{"key":"{name}","permissions":[{}]}}"#,
                permissions.join(",")
            )
        })
        .collect();
    let roles = r#"[{"key":"constructor","mode":"managed"},{"key":"a.b","mode":"managed"},{"key":"a_b","mode":"managed"}]"#;
    for (file, modules, roles) in [
        ("empty.ts", String::new(), "[]"),
        ("awkward.ts", modules.join(","), roles),
    ] {
        let json = format!(
            r#"{{"format":"upr.catalog/1","application":{{"name":"a"}},"modules":[{modules}],"roles":{roles}}}"#
        );
        let catalog = upr_core::Catalog::from_json(&json)?;
        std::fs::write(folder.join(file), render::typescript(&catalog))?;
    }
    // A module named `set` must not be taken for JavaScript's.
    let run = "import { granted, can, Set as Sets } from './awkward.js';\n\
               if (!can(granted({ permissions: ['set.delete'] }), Sets.DELETE)) throw new Error('denied');\n";
    std::fs::write(folder.join("run.ts"), run)?;
    for package in ["typescript-5", "typescript"] {
        node.tsc(package, &folder)?.expect_code(0)?;
        node.run([folder.join("out/run.js")])?.expect_code(0)?;
    }
    Ok(())
}
