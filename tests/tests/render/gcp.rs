//! 13,652 permissions and 2,461 roles in each form.

use std::path::Path;
use std::time::Instant;

use upr_core::{Catalog, render};
use upr_tests::gcp::{self, Roles};
use upr_tests::node::Node;

use crate::Outcome;

/// Not a benchmark: a rendering that is quadratic would take minutes.
#[test]
fn every_form_is_written_in_seconds() -> Outcome {
    let catalog = gcp::catalog(Roles::Managed)?;
    // It is kept, and belongs to no form.
    assert_eq!(catalog.fingerprint().as_str().len(), 71);
    type Form = fn(&Catalog) -> String;
    let forms: [(&str, Form); 5] = [
        ("json", Catalog::to_json),
        ("json2", Catalog::to_json_v2),
        ("markdown", render::markdown),
        ("typescript", render::typescript),
        ("openapi", render::openapi),
    ];
    for (name, form) in forms {
        let start = Instant::now();
        let text = form(&catalog);
        let taken = start.elapsed();
        println!("{name}: {} bytes in {taken:?}", text.len());
        assert!(taken.as_secs() < 20, "{name}: {taken:?}");
        assert!(text.contains("compute.instances.create"), "{name}");
    }
    // Members of roles are counted there, not listed.
    let page = render::markdown(&catalog);
    assert!(page.len() < 2_500_000, "{} bytes", page.len());
    Ok(())
}

/// A union of all keys, and a constant for each of 2,834 modules.
#[test]
fn typescript_takes_it() -> Outcome {
    let Some(node) = Node::prepare(Path::new(env!("CARGO_TARGET_TMPDIR")))? else {
        return Ok(());
    };
    let folder = node.folder("gcp", &[])?;
    let code = render::typescript(&gcp::catalog(Roles::Managed)?);
    std::fs::write(folder.join("permissions.ts"), code)?;
    let consumer = "import { can, ComputeInstances, granted, type Permission } from './permissions.js';\n\
        const key: Permission = 'compute.instances.create';\n\
        if (!can(granted({ permissions: [key] }), ComputeInstances.CREATE)) throw new Error('denied');\n\
        // @ts-expect-error\n\
        can(null, 'compute.instances.creat');\n";
    std::fs::write(folder.join("consumer.ts"), consumer)?;
    let start = Instant::now();
    node.tsc("typescript", &folder)?.expect_code(0)?;
    println!("tsc: {:?}", start.elapsed());
    node.run([folder.join("out/consumer.js")])?.expect_code(0)?;
    Ok(())
}
