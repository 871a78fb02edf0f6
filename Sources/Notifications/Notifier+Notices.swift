internal import Rotation
internal import Synchronization

extension Notifier {
    /// What is to be sent to a destination now, and whether it is left alone at the moment. What it does not want counts as sent.
    func notices(for index: Int, _ changed: Set<String>) async -> (notices: [Notice], isPaused: Bool) {
        let now = now()
        var owed = state.withLock { state in
            let members = state.owed(to: index, of: changed, users, at: now)
            let occasions = state.ledgers[index].destination.occasions
            for member in members where !occasions.contains(member.news.occasion) {
                state.ledgers[index].settle(member, by: nil)
            }
            return members.filter { occasions.contains($0.news.occasion) }
        }
        guard !owed.isEmpty else { return ([], false) }
        let destination = state.withLock { $0.ledgers[index].destination }
        let fresh = (try? await store.told(at: destination.name)) ?? [:]
        owed = state.withLock { state in
            owed.filter { member in
                guard case .told(let incident) = standing(member, fresh[member.user], destination, now) else {
                    return true
                }
                state.ledgers[index].settle(member, by: incident)
                return false
            }
        }
        return state.withLock { state in
            let ledger = state.ledgers[index]
            // Of the others, what another process sent counts.
            var told = ledger.told
            for (user, theirs) in fresh where !ledger.unwritten.contains(user) { told[user] = theirs }
            let groups = NoticeGroups(
                destination: destination, users: users.filter { ledger.serves($0.key, $0.value) },
                rotations: state.rotations,
                told: told, now: now)
            return (groups.notices(owed), ledger.pausedUntil.map { $0 > .now } ?? false)
        }
    }

    /// Whether another process, or this one under its configuration before, was faster, and with which incident. Of a leak the state may
    /// not know yet.
    private func standing(
        _ member: Notice.Member, _ fresh: NotificationState?, _ destination: Destination, _ now: Timestamp
    ) -> Standing {
        guard member.news.occasion != .revoked, let fresh else { return .owed }
        let user = users[member.user] ?? NotifiedUser()
        let owed = fresh.owed(
            member.rotation, at: now, patience: destination.patience, policy: user.policy, account: user.account)
        guard !owed.contains(where: { $0.occasion == member.news.occasion }) else { return .owed }
        return .told(fresh.incident(member.news.occasion))
    }

    /// What the state says of one user's news.
    private enum Standing {
        case owed
        case told(NotificationState.Incident?)
    }
}

extension Notifier.State {
    /// News of these users for a destination, as they are now.
    func owed(
        to index: Int, of changed: Set<String>, _ users: [String: NotifiedUser], at now: Timestamp
    ) -> [Notice.Member] {
        let ledger = ledgers[index]
        return changed.sorted().flatMap { name -> [Notice.Member] in
            guard let user = users[name], ledger.serves(name, user), let rotation = rotations[name],
                let told = ledger.told[name]
            else { return [] }
            return told.owed(
                rotation, at: now, patience: ledger.destination.patience, policy: user.policy, account: user.account
            ).map { Notice.Member(user: name, rotation: rotation, news: $0) }
        }
    }
}
