internal import Rotation

/// Puts together what is owed to one receiver: a cause that many users share is sent once, and a few pieces at a time stay apart.
///
/// Nothing but a value: what was sent, where the users are, and the time.
struct NoticeGroups {
    /// News of the same kind that are sent in one message, where nothing else joins them.
    static let least = 4
    /// Users that meet a known cause later are sent together, no more often than this.
    static let updateInterval: Duration = .seconds(3_600)

    /// What each user's news are to be sent with.
    private enum Key: Hashable {
        /// One cause, whoever has it.
        case shared(String)
        /// The same kind, each for its own reason.
        case kind(NotificationEvent.Occasion, String)
        /// The end of an incident.
        case end(NotificationEvent.Occasion, String)
        /// Alone.
        case alone(Int)
    }

    let destination: Destination
    /// Those about whom the receiver gets messages.
    let users: [String: NotifiedUser]
    let rotations: [String: Rotation]
    let told: [String: NotificationState]
    let now: Timestamp

    /// What is to be sent now, in the order of the news. What is in none of the notices waits.
    func notices(_ owed: [Notice.Member]) -> [Notice] {
        var keys: [Key] = []
        var members: [Key: [Notice.Member]] = [:]
        for (index, member) in owed.enumerated() {
            let key = key(member, index)
            if members[key] == nil { keys.append(key) }
            members[key, default: []].append(member)
        }
        return keys.flatMap { key in
            let members = members[key] ?? []
            return switch key {
            case .shared(let cause): shared(cause, members)
            case .kind(let occasion, _): ofOneKind(occasion, members)
            case .end(let occasion, let incident): end(occasion, incident, members)
            case .alone: members.map { alone($0) }
            }
        }
    }

    private func key(_ member: Notice.Member, _ index: Int) -> Key {
        let news = member.news
        switch news.occasion {
        case .blocked:
            // A leak is never one of many.
            if member.rotation.hasActiveLeak { return .alone(index) }
            return news.cause.flatMap { $0.isShared ? .shared($0.id) : nil } ?? .kind(.blocked, news.problem ?? "")
        case .recovered:
            let ended = news.ended ?? .blocked
            return told[member.user]?.incident(ended).map { .end(ended, $0.id) } ?? .alone(index)
        case .drift, .overAge, .completed: return .kind(news.occasion, "")
        case .delivered, .revoked, .configuration: return .alone(index)
        }
    }

    // MARK: Causes

    /// One notice for the users that have the cause now; those that meet it later are an addition to it, after a while.
    private func shared(_ cause: String, _ members: [Notice.Member]) -> [Notice] {
        let names = Set(members.map(\.user))
        let open = told.filter { user, state in
            !names.contains(user) && users[user] != nil && state.incident(.blocked)?.cause == cause
        }.compactMap { $0.value.incident(.blocked) }
        if let first = open.first {
            let last = open.map(\.at).max() ?? now
            guard now - last >= destination.digest ?? Self.updateInterval else { return [] }
            var notice = Notice(members, id: "\(first.id)/\(open.count + members.count)", incident: first.id)
            notice.known = open.count
            notice.cause = Cause(id: cause, isShared: true)
            notice.closes = left(by: notice, .blocked)
            return [notice]
        }
        let all = members + companions(cause, besides: names)
        let since = all.compactMap(\.news.since).min() ?? now
        let path = cause.replacing(", ", with: "+").replacing(" ", with: "/")
        let id = "blocked/\(path)/\(since.milliseconds)"
        var notice = Notice(all, id: id, incident: id, cause: Cause(id: cause, isShared: true))
        keepIncident(&notice, .blocked)
        return [notice]
    }

    /// Other users with the cause, though they would not be reported by themselves yet.
    private func companions(_ cause: String, besides names: Set<String>) -> [Notice.Member] {
        users.compactMap { name, user in
            guard !names.contains(name), let rotation = rotations[name], let state = told[name],
                !rotation.hasActiveLeak
            else { return nil }
            return state.owed(rotation, at: now, patience: .zero, policy: user.policy, account: user.account)
                .first { $0.occasion == .blocked && $0.cause?.id == cause }
                .map { Notice.Member(user: name, rotation: rotation, news: $0) }
        }
    }

    // MARK: Kinds

    private func ofOneKind(_ occasion: NotificationEvent.Occasion, _ members: [Notice.Member]) -> [Notice] {
        let due = occasion == .completed ? members.filter(isDigestDue) : members
        let least = occasion == .completed && destination.digest != nil ? 2 : Self.least
        guard due.count >= least else { return due.map { alone($0) } }
        var notice = Notice(due)
        guard occasion != .completed else { return [notice] }
        notice.incident = notice.id
        keepIncident(&notice, occasion)
        return [notice]
    }

    /// Whether the digest's time is over in which the rotation was completed. By the clock and not by what was sent last, so that every
    /// process finds the same.
    private func isDigestDue(_ member: Notice.Member) -> Bool {
        guard let digest = destination.digest, member.rotation.phase == .idle else { return true }
        let length = max(digest.milliseconds, 1)
        return now.milliseconds / length > member.rotation.phaseSince.milliseconds / length
    }

    private func alone(_ member: Notice.Member) -> Notice {
        let opens: Set<NotificationEvent.Occasion> = [.blocked, .drift, .overAge]
        guard opens.contains(member.news.occasion) else { return Notice(member) }
        var notice = Notice(member, incident: member.id)
        keepIncident(&notice, member.news.occasion)
        return notice
    }

    // MARK: Ends

    /// An incident ends with the last user that is part of it.
    private func end(
        _ occasion: NotificationEvent.Occasion, _ incident: String, _ members: [Notice.Member]
    ) -> [Notice] {
        var all = members
        let names = Set(members.map(\.user))
        for (name, state) in told where !names.contains(name) && state.incident(occasion)?.id == incident {
            // One that has left the configuration, or has another owner now, ends nothing.
            guard let user = users[name], let rotation = rotations[name] else { continue }
            let news = state.owed(rotation, at: now, patience: .zero, policy: user.policy, account: user.account)
            guard let over = news.first(where: { $0.occasion == .recovered && $0.ended == occasion }) else { return [] }
            all.append(Notice.Member(user: name, rotation: rotation, news: over))
        }
        guard all.count > 1 else { return all.map { Notice($0, incident: incident) } }
        return [
            Notice(
                all, id: "recovered/\(incident)", incident: incident,
                cause: all[0].news.cause)
        ]
    }

    /// Users that were part of something else before: what no one else is part of goes on under its name, or is closed.
    private func keepIncident(_ notice: inout Notice, _ occasion: NotificationEvent.Occasion) {
        var left = left(by: notice, occasion)
        if let former = left.first {
            notice.incident = former
            left.removeFirst()
        }
        notice.closes = left
    }

    private func left(by notice: Notice, _ occasion: NotificationEvent.Occasion) -> [String] {
        let names = Set(notice.members.map(\.user))
        let former = Set(names.compactMap { told[$0]?.incident(occasion)?.id })
        guard !former.isEmpty else { return [] }
        let others = told.filter { !names.contains($0.key) && users[$0.key] != nil }
        let kept = Set(others.compactMap { $0.value.incident(occasion)?.id })
        return former.subtracting(kept).subtracting([notice.incident].compactMap(\.self)).sorted()
    }
}
