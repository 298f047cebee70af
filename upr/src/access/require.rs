//! From a check to the proof that it passed.

use std::sync::Arc;

use super::handle::Access;
use super::refusal::{Denial, Refusal};
use super::unavailable::Unavailable;
use crate::proof::{Expression, Verdict};
use crate::{Granted, Permission, Registry};

impl Access {
    /// Checks what `E` asks for and gives the proof that it passed.
    ///
    /// The type of the proof says what is checked:
    ///
    /// ```
    /// # use upr::access::{Access, Refusal};
    /// /// User accounts.
    /// #[upr::module(crud)]
    /// pub struct Users;
    ///
    /// fn erase(_: upr::granted!(Users::DELETE), id: u64) { /* … */ }
    ///
    /// fn erase_as(access: &Access, subject: &str, id: u64) -> Result<(), Refusal> {
    ///     erase(access.require(subject, "")?, id);
    ///     Ok(())
    /// }
    /// # let access = Access::unavailable("no store");
    /// # assert!(matches!(erase_as(&access, "ada", 1), Err(Refusal::Unavailable(_))));
    /// ```
    ///
    /// The parts of an `any` or `all` are decided at one revision of the store.
    ///
    /// # Errors
    ///
    /// [`Refusal::Denied`] when the check is denied, [`Refusal::Unavailable`] when nothing can be
    /// decided at the moment.
    pub fn require<E: Expression>(
        &self,
        subject: impl Into<Arc<str>>,
        scope: impl Into<Arc<str>>,
    ) -> Result<Granted<E>, Refusal> {
        let (subject, scope) = (subject.into(), scope.into());
        let snapshot = self.snapshot()?;
        let mut denials = Vec::new();
        let verdict = E::evaluate(&mut |id| {
            let permission = declared(id)?;
            let decision = snapshot.check(&subject, permission, &scope);
            if decision.is_denied() {
                denials.push((permission, decision.reason()));
            }
            Ok::<_, Unavailable>(decision.is_allowed().then_some(permission))
        })?;
        match verdict {
            Verdict::Passed(passed) => Ok(Granted::new(subject, scope, passed)),
            Verdict::Lacking(id) => {
                let lacking = denials
                    .into_iter()
                    .find(|(permission, _)| permission.id() == id);
                let (permission, reason) = lacking.ok_or_else(|| undeclared(id))?;
                Err(Refusal::Denied(Denial::new(
                    subject, scope, permission, reason,
                )))
            }
        }
    }
}

/// What a proof's type names only by number. Its declaration is linked wherever the type is used, so
/// this fails only in a program whose registry contradicts itself.
fn declared(id: u64) -> Result<Permission, Unavailable> {
    let registry = Registry::try_global().map_err(|error| Unavailable::new(&error.to_string()))?;
    registry.find_id(id).ok_or_else(|| undeclared(id))
}

fn undeclared(id: u64) -> Unavailable {
    Unavailable::new(&format!(
        "the permission with the id {id:#018x} is not in the registry"
    ))
}
