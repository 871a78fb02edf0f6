internal import Configuration
internal import PusherHost
internal import Rotation

/// What the rotations of a day ask of a pusher's service, compared with its rate limits.
package struct PusherForecast: Encodable, Sendable {
    private static let day: Duration = .seconds(86_400)

    package var pusher: String
    package var targets: Int
    /// Pushes of a day, when every user rotates as often as `rotate-every` says.
    package var pushesADay: Int
    /// How long that many take at least, by the limits.
    package var shortest: Duration
    /// Whether that is longer than a day: keys get older than `rotate-every`.
    package var isTooMuch: Bool { shortest > Self.day }

    private enum CodingKeys: String, CodingKey {
        case pusher, targets
        case pushesADay = "pushes-a-day"
        case shortest = "shortest-seconds"
        case isTooMuch = "is-too-much"
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(pusher, forKey: .pusher)
        try container.encode(targets, forKey: .targets)
        try container.encode(pushesADay, forKey: .pushesADay)
        try container.encode(shortest.components.seconds, forKey: .shortest)
        try container.encode(isTooMuch, forKey: .isTooMuch)
    }

    /// Of every pusher that a target names.
    static func all(of users: [ConfiguredUser], _ loaded: LoadedConfiguration) -> [PusherForecast] {
        var targets: [String: Int] = [:]
        var pushes: [String: Double] = [:]
        for user in users {
            for target in user.targets {
                targets[target.pusher, default: 0] += 1
                pushes[target.pusher, default: 0] += day / max(user.policy.rotateEvery, .seconds(1))
            }
        }
        return loaded.pushers.compactMap { pusher in
            guard let count = targets[pusher.name] else { return nil }
            let pushes = Int(min(pushes[pusher.name, default: 0].rounded(.up), 1_000_000_000))
            return PusherForecast(
                pusher: pusher.name, targets: count, pushesADay: pushes,
                shortest: loaded.pace(of: pusher)?.shortestTime(ofPushes: pushes) ?? .zero)
        }
    }
}
