//! kt.find/1: which secrets below a path hold access keys. Leave it out where your service has no lists.

use crate::abi::*;
use crate::json;
use crate::vault::{Failure, Place, Vault};
use crate::{perform, Success};
use std::mem::size_of;
use std::os::raw::c_void;

/// A call may make 256 requests, and each secret takes one.
const MOST_SECRETS: usize = 200;

const KEY_ID_NAME: &str = "AWS_ACCESS_KEY_ID";
const SECRET_NAME: &str = "AWS_SECRET_ACCESS_KEY";

static FIND: KtFind = KtFind { size: size_of::<KtFind>() as u32, reserved: 0, around: None, below: Some(below) };

/// The extension of that identifier; NULL: there is none.
pub unsafe extern "C" fn extension(id: KtString) -> *const c_void {
    if id.bytes() == b"kt.find/1" { &FIND as *const KtFind as *const c_void } else { std::ptr::null() }
}

/// What a call reports to, while it lasts.
struct Finder<'a> {
    vault: &'a Vault,
    call: *const KtCall,
    found: *const KtFound,
}

unsafe extern "C" fn below(
    instance: *mut c_void, call: *const KtCall, scope: *const KtScope, found: *const KtFound,
) -> KtOutcome {
    let finder = Finder { vault: &*(instance as *const Vault), call, found };
    perform(call, || {
        let path = std::str::from_utf8((*scope).name.bytes())
            .map_err(|_| Failure::new(INVALID_CONFIG, "Vault: the scope's path is not UTF-8"))?;
        finder.list(path)?;
        Ok(Success { outcome: OK, evidence: EVIDENCE_NONE, message: String::new(), key_id: String::new() })
    })
}

/// A secret of the mount `secret`.
fn place(path: &str) -> Place {
    let (mount, access_key_id) = ("secret".to_string(), KEY_ID_NAME.to_string());
    Place { mount, path: path.to_string(), access_key_id, secret_access_key: SECRET_NAME.to_string() }
}

fn is_key_id(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    text.len() == 20 && text.starts_with("AKIA") && text.bytes().all(is_letter)
}

impl Finder<'_> {
    /// What a path has: secrets, which are looked into, and paths, about which the host asks in a call of their own.
    fn list(&self, path: &str) -> Result<(), Failure> {
        let names = self.vault.list(self.call, &place(path))?;
        let (paths, secrets): (Vec<_>, Vec<_>) = names.iter().partition(|name| name.ends_with('/'));
        for name in paths {
            self.scope(&format!("{}/{}", path, name.trim_end_matches('/')));
        }
        for name in secrets.iter().take(MOST_SECRETS) {
            let secret = format!("{}/{}", path, name);
            match self.look(&secret) {
                // No further request would go better.
                Err(failure) if [RATE_LIMITED, CANCELLED, TIMED_OUT].contains(&failure.outcome) => return Err(failure),
                Err(failure) => self.gap(&format!("the secret {}", secret), &failure),
                Ok(()) => (),
            }
        }
        if secrets.len() > MOST_SECRETS {
            let what = "a path of more than 200 secrets is not looked through to its end";
            let failure = Failure::new(UNSUPPORTED, format!("Vault: {}: {}", path, what));
            self.gap(&format!("the other secrets of {}", path), &failure);
        }
        Ok(())
    }

    /// Looks into one secret. Of its values nothing but the key IDs in them is reported.
    fn look(&self, path: &str) -> Result<(), Failure> {
        let read = self.vault.read(self.call, &place(path))?;
        let fields = match read.as_ref().and_then(|body| body.get("data")?.get("data")) {
            Some(fields) => fields,
            None => return Ok(()),
        };
        let has_secret = fields.get(SECRET_NAME).is_some();
        let keys: Vec<_> = fields.members().iter()
            .filter_map(|(name, value)| Some((name, value.text().filter(|text| is_key_id(text))?)))
            .collect();
        for (name, key_id) in &keys {
            let secret = if has_secret && name.as_str() == KEY_ID_NAME { Some(SECRET_NAME) } else { None };
            self.place(path, Some(name.as_str()), secret, key_id);
        }
        if has_secret && keys.is_empty() {
            self.place(path, None, Some(SECRET_NAME), "");
        }
        Ok(())
    }

    fn place(&self, path: &str, id: Option<&str>, secret: Option<&str>, key_id: &str) {
        let members = [("path", Some(path)), ("mount", Some("secret")), ("access-key-id", id), ("secret-access-key", secret)];
        let (mut fields, mut names) = (Vec::new(), Vec::new());
        for (name, text) in members.iter().filter_map(|(name, text)| text.map(|text| (name, text))) {
            fields.push(if fields.is_empty() { b'{' } else { b',' });
            json::append(&mut fields, name);
            fields.push(b':');
            json::append(&mut fields, text);
        }
        fields.push(b'}');
        for name in [id, secret].iter().flatten() {
            names.push(if names.is_empty() { b'[' } else { b',' });
            json::append(&mut names, name);
        }
        names.push(b']');
        let empty = KtString::new("");
        let place = KtFoundPlace {
            size: size_of::<KtFoundPlace>() as u32,
            reserved: 0,
            place: KtString::lend(path.as_bytes()),
            fields: KtString::lend(&fields),
            key_id: KtString::lend(key_id.as_bytes()),
            changed_at: empty,
            names: KtString::lend(&names),
            audience: empty,
            state: empty,
            level: 0,
            reserved_2: 0,
        };
        unsafe { ((*self.found).place)(self.call, &place) };
    }

    fn scope(&self, path: &str) {
        let size = size_of::<KtScope>() as u32;
        let scope = KtScope { size, reserved: 0, name: KtString::lend(path.as_bytes()), fields: KtString::new("") };
        unsafe { ((*self.found).scope)(self.call, &scope) };
    }

    /// Reports a part that was not seen.
    fn gap(&self, part: &str, why: &Failure) {
        let gap = KtFoundGap {
            size: size_of::<KtFoundGap>() as u32,
            outcome: why.outcome,
            part: KtString::lend(part.as_bytes()),
            message: KtString::lend(why.message.as_bytes()),
        };
        unsafe { ((*self.found).gap)(self.call, &gap) };
    }
}
