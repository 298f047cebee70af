//! Two years of a product: twenty releases of a help desk, beside a billing service in the same
//! store, with everything that happens to permissions in such a time.
//!
//! After every step the decisions about every subject, permission and scope are taken again, from
//! the facts and from the published view. A sync may have changed them only as its plan says
//! ([`decisions::foretold`]); for the people who have a name the story says itself who gains (`+`)
//! and who loses (`-`). A crowd is given and denied things at random, the same in every run.

#![cfg(test)]

mod code;
mod decisions;
mod world;

use upr_core::ModuleKey;
use upr_sync::Member;
use upr_sync::plan::Rule::{Assigned, Breaking, Conflict, MassLoss, Older};

use crate::code::Code;
use crate::world::World;

#[test]
fn two_years_of_a_product() {
    let mut world = World::begins(2026);
    let mut desk = Code::of("desk");
    let mut billing = Code::of("billing");
    first_year(&mut world, &mut desk, &mut billing);
    second_year(&mut world, &mut desk);
    world.ends();
}

fn first_year(world: &mut World, desk: &mut Code, billing: &mut Code) {
    // January. The help desk is launched; people are given roles.
    desk.adds("tickets", &["view", "create", "close"]);
    desk.adds("users", &["view", "create", "edit", "delete"]);
    desk.role("admin", "managed", &["all"]);
    desk.role("agent", "seeded", &["tickets.view", "tickets.create"]);
    desk.role("auditor", "managed", &["tickets.view", "users.view"]);
    world.syncs(&desk.release("1.0.0")).is_nothing();
    for name in ["ada", "bob", "cy", "dee", "eve", "zoe"] {
        world.hires(name);
    }
    world
        .gives("bob", "agent", "acme")
        .is(&["+ bob tickets.create @acme", "+ bob tickets.view @acme"]);
    let _ = world.gives("ada", "admin", "");
    let _ = world.gives("cy", "auditor", "");
    let _ = world.gives("dee", "users.edit", "");
    world
        .gives("eve", "users.edit", "acme")
        .is(&["+ eve users.edit @acme"]);
    world
        .denies("dee", "users.edit", "globex")
        .is(&["- dee users.edit @globex"]);
    // A role of the operators' own holds whole modules, and another everything of every service.
    world.makes_role(
        "clerk",
        &[Member::Module(ModuleKey::parse("users").unwrap())],
    );
    world.makes_role("root", &[Member::All]);
    let _ = world.gives("eve", "clerk", "globex");
    let _ = world.gives("zoe", "root", "");
    world.lives_on();

    // February. A new key: who holds its module gains it, and the agents are offered it.
    desk.adds("tickets", &["export"]);
    desk.role(
        "agent",
        "seeded",
        &["tickets.view", "tickets.create", "tickets.export"],
    );
    world.syncs(&desk.release("1.1.0")).is(&[
        "+ ada tickets.export",
        "+ bob tickets.export @acme",
        "+ zoe tickets.export",
    ]);
    // Somebody takes it out of the role again, and no later release brings it back.
    world
        .trims("agent", "tickets.export")
        .is(&["- bob tickets.export @acme"]);
    world.lives_on();

    // March. Billing moves into the store: only who may do everything of every service gains.
    billing.adds("invoices", &["view", "pay"]);
    billing.role("accountant", "seeded", &["invoices.*"]);
    world
        .syncs(&billing.release("1.0.0"))
        .is(&["+ zoe invoices.pay", "+ zoe invoices.view"]);
    world
        .gives("dee", "accountant", "acme")
        .is(&["+ dee invoices.pay @acme", "+ dee invoices.view @acme"]);
    world.syncs(&desk.release("1.1.0")).is_nothing();

    // April. Texts change, and nothing else.
    desk.labels("users.view", "See users");
    world.syncs(&desk.release("1.2.0")).is_nothing();

    // May. `users.edit` is to become `users.update`: announced, and nobody loses anything.
    desk.adds("users", &["update"]);
    desk.deprecates("users.edit", "2.0.0", Some("users.update"));
    world.syncs(&desk.release("1.3.0")).is(&[
        "+ ada users.update",
        "+ eve users.update @globex",
        "+ zoe users.update",
    ]);
    world.lives_on();

    // June. Reports come as a crate of their own, with a managed role.
    let reports = ["sales", "agents", "load", "delays", "ratings", "costs"];
    desk.adds("reports", &reports);
    desk.adds(
        "reports",
        &["tags", "teams", "trends", "alerts", "limits", "audit"],
    );
    desk.role(
        "manager",
        "managed",
        &["reports.sales", "reports.costs", "tickets.view"],
    );
    let _ = world.syncs(&desk.release("1.4.0"));
    let _ = world.gives("bob", "manager", "");
    world.lives_on();

    // July. A build without that crate does not look like a decision, and the next one has it.
    let unlinked = desk.without("reports", "1.4.1");
    world.refuses(&unlinked, &[Breaking, MassLoss]);
    world.refuses_with(&unlinked, &[MassLoss], |options| {
        options.allow_breaking = true;
    });
    world.refuses_with(&unlinked, &[Breaking], |options| {
        options.expect_loss = Some(12);
    });
    world.command_refuses(&unlinked, "--allow-breaking", "refused (mass-loss)");
    let july = desk.release("1.4.1");
    world.syncs(&july).is_nothing();

    // August. Hands are in the database.
    for sql in [
        "UPDATE upr_permission SET state = 'orphan' WHERE module = 'tickets'",
        "DELETE FROM upr_permission WHERE key IN ('tickets.view', 'users.delete')",
        "DELETE FROM upr_role_permission WHERE role IN ('admin', 'manager')",
        "INSERT INTO upr_role_permission VALUES ('auditor', 'all', ''); UPDATE upr_role SET label = 'Eve was here'",
        "UPDATE upr_role_permission SET member = 'users.delete' WHERE role = 'auditor' AND member = 'users.view'",
    ] {
        world.is_edited_and_mended(&july, sql);
    }
    world.is_edited(
        "INSERT INTO upr_permission (key, application, module, label, description, kind, critical, state, created, changed) \
         VALUES ('tickets.purge', 'desk', 'tickets', 'Purge', '', 'action', 0, 'active', 1, 1)",
    );
    assert_eq!(
        world.findings(&july),
        ["Permission 'tickets.purge' is in the database, and no sync put it there."]
    );
    world.is_edited("DELETE FROM upr_permission WHERE key = 'tickets.purge'");

    // September. 2.0.0 retires `users.edit`, node by node; whoever had it has its replacement.
    desk.retires("users.edit", "2.0.0", Some("users.update"));
    let september = desk.release("2.0.0");
    world.command_refuses(&september, "", "production");
    world.rolls_out(&july, &september).is(&[
        "+ dee users.update @",
        "+ dee users.update @acme",
        "+ eve users.update @acme",
    ]);
    world.lives_on();

    // October. 2.1.0 adds a module; it crashes, and 2.0.0 is the present again. What 2.1.0 brought
    // is an orphan, which denies nobody anything, and comes back with the mended 2.1.1.
    desk.adds("calls", &["view", "record"]);
    desk.role(
        "agent",
        "seeded",
        &[
            "tickets.view",
            "tickets.create",
            "tickets.export",
            "calls.view",
        ],
    );
    let october = desk.release("2.1.0");
    world.rolls_out(&september, &october).is(&[
        "+ ada calls.record",
        "+ ada calls.view",
        "+ bob calls.view @acme",
        "+ zoe calls.record",
        "+ zoe calls.view",
    ]);
    world.refuses(&september, &[Older]);
    world.command_refuses(&september, "", "refused (older)");
    world.runs_sync(&september, "--allow-older").is_nothing();
    world.lives_on();
    world.syncs(&desk.release("2.1.1")).is_nothing();

    // November. Billing renames across modules: who paid by `invoices.*` pays by a grant of their
    // own. It may not take what belongs to the desk.
    billing.adds("payments", &["create"]);
    billing.retires("invoices.pay", "1.1.0", Some("payments.create"));
    world
        .syncs(&billing.release("1.1.0"))
        .is(&["+ dee payments.create @acme", "+ zoe payments.create"]);
    billing.adds("tickets", &["view"]);
    world.refuses(&billing.release("1.2.0"), &[Conflict]);
    billing.forgets("tickets.view");
    billing.adds("tickets", &["charge"]);
    billing.role("agent", "seeded", &[]);
    world.refuses(&billing.release("1.2.0"), &[Conflict]);
    billing.drops_role("agent");
    world
        .syncs(&billing.release("1.2.0"))
        .is(&["+ zoe tickets.charge"]);
    world.lives_on();
}

fn second_year(world: &mut World, desk: &mut Code) {
    // January. A key that nothing replaces is announced.
    desk.deprecates("tickets.close", "3.0.0", None);
    world.syncs(&desk.release("2.2.0")).is_nothing();
    world
        .gives("cy", "tickets.close", "acme")
        .is(&["+ cy tickets.close @acme"]);
    world.lives_on();

    // February. It must not vanish before its time.
    let mut hasty = desk.clone();
    hasty.forgets("tickets.close");
    world.refuses(&hasty.release("2.3.0"), &[Breaking]);
    desk.labels("tickets.view", "See tickets");
    world.syncs(&desk.release("2.3.0")).is_nothing();

    // March. `users.delete` vanishes without notice, and that is meant: an orphan, which everybody
    // keeps until nobody has it by name. Then it is retired, and never comes back.
    desk.forgets("users.delete");
    let march = desk.release("2.4.0");
    world.refuses(&march, &[Breaking]);
    world
        .syncs_with(&march, |options| options.allow_breaking = true)
        .is_nothing();
    let _ = world.gives("bob", "users.delete", "acme");
    world.runs_sync(&march, "--clean-orphans").is_nothing();
    world
        .takes("bob", "users.delete", "acme")
        .is(&["- bob users.delete @acme"]);
    world.sweeps("users.delete");
    world
        .runs_sync(&march, "--clean-orphans --confirm production")
        .is(&[
            "- ada users.delete",
            "- eve users.delete @globex",
            "- zoe users.delete",
        ]);
    let mut revived = desk.clone();
    revived.adds("users", &["delete"]);
    world.refuses_with(&revived.release("2.4.1"), &[Breaking], |options| {
        options.allow_breaking = true;
    });

    // April. The code takes a permission from a managed role.
    desk.role("auditor", "managed", &["tickets.view"]);
    world.syncs(&desk.release("2.5.0")).is(&["- cy users.view"]);
    world.lives_on();

    // May and June. A role leaves the code: who has it keeps it. It comes back as it was.
    let manager = desk.drops_role("manager");
    world.syncs(&desk.release("2.6.0")).is_nothing();
    world.lives_on();
    desk.declares_role("manager", manager);
    world.syncs(&desk.release("2.7.0")).is_nothing();

    // July. The end of `tickets.close` is due: it waits for its holders, or takes it from them.
    desk.retires("tickets.close", "3.0.0", None);
    let july = desk.release("3.0.0");
    world.refuses(&july, &[Assigned]);
    world.command_refuses(&july, "", "refused (assigned)");
    world
        .runs_sync(&july, "--revoke-retired --confirm production")
        .is(&[
            "- ada tickets.close",
            "- cy tickets.close @acme",
            "- zoe tickets.close",
        ]);
    world.lives_on();

    // August. A whole module is renamed, node by node; the aliases of its keys go along.
    for action in ["view", "create", "update"] {
        desk.adds("people", &[action]);
        let (old, new) = (format!("users.{action}"), format!("people.{action}"));
        desk.retires(&old, "3.1.0", Some(&new));
    }
    let august = desk.release("3.1.0");
    world.rolls_out(&july, &august).is(&[
        "+ ada people.create",
        "+ ada people.update",
        "+ ada people.view",
        "+ dee people.update @",
        "+ dee people.update @acme",
        "+ eve people.create @globex",
        "+ eve people.update @acme",
        "+ eve people.update @globex",
        "+ eve people.view @globex",
        "+ zoe people.create",
        "+ zoe people.update",
        "+ zoe people.view",
    ]);
    world.lives_on();

    // September. What was seeded is managed from now on: it is set to what the code says.
    desk.role(
        "agent",
        "managed",
        &["tickets.view", "tickets.create", "tickets.export"],
    );
    let september = desk.release("3.2.0");
    world
        .syncs(&september)
        .is(&["+ bob tickets.export @acme", "- bob calls.view @acme"]);

    // October. A rollback of one node only starts, and changes nothing.
    desk.adds("tickets", &["merge"]);
    let october = desk.release("3.3.0");
    world
        .rolls_out(&september, &october)
        .is(&["+ ada tickets.merge", "+ zoe tickets.merge"]);
    world.refuses(&august, &[Older]);
    world.refuses(&september, &[Older]);
    world.lives_on();

    // December. A version that only has another number is written down, and is the newest.
    let december = desk.release("4.0.0");
    world.syncs(&december).is_nothing();
    world.refuses(&september, &[Older]);
    world.syncs(&december).is_nothing();
}
