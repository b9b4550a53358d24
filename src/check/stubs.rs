//! `actions.yml` against the domain.

use super::problem::{self, Missing};
use crate::{
    data::{DEFAULT_ACTIONS, Domain, Json, Located, Stub, StubKind},
    diagnostic::{Diagnostic, Severity},
};

/// Checks that actions, slots and responses of `actions.yml` are declared.
pub fn check(stubs: &[Stub], domain: &Domain) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for stub in stubs {
        let name = stub.action.value.as_str();
        if name.starts_with("utter_") {
            findings.push(problem::stub_of_response(stub.action.origin, name));
            continue;
        }
        let declared = domain.actions.iter().map(|action| action.value.as_str());
        if !declared.clone().any(|known| known == name) {
            let names = declared.chain(DEFAULT_ACTIONS);
            findings.push(missing("action", &stub.action, "actions", names));
        }
        for slot in stub.slots() {
            if domain.slot(&slot.value).is_none() {
                let names = domain.slots.iter().map(|slot| slot.name.as_str());
                findings.push(missing("slot", slot, "slots", names));
            }
        }
        let responses = match &stub.kind {
            StubKind::Fixed { responses, .. } => responses.as_slice(),
            StubKind::Http(call) => &call.responses,
            StubKind::Program { .. } => &[],
        };
        for reply in responses {
            if let Some(name) = reply.get("response").and_then(Json::as_str)
                && domain.response(name).is_none()
            {
                let name = Located::new(name.to_owned(), stub.action.origin);
                let names = domain.responses.iter().map(|known| known.name.as_str());
                findings.push(missing("response", &name, "responses", names));
            }
        }
    }
    findings
}

fn missing<'k>(
    what: &str,
    name: &Located<String>,
    list: &str,
    known: impl Iterator<Item = &'k str>,
) -> Diagnostic {
    let code = match what {
        "action" => "actions::unknown-action",
        "slot" => "actions::unknown-slot",
        _ => "actions::unknown-response",
    };
    problem::missing(
        &Missing {
            code,
            severity: Severity::Warning,
            what,
            name: &name.value,
            at: name.origin,
            list,
        },
        known,
    )
}
