//! Currencies: their signs, codes and English names, and the units that Duckling names them by.

use std::sync::LazyLock;

use regex::Regex;

/// Names as expressions, with the unit; only those that mean one currency.
const NAMES: &[(&str, &str)] = &[
    ("(?:us|u\\.s\\.|american) dollars?", "USD"),
    ("canadian dollars?", "CAD"),
    ("australian dollars?", "AUD"),
    ("(?:new zealand|nz) dollars?", "NZD"),
    ("(?:hong kong|hk) dollars?", "HKD"),
    ("singapore dollars?", "SGD"),
    ("dollars?|bucks?", "$"),
    ("euros?|€ur", "EUR"),
    ("lebanese pounds?", "LBP"),
    ("egyptian ?pounds?", "EGP"),
    ("pounds? sterling|british pounds?", "GBP"),
    ("pounds?|quid", "£"),
    ("cents?|penny|pennies|pence", "cent"),
    ("(?:indian )?rupees?|rs", "INR"),
    ("qatari riyals?", "QAR"),
    ("saudi ?riyals?", "SAR"),
    ("riyals?", "riyal"),
    ("rials?", "rial"),
    ("kuwaiti dinars?", "KWD"),
    ("jordanian dinars?", "JOD"),
    ("dinars?", "dinar"),
    ("dirhams?", "dirham"),
    ("(?:israeli )?(?:new )?shekels?", "ILS"),
    ("(?:japanese )?yen", "¥"),
    ("(?:chinese )?yuan|renminbi", "CNY"),
    ("(?:malaysian? )?ringgits?", "MYR"),
    ("tugriks?", "MNT"),
    ("swiss francs?", "CHF"),
    ("(?:russian )?(?:rubles?|roubles?)", "RUB"),
    ("turkish liras?", "TRY"),
    ("(?:polish )?(?:zloty|zlotys|zlotych)", "PLN"),
    ("(?:thai )?baht", "THB"),
    ("(?:ukrainian )?hryvni?as?", "UAH"),
    ("swedish (?:krona|kronor)", "SEK"),
    ("norwegian (?:krone|kroner)", "NOK"),
    ("danish (?:krone|kroner)", "DKK"),
    ("(?:south african )?rands?", "ZAR"),
    ("brazilian reais", "BRL"),
    ("bitcoins?", "BTC"),
];

/// Signs with the unit.
const SIGNS: &[(&str, &str)] = &[
    (r"us ?\$", "USD"),
    (r"\$", "$"),
    ("€", "EUR"),
    ("£", "£"),
    ("[¥￥]", "¥"),
    ("₹", "INR"),
    ("₽", "RUB"),
    ("₩", "KRW"),
    ("₺", "TRY"),
    ("₪", "ILS"),
    ("₴", "UAH"),
    ("฿", "THB"),
    ("₫", "VND"),
    ("¢", "cent"),
];

/// Codes of ISO 4217 that are no words of a language.
const CODES: &str = "usd|eur|gbp|chf|jpy|inr|cad|aud|cny|rmb|sgd|nzd|hkd|sek|nok|dkk|pln|brl|mxn|zar|krw|aed|sar|qar|kwd\
    |bgn|lbp|egp|myr|ils|mnt|uah|rub|czk|huf|thb|idr|vnd|isk|clp|ngn|kes|ghs|tnd|dzd|omr|bhd|jod|iqd|irr|pkr|bdt|lkr|npr|twd|gel|btc";

/// Codes that are words in small letters.
const CAPITALS: &str = "TRY|RON|PHP|MAD|COP|PEN|ARS|RM";

/// Returns the expression of what stands before an amount.
pub(super) fn before() -> String {
    let signs: Vec<_> = SIGNS.iter().map(|(sign, _)| *sign).collect();
    format!(
        r"{}|\b(?:{CODES}|(?-i:{CAPITALS})|rs\.?|(?:malaysian? )?ringgits?)",
        signs.join("|")
    )
}

/// Returns the expression of what stands behind an amount.
pub(super) fn after() -> String {
    let signs: Vec<_> = SIGNS.iter().map(|(sign, _)| *sign).collect();
    let names: Vec<_> = NAMES.iter().map(|(name, _)| *name).collect();
    format!(
        r"{}|(?:{}|{CODES}|(?-i:{CAPITALS}))\b",
        signs.join("|"),
        names.join("|")
    )
}

/// The names and signs, compiled.
static UNITS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let all = SIGNS.iter().chain(NAMES);
    let compile = |(name, unit): &(&str, &'static str)| {
        let expression = Regex::new(&format!("(?i)^(?:{name})$")).ok()?;
        Some((expression, *unit))
    };
    all.filter_map(compile).collect()
});

/// Returns the unit of a currency, as Duckling names it.
pub(super) fn unit(name: &str) -> String {
    let plain = name.trim_end_matches('.');
    let known = UNITS.iter().find(|(known, _)| known.is_match(plain));
    match known {
        Some((_, unit)) => (*unit).to_owned(),
        None => match plain.to_uppercase().as_str() {
            "RMB" => "CNY".to_owned(),
            "RM" => "MYR".to_owned(),
            code => code.to_owned(),
        },
    }
}
