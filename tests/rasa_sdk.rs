//! The action server of others: Python's rasa-sdk.
