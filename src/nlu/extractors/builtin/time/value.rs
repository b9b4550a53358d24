//! What a time comes to in the end, and its JSON.

use jiff::Zoned;
use serde_json::{Value as Json, json};

use super::Grain;

/// A point in time as long as its grain, or what lies between two points.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Once(Zoned, Grain),
    /// An interval, whose end is not in it; one side may be open.
    Interval(Option<Zoned>, Option<Zoned>, Grain),
}

fn written(moment: &Zoned) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%S.000%:z").to_string()
}

impl Value {
    /// Returns where it begins; none where that side is open.
    pub(super) fn begin(&self) -> Option<&Zoned> {
        match self {
            Self::Once(moment, _) => Some(moment),
            Self::Interval(from, ..) => from.as_ref(),
        }
    }

    pub(super) fn grain(&self) -> Grain {
        match self {
            Self::Once(_, grain) | Self::Interval(_, _, grain) => *grain,
        }
    }

    /// Returns it as Duckling writes it.
    pub(super) fn json(&self) -> Json {
        let mut one = match self {
            Self::Once(moment, grain) => {
                json!({"value": written(moment), "grain": grain.name(), "type": "value"})
            }
            Self::Interval(from, to, grain) => {
                let side = |moment| json!({"value": written(moment), "grain": grain.name()});
                match (from, to) {
                    (Some(from), Some(to)) => {
                        json!({"from": side(from), "to": side(to), "type": "interval"})
                    }
                    (Some(from), None) => json!({"from": side(from), "type": "interval"}),
                    (None, Some(to)) => json!({"to": side(to), "type": "interval"}),
                    (None, None) => json!({"type": "interval"}),
                }
            }
        };
        let all = json!([one.clone()]);
        if let Some(fields) = one.as_object_mut() {
            fields.insert("values".into(), all);
        }
        one
    }
}
