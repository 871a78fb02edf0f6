package import Journal
package import Rotation
package import Secrets

/// One process's work on one user: events go in, are journalled with what follows from them, and effects come out.
///
/// Without I/O but the journal's: what is decided, and in which order it is written down, is all here.
/// The simulator drives it as ``Engine`` does.
package struct RotationSession {
    /// How long a lease lasts without being renewed.
    package static let leaseDuration: Duration = .seconds(60)

    package let user: ManagedUser
    let journal: any Journal
    package private(set) var rotation: Rotation
    package private(set) var pair: KeyPair?
    private var lease: Lease
    private var position: JournalPosition

    /// Takes a user up.
    ///
    /// - Throws: `leased` while another process is at work on it.
    package init(
        _ user: ManagedUser, _ journal: any Journal, owner: LeaseOwner, at now: Timestamp
    ) async throws(JournalError) {
        self.user = user
        self.journal = journal
        lease = Lease(owner: owner, until: now + Self.leaseDuration)
        let (record, pair) = try await journal.acquire(user.name, lease: lease, at: now)
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
        // Also after the clock was set back: a lease that ends too far ahead is believed by nobody.
        let left = lease.until - now
        let isFresh = left >= Self.leaseDuration / 2 && left <= Self.leaseDuration
        guard !isUnchanged || !isFresh else { return transition }
        lease.until = now + Self.leaseDuration
        let entry = JournalEntry(
            user: user.name, position: position, lease: lease, rotation: rotation, transition: transition, pair: fate,
            at: now)
        do { position = try await journal.commit(entry) } catch {
            rotation = before
            throw error
        }
        pair = newPair
        return transition
    }

    /// Whether the lease lasts. After ``handle(_:at:)`` it does, unless the process was stopped since.
    package func isHeld(at now: Timestamp) -> Bool {
        now < lease.until && lease.until - now <= Self.leaseDuration * 2
    }

    /// Gives the user back.
    package func end() async throws(JournalError) { try await journal.release(user.name, at: position) }
}
