package import Journal
package import Rotation
package import Secrets

/// One process's work on one user: events go in, are journalled with what follows from them, and effects come out.
///
/// Without I/O but the journal's: what is decided, and in which order it is written down, is all here.
/// The simulator drives it as ``Engine`` does.
package struct RotationSession {
    /// How long a lease lasts without being renewed: for so long a user waits whose worker is cut off.
    package static let leaseDuration: Duration = .seconds(20)
    /// It is renewed when less is left.
    package static let leaseRenewal: Duration = .seconds(12)

    package let user: ManagedUser
    let journal: any Journal
    package private(set) var rotation: Rotation
    package private(set) var pair: KeyPair?
    private let lease: Lease
    private var position: JournalPosition
    /// Whether the lease may be trusted.
    package let tenure: Tenure

    /// Takes a user up.
    ///
    /// - Parameter tenure: says later how long this process may act.
    /// - Throws: `leased` while another process is at work on it.
    package init(
        _ user: ManagedUser, _ journal: any Journal, owner: LeaseOwner, tenure: Tenure, at now: Timestamp
    ) async throws(JournalError) {
        self.user = user
        self.journal = journal
        self.tenure = tenure
        lease = Lease(owner: owner, lasting: Self.leaseDuration)
        let beginning = tenure.beginning
        let (record, pair) = try await journal.acquire(user.name, lease: lease, at: now)
        tenure.lasts(Self.leaseDuration, from: beginning)
        rotation = record.rotation
        position = record.position
        self.pair = pair
    }

    /// Takes in what happened, writes it down, and gives what is to be done, in this order.
    ///
    /// - Parameter begins: whether anything is to be begun; else only what has happened is written down.
    package mutating func handle(
        _ happenings: [EventWithKeyPair], at now: Timestamp, begins: Bool = true
    ) async throws(JournalError) -> Transition {
        let before = rotation
        var transition = Transition()
        var fate = JournalEntry.Pair.keep
        var newPair = pair
        for happening in happenings {
            let next = rotation.next?.id
            let step = rotation.apply(happening.event, at: now, requirements: user.requirements)
            if let made = happening.pair, rotation.next?.id == made.id, next != rotation.next?.id {
                fate = .seal(made)
                newPair = made
            }
            if step.wipesPair {
                fate = .wipe
                newPair = nil
            }
            transition.append(step)
        }
        let conclusion = begins ? rotation.nextEffects(at: now, requirements: user.requirements) : Transition()
        if conclusion.wipesPair {
            fate = .wipe
            newPair = nil
        }
        transition.append(conclusion)
        let isUnchanged = transition.isSilent && rotation.recorded == before.recorded
        guard !isUnchanged || tenure.left < Self.leaseRenewal else { return transition }
        let beginning = tenure.beginning
        let entry = JournalEntry(
            user: user.name, position: position, lease: lease, rotation: rotation, transition: transition, pair: fate,
            at: now)
        do { position = try await journal.commit(entry) } catch {
            rotation = before
            throw error
        }
        tenure.lasts(Self.leaseDuration, from: beginning)
        pair = newPair
        return transition
    }

    /// Gives the user back.
    package func end() async throws(JournalError) { try await journal.release(user.name, at: position) }
}
