internal import Configuration
internal import PusherHost
internal import Rotation

/// What a target really holds, as it was asked just now.
struct TargetLook: Sendable {
    /// Whose key it is.
    enum Holding: String, Sendable {
        /// What the targets are meant to hold.
        case current
        /// Made, and not yet confirmed everywhere.
        case next
        /// Replaced.
        case previous
        /// No key of this user that keyturn knows: somebody changed it by hand.
        case foreign
        /// There is none.
        case nothing
        /// The service shows no values.
        case unreadable
        /// It could not be asked.
        case unknown
    }

    var holding: Holding
    /// The key ID, where it can be read.
    var key: String?
    /// When the service says that it was last written.
    var since: String?
    /// What the pusher said.
    var detail: String

    init(_ report: CallReport, _ rotation: Rotation) {
        detail = report.message
        since = report.changedAt
        key = report.keyID
        switch report.outcome {
        case .ok, .unchanged: holding = key.map { Self.role($0, rotation) } ?? .unreadable
        case .notFound: holding = .nothing
        case .unsupported: holding = .unreadable
        default: holding = .unknown
        }
    }

    private static func role(_ key: String, _ rotation: Rotation) -> Holding {
        switch key {
        case rotation.current?.id.rawValue: .current
        case rotation.next?.id.rawValue: .next
        case rotation.previous?.id.rawValue: .previous
        default: .foreign
        }
    }

    /// What is wrong with that, and what mends it; nil: nothing is.
    func drift(of target: TargetName, _ user: String, _ rotation: Rotation) -> String? {
        // Before the first rotation a place may hold whatever it likes: that is told by `check`.
        guard rotation.number > 0, let delivery = rotation.deliveries[target], delivery.state == .confirmed else {
            return nil
        }
        let wanted = rotation.phase == .delivering ? rotation.next : rotation.current
        guard let wanted = wanted?.id.rawValue else { return nil }
        let mend = "`keyturn rotate --user \(user)` gives every target a new key"
        switch holding {
        case .foreign, .previous, .next:
            return key == wanted ? nil : "it holds \(key ?? "another key"), not \(wanted), which was confirmed: \(mend)"
        case .nothing: return "it holds no key any more, though \(wanted) was confirmed: \(mend)"
        case .unreadable: return changedSince(delivery).map { "\($0), so it may not hold \(wanted) any more: \(mend)" }
        case .current, .unknown: return nil
        }
    }

    /// Where no value can be read, a later time of writing is what drift looks like.
    private func changedSince(_ delivery: Delivery) -> String? {
        guard let since, let changed = Moment.parse(since), let confirmed = delivery.at,
            changed > confirmed + .seconds(60)
        else { return nil }
        return "it was written at \(since), after \(Moment.text(confirmed)), when its key was confirmed"
    }

    /// In words, for tables.
    var text: String {
        let when = since.map { ", since \($0)" } ?? ""
        return switch holding {
        case .current, .next, .previous: "\(key ?? "") (\(holding.rawValue))\(when)"
        case .foreign: "\(key ?? "") (foreign)\(when)"
        case .nothing: "nothing"
        case .unreadable: "not readable\(since.map { ", written \($0)" } ?? "")"
        case .unknown: "could not be asked: \(detail)"
        }
    }
}
