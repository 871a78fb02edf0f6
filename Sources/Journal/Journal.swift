public import Rotation
public import Secrets

/// What was intended and what was done. A port: ``StoredJournal`` implements it, and tests have others.
///
/// Every writing operation compares and sets the version of one user's record, so a process that was overtaken changes
/// nothing.
public protocol Journal: Sendable {
    /// The records of all users.
    func records() async throws(JournalError) -> [String: JournalRecord]
    /// Takes a user up for a while, and makes its record if there is none.
    ///
    /// - Returns: the record, and the pair that is being delivered; nil: none is kept.
    /// - Throws: `leased` while another living process holds the user.
    func acquire(
        _ user: String, lease: Lease, at now: Timestamp
    ) async throws(JournalError) -> (record: JournalRecord, pair: KeyPair?)
    /// Gives a user back. Does nothing where another process has taken it over.
    func release(_ user: String, at position: JournalPosition) async throws(JournalError)
    /// Writes one transition, all or nothing, on stable storage before it returns.
    ///
    /// - Returns: where the record is afterwards.
    /// - Throws: `overtaken` if the record is not where the entry says.
    func commit(_ entry: JournalEntry) async throws(JournalError) -> JournalPosition
}

/// Where one user's record is: what the next writing must find.
public struct JournalPosition: Hashable, Sendable {
    /// Grows with every commit.
    var version: Int64
    /// Where the user's history ends.
    var chain: ChainHead
    /// The store's epoch when it was read.
    var epoch: String?
    /// The name of the seal key that the record and its pair have.
    var sealKey: String?
}

/// One user's rotation as the journal holds it.
public struct JournalRecord: Sendable {
    /// Where the record is.
    public var position: JournalPosition
    /// The state of the rotation.
    public var rotation: Rotation
    /// Who is at work on it.
    public var lease: Lease?

    /// How long someone else may be at work on it still; nil: no one is.
    public func wait(for asked: Lease) -> Duration? { lease.flatMap { $0.binds(asked) ? $0.lasting : nil } }
}

/// The right of one process to work on one user, until it ends or expires.
public struct Lease: Hashable, Sendable {
    /// The process.
    public var owner: LeaseOwner
    /// How long it lasts unless renewed, from the moment of the writing or the reading, by the store's clock.
    public var lasting: Duration

    /// A lease to ask for.
    public init(owner: LeaseOwner, lasting: Duration) {
        self.owner = owner
        self.lasting = lasting
    }

    /// Whether someone who asks for that lease now has to wait for this one.
    ///
    /// Of a process of this machine and boot it can be seen whether it lives. Of another one, only the store's clock says; and no
    /// lease lasts twice as long as the one that is asked for, unless that clock was set back since.
    func binds(_ asked: Lease) -> Bool {
        guard owner != asked.owner, lasting > .zero else { return false }
        if owner.boot == asked.owner.boot { return !owner.isGone(asSeenBy: asked.owner) }
        return lasting <= asked.lasting * 2
    }
}

/// One transition of one user's rotation.
public struct JournalEntry: Sendable {
    /// What becomes of the sealed pair.
    public enum Pair: Sendable {
        case keep
        case seal(KeyPair)
        case wipe
    }

    /// Whose rotation.
    public var user: String
    /// Where the record must be.
    public var position: JournalPosition
    /// The lease afterwards.
    public var lease: Lease
    /// The rotation after the transition.
    public var rotation: Rotation
    /// What is to be written with the rotation itself.
    public var transition: Transition
    /// What becomes of the sealed pair.
    public var pair: Pair
    /// When it happened.
    public var at: Timestamp

    /// One transition.
    public init(
        user: String, position: JournalPosition, lease: Lease, rotation: Rotation, transition: Transition, pair: Pair,
        at: Timestamp
    ) {
        self.user = user
        self.position = position
        self.lease = lease
        self.rotation = rotation
        self.transition = transition
        self.pair = pair
        self.at = at
    }
}
