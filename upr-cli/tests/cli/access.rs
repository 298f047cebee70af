//! Roles, grants, subjects, and the questions about them.

use serde_json::json;

use crate::project::Project;

fn synced() -> Project {
    let project = Project::helpdesk();
    project.upr("migrate").exits(0);
    project.upr("sync").exits(0);
    project
}

#[test]
fn a_day_at_the_help_desk() {
    insta::assert_snapshot!(synced().transcript(&[
        "role list",
        "user create 42 --username ada --email ada@example.com --role agent",
        "user create 42 --role agent",
        "check 42 tickets.close",
        "check 42 users.view",
        "role create lead --label 'Team lead' agent.x",
        "role create lead --label 'Team lead' tickets.* users.view",
        "role show lead",
        "grant 42 --role lead --scope acme --until 2099-12-31",
        "grant 42 --role lead --scope acme --until 2099-12-31",
        "check 42 users.view --scope acme",
        "explain 42 users.view --scope acme",
        "explain 42 users.view",
        "grant 42 --permission tickets.close --deny --scope acme",
        "explain 42 tickets.close --scope acme",
        "permissions 42 --scope acme",
        "who-can users.view --scope acme",
        "revoke 42 --role lead",
        "revoke 42 --role lead --all-scopes",
        "user deactivate 42",
        "check 42 tickets.view",
        "user list",
        "role delete lead",
        "role delete agend",
        "role delete agent",
    ]), @r#"
    $ upr role list
    agent	Agent	helpdesk (seeded)	tickets.*	0
    auditor	Auditor	helpdesk (managed)	2 permissions	0
    $ upr user create 42 --username ada --email ada@example.com --role agent
    The subject 42 is there and active with the role agent.
    $ upr user create 42 --role agent
    The subject 42 is there already, active with the role agent.
    $ upr check 42 tickets.close
    allowed
    $ upr check 42 users.view
    denied
    [exit 1]
    $ upr role create lead --label 'Team lead' agent.x
    error: there is no permission `agent.x`
      Declare it in code and run `upr sync`.
    [exit 1]
    $ upr role create lead --label 'Team lead' tickets.* users.view
    Created the role lead.
    $ upr role show lead
    lead  Team lead
    from      store
    subjects  0
    holds     tickets.*, 1 permission
      tickets.*
      users.view
    $ upr grant 42 --role lead --scope acme --until 2099-12-31
    Granted the role lead to 42 in acme until 2099-12-31T00:00:00Z.
    $ upr grant 42 --role lead --scope acme --until 2099-12-31
    42 has the role lead in acme until 2099-12-31T00:00:00Z already.
    $ upr check 42 users.view --scope acme
    allowed
    $ upr explain 42 users.view --scope acme
    allowed: 42 on users.view in acme
      because a grant allows it, and no deny applies
      42 -> role lead (in acme, until 2099-12-31T00:00:00Z) -> users.view
    $ upr explain 42 users.view
    denied: 42 on users.view
      because no grant applies
      does not apply: -> role lead (in acme, until 2099-12-31T00:00:00Z) -> users.view; it is for another scope
    [exit 1]
    $ upr grant 42 --permission tickets.close --deny --scope acme
    Denied the permission tickets.close to 42 in acme.
    $ upr explain 42 tickets.close --scope acme
    denied: 42 on tickets.close in acme
      because a deny applies, and a deny wins
      42 -> deny tickets.close (in acme)
    [exit 1]
    $ upr permissions 42 --scope acme
    tickets.create
    tickets.view
    users.view
    $ upr who-can users.view --scope acme
    42
    $ upr revoke 42 --role lead
    Nothing to revoke: 42 has no unscoped grant of the role lead.
      remains: allow lead in acme until 2099-12-31T00:00:00Z
    $ upr revoke 42 --role lead --all-scopes
    Revoked the role lead from 42 in every scope.
    $ upr user deactivate 42
    Deactivated the subject 42: it may do nothing; its grants are kept.
    $ upr check 42 tickets.view
    denied
    The subject `42` is inactive.
      `upr user activate 42` lets it in again.
    [exit 1]
    $ upr user list
    42	ada	ada@example.com	inactive	agent
    $ upr role delete lead
    Deleted the role lead.
    $ upr role delete agend
    There is no role agend.
    Did you mean agent?
    $ upr role delete agent
    error: the role `agent` is declared in the code of `helpdesk`
      Remove it from the code and run `upr sync` first.
    [exit 1]
    "#);
}

#[test]
fn wishes_that_are_already_so_change_nothing() {
    let project = synced();
    for (line, facts) in [
        ("user create 42 --username ada", json!({"subject": "42"})),
        (
            "role create lead users.view",
            json!({"role": "lead", "members": ["users.view"]}),
        ),
        ("role allow lead tickets.* all", json!({"role": "lead"})),
        (
            "role copy agent helper",
            json!({"role": "helper", "copied_from": "agent"}),
        ),
        (
            "grant 42 --role lead",
            json!({"subject": "42", "role": "lead", "effect": "allow", "scope": "", "expires_at": null}),
        ),
        (
            "grant 42 --permission users.view --deny --scope acme",
            json!({"permission": "users.view", "effect": "deny", "scope": "acme"}),
        ),
        ("user deactivate 42", json!({"subject": "42"})),
        ("user activate 42", json!({"subject": "42"})),
        (
            "revoke 42 --role lead",
            json!({"subject": "42", "role": "lead"}),
        ),
        (
            "role disallow lead users.view",
            json!({"role": "lead", "still_through": ["all"]}),
        ),
        ("role delete helper", json!({"role": "helper", "grants": 0})),
    ] {
        let revision = |document: &serde_json::Value| document["revision"].as_u64().unwrap();
        let before = project.upr("status --json").json();
        let bytes = project.bytes();
        let dry = project
            .upr(&format!("{line} --dry-run --json"))
            .exits(0)
            .json();
        assert_eq!(dry["applied"], false, "{line}");
        assert!(dry["changes"].as_u64().unwrap() > 0, "{line}");
        assert_eq!(project.bytes(), bytes, "{line} --dry-run");

        let done = project.upr(&format!("{line} --json")).exits(0).json();
        assert_eq!(done["applied"], true, "{line}");
        assert_eq!(done["changes"], dry["changes"], "{line}");
        assert_eq!(revision(&done), revision(&before) + 1, "{line}");
        for (name, value) in facts.as_object().unwrap() {
            assert_eq!(&done[name], value, "{name} of {line}");
        }
        let again = project.upr(&format!("{line} --json")).exits(0).json();
        assert_eq!(again["applied"], false, "{line}");
        assert_eq!(again["changes"], 0, "{line}");
        assert_eq!(revision(&again), revision(&done), "{line}");
    }
}

#[test]
fn refused_wishes_name_the_way_out_and_change_nothing() {
    let project = synced();
    project.upr("user create 42").exits(0);
    let before = project.bytes();
    for (line, code, message, remedy) in [
        (
            "grant 7 --role agent",
            "unknown-subject",
            "there is no subject `7`",
            "upr user create 7",
        ),
        (
            "user deactivate 7",
            "unknown-subject",
            "there is no subject `7`",
            "upr user create 7",
        ),
        (
            "grant 42 --role agnet",
            "unknown-role",
            "there is no role `agnet`",
            "agent",
        ),
        (
            "grant 42 --permission users.veiw",
            "unknown-permission",
            "there is no permission `users.veiw`",
            "users.view",
        ),
        (
            "grant 42 --role agent --until 2001-01-01",
            "ended",
            "would have ended already",
            "still to come",
        ),
        (
            "role allow auditor users.update",
            "managed",
            "managed by the code of `helpdesk`",
            "upr role copy auditor",
        ),
        (
            "role delete agent",
            "declared",
            "declared in the code of `helpdesk`",
            "upr sync",
        ),
        (
            "role allow agent ticket.*",
            "unknown-module",
            "there is no module `ticket`",
            "tickets",
        ),
        (
            "role create agent users.view",
            "exists",
            "there is a role `agent` already",
            "role show agent",
        ),
        (
            "role copy nobody somebody",
            "unknown-role",
            "there is no role `nobody`",
            "",
        ),
        (
            "role show nobody",
            "unknown-role",
            "there is no role `nobody`",
            "",
        ),
        (
            "permissions 7",
            "unknown-subject",
            "there is no subject `7`",
            "user create 7",
        ),
        (
            "who-can users.veiw",
            "unknown-permission",
            "there is no permission `users.veiw`",
            "users.view",
        ),
    ] {
        let ran = project.upr(line).exits(1).says(message).says(remedy);
        assert_eq!(ran.stdout, "", "{line}");
        let error = project.upr(&format!("{line} --json")).exits(1).json();
        assert_eq!(error["error"]["code"], code, "{line}");
        if !line.starts_with("role show")
            && !line.starts_with("permissions")
            && !line.starts_with("who-can")
        {
            project.upr(&format!("{line} --dry-run")).exits(1);
        }
    }
    assert_eq!(project.bytes(), before);
}

#[test]
fn words_that_are_no_keys_subjects_or_times_are_wrong_usage() {
    let project = synced();
    let long = "x".repeat(192);
    for line in [
        "check 42 users".to_owned(),
        "check 42 users.vi/ew".to_owned(),
        "check '' users.view".to_owned(),
        format!("check {long} users.view"),
        "check 'a\nb' users.view".to_owned(),
        format!("check 42 users.view --scope {long}"),
        "grant 42 --role a..b".to_owned(),
        "grant 42 --role agent --until tomorrow".to_owned(),
        "grant 42 --role agent --until 2026-12-31T10:00:00".to_owned(),
        "grant 42".to_owned(),
        "grant 42 --role agent --permission users.view".to_owned(),
        "revoke 42 --role agent --scope a --all-scopes".to_owned(),
        "role allow agent".to_owned(),
        "role allow agent tickets".to_owned(),
    ] {
        let ran = project.upr(&line).exits(2);
        assert_eq!(ran.stdout, "", "{line}");
        assert_eq!(
            project.upr(&format!("{line} --json")).exits(2).json()["error"]["code"],
            "usage",
            "{line}"
        );
    }
}

#[test]
fn checks_say_the_same_to_programs() {
    let project = synced();
    project.upr("user create 42 --role agent").exits(0);
    let allowed = project.upr("check 42 tickets.view --json").exits(0).json();
    assert_eq!(allowed["subject"], "42");
    assert_eq!(allowed["permission"], "tickets.view");
    assert_eq!(allowed["scope"], "");
    assert_eq!(allowed["decision"], "allowed");
    let denied = project
        .upr("check 42 users.view --scope acme --json")
        .exits(1)
        .json();
    assert_eq!(denied["scope"], "acme");
    assert_eq!(denied["decision"], "denied");
    for (line, reason, hint) in [
        (
            "check 7 tickets.view",
            "unknown-subject",
            "upr user create 7",
        ),
        (
            "check 42 tickets.veiw",
            "unknown-permission",
            "Did you mean `tickets.view`",
        ),
        ("check 42 users.view", "no-grant", ""),
    ] {
        assert_eq!(
            project.upr(&format!("{line} --json")).exits(1).json()["reason"],
            reason
        );
        let ran = project.upr(line).exits(1).says(hint);
        assert_eq!(ran.stdout, "denied\n");
    }
    let why = project
        .upr("explain 42 tickets.view --json")
        .exits(0)
        .json();
    assert_eq!(why["reason"], "allowed");
    assert_eq!(why["path"][0]["kind"], "role");
    assert_eq!(why["path"][0]["key"], "agent");
    assert_eq!(why["path"][1]["kind"], "module");
    let held = project.upr("permissions 42 --json").exits(0).json();
    assert_eq!(
        held["permissions"],
        json!(["tickets.close", "tickets.create", "tickets.view"])
    );
    let who = project.upr("who-can tickets.view --json").exits(0).json();
    assert_eq!(
        who,
        json!({"permission": "tickets.view", "scope": "", "subjects": ["42"]})
    );
}

#[test]
fn lists_say_the_same_to_programs() {
    let project = synced();
    project
        .upr("user create 42 --username ada --role agent")
        .exits(0);
    let roles = project.upr("role list --json").exits(0).json();
    assert_eq!(roles["roles"][0]["key"], "agent");
    assert_eq!(roles["roles"][0]["mode"], "seeded");
    assert_eq!(roles["roles"][0]["members"], json!(["tickets.*"]));
    assert_eq!(roles["roles"][0]["subjects"], 1);
    assert_eq!(roles["roles"][1]["mode"], "managed");
    assert_eq!(
        project.upr("role show agent --json").exits(0).json(),
        roles["roles"][0]
    );
    let users = project.upr("user list --json").exits(0).json();
    assert_eq!(users["users"][0]["id"], "42");
    assert_eq!(users["users"][0]["username"], "ada");
    assert_eq!(users["users"][0]["roles"], json!(["agent"]));
}
