/// Something that happened outside.
public enum Event: Hashable, Sendable {
    /// A process has taken the user up: whatever was in progress has no answer any more.
    case resumed
    /// Time has passed; something may be due.
    case timePassed
    /// An operator spoke.
    case asked(Request)
    /// IAM's list of the user's keys, all pages.
    case keysListed([AccessKey])
    /// A key was made, and its pair is sealed in the same step of the journal that records this event.
    case keyCreated(AccessKey)
    /// STS answered for this user.
    case keyVerified(AccessKeyID)
    /// STS does not know the key yet.
    case keyNotVerified(AccessKeyID, String)
    /// STS answered for someone else.
    case keyOfAnother(AccessKeyID, String)
    /// One push of that key to that target has ended.
    case pushed(TargetName, AccessKeyID, PushResult)
    /// What was asked of a target was not begun, and will not be: the process is to stop.
    case notBegun(Effect)
    /// When the key was last used, and by what; nil: never.
    case lastUsed(AccessKeyID, LastUse?)
    /// What a target shows of the key that it holds.
    case inspected(TargetName, TargetInspection)
    /// Why a target cannot be asked which key it holds at the moment.
    case notInspected(TargetName, String)
    /// Why the target would refuse a key for good; nil: it would take one, or cannot be asked at the moment.
    case checked(TargetName, String?)
    /// The key is Active.
    case keyActivated(AccessKeyID)
    /// The key is Inactive.
    case keyDeactivated(AccessKeyID)
    /// The key is gone.
    case keyDeleted(AccessKeyID)
    /// An effect other than a push or a verification did not succeed.
    case failed(Effect, Failure)

    /// What an operator can ask for.
    public enum Request: Hashable, Sendable {
        /// Begin a rotation now.
        ///
        /// - `finishes`: whether one that is in progress and cannot be followed by another one yet is to be seen through instead.
        /// - `despiteFreeze`: whether it begins also in a time in which `freeze` lets none begin.
        case rotate(finishes: Bool = false, despiteFreeze: Bool = false)
        /// Push again now, whatever the schedule says.
        case retry
        /// Leave a target out of this rotation.
        case skip(TargetName, reason: String)
        /// Keep this key, and retire the other one that keyturn has no record of.
        case adopt(AccessKeyID)
        /// Make the old key active again, and hold.
        case rollback
        /// Deactivate the old key although it is still used, or a target cannot be read.
        case retire(reason: String)
        /// A target that left the configuration does not matter any more.
        case forget(TargetName, reason: String)
        /// A key has leaked, the current one where none is named: it is killed once no target needs it, or at once.
        case revoke(_ key: AccessKeyID? = nil, atOnce: Bool)
    }
}

/// Why an effect did not succeed.
public struct Failure: Error, Hashable, Sendable {
    /// What the rotation has to distinguish.
    public enum Kind: String, Hashable, Codable, Sendable {
        /// Whether it took effect is not known.
        case lost
        /// IAM's limit of two keys.
        case limitExceeded = "limit-exceeded"
        /// The user is not there.
        case noSuchUser = "no-such-user"
        /// Credentials or permissions.
        case denied
        /// The key is one that keyturn itself runs with, so it was not asked for.
        case ownKey = "own-key"
        /// The service cannot be reached.
        case unreachable
        /// Anything else that was refused or failed, without effect.
        case refused
    }

    /// What the rotation has to distinguish.
    public var kind: Kind
    /// One sentence for people.
    public var message: String

    /// A failure with its sentence.
    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }
}
