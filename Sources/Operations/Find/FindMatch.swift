internal import AWS
internal import JSON
internal import PusherHost
internal import Rotation

/// Puts together what pushers saw and what IAM and the configuration know.
struct FindMatch {
    /// A key in use that is found nowhere is worth a line when it was used since then.
    private static let lately: Duration = .seconds(2 * 86_400)
    /// How long after its creation a key is usually written to where it is used.
    private static let writtenWithin: Duration = .seconds(86_400)

    let walk: FindWalk.Result
    let keys: KeyLookup.Result
    let managed: ManagedPlaces
    /// What logs proved, by the number of the place.
    let proofs: [Int: ProofLine]
    let now: Timestamp

    func document(_ scopes: [FindScope]) -> FindDocument {
        let shadows = shadows()
        let places = walk.places.enumerated().map { index, found in
            place(found.place, in: walk.scopes[found.scope].pusher, shadows[index] ?? [], proofs[index])
        }
        return FindDocument(
            find: .init(
                scopes: scopes.map(\.text),
                places: places.sorted { Self.order($0).lexicographicallyPrecedes(Self.order($1)) },
                unseen: unseen, unplaced: unplaced(places)))
    }

    private static func order(_ place: FindDocument.Place) -> [String] {
        [place.pusher, place.place.lowercased(), place.names.joined(separator: " "), place.key ?? ""]
    }

    // MARK: Places

    private func place(
        _ found: FoundPlace, in pusher: String, _ shadows: [String], _ proof: ProofLine?
    ) -> FindDocument.Place {
        let target = managed.target(of: found, in: pusher)
        let facts = found.keyID.flatMap { keys.keys[$0] }
        return FindDocument.Place(
            pusher: pusher, place: found.place, standing: standing(found, facts, isTarget: target != nil),
            names: found.names, fields: found.fields, target: target?.target, key: found.keyID,
            evidence: proof?.evidence, proved: proof.map { Moment.text($0.at) },
            user: facts?.user ?? (found.keyID == nil ? target?.user : nil), keyStatus: facts.map(Self.status),
            keyCreated: facts?.created.map(Moment.text), lastUsed: facts?.lastUse.map(FindDocument.LastUsed.init),
            written: found.changedAt, audience: found.audience.isEmpty ? nil : found.audience,
            state: found.state.isEmpty ? nil : found.state, shadowedBy: shadows,
            note: Self.joined([proof?.note, note(found, facts, target?.user)]))
    }

    private static func joined(_ notes: [String?]) -> String? {
        let notes = notes.compactMap { $0 }
        return notes.isEmpty ? nil : notes.joined(separator: "; ")
    }

    private func standing(_ found: FoundPlace, _ facts: KeyFacts?, isTarget: Bool) -> FindDocument.Standing {
        guard found.keyID != nil else { return isTarget ? .managed : .byName }
        switch facts?.standing {
        case .key(.active): return isTarget ? .managed : .unmanaged
        case .key, .gone: return .dead
        case .foreign: return .foreign
        case .unknown, nil: return isTarget ? .managed : .unknown
        }
    }

    private static func status(_ facts: KeyFacts) -> String {
        switch facts.standing {
        case .key(let status): status.rawValue
        case .gone: "deleted"
        case .foreign:
            facts.account.map { "of account \($0), or not permitted" } ?? "of another account, or not permitted"
        case .unknown: "not known"
        }
    }

    private func note(_ found: FoundPlace, _ facts: KeyFacts?, _ user: String?) -> String? {
        if case .unknown(let reason) = facts?.standing { return reason }
        if let user, let owner = facts?.user, owner != user {
            return "the target is \(user)'s, and the key is \(owner)'s"
        }
        guard found.keyID == nil, user == nil, let written = found.changedAt.flatMap(Moment.parse) else { return nil }
        let near = keys.keys.filter { key in
            key.value.created.map { $0 <= written && written - $0 <= Self.writtenWithin } ?? false
        }
        // Of several candidates none is more likely than another.
        guard near.count == 1, let (id, facts) = near.first, let owner = facts.user else { return nil }
        return "perhaps \(id) of \(owner), which was created shortly before this was written"
    }

    /// By a place's number, the places that win over it: variables of one name and audience with a higher level, in the same scope
    /// or in one below it.
    private func shadows() -> [Int: [String]] {
        struct Name: Hashable {
            var scope: Int
            var audience: String
            var name: String
        }
        var byName: [Name: [Int]] = [:]
        for (index, found) in walk.places.enumerated() where found.place.level != 0 {
            for name in Set(found.place.names.map { $0.lowercased() }) {
                byName[Name(scope: found.scope, audience: found.place.audience, name: name), default: []].append(index)
            }
        }
        let parents = parents
        var shadows: [Int: [String]] = [:]
        for found in walk.places where found.place.level != 0 && found.place.state.isEmpty {
            var scope: Int? = found.scope
            while let current = scope {
                for name in found.place.names {
                    let key = Name(scope: current, audience: found.place.audience, name: name.lowercased())
                    for index in byName[key] ?? [] where walk.places[index].place.level < found.place.level {
                        if shadows[index]?.last != found.place.place {
                            shadows[index, default: []].append(found.place.place)
                        }
                    }
                }
                scope = parents[current]
            }
        }
        return shadows.mapValues { $0.sorted() }
    }

    /// The scope that each is in: the one whose name its own begins with, for a group lists all that is below it at once; else the
    /// one that listed it. A scope is never in one that was listed later with the same name, so the chains end.
    private var parents: [Int?] {
        var numbers: [String: Int] = [:]
        for (index, scope) in walk.scopes.enumerated() where numbers["\(scope.pusher):\(scope.name)"] == nil {
            numbers["\(scope.pusher):\(scope.name)"] = index
        }
        return walk.scopes.map { scope in
            let lister = scope.parent.map { walk.scopes[$0].name.utf8.count } ?? 0
            var path = scope.name[...]
            while let end = path.lastIndex(of: "/") {
                path = path[..<end]
                guard path.utf8.count > lister else { break }
                if let found = numbers["\(scope.pusher):\(path)"] { return found }
            }
            return scope.parent
        }
    }

    // MARK: What was not seen

    private var unseen: [FindDocument.Unseen] {
        walk.gaps.map { pusher, gap in
            FindDocument.Unseen(pusher: pusher, part: gap.part, reason: Self.reason(gap.outcome), detail: gap.message)
        }.sorted { ($0.pusher, $0.reason.rawValue, $0.part) < ($1.pusher, $1.reason.rawValue, $1.part) }
            + keys.faults.map {
                FindDocument.Unseen(pusher: "aws", part: "keys of \($0.user)", reason: .failed, detail: $0.reason)
            }
    }

    private static func reason(_ outcome: PushResult.Outcome) -> FindDocument.Reason {
        switch outcome {
        case .unauthorized, .notFound: .notPermitted
        case .unsupported: .cannotBeAsked
        default: .failed
        }
    }

    /// Active keys with a late use that no place shows. A place of that user that cannot be read may well hold one.
    private func unplaced(_ places: [FindDocument.Place]) -> [FindDocument.Key] {
        let held = Set(places.compactMap(\.key))
        let unread = Set(places.filter { $0.key == nil }.compactMap(\.user))
        return keys.keys.compactMap { id, facts -> FindDocument.Key? in
            guard case .key(.active) = facts.standing, !held.contains(id), let user = facts.user,
                !unread.contains(user),
                let use = facts.lastUse, now - use.at <= Self.lately
            else { return nil }
            return FindDocument.Key(
                key: id, user: user, created: facts.created.map(Moment.text), lastUsed: FindDocument.LastUsed(use))
        }.sorted { ($0.user, $0.key) < ($1.user, $1.key) }
    }
}

extension FindDocument.LastUsed {
    init(_ use: LastUse) { self.init(at: Moment.text(use.at), service: use.service, region: use.region) }
}
