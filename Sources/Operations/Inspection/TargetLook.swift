internal import Configuration
internal import Engine
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
        /// No key of this user that keyturn knows: someone changed it by hand.
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
    private let sighting: Sighting

    init(_ report: CallReport, _ rotation: Rotation) {
        sighting = Sighting(report)
        detail = report.message
        since = report.changedAt
        guard case .seen(let seen) = sighting else {
            holding = .unknown
            return
        }
        switch rotation.recognized(seen).holding {
        case .key(let id): (key, holding) = (id.rawValue, Self.role(id.rawValue, rotation))
        case .end(let end): (key, holding) = ("…\(end)", .foreign)
        case .nothing: holding = .nothing
        case .unreadable, .unsupported: holding = .unreadable
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

    /// What is wrong with that, and what to type; nil: nothing is.
    func drift(of target: TargetName, _ user: String, _ rotation: Rotation, at now: Timestamp) -> String? {
        guard case .seen(let inspection) = sighting, let drift = rotation.drift(of: target, inspection, at: now) else {
            return nil
        }
        return rotation.sentence(on: drift, of: user)
    }

    /// A clause that says it, behind the target's name: `holds AKIA… (current)`.
    var text: String {
        let when = since.map { ", since \($0)" } ?? ""
        return switch holding {
        case .current, .next, .previous: "holds \(key ?? "") (\(holding.rawValue))\(when)"
        case .foreign: "holds \(key ?? "") (foreign)\(when)"
        case .nothing: "holds nothing"
        case .unreadable: "the key that it holds cannot be read back\(since.map { ", last written \($0)" } ?? "")"
        case .unknown: "could not be asked which key it holds: \(detail)"
        }
    }
}

extension Rotation {
    /// A drift in words, with what to type for that user.
    func sentence(on drift: Drift, of user: String) -> String {
        "\(drift.words): \(advice(on: drift))".naming(user)
    }
}

extension String {
    /// A sentence of a rotation, which does not know its user's name, so that what it says to type can be typed.
    func naming(_ user: String) -> String { replacing(" USER", with: " \(user)") }
}
